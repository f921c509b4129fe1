// What Python calls: each kernel for the best instruction set that the processor has.
#include <cstdlib>

#include "decoding_kernels.h"

DRAGOMAN_LIBRARY(4)

namespace {

// A thread has one room for each purpose.
enum class Purpose { scratch, places, workspace };

template <Purpose purpose, class Item>
Item* room_for(int64_t count) {
    struct Room {
        Item* items = nullptr;
        int64_t size = 0;
        ~Room() { std::free(items); }
    };
    static thread_local Room room;
    if (count > room.size) {
        std::free(room.items);
        room.size = (count + 15) / 16 * 16;
        room.items = static_cast<Item*>(std::aligned_alloc(64, room.size * sizeof(Item)));
        if (room.items == nullptr) std::abort();
    }
    return room.items;
}

template <class Kernel>
Kernel* best(Kernel* baseline, Kernel* avx2, Kernel* avx512) {
    switch (dragoman::isa()) {
        case dragoman::Isa::baseline: return baseline;
        case dragoman::Isa::avx2: return avx2;
        default: return avx512;
    }
}

}  // namespace

float* dragoman::scratch(int64_t count) {
    return room_for<Purpose::scratch, float>(count);
}

const float** dragoman::places(int64_t count) {
    return room_for<Purpose::places, const float*>(count);
}

float* dragoman::workspace(int64_t count) {
    return room_for<Purpose::workspace, float>(count);
}

#define BEST(kernel) best(dragoman::baseline::kernel, dragoman::avx2::kernel, dragoman::avx512::kernel)

extern "C" {

int dragoman_threads_at_once(int threads) {
    return BEST(threads_at_once)(threads);
}

// Takes an instruction set from now on, 0 to 2, or the best that the processor has if that is less; returns it.
int dragoman_use_isa(int wanted) {
    const int best = static_cast<int>(dragoman::detect_isa());
    const int taken = wanted < best ? wanted : best;
    dragoman::isa() = static_cast<dragoman::Isa>(taken);
    return taken;
}

void dragoman_attend_to_past(const dragoman::Lookup* s, float* out, const float* queries, const float* const* steps,
                             const int32_t* ancestry, int64_t length, int threads) {
    BEST(attend_to_past)(*s, out, queries, steps, ancestry, length, threads);
}

void dragoman_attend_to_memory(const dragoman::Lookup* s, float* out, const float* queries, const float* keys,
                               const int64_t* sentences, const int64_t* starts, const int64_t* lengths,
                               int threads) {
    BEST(attend_to_memory)(*s, out, queries, keys, sentences, starts, lengths, threads);
}

void dragoman_top_symbols(float* values, int64_t* ids, float* normalizers, const float* logits, int64_t rows,
                          int64_t vocabulary, int64_t count, int threads) {
    BEST(top_symbols)(values, ids, normalizers, logits, rows, vocabulary, count, threads);
}

void dragoman_decoder_step(const dragoman::Decoder* decoder, const dragoman::Step* step, int threads) {
    BEST(decoder_step)(*decoder, *step, threads);
}

}

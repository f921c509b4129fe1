// What Python calls: each kernel for the best instruction set that the processor has.
#include <cstdlib>

#include "training_kernels.h"

DRAGOMAN_LIBRARY(7)

float* dragoman::scratch(int64_t count) {
    struct Room {
        float* numbers = nullptr;
        int64_t size = 0;
        ~Room() { std::free(numbers); }
    };
    static thread_local Room room;
    if (count > room.size) {
        std::free(room.numbers);
        room.size = (count + 15) / 16 * 16;
        room.numbers = static_cast<float*>(std::aligned_alloc(64, room.size * sizeof(float)));
        if (room.numbers == nullptr) std::abort();
    }
    return room.numbers;
}

namespace {

template <class Kernel>
Kernel* best(Kernel* baseline, Kernel* avx2, Kernel* avx512, Kernel* avx512_bf16) {
    switch (dragoman::isa()) {
        case dragoman::Isa::avx512_bf16: return avx512_bf16;
        case dragoman::Isa::avx512: return avx512;
        case dragoman::Isa::avx2: return avx2;
        default: return baseline;
    }
}

}  // namespace

#define BEST(kernel)                                                                       \
    best(dragoman::baseline::kernel, dragoman::avx2::kernel, dragoman::avx512::kernel, \
         dragoman::avx512_bf16::kernel)

extern "C" {

int dragoman_threads_at_once(int threads) {
    return BEST(threads_at_once)(threads);
}

// Takes an instruction set from now on, 0 to 3, or the best that the processor has if that is less; returns it.
int dragoman_use_isa(int wanted) {
    const int best = static_cast<int>(dragoman::detect_isa());
    dragoman::isa() = static_cast<dragoman::Isa>(wanted < best ? wanted : best);
    return static_cast<int>(dragoman::isa());
}

void dragoman_dropout(int half, void* out, const void* residual, const void* x, int64_t count, uint64_t seed,
                      uint32_t threshold, float scale, int threads) {
    BEST(dropout)(half, out, residual, x, count, seed, threshold, scale, threads);
}

// out = max(x, 0)², or with `upstream`, the gradient of that with respect to x.
void dragoman_squared_relu(int half, void* out, const void* upstream, const void* x, int64_t count, int threads) {
    BEST(squared_relu)(half, out, upstream, x, count, threads);
}

void dragoman_layer_norm_forward(int half, void* out, float* moments, const void* x, const void* gain, const void* bias,
                                 int64_t rows, int64_t width, float epsilon, int threads) {
    BEST(layer_norm_forward)(half, out, moments, x, gain, bias, rows, width, epsilon, threads);
}

void dragoman_layer_norm_backward(int half, void* x_gradient, float* sums, const void* upstream, const void* beside,
                                  const void* x, const float* moments, const void* gain, int64_t rows, int64_t width,
                                  int64_t piece_rows, int threads) {
    BEST(layer_norm_backward)
    (half, x_gradient, sums, upstream, beside, x, moments, gain, rows, width, piece_rows, threads);
}

void dragoman_attention_forward(int half, const dragoman::Attention* s, void* out, float* normalizers, const void* q,
                                const void* k, const void* v, int threads) {
    BEST(attention_forward)(half, *s, out, normalizers, q, k, v, threads);
}

void dragoman_attention_backward(int half, const dragoman::Attention* s, void* dq, void* dk, void* dv,
                                 const void* upstream, const float* normalizers, const void* q, const void* k,
                                 const void* v, int threads) {
    BEST(attention_backward)(half, *s, dq, dk, dv, upstream, normalizers, q, k, v, threads);
}

void dragoman_additive_scores(int half, void* scores, const void* queries, const void* keys, const void* vector,
                              int64_t batch, int64_t t, int64_t s, int64_t width, int threads) {
    BEST(additive_scores)(half, scores, queries, keys, vector, batch, t, s, width, threads);
}

void dragoman_additive_backward(int half, void* dq, void* dk, float* vector_sums, const void* upstream,
                                const void* queries, const void* keys, const void* vector, int64_t batch, int64_t t,
                                int64_t s, int64_t width, int threads) {
    BEST(additive_backward)
    (half, dq, dk, vector_sums, upstream, queries, keys, vector, batch, t, s, width, threads);
}

void dragoman_lstm_forward(int half, void* gates, float* memory, void* hidden, const float* before, int64_t rows,
                           int64_t width, int threads) {
    BEST(lstm_forward)(half, gates, memory, hidden, before, rows, width, threads);
}

void dragoman_lstm_backward(int half, void* gates_gradient, float* memory_gradient, const void* hidden_gradient,
                            const void* gates, const float* memory, const float* before, int64_t rows, int64_t width,
                            int threads) {
    BEST(lstm_backward)
    (half, gates_gradient, memory_gradient, hidden_gradient, gates, memory, before, rows, width, threads);
}

void dragoman_column_sums(int half, float* sums, const void* x, int64_t rows, int64_t width, int64_t piece_rows,
                          int threads) {
    BEST(column_sums)(half, sums, x, rows, width, piece_rows, threads);
}

void dragoman_cross_entropy(int half, void* logits, double* losses, const int64_t* targets, int64_t rows,
                            int64_t vocabulary, float smoothing, int threads) {
    BEST(cross_entropy)(half, logits, losses, targets, rows, vocabulary, smoothing, threads);
}

void dragoman_paired_cross_entropy(int half, void* logits, double* losses, const int64_t* targets, int64_t pairs,
                                   int64_t vocabulary, float smoothing, float consistency, int threads) {
    BEST(paired_cross_entropy)(half, logits, losses, targets, pairs, vocabulary, smoothing, consistency, threads);
}

void dragoman_muon_update(const dragoman::MuonUpdate* s, float* weights, float* momentum, const float* gradient,
                          int threads) {
    BEST(muon_update)(*s, weights, momentum, gradient, threads);
}

}

// Loops over independent pieces of work, shared among PyTorch's own OpenMP threads.
#pragma once

#include <atomic>
#include <cstdint>

namespace dragoman {

// The public entry point of libgomp's ABI; null where it was not found, and then everything runs in the caller.
using ParallelRegion = void (*)(void (*)(void*), void*, unsigned, unsigned);
static ParallelRegion parallel_region = nullptr;

// Calls work(i) for each i in [0, pieces). A piece's result must not depend on which thread takes it: whoever reduces
// over pieces gives each its own place and adds them up in order, so that the bits do not depend on the threads.
template <class Work>
void for_each_piece(int64_t pieces, int threads, const Work& work) {
    if (threads <= 1 || pieces <= 1 || parallel_region == nullptr) {
        for (int64_t piece = 0; piece < pieces; ++piece) work(piece);
        return;
    }
    struct Shared {
        std::atomic<int64_t> next;
        int64_t pieces;
        const Work* work;
    } shared{{0}, pieces, &work};
    parallel_region(
        [](void* data) {
            auto* mine = static_cast<Shared*>(data);
            for (int64_t piece; (piece = mine->next.fetch_add(1, std::memory_order_relaxed)) < mine->pieces;)
                (*mine->work)(piece);
        },
        &shared, static_cast<unsigned>(threads < pieces ? threads : pieces), 0);
}

}  // namespace dragoman

// Every library says which interface it has, and takes the threads of the process.
#define DRAGOMAN_LIBRARY(version)                                         \
    extern "C" int dragoman_interface() { return version; }               \
    extern "C" void dragoman_use_threads(void* parallel_region) {         \
        dragoman::parallel_region =                                       \
            reinterpret_cast<dragoman::ParallelRegion>(parallel_region);  \
    }

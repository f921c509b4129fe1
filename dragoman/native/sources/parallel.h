// Loops over independent pieces of work, shared among PyTorch's own OpenMP threads.
#pragma once

#include <atomic>
#include <cstdint>

namespace dragoman {

// The public entry points of libgomp and of OpenMP; null where they were not found, and then everything runs in the
// caller.
using ParallelRegion = void (*)(void (*)(void*), void*, unsigned, unsigned);
using ThreadNumber = int (*)();
// Inline, so that all sources of a library share one: kernels are compiled once for each instruction set.
inline ParallelRegion parallel_region = nullptr;
inline ThreadNumber thread_number = nullptr;

constexpr int MOST_THREADS = 64;

// Calls work(i) for each i in [0, pieces). A thread begins with its own part of consecutive pieces, the same in every
// loop over as many, as PyTorch's own loops do: what it wrote in the loop before is still in its cache. When it is done
// it helps others. A piece's result must not depend on which thread takes it: whoever reduces over pieces gives each
// its own place and adds them up in order, so that the bits do not depend on the threads.
template <class Work>
void for_each_piece(int64_t pieces, int threads, const Work& work) {
    if (threads <= 1 || pieces <= 1 || parallel_region == nullptr) {
        for (int64_t piece = 0; piece < pieces; ++piece) work(piece);
        return;
    }
    struct alignas(64) Part {
        std::atomic<int64_t> next;
        int64_t end;
    };
    struct Shared {
        Part parts[MOST_THREADS];
        int count;
        const Work* work;
    } shared;
    shared.count = threads < MOST_THREADS ? threads : MOST_THREADS;
    if (shared.count > pieces) shared.count = static_cast<int>(pieces);
    shared.work = &work;
    for (int part = 0; part < shared.count; ++part) {
        shared.parts[part].next.store(pieces * part / shared.count, std::memory_order_relaxed);
        shared.parts[part].end = pieces * (part + 1) / shared.count;
    }
    parallel_region(
        [](void* data) {
            auto* all = static_cast<Shared*>(data);
            const int me = thread_number() % all->count;
            for (int turn = 0; turn < all->count; ++turn) {
                Part& part = all->parts[(me + turn) % all->count];
                for (int64_t piece; (piece = part.next.fetch_add(1, std::memory_order_relaxed)) < part.end;)
                    (*all->work)(piece);
            }
        },
        &shared, static_cast<unsigned>(shared.count), 0);
}

// How many threads are in a loop at one time when so many are asked for; each waits a while for the others.
static inline int count_threads(int threads) {
    constexpr int64_t PATIENCE = 100000000;
    std::atomic<int> inside{0}, most{0};
    for_each_piece(threads, threads, [&](int64_t) {
        const int now = inside.fetch_add(1) + 1;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        for (int64_t wait = 0; most < threads && wait < PATIENCE; ++wait) {
        }
        inside.fetch_sub(1);
    });
    return most;
}

}  // namespace dragoman

// Every library says which interface it has, and takes the threads of the process.
#define DRAGOMAN_LIBRARY(version)                                                                \
    extern "C" int dragoman_interface() { return version; }                                      \
    extern "C" void dragoman_use_threads(void* parallel_region, void* thread_number) {           \
        dragoman::parallel_region = reinterpret_cast<dragoman::ParallelRegion>(parallel_region); \
        dragoman::thread_number = reinterpret_cast<dragoman::ThreadNumber>(thread_number);       \
    }

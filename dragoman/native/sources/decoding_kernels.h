// The kernels of a search, as each instruction set has them. All numbers are float32.
#pragma once

#include <cstdint>

#include "isa.h"
#include "parallel.h"

namespace dragoman {

// Rows of queries that each look up some rows of keys and values. A head's numbers lie side by side.
struct Lookup {
    int64_t rows, heads, width;  // queries; heads; numbers of a head
    int64_t query_row;           // numbers from one query to the next
    int64_t key_row;             // numbers from one key to the next; its value stands heads · width numbers behind it
    float scale;
};

// Room for `count` numbers, aligned to a cache line, that a thread keeps for its next piece of work.
float* scratch(int64_t count);

// Room for `count` pointers, likewise.
const float** places(int64_t count);

#define DRAGOMAN_DECODING_KERNELS                                                                                    \
    void attend_to_past(const Lookup& s, float* out, const float* queries, const float* const* steps,                \
                        const int32_t* ancestry, int64_t length, int threads);                                       \
    void attend_to_memory(const Lookup& s, float* out, const float* queries, const float* keys,                      \
                          const int64_t* sentences, const int64_t* starts, const int64_t* lengths, int64_t longest,  \
                          int threads);                                                                              \
    void top_symbols(float* values, int64_t* ids, float* normalizers, const float* logits, int64_t rows,             \
                     int64_t vocabulary, int64_t count, int threads);

namespace baseline {
DRAGOMAN_DECODING_KERNELS
}
namespace avx2 {
DRAGOMAN_DECODING_KERNELS
}
namespace avx512 {
DRAGOMAN_DECODING_KERNELS
}

}  // namespace dragoman

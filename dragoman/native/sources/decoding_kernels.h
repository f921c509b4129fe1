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

// A linear map y = x Wᵀ + b, its weights and its bias in panels of 32 outputs; see products.inc.
struct Map {
    const float* weight;
    const float* bias;
    int64_t inputs, outputs;
};

// A layer normalisation; none where `gain` is null.
struct Norm {
    const float* gain;
    const float* bias;
    float epsilon;
};

// The weights of a block: into and out of its self-attention, cross-attention and feed-forward network, whose
// normalisations stand before or behind them.
struct DecoderBlock {
    Map inputs, attended, queries, found, inner, outer;
    Norm norms[3];
};

// The weights of a Transformer decoder.
struct Decoder {
    const DecoderBlock* blocks;
    const float* embedding;
    Map output;
    Norm norm;  // before `output`
    int64_t depth, width, heads, inner, pre_norm, squared_relu;
    float embedding_scale, scale;  // scale: of the scores of attention
};

// What one step reads and writes.
struct Step {
    int64_t rows, length, count;   // hypotheses; steps with this one; best symbols wanted
    const int64_t* tokens;         // rows
    const float* position;         // width
    const float* const* past;      // of each step rows × depth × 3 width: queries, keys and values of all blocks
    float* present;                // the last of them, written
    const int32_t* ancestry;       // rows × length: the row of each step that a hypothesis continues
    const float* const* memories;  // of each block packed keys and values
    const int64_t* sentences;      // rows: which sentence of the memory
    const int64_t* starts;         // of sentences
    const int64_t* lengths;        // of sentences
    float* logits;                 // rows × vocabulary; null if the best symbols are wanted instead:
    float* values;                 // rows × count
    int64_t* ids;                  // rows × count
    float* normalizers;            // rows
};

// Room for `count` numbers, aligned to a cache line, that a thread keeps for its next piece of work.
float* scratch(int64_t count);

// Room for `count` pointers, likewise.
const float** places(int64_t count);

// Room for `count` numbers that a whole piece of a decoder's step keeps, while its parts take their own.
float* workspace(int64_t count);

#define DRAGOMAN_DECODING_KERNELS                                                                                    \
    void attend_to_past(const Lookup& s, float* out, const float* queries, const float* const* steps,                \
                        const int32_t* ancestry, int64_t length, int threads);                                       \
    void attend_to_memory(const Lookup& s, float* out, const float* queries, const float* keys,                      \
                          const int64_t* sentences, const int64_t* starts, const int64_t* lengths, int threads);     \
    void top_symbols(float* values, int64_t* ids, float* normalizers, const float* logits, int64_t rows,             \
                     int64_t vocabulary, int64_t count, int threads);                                                \
    void decoder_step(const Decoder& decoder, const Step& step, int threads);                                        \
    int threads_at_once(int threads);

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

// The kernels of training, as each instruction set has them. `half` says whether numbers are bfloat16 or float32.
#pragma once

#include <cstdint>

#include "isa.h"
#include "parallel.h"

namespace dragoman {

// Which query sees which keys: rows of packed tensors by start and length. A head's numbers lie side by side.
struct Attention {
    const int64_t* query_starts;
    const int64_t* query_lengths;
    const int64_t* key_starts;
    const int64_t* key_lengths;
    int64_t batch, heads, width, longest_key;
    int64_t query_row, key_row, value_row;  // numbers from one packed row to the next
    uint64_t seed;
    float scale, keep_scale;
    uint32_t threshold;  // of random words below which a weight is dropped; 0 drops none
    int32_t causal;
};

// One step of Muon: which matrices of a flat tensor, and how they change.
struct MuonUpdate {
    const int64_t* places;      // of each matrix its first number, rows and columns
    const float* coefficients;  // a, b and c of each step of the Newton–Schulz iteration
    int64_t matrices, steps;
    float momentum, rate, decay, smallest_norm;
};

// Room for `count` numbers, aligned to a cache line, that a thread keeps for its next piece of work.
float* scratch(int64_t count);

#define DRAGOMAN_TRAINING_KERNELS                                                                                     \
    void dropout(int half, void* out, const void* residual, const void* x, int64_t count, uint64_t seed,              \
                 uint32_t threshold, float scale, int threads);                                                       \
    void squared_relu(int half, void* out, const void* upstream, const void* x, int64_t count, int threads);          \
    void layer_norm_forward(int half, void* out, float* moments, const void* x, const void* gain, const void* bias,   \
                            int64_t rows, int64_t width, float epsilon, int threads);                                 \
    void layer_norm_backward(int half, void* x_gradient, float* sums, const void* upstream, const void* beside,       \
                             const void* x, const float* moments, const void* gain, int64_t rows, int64_t width,      \
                             int64_t piece_rows, int threads);                                                        \
    void attention_forward(int half, const Attention& s, void* out, float* normalizers, const void* q, const void* k, \
                           const void* v, int threads);                                                               \
    void attention_backward(int half, const Attention& s, void* dq, void* dk, void* dv, const void* upstream,         \
                            const float* normalizers, const void* q, const void* k, const void* v, int threads);      \
    void additive_scores(int half, void* scores, const void* queries, const void* keys, const void* vector,           \
                         int64_t batch, int64_t t, int64_t s, int64_t width, int threads);                            \
    void additive_backward(int half, void* dq, void* dk, float* vector_sums, const void* upstream,                    \
                           const void* queries, const void* keys, const void* vector, int64_t batch, int64_t t,       \
                           int64_t s, int64_t width, int threads);                                                    \
    void lstm_forward(int half, void* gates, float* memory, void* hidden, const float* before, int64_t rows,          \
                      int64_t width, int threads);                                                                    \
    void lstm_backward(int half, void* gates_gradient, float* memory_gradient, const void* hidden_gradient,           \
                       const void* gates, const float* memory, const float* before, int64_t rows, int64_t width,      \
                       int threads);                                                                                  \
    void column_sums(int half, float* sums, const void* x, int64_t rows, int64_t width, int64_t piece_rows,           \
                     int threads);                                                                                    \
    void cross_entropy(int half, void* logits, double* losses, const int64_t* targets, int64_t rows,                  \
                       int64_t vocabulary, float smoothing, int threads);                                             \
    void paired_cross_entropy(int half, void* logits, double* losses, const int64_t* targets, int64_t pairs,          \
                              int64_t vocabulary, float smoothing, float consistency, int threads);                   \
    void muon_update(const MuonUpdate& s, float* weights, float* momentum, const float* gradient, int threads);       \
    int threads_at_once(int threads);

namespace baseline {
DRAGOMAN_TRAINING_KERNELS
}
namespace avx2 {
DRAGOMAN_TRAINING_KERNELS
}
namespace avx512 {
DRAGOMAN_TRAINING_KERNELS
}
namespace avx512_bf16 {
DRAGOMAN_TRAINING_KERNELS
}

}  // namespace dragoman

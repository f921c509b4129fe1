// How much a machine works at, and how much memory it takes, told before work begins.
#pragma once

#include <cstdint>

#include "model.h"
#include "shortlist.h"

namespace dragoman {
namespace engine {

// Inputs are read together until they have so many positions: enough for products to be worth it.
constexpr int64_t POSITIONS_AT_ONCE = 128;

// How many examples should be at work at the same time for `width` hypotheses each.
int64_t examples_at_work(const Model& model, bool listed, int64_t width);

// Bytes that one machine takes at most besides the model, for inputs of up to `length` symbols or columns, outputs of up to
// `outputs` symbols, and `width` hypotheses of each of `examples` that are at work; `shortlist` may be null. Throws
// std::invalid_argument if the model cannot read such an input.
int64_t memory_needed(const Model& model, const Shortlist* shortlist, int64_t length, int64_t outputs, int64_t width, int64_t examples);

}  // namespace engine
}  // namespace dragoman

// Conversion of numbers to bfloat16 and int8, in plain C++: for weights, and for the reference kernels.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "kernels.h"

namespace dragoman {
namespace engine {

inline int64_t bytes_of(Number number) {
    return number == Number::float32 ? 4 : number == Number::bfloat16 ? 2 : 1;
}

// bfloat16 is the upper half of a float32, rounded to nearest, ties to even.
inline uint16_t to_bfloat16(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    if (value != value) return static_cast<uint16_t>(bits >> 16 | 0x40u);
    return static_cast<uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

// Writes a row as signed bytes, and returns its scale; see SMALLEST.
inline float to_int8(char* out, const float* x, int64_t width) {
    float most = SMALLEST;
    for (int64_t i = 0; i < width && most == most; ++i) {
        const float size = std::fabs(x[i]);
        most = size > most || size != size ? size : most;
    }
    const float factor = 127 / most;
    for (int64_t i = 0; i < width; ++i) {
        const float q = std::isfinite(most) ? std::nearbyint(x[i] * factor) : 0.0f;
        out[i] = static_cast<char>(static_cast<int>(q > 127 ? 127 : q < -127 ? -127 : q));
    }
    return most / 127;
}

}  // namespace engine
}  // namespace dragoman

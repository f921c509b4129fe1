// What happens among the positions of an example, and among the places of a picture's map: neighbours side by side, means
// and maxima. Each example by itself, so that its neighbours in a batch change nothing.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "program.h"
#include "registers.h"

namespace dragoman {
namespace engine {

// Rows of float32 with a step between them.
struct Span {
    float* data;
    int64_t step;
    float* row(int64_t number) const { return data + number * step; }
};

// Few numbers are copied by pieces of a size that the compiler knows: a call would cost more than the copy.
inline void copy_numbers(float* to, const float* from, int64_t count) {
    if (count >= 32) {
        std::memcpy(to, from, static_cast<size_t>(count) * 4);
        return;
    }
    if ((count & 16) != 0) std::memcpy(to, from, 64), to += 16, from += 16;
    if ((count & 8) != 0) std::memcpy(to, from, 32), to += 8, from += 8;
    if ((count & 4) != 0) std::memcpy(to, from, 16), to += 4, from += 4;
    if ((count & 2) != 0) std::memcpy(to, from, 8), to += 2, from += 2;
    if ((count & 1) != 0) *to = *from;
}
inline void set_zero(float* to, int64_t count) {
    if (count > 0) std::memset(to, 0, static_cast<size_t>(count) * 4);
}

// The map of one example on its grid: `height` · `length` rows from `start` on, row by row.
struct MapOfExample {
    int64_t start, height, length;
    int64_t row(int64_t y, int64_t x) const { return start + y * length + x; }
};

inline MapOfExample map_of(const Places& places, int64_t example, int64_t height) {
    return {places.starts[static_cast<size_t>(example)], height, places.lengths[static_cast<size_t>(example)]};
}

// Position t gets those from t − reach to t + reach side by side, with zeros outside.
inline void window(const Span& out, const Span& in, int64_t width, int64_t neighbours, const Places& places) {
    const int64_t reach = neighbours / 2;
    for (size_t e = 0; e < places.starts.size(); ++e)
        for (int64_t t = 0; t < places.lengths[e]; ++t) {
            float* to = out.row(places.starts[e] + t);
            for (int64_t j = 0; j < neighbours; ++j, to += width) {
                const int64_t from = t + j - reach;
                if (from < 0 || from >= places.lengths[e]) set_zero(to, width);
                else copy_numbers(to, in.row(places.starts[e] + from), width);
            }
        }
}

// The mean over all rows of each example, of which map `height` has so many for each position.
inline void mean(const Span& out, const Span& in, int64_t width, int64_t height, const Places& places) {
    for (size_t e = 0; e < places.starts.size(); ++e) {
        const int64_t rows = height * places.lengths[e];
        float* to = out.row(static_cast<int64_t>(e));
        set_zero(to, width);
        for (int64_t row = 0; row < rows; ++row) {
            const float* from = in.row(places.starts[e] + row);
            for (int64_t c = 0; c < width; ++c) to[c] += from[c];
        }
        const float count = static_cast<float>(rows);
        for (int64_t c = 0; c < width; ++c) to[c] /= count;
    }
}

// `channels` of all values under a kernel around each place side by side, with zeros outside of the map and behind them up
// to `width`.
inline void window_2d(const Span& out, const Span& in, int64_t channels, int64_t width, const KernelShape& shape,
                      const MapOfExample& to, const MapOfExample& from) {
    const int64_t used = channels * shape.height * shape.width, line = channels * shape.width;
    for (int64_t y = 0; y < to.height; ++y)
        for (int64_t x = 0; x < to.length; ++x) {
            float* values = out.row(to.row(y, x));
            set_zero(values + used, width - used);
            const int64_t left = x * shape.horizontal_stride - shape.horizontal_padding;
            const bool inside = left >= 0 && left + shape.width <= from.length;
            for (int64_t k = 0; k < shape.height; ++k, values += line) {
                const int64_t from_y = y * shape.vertical_stride + k - shape.vertical_padding;
                if (from_y < 0 || from_y >= from.height) {
                    set_zero(values, line);
                } else if (inside && in.step == channels) {
                    copy_numbers(values, in.row(from.row(from_y, left)), line);
                } else {
                    for (int64_t l = 0; l < shape.width; ++l)
                        if (left + l < 0 || left + l >= from.length) set_zero(values + l * channels, channels);
                        else copy_numbers(values + l * channels, in.row(from.row(from_y, left + l)), channels);
                }
            }
        }
}

// The maximum of each channel under a kernel around each place; what is outside of the map does not count.
inline void pool_2d(const Span& out, const Span& in, int64_t width, const KernelShape& shape, const MapOfExample& to,
                    const MapOfExample& from) {
    for (int64_t y = 0; y < to.height; ++y)
        for (int64_t x = 0; x < to.length; ++x) {
            const int64_t top = y * shape.vertical_stride - shape.vertical_padding;
            const int64_t left = x * shape.horizontal_stride - shape.horizontal_padding;
            const int64_t first_y = std::max<int64_t>(top, 0), last_y = std::min<int64_t>(top + shape.height, from.height);
            const int64_t first_x = std::max<int64_t>(left, 0), last_x = std::min<int64_t>(left + shape.width, from.length);
            float* most = out.row(to.row(y, x));
            copy_numbers(most, in.row(from.row(first_y, first_x)), width);
            for (int64_t j = first_y; j < last_y; ++j)
                for (int64_t i = first_x; i < last_x; ++i) {
                    const float* values = in.row(from.row(j, i));
                    for (int64_t c = 0; c < width; ++c) most[c] = values[c] > most[c] || values[c] != values[c] ? values[c] : most[c];
                }
        }
}

// One row for each column of a map: `channels` of its places from top to bottom, and zeros behind them up to `width`.
inline void columns(const Span& out, const Span& in, int64_t channels, int64_t width, int64_t first, const MapOfExample& from) {
    for (int64_t x = 0; x < from.length; ++x) {
        float* to = out.row(first + x);
        for (int64_t y = 0; y < from.height; ++y) copy_numbers(to + y * channels, in.row(from.row(y, x)), channels);
        set_zero(to + from.height * channels, width - from.height * channels);
    }
}

// One row for a map: channel 0 of all places, then channel 1, …, and zeros behind them up to `width`.
inline void flatten(float* out, const Span& in, int64_t channels, int64_t width, const MapOfExample& from) {
    const int64_t places = from.height * from.length;
    for (int64_t c = 0; c < channels; ++c)
        for (int64_t place = 0; place < places; ++place) out[c * places + place] = in.row(from.start + place)[c];
    set_zero(out + channels * places, width - channels * places);
}

}  // namespace engine
}  // namespace dragoman

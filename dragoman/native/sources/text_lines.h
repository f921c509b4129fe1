// Texts gathered from columns, and their white space collapsed.
#pragma once

#include <cstring>

#include "text_characters.h"

namespace dragoman {

enum Collapsed : uint8_t { unchanged = 0, changed = 1, left_to_python = 2 };

// Writes a text to `out` and moves that on; every run of white space as one space, none at the ends, if `collapses`.
// A text of other than simple characters is written as it is.
inline Collapsed collapse_line(const Characters& characters, bool collapses, const uint8_t* at, const uint8_t* end,
                               uint8_t*& out) {
    const int64_t size = end - at;
    const bool simple = all_simple(characters, at, end);
    if (!simple || !collapses) {
        if (size) std::memcpy(out, at, size);
        out += size;
        return simple ? unchanged : left_to_python;
    }
    const uint8_t *began = out, *first = at;
    bool pending = false;
    while (at < end) {
        const uint8_t* character = at;
        if (flags_of(characters, next_code(at)) & space) {
            pending = out > began;
            continue;
        }
        if (pending) *out++ = ' ';
        pending = false;
        while (character < at) *out++ = *character++;
    }
    return out - began == size && std::memcmp(began, first, size) == 0 ? unchanged : changed;
}

// Whether a text has what some placeholder has, or a character that may be one of their units.
inline bool may_hold_placeholder(const uint8_t* triggers, const uint8_t* at, const uint8_t* end) {
    for (const uint8_t* here = at; here < end; ++here) {
        const uint8_t byte = *here;
        if (byte == 0xf3) return true;
        if (byte >= 128 || triggers[byte] == no_trigger) continue;
        if (triggers[byte] == trigger_alone) return true;
        if (byte == '/' && here - at >= 2 && here[-1] == '/' && here[-2] == ':') return true;
        if (byte == '.' && here - at >= 3 && here[-1] == 'w' && here[-2] == 'w' && here[-3] == 'w') return true;
    }
    return false;
}

}  // namespace dragoman

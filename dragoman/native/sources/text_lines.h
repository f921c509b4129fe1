// Texts gathered from columns, and their white space collapsed.
#pragma once

#include <cstring>

#include "text_characters.h"

namespace dragoman {

enum Collapsed : uint8_t { unchanged = 0, changed = 1, left_to_python = 2 };

enum WhiteSpace : int32_t { as_it_is = 0, one_space = 1, one_space_or_no_break = 2 };

// Writes a text to `out` and moves that on; every run of white space as one space, none at the ends, if it is not to
// stay as it is; no-break spaces that are spelling stay if they may. A text of other than simple characters is written
// as it is.
inline Collapsed collapse_line(const Characters& characters, int32_t white_space, const uint8_t* at,
                               const uint8_t* end, uint8_t*& out) {
    const int64_t size = end - at;
    const bool simple = all_simple(characters, at, end);
    if (!simple || white_space == as_it_is) {
        if (size) std::memcpy(out, at, size);
        out += size;
        return simple ? unchanged : left_to_python;
    }
    const uint8_t *began = out, *first = at;
    uint32_t behind[3] = {};
    bool pending = false;
    while (at < end) {
        const uint8_t* character = at;
        const uint32_t code = next_code(at);
        bool is_space = flags_of(characters, code) & space;
        if (is_space && white_space == one_space_or_no_break && is_no_break_space(code)) {
            const uint8_t* next = at;
            is_space = !is_spelling(characters, behind, at < end ? next_code(next) : 0);
        }
        behind[2] = behind[1];
        behind[1] = behind[0];
        behind[0] = code;
        if (is_space) {
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

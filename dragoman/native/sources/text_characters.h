// Characters that can be judged one by one, by tables that Python makes from its own Unicode database.
#pragma once

#include <cstdint>

namespace dragoman {

enum Character : uint16_t {
    simple = 1,     // never changes or is changed by its neighbours under any of our mappings
    space = 2,      // white space
    invisible = 4,  // separators, controls, format characters
    control = 8,    // what the rule on control characters drops
    letter = 16,
    mark = 32,
    number = 64,
    sign = 128,  // symbols and question marks, which count as words
    trimmed = 256,  // punctuation and spaces, which match keys have not at their ends
    digit = 512,
};

constexpr int fold_width = 3;

struct Characters {
    const uint16_t* flags;      // [65536]
    const uint16_t* casefold;   // [65536, 3], filled up with zeros
    const uint16_t* match;      // [65536, 3]: what a character is in a match key
};

struct Lines {
    const uint8_t* bytes;
    const int64_t* offsets;  // [rows + 1]
    int64_t gap;             // bytes between two rows

    const uint8_t* begin(int64_t row) const { return bytes + offsets[row]; }
    const uint8_t* end(int64_t row) const { return bytes + offsets[row + 1] - gap; }
};

// The next code point; 0x10000 for all beyond the first plane, which no table knows.
inline uint32_t next_code(const uint8_t*& at) {
    const uint32_t lead = *at++;
    if (lead < 0x80) return lead;
    if (lead < 0xe0) return (lead & 0x1f) << 6 | (*at++ & 0x3f);
    if (lead < 0xf0) {
        const uint32_t code = (lead & 0xf) << 12 | (at[0] & 0x3f) << 6 | (at[1] & 0x3f);
        at += 2;
        return code;
    }
    at += 3;
    return 0x10000;
}

inline uint16_t flags_of(const Characters& characters, uint32_t code) {
    return code < 0x10000 ? characters.flags[code] : 0;
}

inline bool is_no_break_space(uint32_t code) { return code == 0xa0 || code == 0x202f; }

// Whether a no-break space is spelling where it stands: `behind` has the three characters before it, the nearest first,
// 0 where there is none; `after` is the one that follows, 0 at the end. `normalize` in Python is the definition.
inline bool is_spelling(const Characters& characters, const uint32_t* behind, uint32_t after) {
    const auto is = [&](uint32_t code, int kinds) { return code && (flags_of(characters, code) & kinds); };
    if (!behind[0] || !after || is(behind[0], space) || is(after, space)) return false;
    const bool joins_letter = is(after, letter | mark);
    if (is(behind[0], letter | mark)) return !joins_letter || !is(behind[1], letter | mark | number);
    switch (behind[0]) {
        case '.': case ',': case ';': case ':': case '!': case '?': case 0x2026: break;
        default: return true;
    }
    if (is(after, number)) return true;
    return behind[0] == '.' && is(behind[1], letter | mark) && !is(behind[2], letter | mark | number) && joins_letter;
}

inline bool all_simple(const Characters& characters, const uint8_t* at, const uint8_t* end) {
    while (at < end)
        if (!(flags_of(characters, next_code(at)) & simple)) return false;
    return true;
}

// What each of the 128 ASCII characters says of a text: that a placeholder may stand there, or that one may if the
// character ends "://" or "www.".
enum Trigger : uint8_t { no_trigger = 0, trigger_alone = 1, trigger_in_url = 2 };

}  // namespace dragoman

// Which pairs surely break no rule that looks at one pair; all others are judged by the rules themselves.
#pragma once

#include "text_characters.h"
#include "text_lines.h"

namespace dragoman {

struct ScreenLimits {
    int64_t max_characters;
    int64_t max_word_characters;
    double max_ratio;
    int32_t source_space, target_space;  // what becomes of white space; text that would change does not pass
    int32_t judges_copies;    // whether a target must not be its source
};

struct SideFacts {
    bool plain = true;  // only simple characters, white space as it shall be, no placeholder can stand in it
    bool visible = false;
    int64_t width = 0, characters = 0, words = 0, longest_word = 0, foreign = 0, distinct_words = 0;
    int32_t distinct_triples = 0;
    int32_t numerals[10] = {};
};

// A lower bound on how many different values were added: those of one slot count once.
class DistinctBound {
public:
    void add(uint32_t value) {
        const uint32_t slot = value * 2654435761u >> 20;
        uint64_t& word = taken_[slot >> 6];
        const uint64_t bit = uint64_t{1} << (slot & 63);
        count_ += !(word & bit);
        word |= bit;
    }
    int32_t count() const { return count_; }

private:
    uint64_t taken_[64] = {};
    int32_t count_ = 0;
};

inline SideFacts facts_of(const Characters& characters, const uint8_t* foreign, const uint8_t* triggers,
                          int32_t white_space, const uint8_t* at, const uint8_t* end) {
    SideFacts facts;
    DistinctBound triples, words;
    int64_t word = 0;
    uint32_t before = 0, two_before = 0, three_before = 0, word_hash = 0;
    bool after_space = true;
    while (at < end) {
        const uint32_t code = next_code(at);
        const uint16_t flags = flags_of(characters, code);
        const uint8_t trigger = code < 128 ? triggers[code] : no_trigger;
        const bool is_trigger = trigger != no_trigger && (trigger == trigger_alone ||
                                                          (code == '/' && before == '/' && two_before == ':') ||
                                                          (code == '.' && before == 'w' && two_before == 'w'));
        if (!(flags & simple) || (flags & control) || is_trigger || ((flags & digit) && code > '9')) {
            facts.plain = false;
            return facts;
        }
        ++facts.characters;
        facts.width += code < 0x2e80 ? 1 : 3;
        if (flags & space) {
            if (white_space != as_it_is && (code != ' ' || after_space)) {
                const uint32_t behind[] = {before, two_before, three_before};
                const uint8_t* next = at;
                if (white_space != one_space_or_no_break || !is_no_break_space(code) ||
                    !is_spelling(characters, behind, at < end ? next_code(next) : 0)) {
                    facts.plain = false;
                    return facts;
                }
            }
            if (word) words.add(word_hash);
            word = 0;
            word_hash = 0;
            after_space = true;
        } else {
            facts.words += word == 0;
            ++word;
            word_hash = (word_hash ^ code) * 16777619u;
            if (word > facts.longest_word) facts.longest_word = word;
            after_space = false;
        }
        facts.visible |= !(flags & invisible);
        facts.foreign += foreign[code];
        if (flags & digit) ++facts.numerals[code - '0'];
        if (facts.characters >= 3) triples.add((two_before * 31 + before) * 8191 + code);
        three_before = two_before;
        two_before = before;
        before = code;
    }
    if (word) words.add(word_hash);
    if (white_space != as_it_is && after_space) facts.plain = false;
    facts.distinct_words = words.count();
    facts.distinct_triples = triples.count();
    return facts;
}

inline bool may_repeat(const SideFacts& side) {
    if (side.characters < 24) return false;
    if (side.words >= 8) return side.distinct_words * 4 <= side.words;
    return side.distinct_triples * int64_t{4} <= side.characters - 2;
}

inline bool may_differ_in_numbers(const SideFacts& left, const SideFacts& right) {
    int32_t numbers = 0, others = 0, common = 0;
    for (int numeral = 1; numeral < 10; ++numeral) {
        const int32_t a = left.numerals[numeral], b = right.numerals[numeral];
        numbers += a;
        others += b;
        common += a < b ? a : b;
    }
    return numbers && others && 2 * common < (numbers > others ? numbers : others);
}

inline bool surely_passes(const SideFacts& left, const SideFacts& right, const ScreenLimits& limits) {
    if (!left.plain || !right.plain || !left.visible || !right.visible) return false;
    const double a = 32 + left.width, b = 32 + right.width;
    return left.characters <= limits.max_characters && right.characters <= limits.max_characters &&
           left.longest_word <= limits.max_word_characters && right.longest_word <= limits.max_word_characters &&
           a <= limits.max_ratio * b && b <= limits.max_ratio * a && left.foreign < 4 && right.foreign < 4 &&
           !may_repeat(left) && !may_repeat(right) && !may_differ_in_numbers(left, right);
}

}  // namespace dragoman

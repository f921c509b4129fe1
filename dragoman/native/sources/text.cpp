// What preparing text asks of every character: cleaning's screen, keys, evidence of language, cutting, learning BPE.
#include "parallel.h"
#include "text_bpe.h"
#include "text_keys.h"
#include "text_language.h"
#include "text_lines.h"
#include "text_screen.h"
#include "text_words.h"

DRAGOMAN_LIBRARY(5)

namespace {

constexpr int64_t piece_rows = 512;

// Calls work(first, behind) for pieces of rows.
template <class Work>
void for_rows(int64_t rows, int threads, const Work& work) {
    dragoman::for_each_piece((rows + piece_rows - 1) / piece_rows, threads, [&](int64_t piece) {
        const int64_t first = piece * piece_rows;
        work(first, first + piece_rows < rows ? first + piece_rows : rows);
    });
}

}  // namespace

extern "C" {

int dragoman_threads_at_once(int threads) {
    return dragoman::count_threads(threads);
}

void dragoman_screen(const dragoman::Characters* characters, const dragoman::ScreenLimits* limits,
                     const dragoman::Lines* sources, const dragoman::Lines* targets, const uint8_t* foreign_source,
                     const uint8_t* foreign_target, const uint8_t* triggers, int64_t rows, uint8_t* passes,
                     int threads) {
    for_rows(rows, threads, [&](int64_t first, int64_t behind) {
        std::string left_key, right_key;
        std::u16string codes;
        for (int64_t row = first; row < behind; ++row) {
            const auto left = dragoman::facts_of(*characters, foreign_source, triggers, limits->source_space,
                                                 sources->begin(row), sources->end(row));
            const auto right = dragoman::facts_of(*characters, foreign_target, triggers, limits->target_space,
                                                  targets->begin(row), targets->end(row));
            passes[row] = dragoman::surely_passes(left, right, *limits);
            if (!passes[row] || !limits->judges_copies) continue;
            left_key.clear();
            right_key.clear();
            dragoman::append_match_key(left_key, *characters, codes, sources->begin(row), sources->end(row));
            dragoman::append_match_key(right_key, *characters, codes, targets->begin(row), targets->end(row));
            passes[row] = left_key != right_key;
        }
    });
}

// The hash of each text's match key; 0 where a text has other than simple characters.
void dragoman_match_hashes(const dragoman::Characters* characters, const dragoman::Lines* lines, int64_t rows,
                           uint64_t* hashes, int threads) {
    for_rows(rows, threads, [&](int64_t first, int64_t behind) {
        std::string key;
        std::u16string codes;
        for (int64_t row = first; row < behind; ++row) {
            hashes[row] = 0;
            if (!dragoman::all_simple(*characters, lines->begin(row), lines->end(row))) continue;
            key.clear();
            dragoman::append_match_key(key, *characters, codes, lines->begin(row), lines->end(row));
            hashes[row] = dragoman::blake2b_64(reinterpret_cast<const uint8_t*>(key.data()), key.size());
        }
    });
}

// The hashes of pairs, and of their words alone; the latter 0 where a text has other than simple characters.
void dragoman_pair_hashes(const dragoman::Characters* characters, const dragoman::Lines* sources,
                          const dragoman::Lines* targets, int64_t rows, uint64_t* exact, uint64_t* words, int threads) {
    for_rows(rows, threads, [&](int64_t first, int64_t behind) {
        std::string key;
        std::u16string codes;
        for (int64_t row = first; row < behind; ++row) {
            const dragoman::Lines* sides[] = {sources, targets};
            key.clear();
            for (const auto* side : sides) {
                key.append(reinterpret_cast<const char*>(side->begin(row)), side->end(row) - side->begin(row));
                if (side == sources) key += '\0';
            }
            exact[row] = dragoman::blake2b_64(reinterpret_cast<const uint8_t*>(key.data()), key.size());
            words[row] = 0;
            key.clear();
            bool simple = true;
            std::string other;
            for (int side = 0; side < 2 && simple; ++side) {
                const uint8_t *at = sides[side]->begin(row), *end = sides[side]->end(row);
                simple = dragoman::all_simple(*characters, at, end);
                if (simple) dragoman::append_words(side ? other : key, *characters, codes, at, end);
            }
            if (!simple) continue;
            key += '\0';
            key += other;
            words[row] = dragoman::blake2b_64(reinterpret_cast<const uint8_t*>(key.data()), key.size());
        }
    });
}

// Rows of two columns end to end: picks has the row of the first, or the complement of that of the second.
void dragoman_gather_lines(const dragoman::Lines* first, const dragoman::Lines* second, const int64_t* picks,
                           int64_t rows, uint8_t* out) {
    for (int64_t row = 0; row < rows; ++row) {
        const auto* column = picks[row] < 0 ? second : first;
        const int64_t place = picks[row] < 0 ? ~picks[row] : picks[row];
        const int64_t size = column->end(place) - column->begin(place);
        if (size) std::memcpy(out, column->begin(place), size);
        out += size;
    }
}

void dragoman_collapse(const dragoman::Characters* characters, const dragoman::Lines* lines, int64_t rows,
                       int white_space, uint8_t* out, int64_t* offsets, uint8_t* states) {
    uint8_t* at = out;
    for (int64_t row = 0; row < rows; ++row) {
        states[row] = dragoman::collapse_line(*characters, white_space, lines->begin(row), lines->end(row), at);
        offsets[row + 1] = at - out;
    }
}

void dragoman_may_hold_placeholders(const dragoman::Lines* lines, int64_t rows, const uint8_t* triggers,
                                    uint8_t* found) {
    for (int64_t row = 0; row < rows; ++row)
        found[row] = dragoman::may_hold_placeholder(triggers, lines->begin(row), lines->end(row));
}

// Adds the trigrams of the chosen rows to `counts`.
void dragoman_count_trigrams(const dragoman::Lines* lines, const uint8_t* chosen, int64_t rows, int64_t* counts) {
    for (int64_t row = 0; row < rows; ++row)
        if (chosen[row])
            dragoman::for_each_trigram(lines->begin(row), lines->end(row), [&](uint32_t slot) { ++counts[slot]; });
}

void dragoman_weigh_trigrams(const dragoman::Lines* lines, int64_t rows, const float* weights, float* sums,
                             int threads) {
    for_rows(rows, threads, [&](int64_t first, int64_t behind) {
        for (int64_t row = first; row < behind; ++row) {
            float sum = 0;
            dragoman::for_each_trigram(lines->begin(row), lines->end(row), [&](uint32_t slot) { sum += weights[slot]; });
            sums[row] = sum;
        }
    });
}

struct dragoman_cutter {
    dragoman::WordTable table;
    std::vector<int32_t> numbers;
    std::string spaced;
};

dragoman_cutter* dragoman_cutter_new() { return new dragoman_cutter; }
void dragoman_cutter_free(dragoman_cutter* cutter) { delete cutter; }
int64_t dragoman_cutter_words(const dragoman_cutter* cutter) { return cutter->table.size(); }
const char* dragoman_cutter_bytes(const dragoman_cutter* cutter) { return cutter->table.bytes().data(); }
const int64_t* dragoman_cutter_ends(const dragoman_cutter* cutter) { return cutter->table.ends().data(); }
const int32_t* dragoman_cutter_numbers(const dragoman_cutter* cutter) { return cutter->numbers.data(); }

int32_t dragoman_cutter_add(dragoman_cutter* cutter, const uint8_t* word, int64_t length) {
    return cutter->table.number(word, length);
}

// Cuts each row; `counts` gets its number of words, -1 where it has to be cut by the full expression.
int64_t dragoman_cutter_cut(dragoman_cutter* cutter, const dragoman::Characters* characters, int single_digits,
                            const dragoman::Lines* lines, int64_t rows, int64_t* counts) {
    cutter->numbers.clear();
    for (int64_t row = 0; row < rows; ++row) {
        const auto before = static_cast<int64_t>(cutter->numbers.size());
        const bool is_cut = dragoman::cut(*characters, single_digits, lines->begin(row), lines->end(row), cutter->spaced,
                                          cutter->table, cutter->numbers);
        counts[row] = is_cut ? static_cast<int64_t>(cutter->numbers.size()) - before : -1;
    }
    return static_cast<int64_t>(cutter->numbers.size());
}

int64_t dragoman_learn_bpe(const int32_t* symbols, const int64_t* ends, const int64_t* counts, int64_t words,
                           const int32_t* alphabet, int64_t characters, int32_t first_id, int64_t room, int64_t least,
                           int32_t* merges, int64_t most) {
    dragoman::BpeLearner learner(symbols, ends, counts, words);
    return dragoman::learn_merges(learner, alphabet, characters, first_id, room, least, merges, most);
}

}

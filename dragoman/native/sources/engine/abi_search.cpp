// What Python asks of searches: ids in; ids, log-probabilities, scores and endings out. No exception crosses it.
#include <algorithm>
#include <cmath>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "asked.h"
#include "handle.h"
#include "schedule.h"
#include "searchers.h"
#include "search/table_scorer.h"

using namespace dragoman::engine;

namespace {

void require(bool holds, const char* otherwise) {
    if (!holds) throw std::invalid_argument(otherwise);
}

int32_t checked_symbol(int64_t symbol, int64_t symbols, const char* what) {
    if (symbol < 0 || symbol >= symbols)
        throw std::invalid_argument(std::string(what) + " holds symbol " + std::to_string(symbol) + ", and there are " +
                                    std::to_string(symbols));
    return static_cast<int32_t>(symbol);
}

Rules rules_of(const Asked& asked, const Alphabet& alphabet) {
    Rules rules;
    require(asked.method == 0 || asked.method == 1, "there is no such method of search");
    rules.method = static_cast<Method>(asked.method);
    require(asked.width >= 1 && asked.width <= MOST_FOLLOWED, "the width of a beam is out of range");
    require(rules.method == Method::beam || asked.width == 1, "greedy search follows one hypothesis");
    require(asked.n_best >= 1 && asked.n_best <= asked.width, "more hypotheses are wanted than are followed");
    require(asked.longest_loop >= 0 && asked.loop_times >= 2, "the rule of repetition is out of range");
    require(std::isfinite(asked.length_penalty), "the length penalty is no number");
    rules.width = asked.width, rules.n_best = asked.n_best;
    rules.penalty.alpha = asked.length_penalty;
    rules.repetition = {asked.longest_loop, asked.loop_times, asked.loop_span};
    rules.start = alphabet.start, rules.end = alphabet.end, rules.symbols = alphabet.symbols;
    rules.forbidden.clear(alphabet.symbols);
    for (const int32_t symbol : alphabet.never_written) rules.forbidden.add(symbol);
    for (int64_t i = 0; i < asked.forbidden_count; ++i)
        rules.forbidden.add(checked_symbol(asked.forbidden[i], alphabet.symbols, "what is forbidden"));
    rules.named = static_cast<int64_t>(alphabet.never_written.size()) + asked.forbidden_count;
    const int64_t apart = alphabet.ranks_never_written ? 0 : static_cast<int64_t>(alphabet.never_written.size());
    rules.ranked = rules.forbidden.count() - apart;
    return rules;
}

ExampleRules example_of(const Asked& asked, const Alphabet& alphabet, const Request& request, int64_t row) {
    ExampleRules rules;
    if (asked.prefix_starts != nullptr) {
        const int64_t from = asked.prefix_starts[row];
        rules.given = asked.prefix_starts[row + 1] - from;
        require(from >= 0 && rules.given >= 0, "a prefix has a negative length");
        rules.prefix = asked.prefixes + from;
        for (int64_t i = 0; i < rules.given; ++i)
            require(checked_symbol(rules.prefix[i], alphabet.symbols, "a prefix") != alphabet.end,
                    "a prefix holds the end symbol");
    }
    require(asked.limits[row] >= 0 && asked.limits[row] <= MOST_TOKENS, "the limit of an output is out of range");
    rules.limit = asked.limits[row] + rules.given;
    require(alphabet.longest_target == 0 || rules.limit + 1 <= alphabet.longest_target,
            "an output may be longer than the model knows positions");
    if (asked.minimums != nullptr) {
        require(asked.minimums[row] >= 0 && asked.minimums[row] <= asked.limits[row],
                "the minimum length of an output is out of range");
        rules.minimum = asked.minimums[row] + rules.given;
    }
    if (asked.automata != nullptr && asked.automata[row] >= 0) {
        require(asked.automata[row] < asked.automata_count, "there is no such automaton");
        rules.automaton = request.automata[static_cast<size_t>(asked.automata[row])].get();
    }
    return rules;
}

Request request_of(const Asked& asked, const ModelSearcher& model) {
    Request request;
    const Alphabet& alphabet = model.alphabet();
    require(asked.rows >= 0, "there is a negative number of rows");
    request.rules = rules_of(asked, alphabet);
    for (int64_t i = 0; i < asked.automata_count; ++i)
        request.automata.push_back(std::make_unique<Automaton>(static_cast<int32_t>(i), asked.automaton_starts[i],
                                                               alphabet.symbols, asked.after, asked.least));
    request.inputs = model.inputs(asked.inputs, asked.total, asked.lengths, asked.rows);
    request.examples.reserve(static_cast<size_t>(asked.rows));
    for (int64_t row = 0; row < asked.rows; ++row) {
        request.examples.push_back(example_of(asked, alphabet, request, row));
        request.has_minimum = request.has_minimum || (asked.minimums != nullptr && asked.minimums[row] > 0);
    }
    return request;
}

const Output& output_of(void* job, const int64_t* rows, int64_t place) {
    return static_cast<Job*>(job)->outputs()[static_cast<size_t>(rows == nullptr ? place : rows[place])];
}

Alphabet alphabet_of(int64_t symbols, int32_t start, int32_t end) {
    Alphabet alphabet;
    alphabet.symbols = symbols;
    alphabet.start = checked_symbol(start, symbols, "a table");
    alphabet.end = checked_symbol(end, symbols, "a table");
    return alphabet;
}

// A pointer to what `make` makes, which the caller frees; null where it throws.
template <class Make>
auto made(char* error, int64_t room, const Make& make) -> typename decltype(make())::pointer {
    decltype(make()) found;
    guarded(error, room, [&] { found = make(); });
    return found.release();
}

}  // namespace

extern "C" {

// A loaded model that can be searched; see searcher_of. To be freed, and before the model is.
void* dragoman_engine_searcher(const void* handle, int32_t blank, char* error, int64_t room) {
    return made(error, room, [&] { return searcher_of(*static_cast<const Handle*>(handle), blank); });
}

// A model that is a table of scores [chains steps symbols symbols], for tests; see search/table_scorer.h.
void* dragoman_engine_searcher_of_table(const float* scores, int64_t chains, int64_t steps, int64_t symbols,
                                        int32_t start, int32_t end, int64_t places, char* error, int64_t room) {
    return made(error, room, [&] {
        require(chains > 0 && steps > 0 && symbols > 0 && places > 0, "a table has no rows");
        ScoreTable table;
        table.scores.assign(scores, scores + chains * steps * symbols * symbols);
        table.chains = chains, table.steps = steps, table.symbols = symbols, table.places = places;
        return searcher_of_table(std::move(table), alphabet_of(symbols, start, end));
    });
}

// A model that finds scores [rows symbols] at the positions of its inputs, for tests.
void* dragoman_engine_searcher_of_positions(const float* scores, int64_t rows, int64_t symbols, int32_t start, int32_t end,
                                            int32_t blank, char* error, int64_t room) {
    return made(error, room, [&] {
        require(rows > 0 && symbols > 0, "a table has no rows");
        checked_symbol(blank, symbols, "a table");
        return searcher_of_positions({scores, scores + rows * symbols}, alphabet_of(symbols, start, end), blank);
    });
}

void dragoman_engine_searcher_free(void* searcher) { delete static_cast<ModelSearcher*>(searcher); }

// The number of symbols of a model's outputs, and the end symbol.
void dragoman_engine_searcher_symbols(void* searcher, int64_t* numbers) {
    const Alphabet& alphabet = static_cast<ModelSearcher*>(searcher)->alphabet();
    numbers[0] = alphabet.symbols, numbers[1] = alphabet.end;
}

// The number of states that the model's encoder has for an input of each length.
void dragoman_engine_searcher_states(void* searcher, const int64_t* lengths, int64_t count, int64_t* states) {
    for (int64_t i = 0; i < count; ++i) states[i] = static_cast<ModelSearcher*>(searcher)->states(lengths[i]);
}

// A search, which is checked and has not begun; null, and an error, for what is out of range. Its arrays have to stay
// until it is freed.
void* dragoman_engine_job(void* searcher, const Asked* asked, char* error, int64_t room) {
    return made(error, room, [&] {
        ModelSearcher& model = *static_cast<ModelSearcher*>(searcher);
        return std::make_unique<Job>(model.searcher(), request_of(*asked, model));
    });
}

// Cancels what still runs, and waits for it.
void dragoman_engine_job_free(void* job) { delete static_cast<Job*>(job); }

// Searches in this thread and others for about so many milliseconds. 1 when all is over; else it is to be called again.
int32_t dragoman_engine_job_run(void* job, int64_t threads, int64_t milliseconds) {
    return static_cast<Job*>(job)->run(threads, milliseconds);
}

// Starts the search in threads of its own. 0, or 1 and an error.
int32_t dragoman_engine_job_start(void* job, int64_t threads, char* error, int64_t room) {
    return !guarded(error, room, [&] { static_cast<Job*>(job)->start(threads); });
}

// Waits up to so many milliseconds for rows that are finished, and writes down up to `room` of them, each once. Gives back
// how many; −1 when there are no more, and −2 where memory is out.
int64_t dragoman_engine_job_next(void* job, int64_t milliseconds, int64_t* rows, int64_t room) {
    try {
        return static_cast<Job*>(job)->next(milliseconds, rows, room);
    } catch (...) {
        return -2;
    }
}

void dragoman_engine_job_cancel(void* job) { static_cast<Job*>(job)->cancel(); }

int32_t dragoman_engine_job_outcome(void* job, char* error, int64_t room) {
    const Job& search = *static_cast<Job*>(job);
    write_error(search.error().c_str(), error, room);
    return static_cast<int32_t>(search.outcome());
}

int64_t dragoman_engine_job_calls(void* job) { return static_cast<Job*>(job)->calls(); }

// The numbers of hypotheses and of tokens of `count` rows that are finished; of the first ones where `rows` is null.
void dragoman_engine_job_sizes(void* job, const int64_t* rows, int64_t count, int64_t* sizes) {
    sizes[0] = sizes[1] = 0;
    for (int64_t i = 0; i < count; ++i) {
        const Output& output = output_of(job, rows, i);
        sizes[0] += static_cast<int64_t>(output.hypotheses.size());
        sizes[1] += static_cast<int64_t>(output.tokens.size());
    }
}

// The outputs of these rows, end to end. whole: how many hypotheses each row has, the length of each of these, and the
// ending of each; real: the log-probability of each, and the score of each.
void dragoman_engine_job_take(void* job, const int64_t* rows, int64_t count, int64_t hypotheses, int64_t* whole,
                              double* real, int32_t* tokens) {
    int64_t* counts = whole;
    int64_t* lengths = whole + count;
    int64_t* endings = lengths + hypotheses;
    double* scores = real + hypotheses;
    for (int64_t i = 0; i < count; ++i) {
        const Output& output = output_of(job, rows, i);
        *counts++ = static_cast<int64_t>(output.hypotheses.size());
        for (const Hypothesis& one : output.hypotheses) {
            *lengths++ = one.length;
            *endings++ = static_cast<int64_t>(one.ending);
            *real++ = one.log_probability;
            *scores++ = one.score;
        }
        tokens = std::copy(output.tokens.begin(), output.tokens.end(), tokens);
    }
}

}  // extern "C"

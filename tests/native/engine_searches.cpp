// Searches from many threads at a time, each in several threads: whole ones, streams, and such as are cancelled, with and
// without constraints. `.ci/sanitize` builds it with the engine and sanitizers.
//
//   engine_searches [MODEL...]
//
// searches tables of scores, and models that are in files, where it finds their results, too.
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>
#include <vector>

#include "engine_functions.h"

namespace {

constexpr int32_t SYMBOLS = 9, START = 0, END = 1, CHAINS = 3, STEPS = 30;
constexpr int64_t MOST_ROWS = 40, STATES = 4, THREADS = 3, ROOM = 256;
constexpr int32_t NOTHING_ALLOWED = 3;

// Of the model whose constraints are asked for in this run; searches of one model at a time go on.
int64_t alphabet[2] = {SYMBOLS, END};

// An automaton that accepts in its first state, to which a symbol leads from each state.
int32_t after(int32_t automaton, int64_t state, int32_t symbol, int64_t* found) {
    *found = (state * 3 + symbol + automaton) % STATES;
    return 1;
}

int32_t least(int32_t automaton, int64_t state, int32_t* found) {
    for (int32_t symbol = 0; symbol < alphabet[0]; ++symbol) {
        int64_t next = 0;
        after(automaton, state, symbol, &next);
        found[symbol] = next != 0;
    }
    found[alphabet[1]] = state == 0 ? 0 : dragoman::engine::NEVER;
    return 1;
}

// What a searcher reads: how many symbols, or how many numbers of how many bytes each position has.
struct Readable {
    int64_t rows = MOST_ROWS;
    int32_t symbols = CHAINS;
    int64_t numbers = 1, bytes = 4;
};

struct Rows {
    std::vector<int32_t> automata;
    std::vector<char> inputs;
    std::vector<int64_t> lengths, limits, minimums;
    int64_t total = 0;
    const int64_t starts[2] = {0, 0};

    Rows(const Readable& reads, int64_t seed) {
        for (int64_t row = 0; row < reads.rows; ++row) {
            lengths.push_back(1 + (row + seed) % 4);
            const int64_t count = lengths.back() * reads.numbers;
            total += count;
            for (int64_t i = 0; i < count; ++i) {
                const auto symbol = static_cast<int32_t>(row % reads.symbols);
                const char* bytes = reinterpret_cast<const char*>(&symbol);
                inputs.insert(inputs.end(), bytes, bytes + reads.bytes);
            }
            limits.push_back((row * 5 + seed) % 21 + 2);
            minimums.push_back(row % 3);
            automata.push_back(static_cast<int32_t>(row % 3 - 1));
        }
    }
    Asked asked(int32_t method, int64_t width, bool constrained) const {
        Asked out{};
        out.rows = static_cast<int64_t>(lengths.size()), out.inputs = inputs.data(), out.total = total;
        out.lengths = lengths.data();
        out.method = method, out.width = out.n_best = width, out.length_penalty = 1;
        out.longest_loop = 8, out.loop_times = 5, out.loop_span = 16;
        out.limits = limits.data(), out.minimums = minimums.data();
        if (!constrained) return out;
        out.automata = automata.data(), out.automaton_starts = starts, out.automata_count = 2;
        out.after = after, out.least = least;
        return out;
    }
};

void require(bool holds, const char* otherwise) {
    if (!holds) throw std::runtime_error(otherwise);
}

void take(void* job, const int64_t* rows, int64_t count) {
    int64_t sizes[2];
    dragoman_engine_job_sizes(job, rows, count, sizes);
    std::vector<int64_t> whole(static_cast<size_t>(count + 2 * sizes[0]));
    std::vector<double> real(static_cast<size_t>(2 * sizes[0]));
    std::vector<int32_t> tokens(static_cast<size_t>(sizes[1]));
    dragoman_engine_job_take(job, rows, count, sizes[0], whole.data(), real.data(), tokens.data());
}

void run_whole(void* job, int64_t rows) {
    while (dragoman_engine_job_run(job, THREADS, 5) == 0) {
    }
    take(job, nullptr, rows);
}

// Takes rows as they are finished, and gives the search up when it has so many.
void stream(void* job, int64_t rows_of_job, int64_t most) {
    char error[ROOM];
    require(dragoman_engine_job_start(job, THREADS, error, ROOM) == 0, "a search does not start");
    int64_t rows[16], seen = 0;
    for (int64_t count; seen < most && (count = dragoman_engine_job_next(job, 20, rows, 16)) >= 0; seen += count)
        take(job, rows, count);
    // Some constraints cannot be satisfied by what has few positions.
    const bool ended = dragoman_engine_job_outcome(job, error, ROOM) == NOTHING_ALLOWED;
    require(ended || seen >= most, "a stream hands over fewer rows");
    if (most < rows_of_job) dragoman_engine_job_cancel(job);
}

void search_in_all_ways(void* searcher, const Readable& reads, int64_t seed) {
    char error[ROOM];
    const Rows rows(reads, seed);
    for (const int32_t method : {0, 1})
        for (const bool constrained : {false, true})
            for (int way = 0; way < 3; ++way) {
                const Asked asked = rows.asked(method, method == 0 ? 1 : 1 + seed % 12, constrained);
                void* job = dragoman_engine_job(searcher, &asked, error, ROOM);
                if (job == nullptr) throw std::runtime_error(error);
                if (way == 0) run_whole(job, reads.rows);
                else stream(job, reads.rows, way == 1 ? reads.rows : 5);
                dragoman_engine_job_free(job);
            }
}

void search_from_many_threads(void* searcher, const Readable& reads, int64_t times) {
    dragoman_engine_searcher_symbols(searcher, alphabet);
    std::vector<std::thread> threads;
    for (int64_t i = 0; i < 4; ++i)
        threads.emplace_back([=] {
            for (int64_t k = 0; k < times; ++k) search_in_all_ways(searcher, reads, i * 10 + k);
        });
    for (std::thread& thread : threads) thread.join();
    dragoman_engine_searcher_free(searcher);
}

void search_tables() {
    std::vector<float> scores(CHAINS * STEPS * SYMBOLS * SYMBOLS);
    uint32_t random = 1;
    for (float& score : scores) {
        random = random * 1664525u + 1013904223u;
        score = static_cast<float>(random >> 8) / (1 << 24) * 6 - 3;
    }
    char error[ROOM];
    void* const searchers[] = {
        dragoman_engine_searcher_of_table(scores.data(), CHAINS, STEPS, SYMBOLS, START, END, 3, error, ROOM),
        dragoman_engine_searcher_of_positions(scores.data(), 90, SYMBOLS, 2, END, START, error, ROOM)};
    for (void* searcher : searchers) search_from_many_threads(searcher, {}, 4);
}

// The results of all rows, if the model has any, from two threads that find them in two threads each.
void encode(const void* model, const Description& is, const Readable& reads) {
    std::vector<std::thread> threads;
    for (int64_t i = 0; i < 2; ++i)
        threads.emplace_back([=, &is] {
            char error[ROOM];
            const Rows rows(reads, i);
            std::vector<int64_t> counts(static_cast<size_t>(reads.rows));
            dragoman_engine_result_rows(model, rows.lengths.data(), reads.rows, counts.data());
            int64_t total = 0;
            for (const int64_t count : counts) total += count;
            std::vector<float> out(static_cast<size_t>(total * is.result_width));
            require(dragoman_engine_encode(model, rows.inputs.data(), rows.total, rows.lengths.data(), reads.rows, 2,
                                           out.data(), total, error, ROOM) == 0,
                    "results are refused");
        });
    for (std::thread& thread : threads) thread.join();
}

// A model in one type of number, in all ways that it has; where it can have a shortlist, with one and without.
void use(const std::vector<char>& bytes, int32_t number) {
    char error[ROOM];
    void* const model = dragoman_engine_load(bytes.data(), static_cast<int64_t>(bytes.size()), dragoman_engine_set(), number,
                                             error, ROOM);
    if (model == nullptr) throw std::runtime_error(error);
    Description is{};
    dragoman_engine_describe(model, &is);
    Readable reads;
    reads.rows = 12;
    if (is.source_symbols > 0) reads.symbols = static_cast<int32_t>(is.source_symbols);
    if (is.channels > 0) reads.numbers = is.channels * is.height, reads.bytes = 1;
    if (is.result_width > 0) encode(model, is, reads);
    const auto searched = [&] {
        // Symbol 0 is the blank of a model that has no end of its own.
        void* searcher = dragoman_engine_searcher(model, 0, error, ROOM);
        if (searcher == nullptr) throw std::runtime_error(error);
        search_from_many_threads(searcher, reads, 1);
    };
    searched();
    if (is.lists != 0) {
        std::vector<int32_t> targets;
        std::vector<int64_t> offsets{0};
        for (int64_t symbol = 0; symbol < is.source_symbols; ++symbol) {
            for (int64_t i = 0; i < 3; ++i) targets.push_back(static_cast<int32_t>((symbol * 7 + i) % is.symbols));
            offsets.push_back(static_cast<int64_t>(targets.size()));
        }
        const int32_t always[] = {4, 5};
        require(dragoman_engine_shortlist(model, always, 2, offsets.data(), targets.data(),
                                          static_cast<int64_t>(targets.size()), error, ROOM) == 0,
                "a shortlist is refused");
        searched();
    }
    dragoman_engine_free(model);
}

}  // namespace

int main(int count, char** arguments) {
    search_tables();
    for (int i = 1; i < count; ++i)
        for (int32_t number = 0; number < 3; ++number) {
            std::ifstream file(arguments[i], std::ios::binary);
            use({std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()}, number);
        }
    std::puts("searches from many threads end as they should");
    return 0;
}

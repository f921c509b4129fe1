// Searches from many threads at a time, each in several threads: whole ones, streams, and such as are cancelled, with and
// without constraints. `.ci/sanitize thread` builds it with the engine and a sanitizer that looks for unordered accesses.
#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <thread>
#include <vector>

#include "asked.h"

using dragoman::engine::Asked;

extern "C" {
void* dragoman_engine_searcher_of_table(const float*, int64_t, int64_t, int64_t, int32_t, int32_t, int64_t, char*, int64_t);
void* dragoman_engine_searcher_of_positions(const float*, int64_t, int64_t, int32_t, int32_t, int32_t, char*, int64_t);
void dragoman_engine_searcher_free(void*);
void* dragoman_engine_job(void*, const Asked*, char*, int64_t);
void dragoman_engine_job_free(void*);
int32_t dragoman_engine_job_run(void*, int64_t, int64_t);
int32_t dragoman_engine_job_start(void*, int64_t, char*, int64_t);
int64_t dragoman_engine_job_next(void*, int64_t, int64_t*, int64_t);
void dragoman_engine_job_cancel(void*);
int32_t dragoman_engine_job_outcome(void*, char*, int64_t);
void dragoman_engine_job_sizes(void*, const int64_t*, int64_t, int64_t*);
void dragoman_engine_job_take(void*, const int64_t*, int64_t, int64_t, int64_t*, double*, int32_t*);
}

namespace {

constexpr int32_t SYMBOLS = 9, START = 0, END = 1, CHAINS = 3, STEPS = 30;
constexpr int64_t ROWS = 40, STATES = 4, THREADS = 3, ROOM = 256;
constexpr int32_t NOTHING_ALLOWED = 3;

// An automaton that accepts in its first state, to which a symbol leads from each state.
int32_t after(int32_t automaton, int64_t state, int32_t symbol, int64_t* found) {
    *found = (state * 3 + symbol + automaton) % STATES;
    return 1;
}

int32_t least(int32_t automaton, int64_t state, int32_t* found) {
    for (int32_t symbol = 0; symbol < SYMBOLS; ++symbol) {
        int64_t next = 0;
        after(automaton, state, symbol, &next);
        found[symbol] = next != 0;
    }
    found[END] = state == 0 ? 0 : dragoman::engine::NEVER;
    return 1;
}

struct Rows {
    std::vector<int32_t> symbols, automata;
    std::vector<int64_t> lengths, limits, minimums;
    const int64_t starts[2] = {0, 0};

    explicit Rows(int64_t seed) {
        for (int64_t row = 0; row < ROWS; ++row) {
            lengths.push_back(1 + (row + seed) % 4);
            symbols.insert(symbols.end(), static_cast<size_t>(lengths.back()), static_cast<int32_t>(row % CHAINS));
            limits.push_back((row * 5 + seed) % 23 + 2);
            minimums.push_back(row % 3);
            automata.push_back(static_cast<int32_t>(row % 3 - 1));
        }
    }
    Asked asked(int32_t method, int64_t width, bool constrained) const {
        Asked out{};
        out.rows = ROWS, out.inputs = symbols.data(), out.total = static_cast<int64_t>(symbols.size());
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

void run_whole(void* job) {
    while (dragoman_engine_job_run(job, THREADS, 5) == 0) {
    }
    take(job, nullptr, ROWS);
}

// Takes rows as they are finished, and gives the search up when it has so many.
void stream(void* job, int64_t most) {
    char error[ROOM];
    require(dragoman_engine_job_start(job, THREADS, error, ROOM) == 0, "a search does not start");
    int64_t rows[16], seen = 0;
    for (int64_t count; seen < most && (count = dragoman_engine_job_next(job, 20, rows, 16)) >= 0; seen += count)
        take(job, rows, count);
    // Some constraints cannot be satisfied by what has few positions.
    const bool ended = dragoman_engine_job_outcome(job, error, ROOM) == NOTHING_ALLOWED;
    require(ended || seen >= most, "a stream hands over fewer rows");
    if (most < ROWS) dragoman_engine_job_cancel(job);
}

void search_in_all_ways(void* searcher, int64_t seed) {
    char error[ROOM];
    const Rows rows(seed);
    for (const int32_t method : {0, 1})
        for (const bool constrained : {false, true})
            for (int way = 0; way < 3; ++way) {
                const Asked asked = rows.asked(method, method == 0 ? 1 : 1 + seed % 12, constrained);
                void* job = dragoman_engine_job(searcher, &asked, error, ROOM);
                require(job != nullptr, "a search is refused");
                if (way == 0) run_whole(job);
                else stream(job, way == 1 ? ROWS : 5);
                dragoman_engine_job_free(job);
            }
}

}  // namespace

int main() {
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
    for (void* searcher : searchers) {
        std::vector<std::thread> threads;
        for (int64_t i = 0; i < 4; ++i)
            threads.emplace_back([=] {
                for (int64_t k = 0; k < 4; ++k) search_in_all_ways(searcher, i * 10 + k);
            });
        for (std::thread& thread : threads) thread.join();
        dragoman_engine_searcher_free(searcher);
    }
    std::puts("searches from many threads end as they should");
    return 0;
}

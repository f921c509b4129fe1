// Random calls of the engine, on valid models and on ones whose bytes were altered: each has to be refused with a text or
// to be right. They run in child processes, so that one that crashes or hangs is counted and not the end.
//
//   engine_fuzz CALLS SEED MODEL...
//
// Prints the counts as JSON; ends with 1 if a call crashed or was wrong.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "engine_functions.h"

namespace {

using Bytes = std::vector<char>;

constexpr int64_t BATCH = 500, ROOM = 300, SECONDS = 120;

// What child and parent both see.
struct Counts {
    int64_t calls, models_refused, calls_refused, results, searches, not_numbers, cancelled, compared, wrong;
};

class Random {
public:
    explicit Random(uint64_t seed) : generator_(seed) {}
    int64_t below(int64_t limit) { return static_cast<int64_t>(generator_() % static_cast<uint64_t>(limit)); }
    bool one_in(int64_t count) { return below(count) == 0; }
    // Numbers that break things.
    int32_t wild() {
        static const int32_t some[] = {0, 1, -1, 2, 3, 15, 16, 17, 32, 64, -2, -16, 100, 10000, 0x7fffffff, -0x7fffffff - 1};
        return one_in(3) ? static_cast<int32_t>(generator_()) : some[below(16)];
    }

private:
    std::mt19937_64 generator_;
};

void check(bool right, const char* otherwise, Counts& counts) {
    if (right) return;
    ++counts.wrong;
    std::fprintf(stderr, "%s\n", otherwise);
}

void alter(Bytes& model, Random& random) {
    const auto size = static_cast<int64_t>(model.size());
    const int64_t head = std::min<int64_t>(size, 64 + random.below(3000));
    for (int64_t i = 1 + random.below(3); i > 0; --i) switch (random.below(8)) {
            case 0: model.resize(static_cast<size_t>(random.below(size))); return;
            case 1: model.resize(static_cast<size_t>(size + 1 + random.below(200))); return;
            case 2: {  // a weight that is no number, or none that one expects
                static const float some[] = {NAN, INFINITY, -INFINITY, 1e30f, -1e30f, 0};
                const float value = some[random.below(6)];
                std::memcpy(&model[static_cast<size_t>(random.below(size / 4) * 4)], &value, 4);
                break;
            }
            case 3: model[static_cast<size_t>(random.below(size))] ^= static_cast<char>(1 << random.below(8)); break;
            default: {  // a word of the header, of what follows it, or of an instruction
                const int32_t value = random.wild();
                std::memcpy(&model[static_cast<size_t>(random.below(head / 4) * 4)], &value, 4);
            }
        }
}

// Inputs for a model, most of them good.
struct Inputs {
    std::vector<int64_t> lengths;
    std::vector<int32_t> data;  // as wide as any type of input
    int64_t total = 0;

    Inputs(const Description& model, Random& random) {
        const int64_t each = model.given > 0 ? model.given : model.channels > 0 ? model.channels * model.height : 1;
        const int64_t count = random.below(5);
        for (int64_t i = 0; i < count; ++i) {
            const int64_t length = model.given > 0 ? 1 : random.one_in(4000) ? 10000 : random.below(12);
            lengths.push_back(random.one_in(500) ? random.wild() : length);
            total += length * (each < 100000 ? each : 0);
        }
        data.resize(static_cast<size_t>(total + 1));
        for (int32_t& value : data) {
            value = static_cast<int32_t>(random.below(model.source_symbols > 0 ? model.source_symbols : 1 << 30));
            if (random.one_in(3000)) value = random.wild();
        }
    }
    int64_t count() const { return static_cast<int64_t>(lengths.size()); }
};

// What a search found, to be compared.
struct Found {
    int32_t outcome = -1;
    std::vector<int64_t> whole;
    std::vector<double> real;
    std::vector<int32_t> tokens;
};

Found run(void* job, int64_t rows, int64_t threads, Counts& counts) {
    Found found;
    char error[ROOM];
    for (int turn = 0; dragoman_engine_job_run(job, threads, 50) != 1; ++turn)
        if (turn == 40) {
            ++counts.cancelled;
            return found;
        }
    found.outcome = dragoman_engine_job_outcome(job, error, ROOM);
    if (found.outcome != 0) {
        ++counts.not_numbers;
        return found;
    }
    int64_t sizes[2];
    dragoman_engine_job_sizes(job, nullptr, rows, sizes);
    found.whole.resize(static_cast<size_t>(rows + 2 * sizes[0]));
    found.real.resize(static_cast<size_t>(2 * sizes[0]));
    found.tokens.resize(static_cast<size_t>(sizes[1]));
    dragoman_engine_job_take(job, nullptr, rows, sizes[0], found.whole.data(), found.real.data(), found.tokens.data());
    return found;
}

void search(void* model, const Description& is, const Inputs& inputs, Random& random, Counts& counts) {
    char error[ROOM];
    std::unique_ptr<void, void (*)(void*)> searcher(dragoman_engine_searcher(model, -1, error, ROOM),
                                                    dragoman_engine_searcher_free);
    if (searcher == nullptr) {
        ++counts.calls_refused;
        return;
    }
    const auto rows = static_cast<size_t>(inputs.count());
    std::vector<int64_t> limits, minimums, starts{0};
    std::vector<int32_t> prefixes, forbidden;
    for (size_t i = 0; i < rows; ++i) {
        limits.push_back(random.one_in(500) ? random.wild() : random.below(9));
        minimums.push_back(random.one_in(500) ? random.wild() : random.below(limits.back() < 1 ? 1 : limits.back() + 1));
        for (int64_t count = random.one_in(4) ? random.below(4) : 0; count > 0; --count)
            prefixes.push_back(random.one_in(200) ? random.wild() : static_cast<int32_t>(random.below(is.symbols + 1)));
        starts.push_back(static_cast<int64_t>(prefixes.size()));
    }
    for (int64_t count = random.below(4); count > 0; --count)
        forbidden.push_back(random.one_in(200) ? random.wild() : static_cast<int32_t>(random.below(is.symbols + 1)));
    const bool greedy = random.one_in(2);
    const int64_t width = random.one_in(300) ? random.wild() : greedy ? 1 : 1 + random.below(7);
    Asked asked{};
    asked.rows = inputs.count(), asked.inputs = inputs.data.data(), asked.total = inputs.total;
    asked.lengths = inputs.lengths.data(), asked.method = greedy ? 0 : 1, asked.width = width;
    asked.n_best = random.one_in(300) ? random.wild() : 1 + random.below(width < 1 ? 1 : width);
    asked.length_penalty = random.one_in(200) ? NAN : static_cast<double>(random.below(3)) / 2;
    asked.forbidden = forbidden.data(), asked.forbidden_count = static_cast<int64_t>(forbidden.size());
    asked.longest_loop = random.one_in(300) ? random.wild() : static_cast<int32_t>(random.below(4));
    asked.loop_times = random.one_in(300) ? random.wild() : 3, asked.loop_span = 10;
    asked.limits = limits.data(), asked.minimums = random.one_in(2) ? minimums.data() : nullptr;
    asked.prefixes = prefixes.data(), asked.prefix_starts = random.one_in(2) ? starts.data() : nullptr;
    const auto job = [&](const Asked& it) {
        return std::unique_ptr<void, void (*)(void*)>(dragoman_engine_job(searcher.get(), &it, error, ROOM),
                                                      dragoman_engine_job_free);
    };
    const auto whole = job(asked);
    if (whole == nullptr) {
        ++counts.calls_refused;
        return;
    }
    const Found found = run(whole.get(), inputs.count(), 1 + random.below(8) / 7, counts);
    if (found.outcome != 0) return;
    ++counts.searches;
    for (const int32_t token : found.tokens) check(token >= 0 && token < is.symbols, "a symbol that there is not", counts);
    for (const double value : found.real) check(std::isfinite(value), "a score that is no number", counts);
    if (rows == 0 || !random.one_in(8)) return;
    // The first input by itself has the same output, to the bit.
    const int64_t each = is.given > 0 ? is.given : is.channels > 0 ? is.channels * is.height : 1;
    asked.rows = 1, asked.total = inputs.lengths[0] * each;
    const auto alone = job(asked);
    const Found first = alone == nullptr ? Found{} : run(alone.get(), 1, 1, counts);
    const auto hypotheses = static_cast<size_t>(found.whole[0]);
    bool same = first.outcome == 0 && first.whole[0] == found.whole[0] &&
                std::equal(first.tokens.begin(), first.tokens.end(), found.tokens.begin());
    for (size_t i = 0; same && i < hypotheses; ++i)
        same = first.real[i] == found.real[i] && first.whole[1 + i] == found.whole[rows + i];
    ++counts.compared;
    check(same, "another output than without its neighbours", counts);
}

void encode(void* model, const Description& is, const Inputs& inputs, Random& random, Counts& counts) {
    char error[ROOM];
    std::vector<int64_t> rows(inputs.lengths.size() + 1);
    int64_t total = 0;
    for (const int64_t length : inputs.lengths)
        if (length < 0 || length > 10000) {
            ++counts.calls_refused;
            return;
        }
    dragoman_engine_result_rows(model, inputs.lengths.data(), inputs.count(), rows.data());
    for (int64_t i = 0; i < inputs.count(); ++i) total += rows[static_cast<size_t>(i)];
    if (total < 0 || total * is.result_width > 50000000) return;
    std::vector<float> out(static_cast<size_t>(total * is.result_width + 1));
    const int32_t refused = dragoman_engine_encode(model, inputs.data.data(), inputs.total, inputs.lengths.data(), inputs.count(),
                                                   1 + random.below(2), out.data(), total, error, ROOM);
    ++(refused != 0 ? counts.calls_refused : counts.results);
}

void call(const std::vector<Bytes>& models, Random& random, Counts& counts) {
    char error[ROOM];
    Bytes bytes = models[static_cast<size_t>(random.below(static_cast<int64_t>(models.size())))];
    if (!random.one_in(4)) alter(bytes, random);
    const int set = random.one_in(4) ? static_cast<int>(random.below(9)) : dragoman_engine_set();
    const auto number = static_cast<int32_t>(random.one_in(100) ? random.wild() : random.below(3));
    // A copy of just these bytes, so that a sanitizer sees what reads behind them.
    const std::unique_ptr<char[]> exact(new char[bytes.size() + 1]);
    std::memcpy(exact.get(), bytes.data(), bytes.size());
    std::unique_ptr<void, void (*)(void*)> model(
        dragoman_engine_load(exact.get(), static_cast<int64_t>(bytes.size()), set, number, error, ROOM), dragoman_engine_free);
    ++counts.calls;
    if (model == nullptr) {
        ++counts.models_refused;
        check(error[0] != 0, "refused without a reason", counts);
        return;
    }
    Description is{};
    dragoman_engine_describe(model.get(), &is);
    const Inputs inputs(is, random);
    dragoman_engine_memory(model.get(), random.one_in(2) ? random.wild() : 9, random.one_in(2) ? random.wild() : 9,
                           random.one_in(2) ? random.wild() : 5, error, ROOM);
    if (is.lists != 0 && random.one_in(2)) {
        std::vector<int32_t> always, targets;
        std::vector<int64_t> offsets{0};
        for (int64_t i = random.below(20); i > 0; --i)
            always.push_back(random.one_in(100) ? random.wild() : static_cast<int32_t>(random.below(is.symbols)));
        for (int64_t i = 0; i < is.source_symbols && i < 100000; ++i) {
            for (int64_t count = random.below(3); count > 0; --count)
                targets.push_back(random.one_in(500) ? random.wild() : static_cast<int32_t>(random.below(is.symbols)));
            offsets.push_back(static_cast<int64_t>(targets.size()));
        }
        if (static_cast<int64_t>(offsets.size()) == is.source_symbols + 1)
            dragoman_engine_shortlist(model.get(), always.data(), static_cast<int64_t>(always.size()), offsets.data(),
                                      targets.data(), static_cast<int64_t>(targets.size()), error, ROOM);
    }
    if (is.symbols > 0) search(model.get(), is, inputs, random, counts);
    if (is.result_width > 0) encode(model.get(), is, inputs, random, counts);
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 4) return 2;
    const int64_t calls = std::atoll(arguments[1]), seed = std::atoll(arguments[2]);
    std::vector<Bytes> models;
    for (int i = 3; i < count; ++i) {
        std::ifstream file(arguments[i], std::ios::binary);
        models.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    auto& counts = *static_cast<Counts*>(
        mmap(nullptr, sizeof(Counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    int64_t crashes = 0, next = 0;
    auto& at = *static_cast<int64_t*>(mmap(nullptr, 64, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    while (next < calls) {
        const int64_t end = std::min(next + BATCH, calls);
        const pid_t child = fork();
        if (child == 0) {
            alarm(SECONDS);
            for (at = next; at < end; ++at) {
                const int64_t wrong = counts.wrong;
                Random random(static_cast<uint64_t>(seed * 1000000007 + at));
                call(models, random, counts);
                if (counts.wrong != wrong) std::fprintf(stderr, "call %lld is wrong\n", static_cast<long long>(at));
            }
            _exit(0);
        }
        int status = 0;
        waitpid(child, &status, 0);
        if (!(WIFEXITED(status) && WEXITSTATUS(status) == 0)) {
            std::fprintf(stderr, "call %lld crashed: status %d\n", static_cast<long long>(at), status);
            ++crashes;
            next = at + 1;
        } else {
            next = end;
        }
    }
    std::printf("{\"calls\": %lld, \"models refused\": %lld, \"calls refused\": %lld, \"results\": %lld, \"searches\": %lld, "
                "\"scores that are no numbers\": %lld, \"cancelled after two seconds\": %lld, \"compared with one input alone\": "
                "%lld, \"wrong\": %lld, \"crashes\": %lld}\n",
                static_cast<long long>(counts.calls), static_cast<long long>(counts.models_refused),
                static_cast<long long>(counts.calls_refused), static_cast<long long>(counts.results),
                static_cast<long long>(counts.searches), static_cast<long long>(counts.not_numbers),
                static_cast<long long>(counts.cancelled), static_cast<long long>(counts.compared),
                static_cast<long long>(counts.wrong), static_cast<long long>(crashes));
    return crashes + counts.wrong == 0 ? 0 : 1;
}

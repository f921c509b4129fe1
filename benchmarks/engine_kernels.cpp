// What the engine's kernels take, and what share of the most that this core's products reach. See engine_kernels.py.
//
// Each figure is the best of many short runs, in processor time: other work on the machine makes single runs slower, and
// never faster. Arrays are as warm as a search leaves them: what a call reads was read by the call before.
#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "../dragoman/native/sources/engine/kernels.h"
#include "../dragoman/native/sources/engine/pack.h"
#include "../dragoman/native/sources/engine/workspace.h"

using namespace dragoman::engine;

namespace {

double now() {
    timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// Seconds of one call.
template <class Call>
double best_time(const Call& call, double seconds = 0.1) {
    double best = 1e9;
    const double end = now() + seconds;
    for (int64_t calls = 1; now() < end;) {
        const double begin = now();
        for (int64_t i = 0; i < calls; ++i) call();
        const double time = now() - begin;
        if (time < 2e-4) calls *= 2;
        else best = std::min(best, time / static_cast<double>(calls));
    }
    return best;
}

std::vector<float> drawn(int64_t count, unsigned seed, float size) {
    std::mt19937 generator(seed);
    std::normal_distribution<float> normal(0.0f, size);
    std::vector<float> out(static_cast<size_t>(count));
    for (float& it : out) it = normal(generator);
    return out;
}

// Rows of float32 and of operands.
struct Rows {
    Rows(const Kernels& kernels, int64_t rows, int64_t width) : step(width) {
        const std::vector<float> numbers = drawn(rows * width, 1, 1.0f);
        x = static_cast<float*>(floats.take(rows * width * 4));
        std::memcpy(x, numbers.data(), numbers.size() * 4);
        operand.step = width * bytes_of(kernels.number);
        operand.data = static_cast<char*>(bytes.take(rows * operand.step));
        operand.scale = static_cast<float*>(scales.take(rows * 4));
        kernels.operand(operand, x, width, rows, width);
    }
    int64_t step;
    float* x;
    Operand operand;
    Room floats, bytes, scales;
};

// A matrix whose scores are as far apart as those of a trained model: the best of 10,000 symbols stand out.
PackedMatrix matrix_of(Number number, int64_t outputs, int64_t inputs, float size) {
    const std::vector<float> weights = drawn(outputs * inputs, 2, size / std::sqrt(static_cast<float>(inputs)));
    return PackedMatrix(weights.data(), nullptr, outputs, inputs, number, true);
}

struct Bench {
    const Kernels& kernels;
    double limit = 0;  // operations a second

    void report(const char* what, int64_t rows, int64_t inputs, int64_t outputs, double seconds) const {
        const double operations = 2.0 * static_cast<double>(rows * inputs * outputs);
        std::printf("%s\t%s\t%lld\t%lld\t%lld\t%.1f\t%.1f\t%.3f\n", kernels.name, what, static_cast<long long>(rows),
                    static_cast<long long>(inputs), static_cast<long long>(outputs), seconds * 1e9,
                    operations / seconds * 1e-9, operations / seconds / limit);
        std::fflush(stdout);
    }
    void measure_limit() {
        constexpr int64_t ROUNDS = 20000;
        double operations = 0;
        limit = 1;
        const double seconds = best_time([&] { operations = kernels.products_only(ROUNDS); }, 0.3);
        limit = operations / seconds;
        std::printf("%s\tlimit\t0\t0\t0\t0\t%.1f\t1\n", kernels.name, limit * 1e-9);
    }
    void product(int64_t rows, int64_t inputs, int64_t outputs) const {
        const PackedMatrix matrix = matrix_of(kernels.number, outputs, inputs, 1.0f);
        const Rows in(kernels, rows, inputs);
        Room room;
        auto* out = static_cast<float*>(room.take(rows * matrix.matrix().padded * 4));
        const auto call = [&] { kernels.product(matrix.matrix(), in.operand, rows, out, matrix.matrix().padded); };
        report("product", rows, inputs, outputs, best_time(call));
    }
    void rank(int64_t rows, int64_t inputs, int64_t outputs, int64_t count) const {
        const PackedMatrix matrix = matrix_of(kernels.number, outputs, inputs, 3.0f);
        const Rows in(kernels, rows, inputs);
        std::vector<float> values(static_cast<size_t>(rows * count));
        std::vector<int32_t> ids(static_cast<size_t>(rows * count));
        std::vector<double> normalizers(static_cast<size_t>(rows));
        const Ranking ranking{count, values.data(), ids.data(), normalizers.data()};
        const Symbols symbols{3, nullptr};
        Workspace workspace;
        const auto call = [&] { kernels.rank(matrix.matrix(), in.operand, rows, symbols, ranking, workspace); };
        report(("rank " + std::to_string(count)).c_str(), rows, inputs, outputs, best_time(call));
    }
    void operands(int64_t rows, int64_t width) const {
        Rows in(kernels, rows, width);
        report("operand", rows, width, 0,
               best_time([&] { kernels.operand(in.operand, in.x, width, rows, width); }));
        report("normalize_operand", rows, width, 0,
               best_time([&] { kernels.normalize_operand(in.operand, in.x, width, rows, width, width, 1e-5f); }));
    }
    void choose(int64_t inputs, int64_t outputs, int64_t count) const {
        const PackedMatrix matrix = matrix_of(kernels.number, outputs, inputs, 1.0f);
        std::vector<int32_t> chosen(static_cast<size_t>(count));
        std::mt19937 generator(3);
        for (int32_t& it : chosen) it = static_cast<int32_t>(generator() % static_cast<unsigned>(outputs));
        ChosenOutputs out;
        report("shortlist", 0, inputs, count,
               best_time([&] { out.choose(matrix.matrix(), kernels.number, chosen.data(), count); }));
    }
};

}  // namespace

// Arguments: numbers of types (0 float32, 1 bfloat16, 2 int8) to measure; a set's number before them after "set".
int main(int argc, char** argv) {
    Set set = detect_set();
    std::vector<int> numbers;
    bool small = false;
    for (int i = 1; i < argc; ++i) {
        if (std::strcmp(argv[i], "set") == 0 && i + 1 < argc) set = static_cast<Set>(std::atoi(argv[++i]));
        else if (std::strcmp(argv[i], "small") == 0) small = true;
        else numbers.push_back(std::atoi(argv[i]));
    }
    if (numbers.empty()) numbers = {2, 1, 0};
    std::printf("kernels\twhat\trows\tinputs\toutputs\tns\tG operations/s\tshare of the limit\n");
    for (const int number : numbers) {
        const Kernels* found = kernels(set, static_cast<Number>(number));
        if (found == nullptr) return 1;
        Bench bench{*found};
        bench.measure_limit();
        for (const int64_t rows : {1, 5, 8, 12, 15, 128}) {
            if (small && rows != 15 && rows != 8) continue;
            bench.product(rows, 128, 128);
            bench.product(rows, 128, 384);
            bench.product(rows, 256, 128);
            bench.product(rows, 128, 10048);
        }
        for (const int64_t rows : {1, 4, 8, 12}) {
            if (!small || rows == 8) bench.rank(rows, 128, 10048, 1);
        }
        for (const int64_t rows : {5, 15, 20}) {
            if (!small || rows == 15) bench.rank(rows, 128, 10048, 10);
        }
        bench.rank(5, 128, 1500, 10);
        bench.operands(15, 128);
        bench.operands(15, 256);
        if (small) continue;
        bench.rank(15, 128, 10048, 100);
        bench.product(24, 512, 512);
        bench.product(24, 512, 2048);
        bench.product(24, 2048, 512);
        bench.rank(24, 512, 32000, 10);
        bench.choose(128, 10048, 1500);
        bench.choose(512, 32000, 1500);
    }
    return 0;
}

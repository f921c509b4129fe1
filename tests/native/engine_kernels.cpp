// The engine's kernels of all instruction sets that a processor has, against the reference kernels, on random shapes: the
// same comparisons as test_engine_kernels.py, for processors that Python does not run on because they are emulated.
//
// Prints the best set and how many calls were compared; ends with 1 and says which differ if any does.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <random>
#include <string>
#include <vector>

extern "C" {
int dragoman_engine_set();
const char* dragoman_engine_set_name(int);
const char* dragoman_engine_kernels_name(int, int);
int dragoman_engine_test_operand(int, int, const float*, int64_t, int64_t, int, int64_t, float, float*, float*);
int dragoman_engine_test_normalize(int, int, const float*, int64_t, int64_t, int64_t, float, const float*, const float*,
                                   float*);
int dragoman_engine_test_product(int, int, int, const float*, const float*, int64_t, int64_t, const float*, int64_t,
                                 float*);
int dragoman_engine_test_rank(int, int, const float*, const float*, int64_t, int64_t, const float*, int64_t, int64_t,
                              const int32_t*, int64_t, float*, int32_t*, double*);
int dragoman_engine_test_attend(int, int, int64_t, int64_t, int64_t, int64_t, const float*, const float*, float,
                                const float*, const float*, int64_t, const uint16_t*, int, float*);
int dragoman_engine_test_activate(int, int, int, float*, int64_t, int64_t);
int dragoman_engine_test_add(int, int, float*, const float*, int64_t, int64_t, float);
int dragoman_engine_test_glu(int, int, const float*, int64_t, int64_t, float*);
int dragoman_engine_test_cell(int, int, int, const float*, const float*, float*, int64_t, int64_t);
int dragoman_engine_test_reset(int, int, const float*, const float*, const float*, float*, float*, int64_t, int64_t);
int dragoman_engine_test_renew(int, int, const float*, const float*, const float*, float*, int64_t, int64_t);
}

namespace {

using Floats = std::vector<float>;

constexpr int REFERENCE = 0, FLOAT32 = 0, INT8 = 2;

std::mt19937 generator(1);

int64_t between(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(generator);
}

Floats normal(int64_t count, float size = 1) {
    std::normal_distribution<float> distribution(0, size);
    Floats values(static_cast<size_t>(count));
    for (float& value : values) value = distribution(generator);
    return values;
}

// One call: writes what it computes to a vector, and gives back what the call gave.
using Call = std::function<int(int set, int number, Floats& out)>;

struct Comparison {
    const char* name;
    float exact, coarse;  // how much results may differ, of float32 and of other numbers, on top of as much of the result
    Call call;
};

int append(int outcome, Floats& out, const Floats& values) {
    out.insert(out.end(), values.begin(), values.end());
    return outcome;
}

// Random calls of every kernel.
std::vector<Comparison> draw() {
    const int64_t rows = between(1, 13), width = 16 * between(1, 12), outputs = between(1, 200);
    const Floats x = normal(rows * width), y = normal(rows * width, 3), weights = normal(outputs * width, 0.2f);
    const Floats bias = normal(outputs), gain = normal(width), shift = normal(width);
    std::vector<Comparison> all;
    all.push_back({"operand", 0, 0, [=](int set, int number, Floats& out) {
        Floats numbers(x.size()), scales(static_cast<size_t>(rows));
        const int outcome =
            dragoman_engine_test_operand(set, number, x.data(), rows, width, 0, 0, 0, numbers.data(), scales.data());
        return append(outcome, out, numbers);
    }});
    all.push_back({"normalize", 2e-5f, 2e-5f, [=](int set, int number, Floats& out) {
        Floats to(x.size());
        const int outcome = dragoman_engine_test_normalize(set, number, x.data(), rows, width, width - 3, 1e-5f,
                                                           gain.data(), shift.data(), to.data());
        return append(outcome, out, to);
    }});
    for (int form = 0; form < 3; ++form)
        all.push_back({"product", 2e-5f, 2e-5f, [=](int set, int number, Floats& out) {
            Floats to(static_cast<size_t>(rows * outputs), 0.5f);
            const int outcome = dragoman_engine_test_product(set, number, form, weights.data(), bias.data(), outputs,
                                                             width, x.data(), rows, to.data());
            return append(outcome, out, to);
        }});
    Floats whole(static_cast<size_t>(rows * width)), whole_weights(static_cast<size_t>(outputs * width));
    for (float& value : whole) value = static_cast<float>(between(0, 1) * 254 - 127);
    for (float& value : whole_weights) value = static_cast<float>(between(0, 9) == 0 ? between(-127, 127) : 127);
    for (int64_t i = 0; i < rows; ++i) whole[static_cast<size_t>(i * width)] = 127;
    for (int64_t i = 0; i < outputs; ++i) whole_weights[static_cast<size_t>(i * width)] = 127;
    all.push_back({"product of large whole numbers", 2, 0, [=](int set, int number, Floats& out) {
        Floats to(static_cast<size_t>(rows * outputs));
        if (number != INT8) return 0;
        const int outcome = dragoman_engine_test_product(set, number, 0, whole_weights.data(), nullptr, outputs, width,
                                                         whole.data(), rows, to.data());
        return append(outcome, out, to);
    }});
    const int64_t count = between(1, 12), first = between(0, 3);
    all.push_back({"rank", 3e-5f, 3e-5f, [=](int set, int number, Floats& out) {
        Floats values(static_cast<size_t>(rows * count));
        std::vector<int32_t> ids(values.size());
        std::vector<double> normalizers(static_cast<size_t>(rows));
        const int outcome =
            dragoman_engine_test_rank(set, number, weights.data(), bias.data(), outputs, width, x.data(), rows, first,
                                      nullptr, count, values.data(), ids.data(), normalizers.data());
        for (float& value : values) value = std::isinf(value) ? -1e30f : value;
        append(0, out, values);
        return append(outcome, out, Floats(normalizers.begin(), normalizers.end()));
    }});
    const int64_t heads = between(1, 4), key = 16 * between(1, 4), value = 16 * between(1, 4), places = between(1, 50);
    const Floats keys = normal(places * heads * key), values = normal(places * heads * value);
    const Floats queries = normal(rows * heads * key), vector = normal(heads * key, 0.3f);
    std::vector<uint16_t> masks(static_cast<size_t>(rows * ((places + 15) / 16)));
    for (size_t i = 0; i < masks.size(); ++i) {
        const int64_t before = static_cast<int64_t>(i) % ((places + 15) / 16) * 16;
        const int64_t there = places - before < 16 ? places - before : 16;
        masks[i] = static_cast<uint16_t>(between(0, 0xffff) & ((1 << there) - 1));
    }
    for (const bool additive : {false, true})
        all.push_back({additive ? "attend_additive" : "attend", 5e-5f, 0.04f, [=](int set, int number, Floats& out) {
            Floats to(static_cast<size_t>(rows * (additive ? 1 : heads) * value));
            // The widths of additive attention are of one head.
            const int64_t h = additive ? 1 : heads;
            const Floats k(keys.begin(), keys.begin() + places * h * key);
            const Floats v(values.begin(), values.begin() + places * h * value);
            const Floats q(queries.begin(), queries.begin() + rows * h * key);
            const int outcome = dragoman_engine_test_attend(set, number, h, key, value, places, k.data(), v.data(), 0.2f,
                                                            additive ? vector.data() : nullptr, q.data(), rows,
                                                            masks.data(), 0, to.data());
            return append(outcome, out, to);
        }});
    for (int activation = 0; activation < 5; ++activation)
        all.push_back({"activate", 3e-6f, 1e-3f, [=](int set, int number, Floats& out) {
            Floats to = y;
            return append(dragoman_engine_test_activate(set, number, activation, to.data(), rows, width), out, to);
        }});
    all.push_back({"add", 3e-6f, 3e-6f, [=](int set, int number, Floats& out) {
        Floats to = x;
        return append(dragoman_engine_test_add(set, number, to.data(), y.data(), rows, width, 0.7f), out, to);
    }});
    const Floats wide = normal(rows * width * 4, 2), other = normal(rows * width * 4, 2);
    all.push_back({"glu", 3e-6f, 2e-3f, [=](int set, int number, Floats& out) {
        Floats to(x.size());
        return append(dragoman_engine_test_glu(set, number, wide.data(), rows, width, to.data()), out, to);
    }});
    for (const int cell : {0, 1, 2, 4})
        all.push_back({"cell", 3e-6f, 2e-3f, [=](int set, int number, Floats& out) {
            Floats state(wide.begin(), wide.begin() + rows * width * (cell == 4 ? 2 : 1));
            const int outcome =
                dragoman_engine_test_cell(set, number, cell, wide.data(), other.data(), state.data(), rows, width);
            return append(outcome, out, state);
        }});
    all.push_back({"reset", 3e-6f, 2e-3f, [=](int set, int number, Floats& out) {
        Floats reset(x.size()), update(x.size());
        const int outcome = dragoman_engine_test_reset(set, number, wide.data(), other.data(), y.data(), reset.data(),
                                                       update.data(), rows, width);
        append(0, out, reset);
        return append(outcome, out, update);
    }});
    all.push_back({"renew", 3e-6f, 2e-3f, [=](int set, int number, Floats& out) {
        Floats state = y, update = x;
        for (float& z : update) z = 1 / (1 + std::exp(-z));
        const int outcome = dragoman_engine_test_renew(set, number, wide.data(), other.data(), update.data(),
                                                       state.data(), rows, width);
        return append(outcome, out, state);
    }});
    return all;
}

// The largest difference by the bound on it.
bool alike(const Floats& found, const Floats& expected, float bound) {
    if (found.size() != expected.size()) return false;
    for (size_t i = 0; i < found.size(); ++i)
        if (!(std::fabs(found[i] - expected[i]) <= bound * (1 + std::fabs(expected[i])))) return false;
    return true;
}

}  // namespace

int main(int count, char** arguments) {
    const int draws = count > 1 ? std::stoi(arguments[1]) : 20;
    std::printf("best set: %s\n", dragoman_engine_set_name(dragoman_engine_set()));
    std::vector<std::vector<Comparison>> cases;
    for (int i = 0; i < draws; ++i) cases.push_back(draw());
    int wrong = 0;
    for (int number = 0; number < 3; ++number) {
        std::vector<Floats> expected;
        for (const auto& drawn : cases)
            for (const Comparison& comparison : drawn) {
                expected.emplace_back();
                comparison.call(REFERENCE, number, expected.back());
            }
        for (int set = 1; dragoman_engine_set_name(set) != nullptr; ++set) {
            const char* name = dragoman_engine_kernels_name(set, number);
            if (name == nullptr) continue;
            size_t compared = 0;
            for (const auto& drawn : cases)
                for (const Comparison& comparison : drawn) {
                    const size_t at = compared++;
                    Floats found;
                    const int outcome = comparison.call(set, number, found);
                    const float bound = number == FLOAT32 ? comparison.exact : comparison.coarse;
                    if (outcome == 0 && alike(found, expected[at], bound)) continue;
                    std::printf("%s: %s differs from the reference%s\n", name, comparison.name,
                                outcome == 2 ? ", and writes outside of its rows" : "");
                    ++wrong;
                }
            std::printf("%s: %zu calls\n", name, compared);
        }
    }
    return wrong == 0 ? 0 : 1;
}

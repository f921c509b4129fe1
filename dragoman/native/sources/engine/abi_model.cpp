// What Python asks of a model: reading it from bytes, what it is, and its results where it writes nothing by steps.
#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

#include "handle.h"

using namespace dragoman::engine;

namespace {

// What `dragoman_engine_describe` tells, in this order; engine.py names the same.
struct Description {
    int64_t bytes, symbols, source_symbols, start, end, longest_source, longest_target, channels, height, given,
        result_width, lists;
};

// Calls `work(machine, from, to)` for pieces of the inputs, each with some positions, in `threads` threads.
template <class Work>
void in_pieces(const Handle& handle, const std::vector<Input>& inputs, int64_t threads, const Work& work) {
    const Pace pace;
    std::vector<int64_t> ends;
    for (int64_t i = 0, positions = 0; i < static_cast<int64_t>(inputs.size()); ++i) {
        positions += inputs[static_cast<size_t>(i)].length * std::max(1, handle.model().header.height);
        if (positions < pace.positions_at_once && i + 1 < static_cast<int64_t>(inputs.size())) continue;
        ends.push_back(i + 1);
        positions = 0;
    }
    std::atomic<size_t> next{0};
    std::exception_ptr failure;
    std::mutex mutex;
    const auto run = [&] {
        try {
            handle.with_machine([&](Machine& machine) {
                for (size_t piece = next++; piece < ends.size(); piece = next++)
                    work(machine, piece == 0 ? 0 : ends[piece - 1], ends[piece]);
            });
        } catch (...) {
            next = ends.size();
            const std::lock_guard<std::mutex> lock(mutex);
            failure = std::current_exception();
        }
    };
    std::vector<std::thread> others;
    const auto wanted = std::min<int64_t>(std::max<int64_t>(threads, 1), static_cast<int64_t>(ends.size()));
    try {
        for (int64_t i = 1; i < wanted; ++i) others.emplace_back(run);
    } catch (const std::exception&) {  // fewer threads than were asked for
    }
    run();
    for (std::thread& other : others) other.join();
    if (failure) std::rethrow_exception(failure);
}

int64_t longest_of(const std::vector<Input>& inputs) {
    int64_t longest = 0;
    for (const Input& input : inputs) longest = std::max(longest, input.length);
    return longest;
}

}  // namespace

extern "C" {

// A model, to be freed; null, and the reason in `error`, if the bytes are no model or there are no such kernels.
void* dragoman_engine_load(const char* bytes, int64_t size, int32_t set, int32_t number, char* error, int64_t room) {
    void* made = nullptr;
    guarded(error, room, [&] {
        if (bytes == nullptr || size < 0) throw std::invalid_argument("these bytes are no model: there are none");
        made = new Handle(Model::read(bytes, size, static_cast<Set>(set), static_cast<Number>(number)));
    });
    return made;
}

void dragoman_engine_free(void* handle) {
    delete static_cast<Handle*>(handle);
}

void dragoman_engine_describe(const void* handle, Description* out) {
    const Model& model = static_cast<const Handle*>(handle)->model();
    const Header& h = model.header;
    const auto shortlist = static_cast<const Handle*>(handle)->shortlist();
    *out = {model.bytes + (shortlist == nullptr ? 0 : shortlist->bytes()),
            h.symbols,
            h.source_symbols,
            h.start,
            h.end,
            h.longest_source,
            h.longest_target,
            h.channels,
            h.height,
            h.given,
            h.result < 0 ? 0 : model.encode.widths[static_cast<size_t>(h.result)],
            h.output >= 0 && h.source_symbols > 0 && model.matrices[static_cast<size_t>(h.output)].rows != nullptr};
}

// What the kernels are called, "AVX-512 VNNI, int8".
const char* dragoman_engine_model_kernels(const void* handle) {
    return static_cast<const Handle*>(handle)->model().kernels->name;
}

// Sets the shortlist of later searches; see class Shortlist. `always_count` −1: none. Returns 0, or 1 and the reason.
int32_t dragoman_engine_shortlist(void* handle, const int32_t* always, int64_t always_count, const int64_t* offsets,
                                  const int32_t* targets, int64_t targets_count, char* error, int64_t room) {
    return !guarded(error, room, [&] {
        auto& h = *static_cast<Handle*>(handle);
        h.set_shortlist(always_count < 0 ? nullptr
                                         : std::make_shared<Shortlist>(h.model(), always, always_count, offsets, targets,
                                                                       targets_count));
    });
}

// How many examples machines that are made from now on have at work at the same time; 0: by the sizes of the model.
void dragoman_engine_set_at_work(void* handle, int64_t examples) {
    Pace pace;
    pace.at_work = std::max<int64_t>(examples, 0);
    static_cast<Handle*>(handle)->set_pace(pace);
}

// Rows of the result for an input of each length, 0 where there can be none.
void dragoman_engine_result_rows(const void* handle, const int64_t* lengths, int64_t count, int64_t* rows) {
    for (int64_t i = 0; i < count; ++i) rows[i] = static_cast<const Handle*>(handle)->model().result_rows(lengths[i]);
}

// The results of inputs end to end, see inputs_of, as rows of `result_width` numbers; `rows` is how many there is room for.
// Returns 0, or 1 and the reason.
int32_t dragoman_engine_encode(const void* handle, const void* data, int64_t total, const int64_t* lengths, int64_t count,
                               int64_t threads, float* out, int64_t rows, char* error, int64_t room) {
    return !guarded(error, room, [&] {
        const auto& h = *static_cast<const Handle*>(handle);
        const std::vector<Input> inputs = inputs_of(h.model(), data, total, lengths, count);
        if (h.model().result_grid < 0) throw std::invalid_argument("this model has no result but what it writes by steps");
        const int64_t width = h.model().encode.widths[static_cast<size_t>(h.model().header.result)];
        std::vector<int64_t> starts;
        int64_t needed = 0;
        for (const Input& input : inputs) {
            starts.push_back(needed);
            needed += h.model().result_rows(input.length);
        }
        if (needed != rows) throw std::invalid_argument("a result of another size");
        in_pieces(h, inputs, threads, [&](Machine& machine, int64_t from, int64_t to) {
            const Result result = machine.encode(inputs.data() + from, to - from);
            float* row = out + starts[static_cast<size_t>(from)] * width;
            for (int64_t r = 0; r < result.places->rows; ++r, row += width)
                std::memcpy(row, result.data + r * result.step, static_cast<size_t>(width) * 4);
        });
    });
}

// Bytes that a thread takes at most besides the model, see memory_needed; −1, and the reason, if that cannot be.
int64_t dragoman_engine_memory(const void* handle, int64_t length, int64_t outputs, int64_t width, char* error, int64_t room) {
    int64_t bytes = -1;
    guarded(error, room, [&] {
        const auto& h = *static_cast<const Handle*>(handle);
        const std::shared_ptr<const Shortlist> shortlist = h.shortlist();
        const int64_t examples = examples_at_work(h.model(), shortlist != nullptr, width);
        bytes = memory_needed(h.model(), shortlist.get(), length, outputs, width, examples);
    });
    return bytes;
}

// Scores of symbols that a test asks for, memory that the machine holds afterwards, and what it was bounded by: `live` hypotheses of each of `count` inputs, of which the first goes on as all of
// them, read symbols[step][input][hypothesis]; before each step but the first they go on from parents[step][input][hypothesis].
// scores: [steps][count · live][symbols], normalizers: [steps][count · live].
int32_t dragoman_engine_test_steps(const void* handle, const void* data, int64_t total, const int64_t* lengths, int64_t count,
                                   int64_t live, int64_t steps, const int32_t* symbols, const int32_t* parents, int32_t listed,
                                   float* scores, double* normalizers, int64_t* bytes, char* error, int64_t room) {
    return !guarded(error, room, [&] {
        const auto& h = *static_cast<const Handle*>(handle);
        const std::vector<Input> inputs = inputs_of(h.model(), data, total, lengths, count);
        const std::unique_ptr<Machine> machine = h.machine(listed != 0);
        std::vector<Example> examples(inputs.size());
        std::vector<Example*> pointers;
        for (size_t i = 0; i < inputs.size(); ++i) {
            examples[i].input = inputs[i];
            examples[i].number = static_cast<int64_t>(i);
            pointers.push_back(&examples[i]);
        }
        machine->begin(pointers.data(), count);
        Continuations found;
        found.all = true;
        const std::vector<int32_t> first(static_cast<size_t>(live), 0);
        for (int64_t step = 0; step < steps; ++step) {
            for (int64_t e = 0; e < count; ++e) {
                const int64_t at = (step * count + e) * live;
                machine->select(examples[static_cast<size_t>(e)], step == 0 ? first.data() : parents + at, live);
                examples[static_cast<size_t>(e)].last.assign(symbols + at, symbols + at + live);
            }
            machine->step(pointers.data(), count, found);
            std::copy(found.values.begin(), found.values.end(), scores + step * count * live * h.model().header.symbols);
            std::copy(found.normalizers.begin(), found.normalizers.end(), normalizers + step * count * live);
        }
        for (Example& example : examples) machine->end(example);
        bytes[0] = machine->bytes();
        const std::shared_ptr<const Shortlist> shortlist = listed != 0 ? h.shortlist() : nullptr;
        bytes[1] = memory_needed(h.model(), shortlist.get(), longest_of(inputs), steps, live, count);
    });
}
}

#include "machine.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <string>

namespace dragoman {
namespace engine {

namespace {

// So many candidates of a preview for each symbol that is wanted make it likely that the best are among them.
constexpr int64_t CANDIDATES_FOR_ONE = 4;

HeldExample& held_of(const Example& example) {
    if (example.held == nullptr) throw std::logic_error("an example that was not begun");
    return static_cast<HeldExample&>(*example.held);
}

// log(eᵃ + eᵇ); not a number if one of them is none.
double log_of_sum(double a, double b) {
    const double most = a > b || a != a ? a : b, least = a > b || a != a ? b : a;
    if (most == -std::numeric_limits<double>::infinity() || least != least) return most + least;
    return most + std::log1p(std::exp(least - most));
}

// The best of two rankings, which are from large to small, into the first; of equals its own come first.
void merge(float* values, int32_t* ids, const float* other_values, const int32_t* other_ids, int64_t count) {
    for (int64_t i = 0, place = 0; i < count && other_ids[i] >= 0; ++i, ++place) {
        while (place < count && ids[place] >= 0 && !(other_values[i] > values[place])) ++place;
        if (place == count) return;
        std::copy_backward(values + place, values + count - 1, values + count);
        std::copy_backward(ids + place, ids + count - 1, ids + count);
        values[place] = other_values[i];
        ids[place] = other_ids[i];
    }
}

Span span(Registers& registers, int32_t reg, int64_t column = 0) {
    return {registers.at(reg, column), registers.width(reg)};
}

// Pages of one attention, where they lie among those of others.
Pages pages_of(const Kernels& kernels, const AttentionShape& attention, char* const* pages, int64_t count) {
    Pages out;
    out.pages = pages;
    out.count = count;
    out.keys = attention.page_offset;
    out.values = attention.page_offset + kernels.values_at(attention.heads, attention.additive);
    return out;
}

}  // namespace

Machine::Machine(std::shared_ptr<const Model> model, std::shared_ptr<const Shortlist> shortlist, const Pace& pace)
    : model_(std::move(model)), shortlist_(std::move(shortlist)), kernels_(*model_->kernels), pace_(pace),
      encode_registers_(model_->encode, kernels_.number), step_registers_(model_->step, kernels_.number),
      encode_places_(model_->encode.grids.size()), step_places_(1), recurrence_(kernels_),
      memory_pool_(model_->memory_page_bytes), past_pool_(model_->past_page_bytes) {}

void Machine::take_held(Example& example) {
    if (idle_.empty()) {
        example.held = std::make_unique<HeldExample>();
    } else {
        example.held = std::move(idle_.back());
        idle_.pop_back();
    }
    HeldExample& held = held_of(example);
    held.states.assign(static_cast<size_t>(model_->states_width), 0.0f);
    held.masks.assign(static_cast<size_t>(held.mask_step), 0);
    example.live = 1, example.read = 0;
}

void Machine::begin(Example* const* examples, int64_t count) {
    for (int64_t i = 0; i < count; ++i) model_->check(examples[i]->input, examples[i]->number);
    for (int64_t from = 0, to = 0; from < count; from = to) {
        some_inputs_.clear(), some_held_.clear();
        for (int64_t positions = 0; to < count && positions < pace_.positions_at_once; ++to) {
            if (examples[to]->held != nullptr) end(*examples[to]);
            take_held(*examples[to]);
            some_inputs_.push_back(&examples[to]->input);
            some_held_.push_back(&held_of(*examples[to]));
            positions += examples[to]->input.length * std::max<int64_t>(1, model_->header.height);
        }
        read(some_inputs_.data(), some_held_.data(), to - from);
    }
    if (shortlist_ == nullptr) return;
    for (int64_t i = 0; i < count; ++i)
        shortlist_->list(*model_, examples[i]->input.symbols, examples[i]->input.length, held_of(*examples[i]).listed,
                         list_scratch_);
}

Result Machine::encode(const Input* inputs, int64_t count) {
    if (model_->result_grid < 0) throw std::invalid_argument("this model has no result but what it writes by steps");
    some_inputs_.clear();
    for (int64_t i = 0; i < count; ++i) {
        model_->check(inputs[i], i);
        some_inputs_.push_back(inputs + i);
    }
    read(some_inputs_.data(), nullptr, count);
    const int32_t result = model_->header.result;
    Result out;
    out.data = encode_registers_.at(result);
    out.step = out.width = encode_registers_.width(result);
    out.places = &encode_places_[static_cast<size_t>(model_->result_grid)];
    out.height = model_->encode.grids[static_cast<size_t>(model_->result_grid)].height;
    return out;
}

void Machine::read(const Input* const* inputs, HeldExample* const* held, int64_t count) {
    const std::vector<Grid>& grids = model_->encode.grids;
    for (Places& places : encode_places_) {
        places.rows = 0;
        places.starts.clear(), places.lengths.clear();
    }
    for (int64_t e = 0; e < count; ++e) {
        model_->lengths_on_grids(inputs[e]->length, lengths_);
        for (size_t g = 0; g < grids.size(); ++g) {
            Places& places = encode_places_[g];
            places.starts.push_back(places.rows);
            places.lengths.push_back(lengths_[g]);
            places.rows += g == EXAMPLES ? 1 : grids[g].height * lengths_[g];
        }
    }
    inputs_ = inputs, held_ = held, count_ = count;
    encode_registers_.prepare(encode_places_);
    run(model_->encode, encode_registers_, encode_places_);
}

void Machine::step(Example* const* examples, int64_t count, Continuations& continuations) {
    if (model_->header.output < 0) throw std::invalid_argument("this model writes nothing by steps");
    Places& places = step_places_[EXAMPLES];
    places.rows = 0;
    places.starts.clear(), places.lengths.clear();
    some_held_.clear();
    for (int64_t e = 0; e < count; ++e) {
        const int64_t live = examples[e]->live;
        if (live < 1 || static_cast<int64_t>(examples[e]->last.size()) < live)
            throw std::logic_error("an example whose hypotheses have no last symbols");
        places.starts.push_back(places.rows);
        places.lengths.push_back(live);
        places.rows += live;
        some_held_.push_back(&held_of(*examples[e]));
    }
    examples_ = examples, held_ = some_held_.data(), count_ = count;
    if (!model_->pasts.empty()) {
        given_places_.resize(static_cast<size_t>(places.rows));
        for (int64_t e = 0; e < count; ++e)
            some_held_[static_cast<size_t>(e)]->give_places(examples[e]->live, past_pool_,
                                                            given_places_.data() + places.starts[static_cast<size_t>(e)]);
    }
    step_registers_.prepare(step_places_);
    run(model_->step, step_registers_, step_places_, model_->header.preview >= 0 && !previews(continuations) ? 2 : 0);
    rank(examples, count, places.rows, continuations);
    for (int64_t e = 0; e < count; ++e) ++examples[e]->read;
}

void Machine::select(Example& example, const int32_t* parents, int64_t count) {
    for (int64_t i = 0; i < count; ++i)
        if (parents[i] < 0 || parents[i] >= example.live) throw std::logic_error("a parent that is not live");
    held_of(example).select(parents, count, model_->states_width);
    example.live = count;
}

void Machine::end(Example& example) {
    if (example.held == nullptr) return;
    HeldExample& held = held_of(example);
    held.memory.clear(memory_pool_);
    held.past.clear(past_pool_);
    example.held.release();
    idle_.emplace_back(&held);
}

int64_t Machine::at_work(int64_t width) const {
    return pace_.at_work > 0 ? pace_.at_work : examples_at_work(*model_, shortlist_ != nullptr, width);
}

int64_t Machine::bytes() const {
    return encode_registers_.bytes() + step_registers_.bytes() + workspace_.bytes() + recurrence_.bytes() +
           memory_pool_.bytes() + past_pool_.bytes() + position_room_.bytes() + page_room_.bytes() + scores_room_.bytes();
}

void Machine::run(const Program& program, Registers& registers, const std::vector<Places>& places, size_t left_out) {
    for (size_t i = 0; i + left_out < program.instructions.size(); ++i) {
        const auto in = static_cast<size_t>(program.in_grids[i]), out = static_cast<size_t>(program.out_grids[i]);
        run(program.instructions[i], registers, places[in], places[out], program.grids[in].height,
            program.grids[out].height);
    }
}

void Machine::run(const Instruction& i, Registers& r, const Places& in, const Places& out, int64_t in_height,
                  int64_t out_height) {
    const int64_t rows = in.rows;
    switch (i.op) {
        case Op::embed: return embed(i, r, out);
        case Op::given:
            for (int64_t e = 0; e < count_; ++e) {
                copy_numbers(span(r, i.out).row(e), inputs_[e]->numbers, model_->header.given);
                set_zero(span(r, i.out).row(e) + model_->header.given, r.width(i.out) - model_->header.given);
            }
            return;
        case Op::ink: return ink(i, r, out);
        case Op::operand:
            return kernels_.operand(r.operand(i.out), r.at(i.in, i.column), r.width(i.in), rows, r.operand_width(i.out));
        case Op::normalize_operand:
            return kernels_.normalize_operand(r.operand(i.out), r.at(i.in, i.column), r.width(i.in), rows,
                                              r.operand_width(i.out), i.count, i.number);
        case Op::normalize: {
            const auto gain = static_cast<size_t>(i.matrix), bias = static_cast<size_t>(i.other);
            const int64_t width = model_->vector_widths[gain];
            for (int64_t place = 0, at = i.column; place < std::max(i.extra, 1); ++place, at += width)
                kernels_.normalize(r.at(i.out, at), r.width(i.out), r.at(i.in, at), r.width(i.in), rows, width, i.count,
                                   i.number, model_->vectors[gain], model_->vectors[bias]);
            return;
        }
        case Op::product: return product(i, r, rows);
        case Op::attend_example: return attend_example(i, r, in);
        case Op::attend_past: return attend_past(i, r);
        case Op::remember: return remember(i, r, in);
        case Op::attend_memory:
        case Op::attend_additive: return attend_memory(i, r);
        case Op::load_state: return load_state(i, r);
        case Op::store_state: return store_state(i, r);
        case Op::cell:
            return recurrence_.step(cell_of(i), span(r, i.out), span(r, i.in), span(r, i.other), rows);
        case Op::sweep:
            return recurrence_.sweep(cell_of(i), span(r, i.out, i.column),
                                     i.other < 0 ? Span{nullptr, 0} : span(r, i.other, i.extra), span(r, i.in), in,
                                     i.slot == 1);
        case Op::copy:
            for (int64_t row = 0; row < rows; ++row)
                copy_numbers(span(r, i.out, i.column).row(row), span(r, i.in, i.extra).row(row), i.count);
            return;
        case Op::add:
            return kernels_.add(r.at(i.out), r.width(i.out), r.at(i.in), r.width(i.in), r.at(i.other), r.width(i.other),
                                rows, std::min({r.width(i.out), r.width(i.in), r.width(i.other)}), i.number);
        case Op::spread:
            for (int64_t e = 0; e < count_; ++e)
                for (int64_t p = 0; p < out.lengths[static_cast<size_t>(e)]; ++p)
                    copy_numbers(span(r, i.out).row(out.starts[static_cast<size_t>(e)] + p), span(r, i.in).row(e),
                                 std::min(r.width(i.out), r.width(i.in)));
            return;
        case Op::activate:
            return kernels_.activate(static_cast<Activation>(i.count), r.at(i.out), r.width(i.out), r.at(i.in),
                                     r.width(i.in), rows, std::min(r.width(i.out), r.width(i.in)));
        case Op::glu:
            return kernels_.glu(r.at(i.out), r.width(i.out), r.at(i.in), r.width(i.in), rows, r.width(i.in) / 2);
        case Op::window:
            return window(span(r, i.out), span(r, i.in), r.width(i.in), i.count, in);
        case Op::mean:
            return mean(span(r, i.out), span(r, i.in), std::min(r.width(i.out), r.width(i.in)), in_height, in);
        case Op::window_2d:
        case Op::pool_2d:
        case Op::columns:
        case Op::flatten: return map(i, r, in, out, in_height, out_height);
        case Op::rotate: return rotate(i, r, in);
    }
}

void Machine::map(const Instruction& i, Registers& r, const Places& in, const Places& out, int64_t in_height,
                  int64_t out_height) {
    const Span to = span(r, i.out), from = span(r, i.in);
    const int64_t width = r.width(i.out);
    for (int64_t e = 0; e < count_; ++e) {
        const MapOfExample smaller = map_of(out, e, out_height), larger = map_of(in, e, in_height);
        switch (i.op) {
            case Op::window_2d: window_2d(to, from, i.count, width, i.shape, smaller, larger); break;
            case Op::pool_2d: pool_2d(to, from, std::min(width, r.width(i.in)), i.shape, smaller, larger); break;
            case Op::columns: columns(to, from, i.count, width, smaller.start, larger); break;
            default: flatten(to.row(e), from, i.count, width, larger); break;
        }
    }
}

const float* Machine::position(const Sinusoids* sinusoids, const Table* table, int64_t position) {
    if (table != nullptr) {
        if (position >= table->rows)
            throw std::invalid_argument("an output is longer than this model's learned positions, which end at " +
                                        std::to_string(table->rows));
        return table->data + position * table->width;
    }
    if (position < SHARED_POSITIONS) return sinusoids->data + position * sinusoids->width;
    auto* out = static_cast<float*>(position_room_.take(sinusoids->width * 4));
    sinusoids->write(out, position);
    return out;
}

void Machine::embed(const Instruction& i, Registers& r, const Places& out) {
    const Table& table = model_->tables[static_cast<size_t>(i.matrix)];
    const Table* learned = i.other >= 0 ? &model_->tables[static_cast<size_t>(i.other)] : nullptr;
    const Sinusoids* sinusoids =
        i.other == SINUSOIDAL_POSITIONS ? sinusoids_of(*model_, i.count, table.width) : nullptr;
    const bool encoding = &r == &encode_registers_, positions = learned != nullptr || sinusoids != nullptr;
    const int64_t step = r.width(i.out), symbols = encoding ? model_->header.source_symbols : model_->header.symbols;
    // The rows of a large table lie in slow memory: all are asked for before the first one is needed.
    for (int64_t e = 0; e < count_; ++e) {
        const int32_t* read = encoding ? inputs_[e]->symbols : examples_[e]->last.data();
        for (int64_t row = 0; row < out.lengths[static_cast<size_t>(e)]; ++row) {
            if (read[row] < 0 || read[row] >= symbols)
                throw std::invalid_argument("symbol " + std::to_string(read[row]) + " of " + std::to_string(symbols));
            const float* vector = table.data + read[row] * table.width;
            for (int64_t c = 0; c < table.width; c += WIDTH_UNIT) __builtin_prefetch(vector + c);
        }
    }
    for (int64_t e = 0; e < count_; ++e) {
        const int32_t* read = encoding ? inputs_[e]->symbols : examples_[e]->last.data();
        float* to = r.at(i.out) + out.starts[static_cast<size_t>(e)] * step;
        const int64_t rows = out.lengths[static_cast<size_t>(e)];
        const float* at = nullptr;
        for (int64_t row = 0; row < rows; ++row, to += step) {
            const float* vector = table.data + read[row] * table.width;
            if (!positions) {
                std::memcpy(to, vector, static_cast<size_t>(table.width) * 4);
                continue;
            }
            if (encoding || row == 0) at = position(sinusoids, learned, encoding ? row : examples_[e]->read);
            kernels_.add(to, step, vector, table.width, at, table.width, 1, table.width, 1.0f);
        }
    }
}

void Machine::rotate(const Instruction& i, Registers& r, const Places& places) {
    const int64_t width = padded(i.count), half = i.count / 2, step = r.width(i.out);
    const Sinusoids* sinusoids = sinusoids_of(*model_, i.count, width);
    const bool encoding = &r == &encode_registers_;
    for (int64_t e = 0; e < count_; ++e) {
        float* to = r.at(i.out, i.column) + places.starts[static_cast<size_t>(e)] * step;
        const float* sines = nullptr;
        for (int64_t row = 0; row < places.lengths[static_cast<size_t>(e)]; ++row, to += step) {
            if (encoding || row == 0) sines = position(sinusoids, nullptr, encoding ? row : examples_[e]->read);
            const float* cosines = sines + half;
            float* x = to;
            for (int64_t vector = 0; vector < i.extra; ++vector, x += width)
                for (int64_t k = 0; k < half; ++k) {
                    const float a = x[k], b = x[half + k];
                    x[k] = a * cosines[k] - b * sines[k];
                    x[half + k] = b * cosines[k] + a * sines[k];
                }
        }
    }
}

void Machine::ink(const Instruction& i, Registers& r, const Places& out) {
    struct Ink {
        float of[256];
        Ink() {
            for (int pixel = 0; pixel < 256; ++pixel) of[pixel] = static_cast<float>(255 - pixel) / 255.0f;
        }
    };
    static const Ink ink;
    const int64_t step = r.width(i.out), height = model_->header.height;
    for (int64_t e = 0; e < count_; ++e) {
        const int64_t length = out.lengths[static_cast<size_t>(e)], places = height * length;
        const uint8_t* pixels = inputs_[e]->pixels;
        float* to = r.at(i.out) + out.starts[static_cast<size_t>(e)] * step;
        set_zero(to, places * step);
        for (int64_t place = 0; place < places; ++place, to += step)
            for (int64_t c = 0; c < i.count; ++c) to[c] = ink.of[pixels[c * places + place]];
    }
}

void Machine::product(const Instruction& i, Registers& r, int64_t rows) {
    const Matrix& matrix = model_->matrices[static_cast<size_t>(i.matrix)];
    const Operand& operand = r.operand(i.in);
    float* out = r.at(i.out, i.column);
    const int64_t step = r.width(i.out);
    const auto activation = static_cast<Activation>(std::max(i.count, 0));
    if (i.slot == 1) return kernels_.product_added(matrix, operand, rows, out, step);
    if (activation == Activation::relu) return kernels_.product_relu(matrix, operand, rows, out, step);
    if (activation == Activation::squared_relu)
        return kernels_.product_squared_relu(matrix, operand, rows, out, step);
    kernels_.product(matrix, operand, rows, out, step);
    if (activation != Activation::none) kernels_.activate(activation, out, step, out, step, rows, matrix.outputs);
}

void Machine::attend_example(const Instruction& i, Registers& r, const Places& in) {
    AttentionShape attention;
    const int64_t out_width = r.width(i.out), keys = (r.width(i.in) - out_width) / 2;
    attention.heads = {i.count, keys / i.count, out_width / i.count};
    const int64_t page_bytes = kernels_.page_bytes(attention.heads, false);
    for (int64_t e = 0; e < count_; ++e) {
        const int64_t length = in.lengths[static_cast<size_t>(e)], start = in.starts[static_cast<size_t>(e)];
        const int64_t count = (length + PLACES - 1) / PLACES;
        auto* room = static_cast<char*>(page_room_.take(count * page_bytes));
        pages_.clear();
        for (int64_t p = 0; p < count; ++p) pages_.push_back(room + p * page_bytes);
        set_first_places(masks_, length);
        Pages pages = pages_of(kernels_, attention, pages_.data(), count);
        pages.masks = masks_.data();
        const int64_t step = r.width(i.in);
        const float* queries = r.at(i.in) + start * step;
        kernels_.put_all(pages, attention.heads, false, length, queries + keys, step, queries + 2 * keys, step);
        kernels_.attend(pages, attention.heads, i.number, queries, step, length, r.at(i.out) + start * out_width, out_width,
                        workspace_);
    }
}

void Machine::attend_past(const Instruction& i, Registers& r) {
    const AttentionShape& past = model_->pasts[static_cast<size_t>(i.slot)];
    const int64_t keys = past.heads.heads * past.heads.key_width, step = r.width(i.in);
    const float* queries = r.at(i.in);
    float* out = r.at(i.out);
    const int32_t* places = given_places_.data();
    for (int64_t e = 0; e < count_; ++e) {
        const int64_t live = examples_[e]->live;
        HeldExample& held = *held_[e];
        for (int64_t h = 0; h < live; ++h)
            kernels_.put(held.past.pages[static_cast<size_t>(places[h] / PLACES)] + past.page_offset, past.heads, false,
                         places[h] % PLACES, queries + h * step + keys, queries + h * step + 2 * keys);
        Pages pages = pages_of(kernels_, past, held.past.pages.data(), held.past.count());
        pages.masks = held.masks.data();
        pages.mask_step = held.mask_step;
        kernels_.attend(pages, past.heads, i.number, queries, step, live, out, r.width(i.out), workspace_);
        queries += live * step;
        out += live * r.width(i.out);
        places += live;
    }
}

void Machine::remember(const Instruction& i, Registers& r, const Places& in) {
    if (held_ == nullptr) return;
    const AttentionShape& memory = model_->memories[static_cast<size_t>(i.slot)];
    for (int64_t e = 0; e < count_; ++e) {
        const int64_t length = in.lengths[static_cast<size_t>(e)], start = in.starts[static_cast<size_t>(e)];
        HeldExample& held = *held_[e];
        while (held.memory.count() * PLACES < length) held.memory.add(memory_pool_, false);  // put_all writes all of it
        set_first_places(held.memory_mask, length);
        const Pages pages = pages_of(kernels_, memory, held.memory.pages.data(), held.memory.count());
        kernels_.put_all(pages, memory.heads, memory.additive, length, r.at(i.in, i.column) + start * r.width(i.in),
                         r.width(i.in), r.at(i.other, i.extra) + start * r.width(i.other), r.width(i.other));
    }
}

void Machine::attend_memory(const Instruction& i, Registers& r) {
    const AttentionShape& memory = model_->memories[static_cast<size_t>(i.slot)];
    const float* queries = r.at(i.in, i.column);
    float* out = r.at(i.out);
    for (int64_t e = 0; e < count_; ++e) {
        const int64_t live = examples_[e]->live;
        HeldExample& held = *held_[e];
        Pages pages = pages_of(kernels_, memory, held.memory.pages.data(), held.memory.count());
        pages.masks = held.memory_mask.data();
        if (i.op == Op::attend_memory)
            kernels_.attend(pages, memory.heads, i.number, queries, r.width(i.in), live, out, r.width(i.out), workspace_);
        else
            kernels_.attend_additive(pages, memory.heads, model_->vectors[static_cast<size_t>(i.matrix)], queries,
                                     r.width(i.in), live, out, r.width(i.out), workspace_);
        queries += live * r.width(i.in);
        out += live * r.width(i.out);
    }
}

void Machine::load_state(const Instruction& i, Registers& r) {
    const auto slot = static_cast<size_t>(i.slot);
    const int64_t width = model_->state_widths[slot], offset = model_->state_offsets[slot];
    float* out = r.at(i.out, i.column);
    const bool encoding = &r == &encode_registers_;
    for (int64_t e = 0; e < count_; ++e)
        for (int64_t h = 0; h < (encoding ? 1 : examples_[e]->live); ++h, out += r.width(i.out)) {
            if (held_ == nullptr) std::memset(out, 0, static_cast<size_t>(width) * 4);
            else std::memcpy(out, held_[e]->states.data() + h * model_->states_width + offset, static_cast<size_t>(width) * 4);
        }
}

void Machine::store_state(const Instruction& i, Registers& r) {
    if (held_ == nullptr) return;
    const auto slot = static_cast<size_t>(i.slot);
    const int64_t width = model_->state_widths[slot], offset = model_->state_offsets[slot];
    const float* in = r.at(i.in, i.column);
    const bool encoding = &r == &encode_registers_;
    for (int64_t e = 0; e < count_; ++e)
        for (int64_t h = 0; h < (encoding ? 1 : examples_[e]->live); ++h, in += r.width(i.in))
            std::memcpy(held_[e]->states.data() + h * model_->states_width + offset, in, static_cast<size_t>(width) * 4);
}

RecurrentCell Machine::cell_of(const Instruction& i) const {
    const auto kind = static_cast<Cell>(i.count);
    const Matrix* matrix = &model_->matrices[static_cast<size_t>(i.matrix)];
    return {kind, matrix, kind == Cell::gru_before ? matrix + 1 : nullptr};
}

// How many are wanted of a row is a question of the rules, not of the examples, so that these do not change each other.
bool Machine::previews(const Continuations& wanted) const {
    return model_->previews() && shortlist_ == nullptr && !wanted.all &&
           wanted.most * CANDIDATES_FOR_ONE <= model_->header.candidates;
}

void Machine::rank(Example* const* examples, int64_t count, int64_t rows, Continuations& out) {
    const int64_t symbols = model_->header.symbols;
    out.normalizers.resize(static_cast<size_t>(rows));
    if (out.all) {
        out.values.assign(static_cast<size_t>(rows * symbols), -std::numeric_limits<float>::infinity());
        out.ids.clear();
    } else {
        if (out.count < 1) throw std::logic_error("a search that wants no symbols");
        out.values.resize(static_cast<size_t>(rows * out.count));
        out.ids.resize(static_cast<size_t>(rows * out.count));
    }
    Found all{out.count, out.values.data(), out.ids.data(), out.normalizers.data(), out.all ? out.values.data() : nullptr};
    if (previews(out)) return rank_previewed(rows, all);
    if (shortlist_ == nullptr)
        return rank_rows(model_->matrices[static_cast<size_t>(model_->header.output)], model_->symbols, 0, rows, all);
    rank_rows(shortlist_->always().chosen.matrix(), shortlist_->always().symbols, 0, rows, all);
    own_.values.resize(static_cast<size_t>(rows * out.count));
    own_.ids.resize(static_cast<size_t>(rows * out.count));
    own_.normalizers.resize(static_cast<size_t>(rows));
    int64_t row = 0;
    for (int64_t e = 0; e < count; row += examples[e]->live, ++e) {
        const ListedSymbols& listed = held_of(*examples[e]).listed;
        const int64_t live = examples[e]->live;
        if (listed.ids.empty()) continue;
        const Found own{out.count, own_.values.data(), own_.ids.data(), own_.normalizers.data(), all.every};
        rank_rows(listed.chosen.matrix(), listed.symbols, row, live, own);
        for (int64_t r = row; r < row + live; ++r) {
            out.normalizers[static_cast<size_t>(r)] =
                log_of_sum(out.normalizers[static_cast<size_t>(r)], own_.normalizers[static_cast<size_t>(r)]);
            if (!out.all) merge(all.values + r * out.count, all.ids + r * out.count, own.values + r * out.count,
                                own.ids + r * out.count, out.count);
        }
    }
}

void Machine::rank_previewed(int64_t rows, const Found& out) {
    const Header& header = model_->header;
    const Preview preview{model_->matrices[static_cast<size_t>(header.preview)], step_registers_.operand(header.preview_operand),
                          header.candidates};
    kernels_.rank_previewed(model_->matrices[static_cast<size_t>(header.output)],
                            step_registers_.operand(header.output_operand), preview, rows, model_->symbols,
                            {out.count, out.values, out.ids, out.normalizers}, workspace_);
}

void Machine::rank_rows(const Matrix& matrix, const Symbols& symbols, int64_t first, int64_t rows, const Found& out) {
    const Operand operand = rows_from(step_registers_.operand(model_->header.output_operand), first);
    if (out.every == nullptr) {
        const Ranking ranking{out.count, out.values + first * out.count, out.ids + first * out.count, out.normalizers + first};
        return kernels_.rank(matrix, operand, rows, symbols, ranking, workspace_);
    }
    const int64_t padded = matrix.padded, all = model_->header.symbols;
    auto* scores = static_cast<float*>(scores_room_.take(rows * (padded * 4 + 64)));
    float* best = scores + rows * padded;
    auto* best_ids = reinterpret_cast<int32_t*>(best + rows);
    kernels_.rank(matrix, operand, rows, symbols, {1, best, best_ids, out.normalizers + first}, workspace_);
    kernels_.product(matrix, operand, rows, scores, padded);
    for (int64_t row = 0; row < rows; ++row)
        for (int64_t c = symbols.first; c < matrix.outputs; ++c)
            out.every[(first + row) * all + (symbols.ids != nullptr ? symbols.ids[c] : c)] = scores[row * padded + c];
}

}  // namespace engine
}  // namespace dragoman

#include "shortlist.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>

#include "numbers.h"

namespace dragoman {
namespace engine {

namespace {

constexpr int64_t BITS = 64;

void require(bool holds, const char* text) {
    if (!holds) throw std::invalid_argument(std::string("this shortlist cannot be used: ") + text);
}

void set_bit(std::vector<uint64_t>& bits, int32_t at) {
    bits[static_cast<size_t>(at / BITS)] |= uint64_t{1} << at % BITS;
}

// Numbers of the bits of `bits` that are not in `without`, appended from small to large.
void append_bits(const std::vector<uint64_t>& bits, const std::vector<uint64_t>& without, std::vector<int32_t>& out) {
    for (size_t word = 0; word < bits.size(); ++word)
        for (uint64_t open = bits[word] & ~without[word]; open != 0; open &= open - 1)
            out.push_back(static_cast<int32_t>(word * BITS) + __builtin_ctzll(open));
}

// Packs the columns of `out` as a matrix; those before `done`, a whole number of panels, lie in `first` as they shall.
void gather(const Matrix& all, Number number, const ListedSymbols* first, ListedSymbols& out) {
    const int64_t row_bytes = all.inputs * bytes_of(number), groups = row_bytes / 4;
    const int64_t count = static_cast<int64_t>(out.columns.size()), padded = (count + PANEL - 1) / PANEL * PANEL;
    const int64_t done = first == nullptr ? 0 : first->matrix.outputs / PANEL * PANEL;
    auto* panels = static_cast<char*>(out.room.take(padded * (row_bytes + 12)));
    auto* scale = reinterpret_cast<float*>(panels + padded * row_bytes);
    float* bias = scale + padded;
    auto* start = reinterpret_cast<int32_t*>(bias + padded);
    if (done > 0) std::memcpy(panels, first->matrix.panels, static_cast<size_t>(done * row_bytes));
    for (int64_t c = done; c < padded; ++c) {
        char* to = panels + (c / PANEL * groups * PANEL + c % PANEL) * 4;
        if (c >= count) {
            for (int64_t group = 0; group < groups; ++group) std::memset(to + group * PANEL * 4, 0, 4);
            continue;
        }
        const char* from = all.rows + out.columns[static_cast<size_t>(c)] * row_bytes;
        for (int64_t group = 0; group < groups; ++group) std::memcpy(to + group * PANEL * 4, from + group * 4, 4);
    }
    for (int64_t c = 0; c < padded; ++c) {
        const int64_t column = c < count ? out.columns[static_cast<size_t>(c)] : 0;
        bias[c] = c < count ? all.bias[column] : 0.0f;
        if (all.scale == nullptr) continue;
        scale[c] = c < count ? all.scale[column] : 0.0f;
        start[c] = c < count ? all.start[column] : 0;
    }
    out.matrix = Matrix();
    out.matrix.inputs = all.inputs, out.matrix.outputs = count, out.matrix.padded = padded;
    out.matrix.panels = panels, out.matrix.bias = bias;
    if (all.scale != nullptr) out.matrix.scale = scale, out.matrix.start = start;
}

}  // namespace

Shortlist::Shortlist(const Model& model, const int32_t* always, int64_t always_count, const int64_t* offsets,
                     const int32_t* targets, int64_t targets_count) {
    const int64_t symbols = model.header.symbols, sources = model.header.source_symbols;
    require(sources > 0 && model.header.output >= 0, "the model does not translate text into text");
    const Matrix& all = model.matrices[static_cast<size_t>(model.header.output)];
    require(all.rows != nullptr, "the model was saved without the rows of its output matrix");
    require(always_count >= 0 && targets_count >= 0, "a negative number of symbols");
    std::vector<int32_t> columns(static_cast<size_t>(symbols));
    for (int32_t c = 0; c < symbols; ++c) columns[static_cast<size_t>(model.symbols.ids ? model.symbols.ids[c] : c)] = c;
    const auto column_of = [&](int32_t symbol) {
        require(symbol >= 0 && symbol < symbols, "a symbol that the model does not have");
        return columns[static_cast<size_t>(symbol)];
    };
    in_always_.assign(static_cast<size_t>((symbols + BITS - 1) / BITS), 0);
    set_bit(in_always_, column_of(model.header.end));
    for (int64_t i = 0; i < always_count; ++i)
        if (column_of(always[i]) >= model.symbols.first) set_bit(in_always_, column_of(always[i]));
    append_bits(in_always_, std::vector<uint64_t>(in_always_.size(), 0), always_.columns);
    gather(all, model.kernels->number, nullptr, always_);
    require(offsets[0] == 0 && offsets[sources] == targets_count, "offsets that do not reach from 0 to the last target");
    offsets_.push_back(0);
    for (int64_t s = 0; s < sources; ++s) {
        require(offsets[s] <= offsets[s + 1] && offsets[s + 1] <= targets_count, "offsets that do not rise");
        for (int64_t i = offsets[s]; i < offsets[s + 1]; ++i)
            if (column_of(targets[i]) >= model.symbols.first) columns_.push_back(column_of(targets[i]));
        offsets_.push_back(static_cast<int64_t>(columns_.size()));
    }
}

void Shortlist::list(const Model& model, const int32_t* symbols, int64_t length, ListedSymbols& out,
                     std::vector<uint64_t>& scratch) const {
    scratch.assign(in_always_.size(), 0);
    for (int64_t i = 0; i < length; ++i) {
        const auto symbol = static_cast<size_t>(symbols[i]);
        for (int64_t c = offsets_[symbol]; c < offsets_[symbol + 1]; ++c)
            set_bit(scratch, columns_[static_cast<size_t>(c)]);
    }
    out.columns = always_.columns;
    append_bits(scratch, in_always_, out.columns);
    out.ids = out.columns;
    if (model.symbols.ids != nullptr)
        for (int32_t& id : out.ids) id = model.symbols.ids[id];
    gather(model.matrices[static_cast<size_t>(model.header.output)], model.kernels->number, &always_, out);
    out.symbols.first = 0;
    out.symbols.ids = out.ids.data();
}

int64_t Shortlist::bytes() const {
    return always_.room.bytes() + static_cast<int64_t>(columns_.size() * 4 + offsets_.size() * 8 + in_always_.size() * 8);
}

}  // namespace engine
}  // namespace dragoman

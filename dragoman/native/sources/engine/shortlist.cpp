#include "shortlist.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace dragoman {
namespace engine {

namespace {

constexpr uint32_t BITS = 64;

void require(bool holds, const char* text) {
    if (!holds) throw std::invalid_argument(std::string("this shortlist cannot be used: ") + text);
}

void set_bit(std::vector<uint64_t>& bits, int32_t at) {
    bits[static_cast<uint32_t>(at) / BITS] |= uint64_t{1} << static_cast<uint32_t>(at) % BITS;
}

// Numbers of the bits of `bits` that are not in `without`, from small to large.
void list_bits(const std::vector<uint64_t>& bits, const std::vector<uint64_t>& without, std::vector<int32_t>& out) {
    out.clear();
    for (size_t word = 0; word < bits.size(); ++word)
        for (uint64_t open = bits[word] & ~without[word]; open != 0; open &= open - 1)
            out.push_back(static_cast<int32_t>(word * BITS) + __builtin_ctzll(open));
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
    in_always_.assign(static_cast<size_t>(symbols) / BITS + 1, 0);
    set_bit(in_always_, column_of(model.header.end));
    for (int64_t i = 0; i < always_count; ++i)
        if (column_of(always[i]) >= model.symbols.first) set_bit(in_always_, column_of(always[i]));
    list_bits(in_always_, std::vector<uint64_t>(in_always_.size(), 0), always_.columns);
    always_.choose(model);
    require(offsets[0] == 0 && offsets[sources] == targets_count, "offsets that do not reach from 0 to the last target");
    offsets_.push_back(0);
    for (int64_t s = 0; s < sources; ++s) {
        require(offsets[s] <= offsets[s + 1] && offsets[s + 1] <= targets_count, "offsets that do not rise");
        for (int64_t i = offsets[s]; i < offsets[s + 1]; ++i)
            if (column_of(targets[i]) >= model.symbols.first) columns_.push_back(column_of(targets[i]));
        offsets_.push_back(static_cast<int64_t>(columns_.size()));
        most_of_one_ = std::max(most_of_one_, offsets_.back() - offsets_[static_cast<size_t>(s)]);
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
    list_bits(scratch, in_always_, out.columns);
    out.choose(model);
}

int64_t Shortlist::bytes() const {
    return static_cast<int64_t>(columns_.size() * 4 + offsets_.size() * 8 + in_always_.size() * 8);
}

}  // namespace engine
}  // namespace dragoman

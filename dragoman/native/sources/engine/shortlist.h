// The symbols that a sentence's translation is likely to need: some that are always likely, and some for each symbol of
// the sentence. Those that are always likely are a matrix which all sentences share, so that products with it are large;
// the others are gathered when the sentence begins and are its own, so that neighbours change nothing.
#pragma once

#include <cstdint>
#include <vector>

#include "model.h"
#include "pack.h"

namespace dragoman {
namespace engine {

// Some columns of the output matrix, packed as a matrix of their own.
struct ListedSymbols {
    ChosenOutputs chosen;
    Symbols symbols;
    std::vector<int32_t> columns, ids;  // of the whole matrix, from small to large; the symbols in them

    void choose(const Model& model) {
        ids = columns;
        if (model.symbols.ids != nullptr)
            for (int32_t& id : ids) id = model.symbols.ids[id];
        chosen.choose(model.matrices[static_cast<size_t>(model.header.output)], model.kernels->number, columns.data(),
                      static_cast<int64_t>(columns.size()));
        symbols.first = 0;
        symbols.ids = ids.data();
    }
};

// Read-only, and shared by all threads.
class Shortlist {
public:
    // always: symbols of every list. The likely translations of source symbol s are targets[offsets[s]] to
    // targets[offsets[s + 1] − 1]; there are source_symbols + 1 offsets. Throws std::invalid_argument for numbers out of
    // range, and for a model that has no source symbols or no rows of its output matrix.
    Shortlist(const Model& model, const int32_t* always, int64_t always_count, const int64_t* offsets,
              const int32_t* targets, int64_t targets_count);

    // Symbols of every list.
    const ListedSymbols& always() const { return always_; }
    // The others of one sentence's list.
    void list(const Model& model, const int32_t* symbols, int64_t length, ListedSymbols& out,
              std::vector<uint64_t>& scratch) const;
    // Most others that an input of so many symbols has.
    int64_t most_own(int64_t length) const { return length * most_of_one_; }
    int64_t bytes() const;

private:
    std::vector<uint64_t> in_always_;  // a bit for each column
    ListedSymbols always_;
    std::vector<int32_t> columns_;     // of the output matrix, none that is never written
    std::vector<int64_t> offsets_;
    int64_t most_of_one_ = 0;          // likely translations of one source symbol
};

}  // namespace engine
}  // namespace dragoman

#include "searchers.h"

#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

#include "ctc.h"
#include "machine.h"

namespace dragoman {
namespace engine {

namespace {

// What a machine finds at the positions of inputs.
class MachineScores final : public PositionScores {
public:
    explicit MachineScores(std::unique_ptr<Machine> machine) : machine_(std::move(machine)) {}

    void read(const Input* inputs, int64_t count) override { found_ = machine_->encode(inputs, count); }
    Rows rows(int64_t input) const override {
        const auto i = static_cast<size_t>(input);
        return {found_.data + found_.places->starts[i] * found_.step, found_.step, found_.places->lengths[i]};
    }

private:
    const std::unique_ptr<Machine> machine_;
    Result found_;
};

class LoadedSearcher final : public ModelSearcher {
public:
    LoadedSearcher(const Handle& handle, int32_t blank) : handle_(handle), shortlist_(handle.shortlist()) {
        const Header& header = handle.model().header;
        alphabet_.symbols = header.symbols;
        alphabet_.start = header.start, alphabet_.end = header.end;
        alphabet_.never_written = handle.model().never_written;
        alphabet_.longest_target = header.longest_target;
        alphabet_.ranks_never_written = header.output < 0;
        if (header.output >= 0) {
            // Within constraints every symbol may be needed.
            searcher_ = std::make_unique<Searcher>(
                [&handle](bool within) -> std::unique_ptr<Scorer> { return handle.machine(!within); });
            return;
        }
        if (handle.model().result_grid < 0 || header.symbols < 1 || blank < 0 || blank >= header.symbols)
            throw std::invalid_argument("this model writes no text");
        const CtcSymbols symbols{header.symbols, blank, header.start, header.end};
        searcher_ = std::make_unique<Searcher>([&handle, symbols](bool) -> std::unique_ptr<Scorer> {
            return std::make_unique<CtcScorer>(std::make_unique<MachineScores>(handle.machine(false)), symbols);
        });
    }

    const Alphabet& alphabet() const override { return alphabet_; }
    Searcher& searcher() override {
        const std::lock_guard<std::mutex> lock(mutex_);
        const std::shared_ptr<const Shortlist> now = handle_.shortlist();
        if (now != shortlist_) searcher_->renew();
        shortlist_ = now;
        return *searcher_;
    }
    std::vector<Input> inputs(const void* data, int64_t total, const int64_t* lengths, int64_t count) const override {
        return inputs_of(handle_.model(), data, total, lengths, count);
    }
    int64_t states(int64_t length) const override {
        const Model& model = handle_.model();
        const int32_t grid = model.header.output < 0 ? model.result_grid : model.memory_grid;
        if (grid < 0) return length;
        std::vector<int64_t> lengths;
        model.lengths_on_grids(length, lengths);
        return lengths[static_cast<size_t>(grid)];
    }

private:
    const Handle& handle_;
    Alphabet alphabet_;
    std::mutex mutex_;
    std::shared_ptr<const Shortlist> shortlist_;  // that the searcher's scorers have
    std::unique_ptr<Searcher> searcher_;
};

// A searcher whose inputs are texts with so many symbols.
class TextSearcher final : public ModelSearcher {
public:
    TextSearcher(int64_t source_symbols, Alphabet alphabet, Searcher::MakeScorer make)
        : source_symbols_(source_symbols), alphabet_(std::move(alphabet)), searcher_(std::move(make)) {}

    const Alphabet& alphabet() const override { return alphabet_; }
    Searcher& searcher() override { return searcher_; }
    std::vector<Input> inputs(const void* data, int64_t total, const int64_t* lengths, int64_t count) const override {
        std::vector<Input> found;
        const int32_t* symbols = static_cast<const int32_t*>(data);
        for (int64_t i = 0, at = 0; i < count; at += lengths[i++]) {
            if (lengths[i] < 1 || lengths[i] > total - at) throw std::invalid_argument("lengths that do not fit the inputs");
            const auto in_range = [&](int32_t symbol) { return symbol >= 0 && symbol < source_symbols_; };
            if (!std::all_of(symbols + at, symbols + at + lengths[i], in_range))
                throw std::invalid_argument("input " + std::to_string(i) + " holds what is no row of the table");
            found.emplace_back();
            found.back().symbols = symbols + at;
            found.back().length = lengths[i];
        }
        return found;
    }

private:
    const int64_t source_symbols_;
    const Alphabet alphabet_;
    Searcher searcher_;
};

// Inputs are numbers of rows of a table.
class TablePositions final : public PositionScores {
public:
    TablePositions(std::shared_ptr<const std::vector<float>> table, int64_t symbols) : table_(std::move(table)), symbols_(symbols) {}

    void read(const Input* inputs, int64_t count) override {
        found_.clear(), starts_.clear(), counts_.clear();
        for (int64_t i = 0; i < count; ++i) {
            starts_.push_back(found_.size());
            counts_.push_back(inputs[i].length);
            for (int64_t t = 0; t < inputs[i].length; ++t) {
                const auto row = table_->begin() + inputs[i].symbols[t] * symbols_;
                found_.insert(found_.end(), row, row + symbols_);
            }
        }
    }
    Rows rows(int64_t input) const override {
        const auto i = static_cast<size_t>(input);
        return {found_.data() + starts_[i], symbols_, counts_[i]};
    }

private:
    const std::shared_ptr<const std::vector<float>> table_;
    const int64_t symbols_;
    std::vector<float> found_;
    std::vector<size_t> starts_;
    std::vector<int64_t> counts_;
};

}  // namespace

std::unique_ptr<ModelSearcher> searcher_of(const Handle& handle, int32_t blank) {
    return std::make_unique<LoadedSearcher>(handle, blank);
}

std::unique_ptr<ModelSearcher> searcher_of_table(ScoreTable table, Alphabet alphabet) {
    const auto shared = std::make_shared<const ScoreTable>(std::move(table));
    return std::make_unique<TextSearcher>(shared->chains, std::move(alphabet), [shared](bool) -> std::unique_ptr<Scorer> {
        return std::make_unique<TableScorer>(*shared);
    });
}

std::unique_ptr<ModelSearcher> searcher_of_positions(std::vector<float> table, Alphabet alphabet, int32_t blank) {
    const auto shared = std::make_shared<const std::vector<float>>(std::move(table));
    const CtcSymbols symbols{alphabet.symbols, blank, alphabet.start, alphabet.end};
    const int64_t rows = static_cast<int64_t>(shared->size()) / alphabet.symbols;
    return std::make_unique<TextSearcher>(rows, std::move(alphabet), [shared, symbols](bool) -> std::unique_ptr<Scorer> {
        return std::make_unique<CtcScorer>(std::make_unique<TablePositions>(shared, symbols.symbols), symbols);
    });
}

}  // namespace engine
}  // namespace dragoman

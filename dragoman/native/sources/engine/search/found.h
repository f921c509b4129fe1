// The hypotheses that a search of one example has finished, of which only the best are kept.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

namespace dragoman {
namespace engine {

// Why a hypothesis ended: the model ended it, it reached its limit, or it began to loop.
enum class Ending : int32_t { complete, length, repetition };

struct Finished {
    double log_probability, score;
    int32_t node;  // its last token in the tree
    Ending ending;
};

// Up to `count` hypotheses by score; of equal ones the first that was found comes first.
class Best {
public:
    void clear(int64_t count) {
        count_ = static_cast<size_t>(count);
        kept_.clear();
        kept_.reserve(count_ + 1);
    }
    void add(const Finished& one) {
        if (kept_.size() == count_ && !(one.score > kept_.back().score)) return;
        size_t place = kept_.size();
        while (place > 0 && one.score > kept_[place - 1].score) --place;
        kept_.insert(kept_.begin() + static_cast<std::ptrdiff_t>(place), one);
        if (kept_.size() > count_) kept_.pop_back();
    }
    // The score that another must exceed to be kept.
    double threshold() const {
        return kept_.size() < count_ ? -std::numeric_limits<double>::infinity() : kept_.back().score;
    }
    const std::vector<Finished>& all() const { return kept_; }

private:
    size_t count_ = 1;
    std::vector<Finished> kept_;
};

}  // namespace engine
}  // namespace dragoman

// Learning byte-pair encoding from counted words, merge by merge as the library `tokenizers` does.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace dragoman {

using Pair = uint64_t;  // two symbols, so that pairs are ordered by the first, then by the second

inline Pair pair_of(int32_t left, int32_t right) {
    return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
}

struct Merge {
    Pair pair;
    int64_t count;
    std::vector<int32_t> words;
    bool operator<(const Merge& other) const {
        return count != other.count ? count < other.count : pair > other.pair;
    }
};

class BpeLearner {
public:
    // Words are lists of symbols; `counts` says how often each occurs.
    BpeLearner(const int32_t* symbols, const int64_t* ends, const int64_t* counts, int64_t words)
        : words_(words), counts_(counts, counts + words) {
        for (int64_t word = 0; word < words; ++word) {
            words_[word].assign(symbols + ends[word], symbols + ends[word + 1]);
            for (size_t i = 0; i + 1 < words_[word].size(); ++i)
                change(pair_of(words_[word][i], words_[word][i + 1]), counts_[word], static_cast<int32_t>(word));
        }
        enqueue();
    }

    // The next pair to be merged; false if none is left that occurs `least` times.
    bool next(int64_t least, Merge& top) {
        while (!queue_.empty()) {
            std::pop_heap(queue_.begin(), queue_.end());
            top = std::move(queue_.back());
            queue_.pop_back();
            const int64_t now = pair_counts_[top.pair];
            if (top.count == now) return now >= 1 && now >= least;
            top.count = now;
            push(std::move(top));
        }
        return false;
    }

    void merge(const Merge& top, int32_t merged) {
        const auto left = static_cast<int32_t>(top.pair >> 32), right = static_cast<int32_t>(top.pair & 0xffffffff);
        for (const int32_t number : top.words) {
            std::vector<int32_t>& word = words_[number];
            const int64_t count = counts_[number];
            for (size_t i = 0; i + 1 < word.size(); ++i) {
                if (word[i] != left || word[i + 1] != right) continue;
                if (i > 0) {
                    change(pair_of(word[i - 1], left), -count, -1);
                    change(pair_of(word[i - 1], merged), count, number);
                }
                word[i] = merged;
                word.erase(word.begin() + static_cast<std::ptrdiff_t>(i) + 1);
                if (i + 1 < word.size()) {
                    change(pair_of(right, word[i + 1]), -count, -1);
                    change(pair_of(merged, word[i + 1]), count, number);
                }
            }
        }
        enqueue();
    }

private:
    void change(Pair pair, int64_t by, int32_t word) {
        pair_counts_[pair] += by;
        if (word >= 0) {
            std::vector<int32_t>& places = places_[pair];
            if (places.empty() || places.back() != word) places.push_back(word);
        }
    }

    void push(Merge merge) {
        queue_.push_back(std::move(merge));
        std::push_heap(queue_.begin(), queue_.end());
    }

    void enqueue() {
        for (auto& [pair, words] : places_) {
            const int64_t count = pair_counts_[pair];
            if (count > 0) push({pair, count, std::move(words)});
        }
        places_.clear();
    }

    std::vector<std::vector<int32_t>> words_;
    std::vector<int64_t> counts_;
    std::unordered_map<Pair, int64_t> pair_counts_;
    std::unordered_map<Pair, std::vector<int32_t>> places_;
    std::vector<Merge> queue_;  // a heap
};

// Merges until there are `room` more symbols; the ids of the alphabet's characters count from `first_id`. Each merge
// fills three places of `merges`: left, right and what they become. Returns how many there are.
inline int64_t learn_merges(BpeLearner& learner, const int32_t* alphabet, int64_t characters, int32_t first_id,
                            int64_t room, int64_t least, int32_t* merges, int64_t most) {
    std::vector<std::u32string> spelt;
    std::unordered_map<std::u32string, int32_t> ids;
    auto add = [&](const std::u32string& symbol) {
        const auto id = static_cast<int32_t>(first_id + spelt.size());
        const auto found = ids.emplace(symbol, id);
        if (found.second) spelt.push_back(symbol);
        return found.first->second;
    };
    for (int64_t i = 0; i < characters; ++i) add(std::u32string(1, static_cast<char32_t>(alphabet[i])));
    const size_t full = spelt.size() + static_cast<size_t>(room > 0 ? room : 0);
    int64_t done = 0;
    Merge top;
    while (spelt.size() < full && done < most && learner.next(least, top)) {
        const auto left = static_cast<int32_t>(top.pair >> 32), right = static_cast<int32_t>(top.pair & 0xffffffff);
        const int32_t merged = add(spelt[left - first_id] + spelt[right - first_id]);
        merges[3 * done] = left;
        merges[3 * done + 1] = right;
        merges[3 * done + 2] = merged;
        ++done;
        learner.merge(top, merged);
    }
    return done;
}

}  // namespace dragoman

// The tokens of all hypotheses of one example: each token knows the one before it, so that hypotheses that begin alike
// share their beginning, and growing one copies nothing.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

namespace dragoman {
namespace engine {

constexpr int32_t NO_NODE = -1;  // of a hypothesis without tokens

class TokenTree {
public:
    void clear() { nodes_.clear(); }

    int32_t add(int32_t before, int32_t symbol) {
        if (nodes_.size() >= static_cast<size_t>(std::numeric_limits<int32_t>::max()))
            throw std::length_error("the hypotheses of one example have too many tokens");
        nodes_.push_back({before, symbol});
        return static_cast<int32_t>(nodes_.size()) - 1;
    }
    void drop_last() { nodes_.pop_back(); }
    int32_t before(int32_t node) const { return nodes_[static_cast<size_t>(node)].before; }
    int32_t symbol(int32_t node) const { return nodes_[static_cast<size_t>(node)].symbol; }

    // All tokens up to `node`.
    void read(int32_t node, std::vector<int32_t>& tokens) const {
        tokens.clear();
        for (; node != NO_NODE; node = before(node)) tokens.push_back(symbol(node));
        std::reverse(tokens.begin(), tokens.end());
    }

private:
    struct Node {
        int32_t before, symbol;
    };
    std::vector<Node> nodes_;
};

}  // namespace engine
}  // namespace dragoman

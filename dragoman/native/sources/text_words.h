// Texts cut into the parts that a tokenizer joins nothing across, each different part numbered once.
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "text_characters.h"

namespace dragoman {

class WordTable {
public:
    WordTable() : slots_(1 << 12, -1), ends_{0} {}

    int64_t size() const { return static_cast<int64_t>(ends_.size()) - 1; }
    const std::string& bytes() const { return bytes_; }
    const std::vector<int64_t>& ends() const { return ends_; }

    int32_t number(const uint8_t* at, int64_t length) {
        const uint64_t hash = hashed(at, length);
        size_t slot = hash & (slots_.size() - 1);
        for (int32_t found; (found = slots_[slot]) >= 0; slot = (slot + 1) & (slots_.size() - 1))
            if (hashes_[found] == hash && ends_[found + 1] - ends_[found] == length &&
                std::memcmp(bytes_.data() + ends_[found], at, length) == 0)
                return found;
        const auto fresh = static_cast<int32_t>(size());
        bytes_.append(reinterpret_cast<const char*>(at), length);
        ends_.push_back(static_cast<int64_t>(bytes_.size()));
        hashes_.push_back(hash);
        slots_[slot] = fresh;
        if (hashes_.size() * 2 > slots_.size()) grow();
        return fresh;
    }

private:
    static uint64_t hashed(const uint8_t* at, int64_t length) {
        uint64_t hash = 0x9e3779b97f4a7c15u ^ static_cast<uint64_t>(length);
        while (length > 0) {
            uint64_t part = 0;
            const int64_t step = length < 8 ? length : 8;
            std::memcpy(&part, at, step);
            hash = (hash ^ part) * 0xff51afd7ed558ccdu;
            hash ^= hash >> 32;
            at += step;
            length -= step;
        }
        return hash;
    }

    void grow() {
        slots_.assign(slots_.size() * 2, -1);
        for (size_t word = 0; word < hashes_.size(); ++word) {
            size_t slot = hashes_[word] & (slots_.size() - 1);
            while (slots_[slot] >= 0) slot = (slot + 1) & (slots_.size() - 1);
            slots_[slot] = static_cast<int32_t>(word);
        }
    }

    std::vector<int32_t> slots_;
    std::vector<uint64_t> hashes_;
    std::vector<int64_t> ends_;
    std::string bytes_;
};

// Cuts one text, before which a space is put, into: letters with their marks; numbers; other visible characters one by
// one; each with the space before it. False, and nothing added, if it has anything that needs the full expression:
// a character that is not simple, white space other than single spaces inside, or a mark that no letter bears.
inline bool cut(const Characters& characters, bool single_digits, const uint8_t* at, const uint8_t* end,
                std::string& spaced, WordTable& table, std::vector<int32_t>& numbers) {
    if (at == end) return true;
    spaced.assign(1, ' ');
    spaced.append(reinterpret_cast<const char*>(at), end - at);
    at = reinterpret_cast<const uint8_t*>(spaced.data());
    end = at + spaced.size();
    const size_t before = numbers.size();
    while (at < end) {
        const uint8_t* begin = at;
        uint32_t code = next_code(at);
        if (code == ' ' && at < end) code = next_code(at);
        const uint16_t flags = flags_of(characters, code);
        if (!(flags & simple) || flags & space) {
            numbers.resize(before);
            return false;
        }
        const uint16_t run = flags & letter ? letter | mark : flags & number && !single_digits ? number : 0;
        for (const uint8_t* next = at; run && next < end; at = next)
            if (!(flags_of(characters, next_code(next)) & run)) break;
        numbers.push_back(table.number(begin, at - begin));
    }
    return true;
}

}  // namespace dragoman

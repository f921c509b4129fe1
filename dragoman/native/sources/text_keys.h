// Keys under which sentences count as the same, and their hashes.
#pragma once

#include <cstring>
#include <string>

#include "text_characters.h"

namespace dragoman {

// BLAKE2b without a key, of 8 bytes (RFC 7693).
inline uint64_t blake2b_64(const uint8_t* data, size_t size) {
    static const uint64_t initial[8] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
                                        0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
    static const uint8_t order[10][16] = {
        {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
        {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
        {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
        {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
        {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};
    uint64_t h[8];
    std::memcpy(h, initial, sizeof h);
    h[0] ^= 0x01010000 ^ 8;
    auto rotated = [](uint64_t x, int by) { return x >> by | x << (64 - by); };
    size_t done = 0;
    do {
        const size_t part = size - done < 128 ? size - done : 128;
        uint8_t block[128] = {};
        if (part) std::memcpy(block, data + done, part);
        done += part;
        uint64_t m[16], v[16];
        for (int i = 0; i < 16; ++i) {
            m[i] = 0;
            for (int byte = 7; byte >= 0; --byte) m[i] = m[i] << 8 | block[8 * i + byte];
        }
        std::memcpy(v, h, sizeof h);
        std::memcpy(v + 8, initial, sizeof initial);
        v[12] ^= done;
        if (done == size) v[14] = ~v[14];
        for (int round = 0; round < 12; ++round) {
            const uint8_t* s = order[round % 10];
            auto mix = [&](int a, int b, int c, int d, uint64_t x, uint64_t y) {
                v[a] += v[b] + x;
                v[d] = rotated(v[d] ^ v[a], 32);
                v[c] += v[d];
                v[b] = rotated(v[b] ^ v[c], 24);
                v[a] += v[b] + y;
                v[d] = rotated(v[d] ^ v[a], 16);
                v[c] += v[d];
                v[b] = rotated(v[b] ^ v[c], 63);
            };
            mix(0, 4, 8, 12, m[s[0]], m[s[1]]);
            mix(1, 5, 9, 13, m[s[2]], m[s[3]]);
            mix(2, 6, 10, 14, m[s[4]], m[s[5]]);
            mix(3, 7, 11, 15, m[s[6]], m[s[7]]);
            mix(0, 5, 10, 15, m[s[8]], m[s[9]]);
            mix(1, 6, 11, 12, m[s[10]], m[s[11]]);
            mix(2, 7, 8, 13, m[s[12]], m[s[13]]);
            mix(3, 4, 9, 14, m[s[14]], m[s[15]]);
        }
        for (int i = 0; i < 8; ++i) h[i] ^= v[i] ^ v[i + 8];
    } while (done < size);
    return h[0] ? h[0] : 1;
}

inline void append_code(std::string& text, uint32_t code) {
    if (code < 0x80) {
        text += static_cast<char>(code);
    } else if (code < 0x800) {
        text += static_cast<char>(0xc0 | code >> 6);
        text += static_cast<char>(0x80 | (code & 0x3f));
    } else {
        text += static_cast<char>(0xe0 | code >> 12);
        text += static_cast<char>(0x80 | (code >> 6 & 0x3f));
        text += static_cast<char>(0x80 | (code & 0x3f));
    }
}

// The code points of a text of simple characters, each mapped by a table of three for each.
inline void map_codes(std::u16string& mapped, const uint16_t* table, const uint8_t* at, const uint8_t* end) {
    mapped.clear();
    while (at < end) {
        const uint16_t* folded = table + next_code(at) * fold_width;
        for (int i = 0; i < fold_width && folded[i]; ++i) mapped += static_cast<char16_t>(folded[i]);
    }
}

// Appends the match key: words folded, one space between them, no punctuation at the ends of the whole.
inline void append_match_key(std::string& key, const Characters& characters, std::u16string& codes, const uint8_t* at,
                             const uint8_t* end) {
    map_codes(codes, characters.match, at, end);
    size_t size = 0;
    bool pending = false;
    for (const char16_t code : codes) {
        if (characters.flags[code] & space) {
            pending = size > 0;
            continue;
        }
        // What is read is never behind what is written: a space that is written stood there.
        if (pending) codes[size++] = u' ';
        pending = false;
        codes[size++] = code;
    }
    size_t first = 0, last = size;
    while (first < last && characters.flags[codes[first]] & trimmed) ++first;
    while (last > first && characters.flags[codes[last - 1]] & trimmed) --last;
    if (first == last) first = 0, last = size;
    for (size_t i = first; i < last; ++i) append_code(key, codes[i]);
}

// Appends the words of a text, folded, one space between them: runs of letters and marks; runs of numbers, single
// points, commas, colons and slashes inside them; signs one by one; a minus before a number; per cent.
inline void append_words(std::string& key, const Characters& characters, std::u16string& codes, const uint8_t* at,
                         const uint8_t* end) {
    map_codes(codes, characters.casefold, at, end);
    const size_t size = codes.size();
    auto has = [&](size_t i, uint16_t wanted) { return i < size && characters.flags[codes[i]] & wanted; };
    const size_t began = key.size();
    for (size_t i = 0; i < size;) {
        size_t stop = i;
        if (has(i, letter | mark)) {
            while (has(stop, letter | mark)) ++stop;
        } else if (has(i, number)) {
            while (has(stop, number)) ++stop;
            while (stop < size && (codes[stop] == u'.' || codes[stop] == u',' || codes[stop] == u':' || codes[stop] == u'/') &&
                   has(stop + 1, number)) {
                ++stop;
                while (has(stop, number)) ++stop;
            }
        } else if (has(i, sign) || codes[i] == u'%' || (codes[i] == u'-' && has(i + 1, number))) {
            ++stop;
        }
        if (stop == i) {
            ++i;
            continue;
        }
        if (key.size() > began) key += ' ';
        for (; i < stop; ++i) append_code(key, codes[i]);
    }
}

}  // namespace dragoman

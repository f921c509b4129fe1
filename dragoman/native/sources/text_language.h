// Trigrams of bytes, hashed: counted, and weighed as evidence for one language against another.
#pragma once

#include "text_characters.h"

namespace dragoman {

constexpr int trigram_bits = 18;

// Calls each(slot) for the trigrams of a text; letters of ASCII in lower case, each run of other ASCII one space.
template <class Each>
void for_each_trigram(const uint8_t* at, const uint8_t* end, const Each& each) {
    uint32_t window = ' ';
    auto add = [&](uint32_t byte) {
        if (byte == ' ' && (window & 0xff) == ' ') return;
        window = (window << 8 | byte) & 0xffffff;
        if (window >> 16) each(window * 2654435761u >> (32 - trigram_bits));
    };
    for (; at < end; ++at) {
        const uint32_t byte = *at, lower = byte | 0x20;
        add(byte >= 0x80 ? byte : lower >= 'a' && lower <= 'z' ? lower : ' ');
    }
    add(' ');
}

}  // namespace dragoman

// What a machine holds of an example at work: keys and values of its memory and of its hypotheses' pasts, in pages; which
// places each hypothesis sees; states; and the symbols that it may write. All of it is used again for later examples.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "kernels.h"
#include "scorer.h"
#include "shortlist.h"

namespace dragoman {
namespace engine {

struct FreePage {
    void operator()(char* page) const { std::free(page); }
};
using Page = std::unique_ptr<char, FreePage>;

// Pages of one size, which are used again.
class PagePool {
public:
    explicit PagePool(int64_t bytes) : bytes_(bytes) {}

    // A page; of zeros, if places may be seen before they are written: kernels multiply what lies in places that nobody
    // sees by zero, so it has to be finite.
    Page take(bool zero) {
        Page page;
        if (idle_.empty()) {
            page.reset(static_cast<char*>(std::aligned_alloc(64, static_cast<size_t>(bytes_))));
            if (page == nullptr) throw std::bad_alloc();
            ++made_;
        } else {
            page = std::move(idle_.back());
            idle_.pop_back();
        }
        if (zero) std::memset(page.get(), 0, static_cast<size_t>(bytes_));
        return page;
    }
    void give_back(std::vector<Page>& pages) {
        for (Page& page : pages) {
            if ((static_cast<int64_t>(idle_.size()) + 1) * bytes_ <= KEPT) idle_.push_back(std::move(page));
            else --made_;
        }
        pages.clear();
    }
    int64_t bytes() const { return made_ * bytes_; }

private:
    static constexpr int64_t KEPT = 16 << 20;  // bytes of pages that wait to be used again, at most

    int64_t bytes_, made_ = 0;
    std::vector<Page> idle_;
};

// Pages of one example.
struct PageList {
    std::vector<Page> owned;
    std::vector<char*> pages;  // where they are, as kernels want it

    void add(PagePool& pool, bool zero) {
        owned.push_back(pool.take(zero));
        pages.push_back(owned.back().get());
    }
    void clear(PagePool& pool) {
        pool.give_back(owned);
        pages.clear();
    }
    int64_t count() const { return static_cast<int64_t>(pages.size()); }
};

// Masks of the first `places` places of some pages.
inline void set_first_places(std::vector<uint16_t>& masks, int64_t places) {
    masks.assign(static_cast<size_t>((places + PLACES - 1) / PLACES), 0xffff);
    if (places % PLACES != 0) masks.back() = static_cast<uint16_t>((1u << places % PLACES) - 1);
}

struct HeldExample final : Held {
    PageList memory, past;
    std::vector<uint16_t> memory_mask;
    // [live mask_step]: the places of the past that each hypothesis sees.
    std::vector<uint16_t> masks, other_masks;
    int64_t mask_step = 0;
    std::vector<float> states, other_states;  // [live states_width]
    ListedSymbols listed;

    // Gives each hypothesis a place for its next key that no live one sees, and lets it see it.
    void give_places(int64_t live, PagePool& pool, int32_t* places) {
        int64_t given = 0;
        for (int64_t p = 0; given < live; ++p) {
            if (p == past.count()) add_page(live, pool);
            unsigned used = 0;
            for (int64_t h = 0; h < live; ++h) used |= masks[static_cast<size_t>(h * mask_step + p)];
            for (unsigned open = ~used & 0xffffu; open != 0 && given < live; open &= open - 1, ++given) {
                const int place = __builtin_ctz(open);
                masks[static_cast<size_t>(given * mask_step + p)] |= static_cast<uint16_t>(1u << place);
                places[given] = static_cast<int32_t>(p * PLACES + place);
            }
        }
    }

    // Goes on with hypotheses `parents`.
    void select(const int32_t* parents, int64_t count, int64_t states_width) {
        choose(masks, other_masks, parents, count, mask_step);
        choose(states, other_states, parents, count, states_width);
    }

private:
    template <class T>
    static void choose(std::vector<T>& rows, std::vector<T>& room, const int32_t* parents, int64_t count, int64_t width) {
        if (width == 0) return;
        room.resize(static_cast<size_t>(count * width));
        for (int64_t i = 0; i < count; ++i)
            std::copy_n(rows.begin() + parents[i] * width, width, room.begin() + i * width);
        std::swap(rows, room);
    }

    void add_page(int64_t live, PagePool& pool) {
        past.add(pool, true);
        if (past.count() <= mask_step) return;
        const int64_t before = mask_step;
        mask_step = std::max<int64_t>(4, 2 * before);
        other_masks.assign(static_cast<size_t>(live * mask_step), 0);
        for (int64_t h = 0; h < live; ++h)
            std::copy_n(masks.begin() + h * before, before, other_masks.begin() + h * mask_step);
        std::swap(masks, other_masks);
    }
};

}  // namespace engine
}  // namespace dragoman

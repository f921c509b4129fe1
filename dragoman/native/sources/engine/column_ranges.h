// Which columns of a register hold what: sets of columns, and what a program may read of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace dragoman {
namespace engine {

// Columns from `first` to before `end`.
struct ColumnRange {
    int64_t first, end;
};

class ColumnRanges {
public:
    void add(ColumnRange range) {
        for (const ColumnRange& one : outside(range)) ranges_.push_back(one);
        std::sort(ranges_.begin(), ranges_.end(),
                  [](const ColumnRange& a, const ColumnRange& b) { return a.first < b.first; });
    }
    void add(const ColumnRanges& others) {
        for (const ColumnRange& one : others.ranges_) add(one);
    }
    void clear() { ranges_.clear(); }
    bool overlaps(ColumnRange range) const {
        return std::any_of(ranges_.begin(), ranges_.end(), [=](const ColumnRange& one) {
            return one.first < range.end && range.first < one.end;
        });
    }
    // What of a range is not in here.
    std::vector<ColumnRange> outside(ColumnRange range) const {
        std::vector<ColumnRange> found;
        for (const ColumnRange& one : ranges_) {
            if (one.end <= range.first || one.first >= range.end) continue;
            if (range.first < one.first) found.push_back({range.first, one.first});
            range.first = one.end;
        }
        if (range.first < range.end) found.push_back(range);
        return found;
    }

private:
    std::vector<ColumnRange> ranges_;  // from left to right, and apart
};

// The columns of one register. What no instruction writes is zero. What one does write may be read only behind it and on
// the rows that it wrote: before, it is what an earlier run of the program or the rows of another grid left there.
class RegisterColumns {
public:
    // False if an instruction before this one has read some of these columns as zeros.
    bool write(ColumnRange range, bool other_rows) {
        if (other_rows) {
            old_.add(written_);
            written_.clear();
        }
        written_.add(range);
        return !zeros_.overlaps(range);
    }
    // False if some of these columns hold what was written on other rows.
    bool read(ColumnRange range) {
        for (const ColumnRange& unwritten : written_.outside(range)) {
            if (old_.overlaps(unwritten)) return false;
            zeros_.add(unwritten);
        }
        return true;
    }

private:
    ColumnRanges written_, old_, zeros_;
};

}  // namespace engine
}  // namespace dragoman

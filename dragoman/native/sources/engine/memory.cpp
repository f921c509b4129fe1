#include "memory.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "numbers.h"

namespace dragoman {
namespace engine {

namespace {

constexpr int64_t CACHE = 8 << 20;   // what one core has of a processor's last cache, about
constexpr int64_t MOST_OUTPUTS = 1 << 24;
constexpr int64_t READ_AHEAD = 2;    // examples that are read and wait, for each that is at work
constexpr int64_t ROWS_OF_A_TILE = 64;  // rows and heads that an attention's weights are held of at the same time, at most

// Rooms grow by a quarter more than is asked for.
int64_t room(int64_t bytes) { return bytes + bytes / 4 + 192; }

// Most rows of each grid when inputs are read together, of which the longest has this length.
std::vector<int64_t> rows_together(const Model& model, int64_t length) {
    const int64_t height = std::max<int64_t>(1, model.header.height);
    const int64_t together = POSITIONS_AT_ONCE / height + length, count = POSITIONS_AT_ONCE / height + 1;
    std::vector<int64_t> rows{count, together * height}, lengths{1, together};
    for (size_t g = 2; g < model.encode.grids.size(); ++g) {
        const Grid& grid = model.encode.grids[g];
        // Each input's length is rounded by itself: ⌊(n + more) / step⌋ + 1 ≤ n / step + more / step + 1.
        const int64_t rounded = std::max<int64_t>(0, grid.horizontal.more) / grid.horizontal.step + 1;
        lengths.push_back(lengths[static_cast<size_t>(grid.from)] / grid.horizontal.step + count * rounded);
        rows.push_back(grid.height * lengths.back());
    }
    return rows;
}

int64_t registers_of(const Program& program, Number number, const std::vector<int64_t>& rows) {
    const auto most = [&](const std::vector<int32_t>& grids) {
        int64_t found = 0;
        for (const int32_t grid : grids) found = std::max(found, rows[static_cast<size_t>(grid)]);
        return found;
    };
    int64_t total = 0;
    for (size_t r = 0; r < program.widths.size(); ++r)
        total += room(most(program.register_grids[r]) * program.widths[r] * 4);
    for (size_t o = 0; o < program.operand_widths.size(); ++o) {
        const int64_t count = most(program.operand_grids[o]);
        total += room(count * (program.operand_widths[o] * bytes_of(number) + 64)) + room(count * 4);
    }
    return total;
}

// What attentions and cells of a program take as scratch memory, for inputs or pasts of so many places.
int64_t scratch_of(const Model& model, const Program& program, int64_t places, int64_t rows) {
    int64_t most = 0;
    for (const Instruction& i : program.instructions) {
        int64_t bytes = 0;
        if (i.op == Op::attend_example) {
            const int64_t out = program.widths[static_cast<size_t>(i.out)], in = program.widths[static_cast<size_t>(i.in)];
            const Heads heads{i.count, (in - out) / (2 * i.count), out / i.count};
            bytes = room((places + PLACES) / PLACES * model.kernels->page_bytes(heads, false)) + room(places * in * 4);
        }
        if (i.op == Op::attend_past || i.op == Op::attend_memory || i.op == Op::attend_additive)
            bytes = room(rows * program.widths[static_cast<size_t>(i.in)] * 4);
        if (i.op == Op::cell || i.op == Op::sweep) {
            const Matrix& matrix = model.matrices[static_cast<size_t>(i.matrix)];
            bytes = room(rows * (matrix.inputs * 10 + matrix.outputs * 3) * 4);
        }
        most = std::max(most, bytes);
    }
    return most + room((places + PLACES) * ROWS_OF_A_TILE * 8);
}

}  // namespace

int64_t examples_at_work(const Model& model, bool listed, int64_t width) {
    const int64_t weights = model.step_bytes - (listed ? model.output_bytes : 0);
    // Weights that lie in the cache are soon read again, so few rows are enough, and what belongs to each of them stays
    // there, too; others have to be worth being fetched.
    const int64_t rows = std::min<int64_t>(48, std::max<int64_t>(8, 10 * weights / CACHE));
    return std::max<int64_t>(1, width <= 1 ? rows : 5 * rows / (2 * width));
}

int64_t memory_needed(const Model& model, const Shortlist* shortlist, int64_t length, int64_t outputs, int64_t width, int64_t examples) {
    if (outputs < 0 || outputs > MOST_OUTPUTS || width < 1 || width > 65536 || examples < 1 || examples > 65536)
        throw std::invalid_argument("a number of symbols, hypotheses or examples is out of range");
    if (length < 0 || length > LONGEST)
        throw std::invalid_argument("the longest input has length " + std::to_string(LONGEST));
    const Number number = model.kernels->number;
    const std::vector<int64_t> read = rows_together(model, length);
    int64_t positions = 0;
    for (const int64_t rows : read) positions = std::max(positions, rows);
    int64_t total = registers_of(model.encode, number, read) + scratch_of(model, model.encode, positions, positions);
    const int64_t rows = width * examples, held = examples * (1 + READ_AHEAD);
    // Connectionist temporal classification keeps the probabilities of all symbols at all positions.
    if (model.header.output < 0)
        return total + (model.result_grid < 0 ? 0 : read[static_cast<size_t>(model.result_grid)]) *
                           (held * model.header.symbols * 4 + rows * 2 * 24);
    const int64_t past_pages = model.pasts.empty() ? 0 : (width * (outputs + 1) + PLACES - 1) / PLACES;
    const int64_t memory_rows = model.memory_grid < 0 ? 0 : read[static_cast<size_t>(model.memory_grid)];
    const int64_t memory_pages = model.memory_grid < 0 ? 0 : memory_rows / PLACES + 1;
    total += registers_of(model.step, number, {rows});
    total += scratch_of(model, model.step, std::max(past_pages, memory_pages) * PLACES, rows);
    total += held * memory_pages * model.memory_page_bytes + examples * past_pages * model.past_page_bytes;
    total += held * 2 * width * (model.states_width * 4 + 4 * past_pages + 8);
    const Matrix& matrix = model.matrices[static_cast<size_t>(model.header.output)];
    total += 2 * room(rows * (matrix.padded + PANEL) * 4);  // scores
    // Lists of candidates, maxima of groups of columns, and the scores of a row that is ranked by itself.
    if (model.previews())
        total += room(model.header.candidates * 64 + 1024) + room(rows * 2048) + 2 * room((matrix.padded + PANEL) * 4);
    if (shortlist != nullptr) {
        const int64_t columns = std::min<int64_t>(matrix.padded, shortlist->most_own(length) + PANEL);
        total += held * room(columns * (matrix.inputs * bytes_of(number) + 24));
    }
    return total;
}

}  // namespace engine
}  // namespace dragoman

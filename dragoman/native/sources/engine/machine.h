// Runs the programs of a model: what searches ask of it as a Scorer, and results of models that write nothing by steps.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "held.h"
#include "memory.h"
#include "model.h"
#include "recurrence.h"
#include "registers.h"
#include "scorer.h"
#include "shortlist.h"
#include "workspace.h"

namespace dragoman {
namespace engine {

// How much a machine does at once; none of it changes what comes out.
struct Pace {
    int64_t at_work = 0;  // examples that are searched for at the same time; 0: by the sizes of the model
    int64_t positions_at_once = POSITIONS_AT_ONCE;
};

// The result register of some examples.
struct Result {
    const float* data = nullptr;
    int64_t step = 0, width = 0;
    const Places* places = nullptr;
    int64_t height = 1;
};

// One for each thread. Outputs of an example do not depend on the other examples.
class Machine final : public Scorer {
public:
    // No shortlist: every symbol is scored.
    Machine(std::shared_ptr<const Model> model, std::shared_ptr<const Shortlist> shortlist, const Pace& pace = Pace());

    void begin(Example* const* examples, int64_t count) override;
    void step(Example* const* examples, int64_t count, Continuations& continuations) override;
    void select(Example& example, const int32_t* parents, int64_t count) override;
    void end(Example& example) override;
    int64_t at_work(int64_t width) const override;

    // Reads inputs. The result lies in the machine's memory until it reads something else.
    Result encode(const Input* inputs, int64_t count);

    // Memory that it holds, without what examples at work have of it.
    int64_t bytes() const;

private:
    void take_held(Example& example);
    void read(const Input* const* inputs, HeldExample* const* held, int64_t count);
    // Without its last `left_out` instructions.
    void run(const Program& program, Registers& registers, const std::vector<Places>& places, size_t left_out = 0);
    void run(const Instruction& instruction, Registers& registers, const Places& in, const Places& out, int64_t in_height,
             int64_t out_height);
    void map(const Instruction& instruction, Registers& registers, const Places& in, const Places& out,
             int64_t in_height, int64_t out_height);
    void embed(const Instruction& instruction, Registers& registers, const Places& out);
    void rotate(const Instruction& instruction, Registers& registers, const Places& places);
    const float* position(const Sinusoids* sinusoids, const Table* table, int64_t position);
    void product(const Instruction& instruction, Registers& registers, int64_t rows);
    void attend_example(const Instruction& instruction, Registers& registers, const Places& in);
    void attend_past(const Instruction& instruction, Registers& registers);
    void remember(const Instruction& instruction, Registers& registers, const Places& in);
    void attend_memory(const Instruction& instruction, Registers& registers);
    void load_state(const Instruction& instruction, Registers& registers);
    void store_state(const Instruction& instruction, Registers& registers);
    RecurrentCell cell_of(const Instruction& instruction) const;
    void ink(const Instruction& instruction, Registers& registers, const Places& out);
    void rank(Example* const* examples, int64_t count, int64_t rows, Continuations& continuations);
    // Where what is found of all rows is written; `every`: scores of all symbols instead of the best, or null.
    struct Found {
        int64_t count;
        float* values;
        int32_t* ids;
        double* normalizers;
        float* every;
    };
    // Whether a step finds symbols by the model's preview.
    bool previews(const Continuations& wanted) const;
    void rank_previewed(int64_t rows, const Found& out);
    void rank_rows(const Matrix& matrix, const Symbols& symbols, int64_t first, int64_t rows, const Found& out);

    const std::shared_ptr<const Model> model_;
    const std::shared_ptr<const Shortlist> shortlist_;
    const Kernels& kernels_;
    const Pace pace_;
    Registers encode_registers_, step_registers_;
    std::vector<Places> encode_places_, step_places_;
    Workspace workspace_;
    Recurrence recurrence_;
    PagePool memory_pool_, past_pool_;
    std::vector<std::unique_ptr<HeldExample>> idle_;

    // The examples that a program runs on: in `encode` their inputs, in `step` themselves. What is held of them may be
    // missing in `encode`.
    const Input* const* inputs_ = nullptr;
    const Example* const* examples_ = nullptr;
    HeldExample* const* held_ = nullptr;
    int64_t count_ = 0;

    std::vector<const Input*> some_inputs_;
    std::vector<HeldExample*> some_held_;
    std::vector<int64_t> lengths_;
    std::vector<int32_t> given_places_;  // of each hypothesis, for its key and value
    std::vector<uint64_t> list_scratch_;
    Continuations own_;                  // of the symbols that a sentence has in its shortlist for itself
    Room position_room_, page_room_, scores_room_;
    std::vector<char*> pages_;           // of an example that attends to itself
    std::vector<uint16_t> masks_;
};

}  // namespace engine
}  // namespace dragoman

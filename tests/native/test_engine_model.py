"""Models of the native engine that are written by hand, instruction by instruction: what they compute, that examples do
not disturb each other, and that bytes which are no model are refused."""

from __future__ import annotations

import ctypes
import dataclasses
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray

from dragoman.contracts import Beam, Greedy, Hypothesis, Packed, SearchRequest
from dragoman.errors import DamagedFileError
from dragoman.native.engine import EngineModel
from dragoman.native.engine_inputs import EngineInputs
from dragoman.native.engine_kernels import InstructionSet, Number, best_set
from dragoman.native.engine_search import EngineSearcher
from dragoman.native.library import load
from dragoman.plan.program import (
    NO_POSITIONS,
    SINUSOIDAL_POSITIONS,
    AttentionShape,
    Cell,
    Instruction,
    KernelShape,
    Matrix,
    Op,
    Program,
    Routine,
)
from dragoman.plan.program_bytes import program_bytes
from dragoman.plan.run import Example
from dragoman.search.repetition import RepetitionRule

pytestmark = pytest.mark.skipif(load("engine") is None, reason="the engine is not built here")

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
SYMBOLS, WIDTH, START, END = 23, 16, 2, 3
TEXTS = [[5, 6, 7, 9], [8], list(range(4, 23)), [11, 11, 11]]
RANDOM = np.random.default_rng(5)


def numbers(*shape: int) -> Floats:
    return RANDOM.normal(size=shape).astype(np.float32) / 3


def matrix(outputs: int, inputs: int = WIDTH, keep_rows: bool = False) -> Matrix:
    return Matrix(numbers(outputs, inputs), numbers(outputs), keep_rows)


def sentence_model(positions: int = SINUSOIDAL_POSITIONS) -> Program:
    """A model with each way in which a step looks back: at its past, at the memory twice, and at a state."""
    heads, additive = AttentionShape(1, 16, 16), AttentionShape(1, 16, 16, additive=True)
    encode = Routine(
        (
            Instruction(Op.embed, out=0, matrix=0, other=positions, count=13),
            Instruction(Op.normalize_operand, out=0, in_=0, count=13, number=1e-5),
            Instruction(Op.product, out=1, in_=0, matrix=0),
            Instruction(Op.attend_example, out=2, in_=1, count=1, number=0.3),
            Instruction(Op.remember, in_=2, other=1, slot=0, extra=16),
            Instruction(Op.remember, in_=1, other=2, slot=1, column=32),
            Instruction(Op.sweep, out=2, in_=1, other=3, matrix=4, count=Cell.gru_before, slot=1),
            Instruction(Op.store_state, in_=3, slot=0),
        ),
        (16, 48, 16, 16),
        (16,),
    )
    step = Routine(
        (
            Instruction(Op.embed, out=0, matrix=0, other=positions, count=13),
            Instruction(Op.operand, out=0, in_=0),
            Instruction(Op.product, out=1, in_=0, matrix=0),
            Instruction(Op.attend_past, out=2, in_=1, count=1, number=0.3),
            Instruction(Op.operand, out=0, in_=2),
            Instruction(Op.product, out=0, in_=0, matrix=1, slot=1),
            Instruction(Op.attend_memory, out=2, in_=0, slot=0, count=1, number=0.2),
            Instruction(Op.add, out=0, in_=0, other=2, number=1.0),
            Instruction(Op.attend_additive, out=2, in_=0, matrix=0, slot=1),
            Instruction(Op.add, out=0, in_=0, other=2, number=0.7),
            Instruction(Op.operand, out=0, in_=0),
            Instruction(Op.product, out=1, in_=0, matrix=0),
            Instruction(Op.load_state, out=2, slot=0),
            Instruction(Op.cell, out=3, in_=1, other=2, matrix=2, count=Cell.gru_after),
            Instruction(Op.store_state, in_=3, slot=0),
            Instruction(Op.add, out=0, in_=0, other=3, number=1.0),
            Instruction(Op.operand, out=0, in_=0),
        ),
        (16, 48, 16, 16),
        (16,),
    )
    matrices = matrix(48), matrix(16), matrix(48), matrix(SYMBOLS, keep_rows=True), matrix(32), matrix(16)
    table = numbers(SYMBOLS, WIDTH)
    table[:, 13:] = 0
    learned = numbers(24, WIDTH)
    learned[:, 13:] = 0
    return Program(
        encode,
        step,
        matrices,
        (table, learned),
        (numbers(WIDTH),),
        states=(16,),
        pasts=(heads,),
        memories=(heads, additive),
        output=3,
        output_operand=0,
        start=START,
        end=END,
        symbols=SYMBOLS,
        source_symbols=SYMBOLS,
        never_written=(1, 7),
        longest_source=24 * (positions >= 0),
        longest_target=24 * (positions >= 0),
    )


MODEL = sentence_model()
LABELS = Program(
    Routine(
        (
            Instruction(Op.embed, out=0, matrix=0, other=NO_POSITIONS, count=16),
            Instruction(Op.window, out=1, in_=0, count=3),
            Instruction(Op.mean, out=2, in_=1),
            Instruction(Op.operand, out=0, in_=2),
            Instruction(Op.product, out=3, in_=0, matrix=0),
        ),
        (16, 48, 48, 16),
        (48,),
    ),
    Routine(),
    (matrix(16, 48),),
    (numbers(SYMBOLS, WIDTH),),
    (),
    result=3,
    source_symbols=SYMBOLS,
)
PICTURES = Program(
    Routine(
        (
            Instruction(Op.ink, out=0, count=2),
            Instruction(Op.window_2d, out=1, in_=0, count=2, shape=KernelShape(3, 3, 2, 1, 1, 1)),
            Instruction(Op.pool_2d, out=2, in_=1, shape=KernelShape(2, 2, 1, 2, 0, 1)),
            Instruction(Op.columns, out=3, in_=2, count=18),
        ),
        (16, 32, 32, 48),
    ),
    Routine(),
    (),
    (),
    (),
    result=3,
    channels=2,
    height=5,
)


def engine(program: Program, number: Number = Number.FLOAT32, chosen: InstructionSet | None = None) -> EngineModel:
    return EngineModel(program_bytes(program), number, chosen)


def flat(texts: Sequence[Sequence[int]]) -> NDArray[np.int32]:
    return np.array([symbol for text in texts for symbol in text], np.int32)


def scores(
    model: EngineModel, texts: Sequence[Sequence[int]], symbols: Ints, parents: Ints, listed: bool = False
) -> tuple[Floats, NDArray[np.float64]]:
    """Scores [steps, texts, live, symbols] of the next symbols, and log Σ exp of each row, after hypotheses have read
    ``symbols`` [steps, texts, live]; before each step but the first they go on from ``parents``."""
    steps, _, live = symbols.shape
    found = np.empty((*symbols.shape, model.describe().symbols), np.float32)
    normalizers = np.empty(symbols.shape)
    given = flat(texts)
    read, chosen = (np.ascontiguousarray(it, np.int32) for it in (symbols, parents))
    lengths = np.array([len(text) for text in texts], np.int64)
    error = ctypes.create_string_buffer(512)
    pointers = [ctypes.c_void_p(it.ctypes.data) for it in (given, lengths, read, chosen, found, normalizers)]
    count, total = ctypes.c_int64(len(texts)), ctypes.c_int64(len(given))
    function = load("engine").dragoman_engine_test_steps
    sizes = ctypes.c_int64(live), ctypes.c_int64(steps)
    handle, room = ctypes.c_void_p(model.handle), ctypes.c_int64(512)
    held = (ctypes.c_int64 * 2)()
    arguments = handle, pointers[0], total, pointers[1], count, *sizes, *pointers[2:4], int(listed), *pointers[4:], held
    if function(*arguments, error, room) != 0:
        raise ValueError(error.value.decode())
    assert 0 < held[0] <= held[1], "a machine holds more memory than was told"
    return found, normalizers


def journey(texts: int, steps: int = 40, live: int = 3) -> tuple[Ints, Ints]:
    """Symbols that hypotheses read, and which of them go on: some twice, others not."""
    symbols, parents = RANDOM.integers(4, SYMBOLS, (steps, texts, live)), RANDOM.integers(0, live, (steps, texts, live))
    symbols[0] = START
    return symbols, parents


def expected(program: Program, text: Sequence[int], symbols: Ints, parents: Ints) -> NDArray[np.float64]:
    example = Example(program, np.array(text))
    rows = []
    for step, (read, chosen) in enumerate(zip(symbols, parents, strict=True)):
        example.select(chosen.tolist() if step else [0] * len(read))
        rows.append(example.step(read.tolist()))
    return np.array(rows)


@pytest.mark.parametrize("positions", [SINUSOIDAL_POSITIONS, 1])
def test_steps_follow_their_reference_where_hypotheses_branch_and_end(positions: int) -> None:
    program = sentence_model(positions)
    symbols, parents = journey(len(TEXTS), 24)
    found, normalizers = scores(engine(program), TEXTS, symbols, parents)
    for text, row, normalizer, read, chosen in zip(
        TEXTS, *(x.swapaxes(0, 1) for x in (found, normalizers, symbols, parents)), strict=True
    ):
        want = expected(program, text, read, chosen)
        assert np.allclose(normalizer, np.log(np.exp(want).sum(-1)), atol=1e-5)
        want[..., [1, 7]] = -np.inf
        assert np.allclose(row, want, atol=1e-5)


@pytest.mark.parametrize("number", Number)
@pytest.mark.parametrize("chosen", [InstructionSet.REFERENCE, best_set() if load("engine") else None])
def test_neighbours_and_their_order_change_no_bit(number: Number, chosen: InstructionSet) -> None:
    model = engine(MODEL, number, chosen)
    symbols, parents = journey(len(TEXTS))
    together = scores(model, TEXTS, symbols, parents)
    order = [2, 0, 3, 1]
    turned = scores(model, [TEXTS[i] for i in order], symbols[:, order], parents[:, order])
    for place, i in enumerate(order):
        alone = scores(model, [TEXTS[i]], symbols[:, [i]], parents[:, [i]])
        for whole, other, one in zip(together, turned, alone, strict=True):
            assert np.array_equal(whole[:, i], other[:, place])
            assert np.array_equal(whole[:, i], one[:, 0])


@pytest.mark.parametrize("number", Number)
@pytest.mark.parametrize("method", [Greedy(), Beam(4)])
def test_what_a_neighbour_needs_changes_no_bit_of_a_search(number: Number, method: Greedy | Beam) -> None:
    """A row with a minimum asks for one symbol more, of all that are searched with it."""
    searcher = EngineSearcher.of_model(engine(MODEL, number))
    request = SearchRequest(
        method, n_best=method.width, limits=[12, 9, 7, 12], minimums=[0, 5, 0, 3], forbidden=(8, 9, 17)
    )

    def found(rows: list[int], asked: SearchRequest) -> list[list[Hypothesis]]:
        texts = EngineInputs.of_texts(Packed.of([TEXTS[row] for row in rows]))
        return searcher.search(texts, asked, RepetitionRule()).hypotheses

    together = found([0, 1, 2, 3], request)
    for row in range(4):
        assert found([row], request.select([row]))[0] == together[row]
    without = dataclasses.replace(request.select([0, 2]), minimums=None)
    assert found([0, 2], without) == [together[0], together[2]]


def test_threads_share_a_model() -> None:
    model = engine(MODEL)
    symbols, parents = journey(len(TEXTS), 12)
    want, _ = scores(model, TEXTS, symbols, parents)
    with ThreadPoolExecutor(4) as pool:
        found = [pool.submit(scores, model, TEXTS, symbols, parents) for _ in range(8)]
    assert all(np.array_equal(it.result()[0], want) for it in found)


def test_shortlist_of_a_sentence_holds_its_symbols_and_no_neighbours() -> None:
    model = engine(MODEL)
    symbols, parents = journey(2, 3)
    texts = [[5, 6], [8, 9, 10]]
    every, _ = scores(model, texts, symbols, parents)
    targets = np.arange(SYMBOLS).repeat(2).reshape(-1, 2) % SYMBOLS
    targets[:, 1] = 7  # which is never written
    offsets = np.arange(SYMBOLS + 1) * 2
    model.set_shortlist(np.array([4, 1], np.int32), offsets, targets.ravel().astype(np.int32))
    found, normalizers = scores(model, texts, symbols, parents, listed=True)
    for i, listed in enumerate([{END, 4, 5, 6}, {END, 4, 8, 9, 10}]):
        inside = sorted(listed)
        assert np.array_equal(found[:, i][..., inside], every[:, i][..., inside])
        assert np.isneginf(np.delete(found[:, i], inside, -1)).all()
        assert np.allclose(normalizers[:, i], np.log(np.exp(every[:, i][..., inside]).sum(-1)), atol=1e-5)
    model.set_at_work(1)  # which changes nothing of what is found
    assert np.array_equal(scores(model, texts, symbols, parents, listed=True)[0], found)
    model.clear_shortlist()
    assert np.array_equal(scores(model, texts, symbols, parents, listed=True)[0], every)


@pytest.mark.parametrize(
    ("always", "offsets", "targets", "message"),
    [
        ([SYMBOLS], [0] * (SYMBOLS + 1), [], "does not have"),
        ([4], [0] * SYMBOLS + [2], [5], "do not reach"),
        ([4], [0, 5, 0] + [1] * (SYMBOLS - 2), [5], "do not rise"),
        ([4], [0, 1], [5], "offsets for"),
    ],
)
def test_shortlists_out_of_range_are_refused(
    always: list[int], offsets: list[int], targets: list[int], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        engine(MODEL).set_shortlist(np.array(always, np.int32), np.array(offsets), np.array(targets, np.int32))


def test_results_of_texts_do_not_depend_on_neighbours_or_threads() -> None:
    model = engine(LABELS)
    texts = [list(RANDOM.integers(0, SYMBOLS, n)) for n in RANDOM.integers(1, 60, 12)]
    together = model.encode(flat(texts), [len(text) for text in texts], threads=3)
    for text, found in zip(texts, together, strict=True):
        assert np.array_equal(found, model.encode(flat([text]), [len(text)])[0])
        assert np.allclose(found, Example(LABELS, np.array(text)).result, atol=1e-5)


def test_results_of_pictures() -> None:
    model = engine(PICTURES)
    pictures = [RANDOM.integers(0, 256, (2, 5, width), np.uint8) for width in (1, 4, 9)]
    found = model.encode(np.concatenate([it.ravel() for it in pictures]), [it.shape[2] for it in pictures])
    for picture, rows in zip(pictures, found, strict=True):
        assert np.allclose(rows[:, :36], Example(PICTURES, picture).result[:, :36], atol=1e-6)
        assert not rows[:, 36:].any()


def test_rows_of_numbers_and_models_that_read_nothing() -> None:
    rows = Program(Routine((Instruction(Op.given, out=0),), (16,)), Routine(), (), (), (), result=0, given=16)
    given = numbers(3, 16)
    assert np.array_equal(np.concatenate(engine(rows).encode(given, [1, 1, 1])), given)
    with pytest.raises(ValueError, match="int32"):
        engine(rows).encode(flat([[3]]), [1])


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ([[5], []], "input 1 is empty"),
        ([[5, SYMBOLS]], f"input 0 has symbol {SYMBOLS} of {SYMBOLS}"),
        ([[-1]], "input 0 has symbol -1"),
        ([[5] * 25], "input 0 has 25 symbols, and this model's learned positions end at 24"),
    ],
)
def test_inputs_that_the_model_cannot_read_are_refused(texts: list[list[int]], message: str) -> None:
    symbols, parents = journey(len(texts), 1)
    with pytest.raises(ValueError, match=message):
        scores(engine(sentence_model(1)), texts, symbols, parents)


def test_outputs_end_with_learned_positions() -> None:
    symbols, parents = journey(1, 25)
    with pytest.raises(ValueError, match="learned positions"):
        scores(engine(sentence_model(1)), [[5]], symbols, parents)


def test_long_inputs() -> None:
    model, text = engine(MODEL), list(RANDOM.integers(4, SYMBOLS, 500))
    symbols, parents = journey(1, 2, 1)
    found, _ = scores(model, [text], symbols, parents)
    want = expected(MODEL, text, symbols[:, 0], parents[:, 0])
    want[..., [1, 7]] = -np.inf
    assert np.allclose(found[:, 0], want, atol=1e-4)


def replaced(step: int | None = None, encode: int | None = None, **parts: int) -> Callable[[], Program]:
    """The model with another instruction."""

    def build() -> Program:
        name, place = ("step", step) if encode is None else ("encode", encode)
        routine = getattr(MODEL, name)
        changed = list(routine.instructions)
        changed[place] = dataclasses.replace(changed[place], **parts)
        return dataclasses.replace(MODEL, **{name: dataclasses.replace(routine, instructions=tuple(changed))})

    return build


def encoding(*instructions: Instruction) -> Callable[[], Program]:
    """A model with these instructions, registers of 32 and 16 columns, and an operand of 32 columns."""
    routine = Routine(instructions, (32, 16), (32,))
    return lambda: Program(routine, Routine(), (), (numbers(SYMBOLS, WIDTH),), (), result=1, source_symbols=SYMBOLS)


EMBED = Instruction(Op.embed, out=1, matrix=0, other=NO_POSITIONS, count=16)
COPY = Instruction(Op.copy, out=0, in_=1, count=16)
READ = Instruction(Op.operand, out=0, in_=0)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        # Left there by an earlier run, or by the rows of another grid.
        (encoding(EMBED, COPY, READ, dataclasses.replace(COPY, column=16)), "3 .copy.: .* read before as zeros"),
        (
            encoding(EMBED, Instruction(Op.mean, out=0, in_=1), dataclasses.replace(COPY, column=16), READ),
            "3 .operand.: .* for other rows",
        ),
        (replaced(step=1, in_=9), "instruction 1 .operand.: a register is number 9 of 4"),
        (replaced(step=1, in_=3), "was not written before"),
        (replaced(step=2, column=16), "columns outside of a register"),
        (replaced(step=2, matrix=3), "no multiple of 16"),
        (replaced(step=3, count=2), "another number of heads"),
        (replaced(step=3, op=Op.attend_example), "no meaning in the step program"),
        (replaced(step=6, slot=1), "a memory of the other kind"),
        (replaced(step=13, count=Cell.lstm), "not that of a cell"),
        (replaced(step=0, other=0), "positions whose table ends"),
        (replaced(step=0, count=17), "a true width"),
        (replaced(encode=1, in_=3), "was not written before"),
        (replaced(encode=7, in_=2), "one row for each example"),
        (replaced(encode=4, extra=8), "no multiple of 16"),
        (lambda: dataclasses.replace(MODEL, output_operand=1), "an operand is number 1 of 1"),
        (lambda: dataclasses.replace(MODEL, end=SYMBOLS), "end symbol is out of range"),
        (lambda: dataclasses.replace(MODEL, never_written=(END,)), "the end symbol is never written"),
        (lambda: dataclasses.replace(MODEL, never_written=(1, 1)), "never written twice"),
        (lambda: dataclasses.replace(MODEL, symbols=SYMBOLS - 1), "another number of outputs"),
        (lambda: dataclasses.replace(MODEL, source_symbols=0), "no symbols to embed"),
        (lambda: dataclasses.replace(MODEL, output=-1), "has an output or a result"),
        (lambda: dataclasses.replace(MODEL, output=-1, result=0), "steps without an output matrix"),
        (lambda: dataclasses.replace(PICTURES, height=1), "a kernel that is higher than the picture"),
        (lambda: dataclasses.replace(MODEL, states=(24,)), "24, no multiple of 16"),
    ],
)
def test_programs_that_cannot_run_are_refused(build: Callable[[], Program], message: str) -> None:
    with pytest.raises(DamagedFileError, match=message):
        engine(build())


def test_columns_that_no_instruction_writes_are_zero() -> None:
    model = engine(encoding(EMBED, COPY, READ)())
    assert len(model.encode(flat([[5, 6]]), [2])[0]) == 2


def test_bytes_that_are_no_model_are_refused() -> None:
    data = program_bytes(MODEL)
    for changed, message in (
        (b"", "they end too early"),
        (b"PHRASEBK" + data[8:], "do not begin with DRAGOMAN"),
        (data[:8] + b"\3" + data[9:], "their version is 3"),
        (data[:-4], "they end too early"),
        (data + b"\0", "more of them than a model has"),
    ):
        with pytest.raises(DamagedFileError, match=message):
            EngineModel(changed, Number.FLOAT32)


def test_altered_bytes_are_refused_or_run() -> None:
    data = program_bytes(MODEL)
    symbols, parents = journey(1, 3)
    words = len(data) - 4 * sum(m.weight.size + len(m.bias) for m in MODEL.matrices) - 4 * 47 * 16
    refused = 0
    for _ in range(400):
        changed = bytearray(data)
        for place in RANDOM.integers(8, words, RANDOM.integers(1, 4)):
            changed[place] = RANDOM.choice([0, 1, 2, 16, 127, 255, int(RANDOM.integers(256))])
        try:
            scores(EngineModel(bytes(changed), Number.INT8), [[5, 6]], symbols, parents)
        except (DamagedFileError, ValueError):
            refused += 1
    assert refused > 100


def test_memory_is_told_beforehand() -> None:
    model = engine(MODEL)
    short, long = model.memory(10, 10, 4), model.memory(10_000, 10, 4)
    assert 10_000 < short < 4_000_000
    assert 50 < (long - short) / 9_990 / 16 < 500
    with pytest.raises(ValueError, match="longest input"):
        model.memory(1 << 20)


def test_models_are_described() -> None:
    found = engine(MODEL, Number.INT8, InstructionSet.REFERENCE).describe()
    assert found.kernels == "reference, int8"
    assert (found.symbols, found.source_symbols, found.start, found.end) == (SYMBOLS, SYMBOLS, START, END)
    assert found.lists
    assert found.result_width == 0
    assert 2000 < found.bytes < 2_000_000
    assert engine(PICTURES).describe().result_width == 48

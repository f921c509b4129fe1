"""A model as the engine runs it: two short programs over registers, and their matrices; see ``program.h`` of the engine
for what each instruction computes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, IntEnum

import numpy as np
from jaxtyping import Float

WIDTH_UNIT = 16
"""All widths are multiples of it, but for the number of symbols of the output matrix."""

NO_POSITIONS, SINUSOIDAL_POSITIONS = -1, -2
"""What stands in ``other`` of ``embed`` in the place of a table of positions."""


class Activation(IntEnum):
    """What a product applies to its results."""

    none = 0
    relu = 1
    gelu = 2
    tanh = 3
    sigmoid = 4
    squared_relu = 5


class Cell(IntEnum):
    """The equations of a recurrent layer."""

    rnn_tanh = 0
    rnn_relu = 1
    gru_after = 2
    gru_before = 3
    lstm = 4


class Op(IntEnum):
    """What an instruction does."""

    embed = 0
    given = 1
    ink = 2
    operand = 3
    normalize_operand = 4
    normalize = 5
    product = 6
    attend_example = 7
    attend_past = 8
    remember = 9
    attend_memory = 10
    attend_additive = 11
    load_state = 12
    store_state = 13
    cell = 14
    sweep = 15
    copy = 16
    add = 17
    spread = 18
    activate = 19
    glu = 20
    window = 21
    mean = 22
    window_2d = 23
    pool_2d = 24
    columns = 25
    flatten = 26
    rotate = 27


class Kind(Enum):
    """What a number in an instruction counts."""

    register = "register"
    operand = "operand"


REFERENCES: dict[Op, dict[str, Kind]] = {
    Op.embed: {"out": Kind.register},
    Op.given: {"out": Kind.register},
    Op.ink: {"out": Kind.register},
    Op.operand: {"out": Kind.operand, "in_": Kind.register},
    Op.normalize_operand: {"out": Kind.operand, "in_": Kind.register},
    Op.normalize: {"out": Kind.register, "in_": Kind.register},
    Op.product: {"out": Kind.register, "in_": Kind.operand},
    Op.attend_example: {"out": Kind.register, "in_": Kind.register},
    Op.attend_past: {"out": Kind.register, "in_": Kind.register},
    Op.remember: {"in_": Kind.register, "other": Kind.register},
    Op.attend_memory: {"out": Kind.register, "in_": Kind.register},
    Op.attend_additive: {"out": Kind.register, "in_": Kind.register},
    Op.load_state: {"out": Kind.register},
    Op.store_state: {"in_": Kind.register},
    Op.cell: {"out": Kind.register, "in_": Kind.register, "other": Kind.register},
    Op.sweep: {"out": Kind.register, "in_": Kind.register, "other": Kind.register},
    Op.copy: {"out": Kind.register, "in_": Kind.register},
    Op.add: {"out": Kind.register, "in_": Kind.register, "other": Kind.register},
    Op.spread: {"out": Kind.register, "in_": Kind.register},
    Op.activate: {"out": Kind.register, "in_": Kind.register},
    Op.glu: {"out": Kind.register, "in_": Kind.register},
    Op.window: {"out": Kind.register, "in_": Kind.register},
    Op.mean: {"out": Kind.register, "in_": Kind.register},
    Op.window_2d: {"out": Kind.register, "in_": Kind.register},
    Op.pool_2d: {"out": Kind.register, "in_": Kind.register},
    Op.columns: {"out": Kind.register, "in_": Kind.register},
    Op.flatten: {"out": Kind.register, "in_": Kind.register},
    Op.rotate: {"out": Kind.register, "in_": Kind.register},
}
"""Which parts of an instruction number a register or an operand."""


@dataclass(frozen=True, slots=True)
class KernelShape:
    """Height and width of a kernel, its strides and paddings."""

    height: int = 0
    width: int = 0
    vertical_stride: int = 0
    horizontal_stride: int = 0
    vertical_padding: int = 0
    horizontal_padding: int = 0


NO_SHAPE = KernelShape()


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction; −1 is no register, operand, matrix, table or vector."""

    op: Op
    out: int = -1
    in_: int = -1
    other: int = -1
    matrix: int = -1
    slot: int = 0
    column: int = 0
    count: int = 0
    extra: int = 0
    number: float = 0.0
    shape: KernelShape = NO_SHAPE

    @property
    def references(self) -> Iterator[tuple[str, Kind, int]]:
        """The parts that number a register or an operand: the part's name, what it numbers, and the number."""
        for part, kind in REFERENCES[self.op].items():
            if (number := getattr(self, part)) >= 0:
                yield part, kind, number

    def renumbered(self, numbers: Mapping[tuple[Kind, int], int]) -> Instruction:
        """The same instruction with other registers and operands."""
        new = {part: numbers[kind, number] for part, kind, number in self.references}
        return replace(
            self, out=new.get("out", self.out), in_=new.get("in_", self.in_), other=new.get("other", self.other)
        )


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """Weights of a product, and whether the engine keeps them output by output, too, to find rows of some outputs."""

    weight: Float[np.ndarray, "O I"]
    bias: Float[np.ndarray, " O"] | None
    keep_rows: bool = False


@dataclass(frozen=True, slots=True)
class AttentionShape:
    """Heads of the keys and values that an attention looks up, and the width of each."""

    heads: int
    key_width: int
    value_width: int
    additive: bool = False


@dataclass(frozen=True, slots=True)
class Routine:
    """Instructions, and the width of each register and operand that they name."""

    instructions: tuple[Instruction, ...] = ()
    registers: tuple[int, ...] = ()
    operands: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """A whole model for the engine.

    Attributes:
        encode: what is computed of each input.
        step: what is computed of each symbol that a hypothesis reads.
        matrices: weights of products; that of the output layer is the last.
        tables: embeddings, and learned positions.
        vectors: gains, biases and the vectors of additive attention.
        states: width of each state of a hypothesis.
        pasts: shape of each attention of hypotheses to their own past.
        memories: shape of each attention to what was remembered of an example.
        output: number of the output layer's matrix; −1 for models that do not write step by step.
        output_operand: operand of ``step`` that the output layer reads; −1 without one.
        preview: number of the matrix of preview scores; −1 without a preview of the output layer. The last two
            instructions of ``step`` make its operand.
        preview_operand: operand of ``step`` that the preview's matrix reads; −1 without one.
        candidates: how many symbols are scored exactly beside a preview, at least; 0 without one.
        result: register of ``encode`` that is the result of models that do not write step by step; else −1.
        start: id of the symbol that a hypothesis reads first; −1 for models that write no symbols.
        end: id of the symbol that ends a text; −1 for models that write no symbols.
        symbols: how many symbols can be written; 0 for other outputs.
        source_symbols: how many symbols can be read; 0 for other inputs.
        never_written: ids of symbols that no output may hold, in ascending order.
        longest_source: most symbols of an input; 0 for any number.
        longest_target: most symbols that a hypothesis can read; 0 for any number.
        channels: channels of a picture; 0 for other inputs.
        height: height of a picture in pixels; 0 for other inputs.
        given: numbers of a table's row, with padding; 0 for other inputs.
    """

    encode: Routine
    step: Routine
    matrices: tuple[Matrix, ...]
    tables: tuple[Float[np.ndarray, "_ _"], ...]
    vectors: tuple[Float[np.ndarray, " _"], ...]
    states: tuple[int, ...] = ()
    pasts: tuple[AttentionShape, ...] = ()
    memories: tuple[AttentionShape, ...] = ()
    output: int = -1
    output_operand: int = -1
    preview: int = -1
    preview_operand: int = -1
    candidates: int = 0
    result: int = -1
    start: int = -1
    end: int = -1
    symbols: int = 0
    source_symbols: int = 0
    never_written: tuple[int, ...] = field(default=())
    longest_source: int = 0
    longest_target: int = 0
    channels: int = 0
    height: int = 0
    given: int = 0

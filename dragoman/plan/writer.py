"""Writes the instructions of one routine, and fits weights to the columns of registers."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from dragoman.plan.allocate import Values
from dragoman.plan.columns import Columns, padded
from dragoman.plan.nodes import Function, LinearPlan, NormPlan
from dragoman.plan.program import Activation, AttentionShape, Instruction, KernelShape, Kind, Matrix, Op

ACTIVATIONS = {
    Function.relu: Activation.relu,
    Function.gelu: Activation.gelu,
    Function.tanh: Activation.tanh,
    Function.sigmoid: Activation.sigmoid,
    Function.squared_relu: Activation.squared_relu,
}

_SIGMOID_OF_IT_IS_0 = -1e4
_ROWS = 256


@dataclass(frozen=True, slots=True, eq=False)
class Vectors:
    """A vector in each row of a register.

    Attributes:
        register: number of the register.
        columns: where the numbers of a vector stand, from column ``first`` on.
        norm: a normalisation that is part of the value and not computed yet: whoever reads it by a product takes gain
            and bias into the product's weights.
        first: the column at which the vector begins.
    """

    register: int
    columns: Columns
    norm: NormPlan | None = None
    first: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Operand:
    """Vectors in the form that products read, and the normalisation whose gain and bias products still owe."""

    number: int
    columns: Columns
    norm: NormPlan | None


@dataclass(slots=True, eq=False)
class Weights:
    """The arrays that both routines of a program share; what is used twice is stored once."""

    matrices: list[Matrix] = field(default_factory=list)
    tables: list[Float[np.ndarray, "_ _"]] = field(default_factory=list)
    vectors: list[Float[np.ndarray, " _"]] = field(default_factory=list)
    states: list[int] = field(default_factory=list)
    pasts: list[AttentionShape] = field(default_factory=list)
    memories: list[AttentionShape] = field(default_factory=list)
    known: dict[tuple[object, ...], int] = field(default_factory=dict)

    def matrix(self, matrix: Matrix) -> int:
        """The number of a matrix."""
        self.matrices.append(matrix)
        return len(self.matrices) - 1

    def vector(self, vector: Float[np.ndarray, " _"], columns: Columns) -> int:
        """The number of a vector in its columns."""
        self.vectors.append(columns.spread(vector))
        return len(self.vectors) - 1

    def table(self, weight: Float[np.ndarray, "_ _"], scale: float, columns: Columns) -> int:
        """The number of a table of vectors in their columns, multiplied by ``scale``."""
        place = weight.__array_interface__["data"], weight.shape, scale, columns
        if place not in self.known:
            self.known[place] = len(self.tables)
            self.tables.append(columns.spread(weight * np.float32(scale)))
        return self.known[place]

    def state(self, columns: Columns) -> int:
        """The number of a new state of each hypothesis."""
        self.states.append(columns.padded)
        return len(self.states) - 1

    def memory(self, shape: AttentionShape) -> int:
        """The number of a new memory of each example."""
        self.memories.append(shape)
        return len(self.memories) - 1

    def past(self, shape: AttentionShape) -> int:
        """The number of a new past of each hypothesis."""
        self.pasts.append(shape)
        return len(self.pasts) - 1


class Writer:
    """The instructions of ``encode`` or ``step``, with a register or operand of its own for each value.

    Args:
        weights: the arrays of the program.

    Attributes:
        instructions: what has been written.
        widths: width of each register and operand.
    """

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.instructions: list[Instruction] = []
        self.widths: Values = {}
        self._numbers = dict.fromkeys(Kind, 0)
        self._computed: dict[tuple[int, int], Vectors] = {}

    def emit(self, instruction: Instruction) -> None:
        """Write an instruction."""
        self.instructions.append(instruction)

    def register(self, columns: Columns) -> int:
        """The number of a new register for vectors in these columns."""
        return self._new(Kind.register, columns)

    def _new(self, kind: Kind, columns: Columns) -> int:
        number = self._numbers[kind]
        self._numbers[kind] += 1
        self.widths[kind, number] = columns.padded
        return number

    def vectors(self, op: Op, columns: Columns, **parts: int | float | KernelShape) -> Vectors:
        """The result of an instruction, in a new register."""
        register = self.register(columns)
        self.emit(Instruction(op, out=register, **parts))  # type: ignore[arg-type]  # parts are named as its fields
        return Vectors(register, columns)

    def operand(self, x: Vectors) -> Operand:
        """Vectors in the form that products read; normalised, if they are to be, but for gain and bias."""
        number = self._new(Kind.operand, x.columns)
        if x.norm is None:
            self.emit(Instruction(Op.operand, out=number, in_=x.register, column=x.first))
        else:
            _one_block(x)
            self.emit(
                Instruction(
                    Op.normalize_operand,
                    out=number,
                    in_=x.register,
                    column=x.first,
                    count=x.columns.width,
                    number=x.norm.epsilon,
                )
            )
        return Operand(number, x.columns, x.norm)

    def product(
        self,
        x: Operand,
        linear: LinearPlan,
        outputs: Columns,
        activation: Activation = Activation.none,
        *,
        into: int | None = None,
        column: int = 0,
        added: bool = False,
    ) -> Vectors:
        """activation(W x + b) in columns ``outputs``.

        Args:
            x: what the product reads.
            linear: weights of the product.
            outputs: where its results stand, from column ``column`` on.
            activation: what is applied to them.
            into: the register that they are written into; a new one by default.
            column: the column at which they begin.
            added: whether they are added to what stands there.
        """
        fill = _SIGMOID_OF_IT_IS_0 if activation is Activation.sigmoid else 0.0
        return self.fitted_product(x, fitted(linear, x, outputs, fill), outputs, activation, into, column, added=added)

    def fitted_product(
        self,
        x: Operand,
        weights: Matrix,
        outputs: Columns,
        activation: Activation = Activation.none,
        into: int | None = None,
        column: int = 0,
        *,
        added: bool = False,
    ) -> Vectors:
        """The same with weights that already stand in the columns of what is read and written."""
        register = self.register(outputs) if into is None else into
        matrix = self.weights.matrix(weights)
        self.emit(
            Instruction(
                Op.product,
                out=register,
                in_=x.number,
                matrix=matrix,
                slot=int(added),
                column=column,
                count=activation,
            )
        )
        return Vectors(register, outputs, first=column)

    def linear(
        self, x: Vectors, linear: LinearPlan, outputs: Columns, activation: Activation = Activation.none
    ) -> Vectors:
        """activation(W x + b) in a new register."""
        return self.product(self.operand(x), linear, outputs, activation)

    def computed(self, x: Vectors) -> Vectors:
        """The same vectors with their normalisation computed, gain and bias included."""
        if x.norm is None:
            return x
        place = x.register, id(x.norm)
        if place in self._computed:
            return self._computed[place]
        _one_block(x)
        gain, bias = (self.weights.vector(vector, x.columns) for vector in (x.norm.gain, x.norm.bias))
        self._computed[place] = self.vectors(
            Op.normalize,
            x.columns,
            in_=x.register,
            matrix=gain,
            other=bias,
            count=x.columns.width,
            number=x.norm.epsilon,
        )
        return self._computed[place]

    def normalize_heads(self, x: Vectors, first: int, heads: int, norm: NormPlan) -> None:
        """Normalise the vectors of some heads, which stand side by side from column ``first`` on, where they are."""
        head = Columns.of(len(norm.gain))
        gain, bias = (self.weights.vector(vector, head) for vector in (norm.gain, norm.bias))
        self.emit(
            Instruction(
                Op.normalize,
                out=x.register,
                in_=x.register,
                matrix=gain,
                other=bias,
                column=first,
                count=head.width,
                extra=heads,
                number=norm.epsilon,
            )
        )

    def rotate_heads(self, x: Vectors, heads: int, width: int) -> None:
        """Turn the vectors of the first heads, of ``width`` numbers each, by their positions, where they are."""
        self.emit(Instruction(Op.rotate, out=x.register, in_=x.register, count=width, extra=heads))

    def add(self, a: Vectors, b: Vectors, factor: float = 1.0) -> Vectors:
        """(a + b) · factor."""
        if a.columns != b.columns:
            raise ValueError(f"vectors in {a.columns} and {b.columns} cannot be added")
        return self.vectors(Op.add, a.columns, in_=a.register, other=b.register, number=factor)

    def copy(self, x: Vectors, into: int, column: int) -> None:
        """Copy vectors with their padding into a register, from ``column`` on."""
        width = x.columns.padded
        self.emit(Instruction(Op.copy, out=into, in_=x.register, column=column, count=width, extra=x.first))

    def arranged(self, x: Vectors, width: int) -> Vectors:
        """The same vectors as one block."""
        columns = Columns.of(width)
        if x.columns == columns:
            return x
        gaps = [(n, padded(n) - n) for n in x.columns.blocks]
        place, source, copies, spare = 0, x.first, [], []
        for n, gap in gaps:
            copies.append((place, source, n))
            spare.append((source + n, gap))
            place, source = place + n, source + n + gap
        # Zeros behind the vector come from the zeros between the blocks, of which there are at least as many.
        for start, gap in spare:
            taken = min(gap, columns.padded - place)
            copies.append((place, start, taken))
            place += taken
        register = self.register(columns)
        for column, extra, count in copies:
            if count:
                self.emit(Instruction(Op.copy, out=register, in_=x.register, column=column, count=count, extra=extra))
        return Vectors(register, columns)


def fitted(linear: LinearPlan, x: Operand, outputs: Columns | None, fill: float = 0.0) -> Matrix:
    """The weights of a product in columns: what is between blocks is zero, and reads nothing.

    A normalisation's gain and bias are taken into weights and bias, in double precision: W (g ⊗ n + c) + b =
    (W diag(g)) n + (W c + b).

    Args:
        linear: the weights.
        x: what the product reads.
        outputs: where its results stand; None for side by side without padding.
        fill: bias between the blocks.
    """
    weight, bias = linear.weight, linear.bias
    if x.norm is not None:
        bias = exact_product(weight, x.norm.bias) + (0 if bias is None else bias)
        # A product of two float32 numbers is exact in double precision, and so is rounded once.
        weight = weight * x.norm.gain
    wide = x.columns.spread(weight)
    if outputs is not None:
        wide = outputs.spread(wide.T).T
        if bias is not None or fill:
            bias = outputs.spread(np.zeros(outputs.width) if bias is None else bias, fill)
    return Matrix(wide, None if bias is None else bias.astype(np.float32))


def exact_product(weight: Float[np.ndarray, "O I"], x: Float[np.ndarray, I * K]) -> Float[np.ndarray, O * K]:
    """W x in double precision, some rows at a time, so that there is never a second copy of a large matrix."""
    exact = x.astype(np.float64)
    parts = (weight[row : row + _ROWS].astype(np.float64) @ exact for row in range(0, len(weight), _ROWS))
    return np.concatenate(list(parts))


def _one_block(x: Vectors) -> None:
    if len(x.columns.blocks) != 1:
        raise ValueError(f"vectors that are normalised stand in one block, and not in {x.columns}")

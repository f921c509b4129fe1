"""The slow reference of the engine: a program run by NumPy, one example at a time.

Each instruction is one short function here, by its equation. It finds mistakes of the compiler, and the engine's fast
code is tested equal to it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from dragoman.plan.columns import padded
from dragoman.plan.program import (
    NO_POSITIONS,
    REFERENCES,
    SINUSOIDAL_POSITIONS,
    Activation,
    Cell,
    Instruction,
    Kind,
    Op,
    Program,
    Routine,
)

Array = Float[np.ndarray, "_ _"]
Input = Int[np.ndarray, " _"] | UInt8[np.ndarray, "_ _ _"] | Float[np.ndarray, " _"]
"""The symbols of a text, the pixels of a picture [channels height width], or the numbers of a table's row."""


class Example:
    """What a program holds of one example: registers, memories, and the states and pasts of its hypotheses.

    There is one hypothesis before the first step.

    Args:
        program: the program; its routine ``encode`` is run at once.
        given: the input; None for a language model.
        number: the precision of all numbers.
    """

    def __init__(self, program: Program, given: Input | None, number: type[np.floating] = np.float64) -> None:
        self.program = program
        self.given = given
        self.number = number
        self.routine = program.encode
        self.values: dict[tuple[Kind, int], Array] = {}
        self.grids: dict[tuple[Kind | None, int], tuple[int, int]] = {}
        self.memories: dict[int, tuple[Array, Array]] = {}
        self.states = [np.zeros((1, width), number) for width in program.states]
        self.pasts: list[list[Array]] = [[] for _ in program.pasts]
        self.symbols = given if given is not None else np.zeros(0, np.int64)
        self.read = 0
        self._run(program.encode)

    @property
    def result(self) -> Array:
        """The result of a model that does not write symbol by symbol, with padding."""
        return self.values[Kind.register, self.program.result]

    def step(self, symbols: Sequence[int]) -> Array:
        """The unnormalised scores of each next symbol, after every hypothesis has read one more; with a preview those
        of its candidates, and preview scores of the others."""
        self.symbols = np.asarray(symbols)
        self._run(self.program.step)
        self.read += 1
        scores = self.product(self.program.output, self.values[Kind.operand, self.program.output_operand])
        if self.program.preview < 0:
            return scores
        preview = self.product(self.program.preview, self.values[Kind.operand, self.program.preview_operand])
        return np.where(_candidates(preview, self.program), scores, preview)

    def select(self, parents: Sequence[int]) -> None:
        """Go on with these hypotheses; some may be repeated or left out."""
        rows = list(parents)
        self.states = [state[rows] for state in self.states]
        self.pasts = [[row[rows] for row in past] for past in self.pasts]

    def _run(self, routine: Routine) -> None:
        self.routine = routine
        self.values, self.grids = {}, {}
        for instruction in routine.instructions:
            _OPERATIONS[instruction.op](self, instruction)
            kinds = REFERENCES[instruction.op]
            if "out" in kinds and instruction.op not in _RESIZING:
                # Rows that come of a map of a picture are a map of the same height and width.
                came_of = kinds.get("in_"), instruction.in_
                self.grids[kinds["out"], instruction.out] = self.grids.get(came_of, (0, 0))

    def register(self, number: int, column: int = 0, width: int | None = None) -> Array:
        """What stands in a register, from ``column`` on."""
        found = self.values[Kind.register, number]
        return found[:, column : found.shape[1] if width is None else column + width]

    def put(self, i: Instruction, rows: Array, register: int | None = None, column: int | None = None) -> None:
        """Write rows into the first columns of a register, ``out`` by default; numbers that nothing wrote are NaN."""
        number = i.out if register is None else register
        place = Kind.register, number
        if place not in self.values or len(self.values[place]) != len(rows):
            self.values[place] = np.full((len(rows), self.routine.registers[number]), np.nan, self.number)
        start = 0 if column is None else column
        self.values[place][:, start : start + rows.shape[1]] = rows

    def product(self, matrix: int, x: Array) -> Array:
        """W x + b."""
        found = self.program.matrices[matrix]
        bias = 0.0 if found.bias is None else found.bias.astype(self.number)
        return x @ found.weight.astype(self.number).T + bias


def _candidates(preview: Array, program: Program) -> Bool[np.ndarray, "_ _"]:
    """Which symbols are scored exactly: of those that may be written, the ones with the highest preview scores."""
    written = preview.copy()
    written[:, list(program.never_written)] = -np.inf
    order = np.argsort(-written, axis=1, kind="stable")[:, : program.candidates]
    found = np.zeros(preview.shape, bool)
    np.put_along_axis(found, order, True, axis=1)
    return found


# Inputs.


def _embed(e: Example, i: Instruction) -> None:
    x = e.program.tables[i.matrix][e.symbols].astype(e.number)
    encoding = e.routine is e.program.encode
    places = np.arange(len(x)) if encoding else np.full(len(x), e.read)
    if i.other == SINUSOIDAL_POSITIONS:
        x[:, : i.count] += _sinusoids(places, i.count)
    elif i.other != NO_POSITIONS:
        x += e.program.tables[i.other][places]
    e.put(i, x)


def _sinusoids(places: Int[np.ndarray, " _"], width: int) -> Array:
    angles = places[:, None] * np.exp(np.arange((width + 1) // 2) * (-2 * math.log(10_000) / width))
    return np.concatenate([np.sin(angles), np.cos(angles)], 1)[:, :width]


def _given(e: Example, i: Instruction) -> None:
    assert e.given is not None
    e.put(i, _wide(e.given[None].astype(e.number), e.routine.registers[i.out]))


def _ink(e: Example, i: Instruction) -> None:
    assert e.given is not None
    channels, height, width = e.given.shape
    ink = 1 - e.given.transpose(1, 2, 0).reshape(height * width, channels) / e.number(255)
    e.put(i, _wide(ink, e.routine.registers[i.out]))
    e.grids[Kind.register, i.out] = height, width


# Products.


def _operand(e: Example, i: Instruction) -> None:
    e.values[Kind.operand, i.out] = e.register(i.in_, i.column, e.routine.operands[i.out]).copy()


def _normalize_operand(e: Example, i: Instruction) -> None:
    e.values[Kind.operand, i.out] = _normalized(e.register(i.in_, i.column, e.routine.operands[i.out]), i)


def _normalize(e: Example, i: Instruction) -> None:
    gain, bias = _vector(e, i.matrix), _vector(e, i.other)
    for place in range(max(i.extra, 1)):
        column = i.column + place * len(gain)
        e.put(i, _normalized(e.register(i.in_, column, len(gain)), i) * gain + bias, column=column)


def _normalized(x: Array, i: Instruction) -> Array:
    true = x[:, : i.count]
    return _wide((true - true.mean(1, keepdims=True)) / np.sqrt(true.var(1, keepdims=True) + i.number), x.shape[1])


def _vector(e: Example, number: int) -> Float[np.ndarray, " _"]:
    return e.program.vectors[number].astype(e.number)


def _product(e: Example, i: Instruction) -> None:
    y = _ACTIVATIONS[Activation(i.count)](e.product(i.matrix, e.values[Kind.operand, i.in_]))
    e.put(i, y + e.register(i.out, i.column, y.shape[1]) if i.slot else y, column=i.column)


# Attention.


def _attention(queries: Array, keys: Array, values: Array, heads: int, scale: float) -> Array:
    """One query after another looks up all keys, head by head."""
    parts = []
    for q, k, v in zip(*(np.split(x, heads, 1) for x in (queries, keys, values)), strict=True):
        parts.append(_softmax(scale * q @ k.T) @ v)
    return np.concatenate(parts, 1)


def _attend_example(e: Example, i: Instruction) -> None:
    queries, keys, values = np.split(e.register(i.in_), 3, 1)
    e.put(i, _attention(queries, keys, values, i.count, i.number))


def _attend_past(e: Example, i: Instruction) -> None:
    inputs = e.register(i.in_)
    past = e.pasts[i.slot]
    past.append(inputs.copy())
    rows = []
    for row in range(len(inputs)):
        _, keys, values = np.split(np.stack([step[row] for step in past]), 3, 1)
        rows.append(_attention(np.split(inputs[row : row + 1], 3, 1)[0], keys, values, i.count, i.number))
    e.put(i, np.concatenate(rows))


def _remember(e: Example, i: Instruction) -> None:
    shape = e.program.memories[i.slot]
    keys = e.register(i.in_, i.column, shape.heads * shape.key_width)
    e.memories[i.slot] = keys.copy(), e.register(i.other, i.extra, shape.heads * shape.value_width).copy()


def _attend_memory(e: Example, i: Instruction) -> None:
    keys, values = e.memories[i.slot]
    e.put(i, _attention(e.register(i.in_, i.column, keys.shape[1]), keys, values, i.count, i.number))


def _attend_additive(e: Example, i: Instruction) -> None:
    keys, values = e.memories[i.slot]
    scores = np.tanh(e.register(i.in_)[:, None] + keys) @ _vector(e, i.matrix)
    e.put(i, _softmax(scores) @ values)


# Recurrence.


def _load_state(e: Example, i: Instruction) -> None:
    e.put(i, e.states[i.slot], column=i.column)


def _store_state(e: Example, i: Instruction) -> None:
    e.states[i.slot] = e.register(i.in_, i.column, e.program.states[i.slot]).copy()


def _cell(e: Example, i: Instruction) -> None:
    e.put(i, _CELLS[Cell(i.count)](e, i.matrix, e.register(i.in_), e.register(i.other)))


def _sweep(e: Example, i: Instruction) -> None:
    gates = e.register(i.in_)
    width = e.program.matrices[i.matrix].weight.shape[1]
    state = np.zeros((1, width * (2 if Cell(i.count) is Cell.lstm else 1)), e.number)
    hidden = np.zeros((len(gates), width), e.number)
    for t in reversed(range(len(gates))) if i.slot else range(len(gates)):
        state = _CELLS[Cell(i.count)](e, i.matrix, gates[t : t + 1], state)
        hidden[t] = state[0, :width]
    e.put(i, hidden, column=i.column)
    e.put(i, state, i.other, i.extra)


def _rnn(activation: Callable[[Array], Array]) -> Callable[[Example, int, Array, Array], Array]:
    return lambda e, matrix, gates, h: activation(gates + e.product(matrix, h))


def _gru_after(e: Example, matrix: int, gates: Array, h: Array) -> Array:
    (w_r, w_z, w_n), (u_r, u_z, u_n) = np.split(gates, 3, 1), np.split(e.product(matrix, h), 3, 1)
    z = _sigmoid(w_z + u_z)
    return (1 - z) * np.tanh(w_n + _sigmoid(w_r + u_r) * u_n) + z * h


def _gru_before(e: Example, matrix: int, gates: Array, h: Array) -> Array:
    (w_r, w_z, w_n), (u_r, u_z) = np.split(gates, 3, 1), np.split(e.product(matrix, h), 2, 1)
    z = _sigmoid(w_z + u_z)
    return (1 - z) * np.tanh(w_n + e.product(matrix + 1, _sigmoid(w_r + u_r) * h)) + z * h


def _lstm(e: Example, matrix: int, gates: Array, state: Array) -> Array:
    h, c = np.split(state, 2, 1)
    i, f, g, o = np.split(gates + e.product(matrix, h), 4, 1)
    c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
    return np.concatenate([_sigmoid(o) * np.tanh(c), c], 1)


# Numbers by themselves.


def _copy(e: Example, i: Instruction) -> None:
    e.put(i, e.register(i.in_, i.extra, i.count).copy(), column=i.column)


def _add(e: Example, i: Instruction) -> None:
    width = e.routine.registers[i.out]
    e.put(i, (e.register(i.in_, 0, width) + e.register(i.other, 0, width)) * e.number(i.number))


def _spread(e: Example, i: Instruction) -> None:
    e.put(i, np.repeat(e.register(i.in_), len(e.symbols), 0))


def _activate(e: Example, i: Instruction) -> None:
    e.put(i, _ACTIVATIONS[Activation(i.count)](e.register(i.in_)))


def _glu(e: Example, i: Instruction) -> None:
    a, b = np.split(e.register(i.in_), 2, 1)
    e.put(i, a * _sigmoid(b))


# Positions, and maps of pictures.


def _window(e: Example, i: Instruction) -> None:
    x = e.register(i.in_)
    reach = i.count // 2
    around = np.pad(x, ((reach, reach), (0, 0)))
    e.put(i, np.concatenate([around[tap : tap + len(x)] for tap in range(i.count)], 1))


def _mean(e: Example, i: Instruction) -> None:
    e.put(i, e.register(i.in_).mean(0, keepdims=True))


def _rotate(e: Example, i: Instruction) -> None:
    width, half = padded(i.count), i.count // 2
    x = e.register(i.in_, i.column, i.extra * width).reshape(-1, i.extra, width).copy()
    places = np.arange(len(x)) if e.routine is e.program.encode else np.full(len(x), e.read)
    sines, cosines = np.split(_sinusoids(places, i.count)[:, None], 2, -1)
    first, second = x[..., :half].copy(), x[..., half : i.count].copy()
    x[..., :half] = first * cosines - second * sines
    x[..., half : i.count] = second * cosines + first * sines
    e.put(i, x.reshape(len(x), -1), column=i.column)


def _around(e: Example, i: Instruction, channels: int, fill: float) -> Float[np.ndarray, "P Q n C"]:
    """The values around each place of a map."""
    s = i.shape
    height, width = e.grids[Kind.register, i.in_]
    x = e.register(i.in_, 0, channels).reshape(height, width, channels)
    pads = (s.vertical_padding, s.vertical_padding), (s.horizontal_padding, s.horizontal_padding), (0, 0)
    x = np.pad(x, pads, constant_values=fill)
    windows = np.lib.stride_tricks.sliding_window_view(x, (s.height, s.width), (0, 1))
    found = windows[:: s.vertical_stride, :: s.horizontal_stride].transpose(0, 1, 3, 4, 2)
    return found.reshape(*found.shape[:2], s.height * s.width, channels)


def _put_map(e: Example, i: Instruction, x: Float[np.ndarray, "P Q W"]) -> None:
    height, width, channels = x.shape
    e.put(i, _wide(x.reshape(height * width, channels), e.routine.registers[i.out]))
    e.grids[Kind.register, i.out] = height, width


def _window_2d(e: Example, i: Instruction) -> None:
    x = _around(e, i, i.count, 0.0)
    _put_map(e, i, x.reshape(*x.shape[:2], -1))


def _pool_2d(e: Example, i: Instruction) -> None:
    _put_map(e, i, _around(e, i, e.routine.registers[i.out], -np.inf).max(2))


def _columns(e: Example, i: Instruction) -> None:
    height, width = e.grids[Kind.register, i.in_]
    x = e.register(i.in_, 0, i.count).reshape(height, width, i.count).transpose(1, 0, 2)
    e.put(i, _wide(x.reshape(width, height * i.count), e.routine.registers[i.out]))


def _flatten(e: Example, i: Instruction) -> None:
    e.put(i, _wide(e.register(i.in_, 0, i.count).T.reshape(1, i.extra), e.routine.registers[i.out]))


def _wide(x: Array, width: int) -> Array:
    return np.pad(x, ((0, 0), (0, width - x.shape[1])))


def _softmax(x: Array) -> Array:
    powers = np.exp(x - x.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def _sigmoid(x: Array) -> Array:
    return 0.5 * (np.tanh(0.5 * x) + 1)


def _gelu(x: Array) -> Array:
    return 0.5 * x * (1 + np.vectorize(math.erf, otypes=[x.dtype])(x / math.sqrt(2)))


_ACTIVATIONS: dict[Activation, Callable[[Array], Array]] = {
    Activation.none: lambda x: x,
    Activation.relu: lambda x: np.maximum(x, 0),
    Activation.gelu: _gelu,
    Activation.tanh: np.tanh,
    Activation.sigmoid: _sigmoid,
    Activation.squared_relu: lambda x: np.square(np.maximum(x, 0)),
}
_CELLS: dict[Cell, Callable[[Example, int, Array, Array], Array]] = {
    Cell.rnn_tanh: _rnn(np.tanh),
    Cell.rnn_relu: _rnn(lambda x: np.maximum(x, 0)),
    Cell.gru_after: _gru_after,
    Cell.gru_before: _gru_before,
    Cell.lstm: _lstm,
}
_RESIZING = {Op.ink, Op.window_2d, Op.pool_2d}
"""The instructions whose results are maps of another height and width."""
_OPERATIONS: dict[Op, Callable[[Example, Instruction], None]] = {
    Op.embed: _embed,
    Op.given: _given,
    Op.ink: _ink,
    Op.operand: _operand,
    Op.normalize_operand: _normalize_operand,
    Op.normalize: _normalize,
    Op.product: _product,
    Op.attend_example: _attend_example,
    Op.attend_past: _attend_past,
    Op.remember: _remember,
    Op.attend_memory: _attend_memory,
    Op.attend_additive: _attend_additive,
    Op.load_state: _load_state,
    Op.store_state: _store_state,
    Op.cell: _cell,
    Op.sweep: _sweep,
    Op.copy: _copy,
    Op.add: _add,
    Op.spread: _spread,
    Op.activate: _activate,
    Op.glu: _glu,
    Op.window: _window,
    Op.mean: _mean,
    Op.window_2d: _window_2d,
    Op.pool_2d: _pool_2d,
    Op.columns: _columns,
    Op.flatten: _flatten,
    Op.rotate: _rotate,
}

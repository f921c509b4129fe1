"""Recurrent encoders and decoders as instructions."""

from __future__ import annotations

from dragoman.plan.columns import Columns
from dragoman.plan.encoded import Encoded
from dragoman.plan.lower_attention import remembered
from dragoman.plan.lower_text import embedded
from dragoman.plan.nodes import (
    AttentionalDecoderPlan,
    CellKind,
    CellPlan,
    LinearPlan,
    RecurrentDecoderPlan,
    RecurrentEncoderPlan,
    RecurrentStackPlan,
)
from dragoman.plan.program import Activation, Cell, Instruction, Matrix, Op
from dragoman.plan.writer import Vectors, Writer

_CELLS = {
    CellKind.rnn_tanh: Cell.rnn_tanh,
    CellKind.rnn_relu: Cell.rnn_relu,
    CellKind.gru_after: Cell.gru_after,
    CellKind.gru_before: Cell.gru_before,
    CellKind.lstm: Cell.lstm,
}


def recurrent_encoder(w: Writer, plan: RecurrentEncoderPlan) -> Encoded:
    """The hidden states of a text, and the last states of all layers and directions."""
    stack = plan.layers
    width = plan.embedding.weight.shape[1]
    lowest = _hidden(stack.layers[0].cells)
    # Where the lowest layer's input is added to its output, both must stand in the same columns.
    columns = lowest if stack.residual and lowest.width == width else None
    x = embedded(w, plan.embedding, columns=columns)
    last = Columns(tuple(cell.width for layer in stack.layers for cell in layer.cells for _ in range(cell.parts)))
    final, place = w.register(last), 0
    for layer in stack.layers:
        operand = w.operand(x)
        columns = _hidden(layer.cells)
        hidden = Vectors(w.register(columns), columns)
        column = 0
        for direction, cell in enumerate(layer.cells):
            gates = w.product(operand, cell.inputs, _gates(cell))
            w.emit(
                Instruction(
                    Op.sweep,
                    out=hidden.register,
                    in_=gates.register,
                    other=final,
                    matrix=_recurrent_matrix(w, cell),
                    slot=direction,
                    column=column,
                    count=_CELLS[cell.kind],
                    extra=place,
                )
            )
            column += Columns.of(cell.width).padded
            place += _state(cell).padded
        x = _risen(w, stack, x, hidden)
    return Encoded(x, lambda: Vectors(final, last))


def recurrent_decoder(encode: Writer, step: Writer, plan: RecurrentDecoderPlan, memory: Encoded | None) -> Vectors:
    """The hidden states from which a step predicts the next symbols, without attention."""
    states = _states(step, plan.layers)
    x = embedded(step, plan.embedding)
    if plan.bridge is not None and plan.context is not None and memory is not None:
        final = encode.operand(memory.final())
        _first_states(encode, plan.layers, states, encode.product(final, plan.bridge, *_bridged(plan.layers)))
        slot = step.weights.state(x.columns)
        context = encode.product(final, plan.context, x.columns)
        encode.emit(Instruction(Op.store_state, in_=context.register, slot=slot))
        x = step.add(x, step.vectors(Op.load_state, x.columns, slot=slot))
    x = _stepped(step, plan.layers, states, x, joins_lowest=True)
    if plan.readout is not None:
        x = step.linear(x, plan.readout, Columns.of(plan.readout.weight.shape[0]))
    return x


def attentional_decoder(encode: Writer, step: Writer, plan: AttentionalDecoderPlan, memory: Encoded) -> Vectors:
    """The hidden states from which a step predicts the next symbols, with attention."""
    states = _states(step, plan.layers)
    look_up = remembered(encode, plan.attention, memory.states)
    _first_states(
        encode,
        plan.layers,
        states,
        encode.product(encode.operand(memory.final()), plan.bridge, *_bridged(plan.layers)),
    )
    x = embedded(step, plan.embedding)
    width = Columns.of(plan.join.weight.shape[0])
    fed = -1
    if plan.feeding:
        both = x.columns + width
        fed = step.weights.state(width)
        joined = step.register(both)
        step.copy(x, joined, 0)
        step.emit(Instruction(Op.load_state, out=joined, slot=fed, column=x.columns.padded))
        x = Vectors(joined, both)
    hidden = _stepped(step, plan.layers, states, x, joins_lowest=not plan.feeding)
    both = look_up.columns + hidden.columns
    joined = step.register(both)
    look_up.context(step, hidden, joined)
    step.copy(hidden, joined, look_up.columns.padded)
    vectors = step.linear(Vectors(joined, both), plan.join, width, Activation.tanh)
    if plan.feeding:
        step.emit(Instruction(Op.store_state, in_=vectors.register, slot=fed))
    return vectors


def _hidden(cells: tuple[CellPlan, ...]) -> Columns:
    """The columns of the joined hidden states of all directions."""
    return Columns(tuple(cell.width for cell in cells))


def _gates(cell: CellPlan) -> Columns:
    return Columns.of(cell.inputs.weight.shape[0], cell.inputs.weight.shape[0] // cell.width)


def _state(cell: CellPlan) -> Columns:
    return Columns.of(cell.width).times(cell.parts)


def _states(w: Writer, stack: RecurrentStackPlan) -> list[int]:
    """The numbers of the states of all layers."""
    return [w.weights.state(_state(layer.forwards)) for layer in stack.layers]


def _bridged(stack: RecurrentStackPlan) -> tuple[Columns, Activation]:
    """The columns of the first states of all layers, side by side, and what is applied to them."""
    return Columns(tuple(n for layer in stack.layers for n in _state(layer.forwards).blocks)), Activation.tanh


def _first_states(w: Writer, stack: RecurrentStackPlan, states: list[int], bridged: Vectors) -> None:
    column = 0
    for layer, slot in zip(stack.layers, states, strict=True):
        w.emit(Instruction(Op.store_state, in_=bridged.register, slot=slot, column=column))
        column += _state(layer.forwards).padded


def _stepped(w: Writer, stack: RecurrentStackPlan, states: list[int], x: Vectors, *, joins_lowest: bool) -> Vectors:
    """The top layer's hidden states after one more symbol, which go into the states.

    ``joins_lowest``: whether the lowest layer may have a residual connection.
    """
    for index, (layer, slot) in enumerate(zip(stack.layers, states, strict=True)):
        cell = layer.forwards
        gates = w.linear(x, cell.inputs, _gates(cell))
        before = w.vectors(Op.load_state, _state(cell), slot=slot)
        after = w.vectors(
            Op.cell,
            _state(cell),
            in_=gates.register,
            other=before.register,
            matrix=_recurrent_matrix(w, cell),
            count=_CELLS[cell.kind],
        )
        w.emit(Instruction(Op.store_state, in_=after.register, slot=slot))
        hidden = Vectors(after.register, Columns.of(cell.width))
        x = _risen(w, stack, x, hidden) if index or joins_lowest else hidden
    return x


def _risen(w: Writer, stack: RecurrentStackPlan, x: Vectors, hidden: Vectors) -> Vectors:
    """What the next layer reads."""
    return w.add(x, hidden) if stack.residual and x.columns.width == hidden.columns.width else hidden


def _recurrent_matrix(w: Writer, cell: CellPlan) -> int:
    """The number of the recurrent matrix U; a GRU that resets before the product has that of its candidate next."""
    if cell.kind is not CellKind.gru_before:
        return w.weights.matrix(_square(cell.recurrent, cell.width))
    split, weight = 2 * cell.width, cell.recurrent.weight
    number = w.weights.matrix(_square(LinearPlan(weight[:split]), cell.width))
    w.weights.matrix(_square(LinearPlan(weight[split:]), cell.width))
    return number


def _square(linear: LinearPlan, width: int) -> Matrix:
    columns, outputs = Columns.of(width), Columns.of(len(linear.weight), len(linear.weight) // width)
    weight = outputs.spread(columns.spread(linear.weight).T).T
    return Matrix(weight, None if linear.bias is None else outputs.spread(linear.bias))

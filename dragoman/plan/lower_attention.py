"""Attention to an encoder's hidden states as instructions: what is remembered of an example, and how a hypothesis looks
it up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dragoman.plan.columns import Columns, padded
from dragoman.plan.nodes import (
    AdditiveAttentionPlan,
    CrossAttentionPlan,
    DotAttentionPlan,
    MemoryAttentionPlan,
)
from dragoman.plan.program import AttentionShape, Instruction, Op
from dragoman.plan.writer import Operand, Vectors, Writer


@dataclass(frozen=True, slots=True, eq=False)
class LookUp:
    """An attention whose keys and values are remembered.

    Attributes:
        columns: columns of a context vector.
        context: writes the instructions of a step that look up the context vectors of queries, from the first column of
            a register on.
    """

    columns: Columns
    context: Callable[[Writer, Vectors, int], None]


def remembered(w: Writer, attention: MemoryAttentionPlan, states: Vectors) -> LookUp:
    """Write what ``encode`` remembers of an example's hidden states for an attention."""
    return _ATTENTIONS[type(attention)](w, attention, states)


def remembered_heads(w: Writer, attention: CrossAttentionPlan, states: Operand) -> Callable[[Writer, Operand], Vectors]:
    """Write what ``encode`` remembers for multi-head attention; the function looks up all heads of a step's queries,
    which are not joined by the output map yet."""
    width = attention.queries.weight.shape[0]
    heads = Columns.of(width, attention.heads)
    both, norms = w.product(states, attention.memory_inputs, heads.times(2)), attention.norms
    if norms is not None:
        w.normalize_heads(both, 0, attention.heads, norms.keys)
    head = padded(width // attention.heads)
    slot = w.weights.memory(AttentionShape(attention.heads, head, head))
    w.emit(Instruction(Op.remember, in_=both.register, other=both.register, slot=slot, extra=heads.padded))

    def look_up(step: Writer, x: Operand) -> Vectors:
        queries = step.product(x, attention.queries, heads)
        if norms is not None:
            step.normalize_heads(queries, 0, attention.heads, norms.queries)
        scale = (width // attention.heads) ** -0.5
        return step.vectors(
            Op.attend_memory, heads, in_=queries.register, slot=slot, count=attention.heads, number=scale
        )

    return look_up


def _cross(w: Writer, attention: CrossAttentionPlan, states: Vectors) -> LookUp:
    look_up = remembered_heads(w, attention, w.operand(states))
    columns = Columns.of(attention.output.weight.shape[0])

    def context(step: Writer, queries: Vectors, into: int) -> None:
        attended = step.operand(look_up(step, step.operand(queries)))
        step.product(attended, attention.output, columns, into=into)

    return LookUp(columns, context)


def _dot(w: Writer, attention: DotAttentionPlan, states: Vectors) -> LookUp:
    # Queries stand in one block, and so must keys.
    keys = w.arranged(w.computed(states), states.columns.width)
    width = keys.columns.padded
    slot = w.weights.memory(AttentionShape(1, width, width))
    w.emit(Instruction(Op.remember, in_=keys.register, other=keys.register, slot=slot))

    def context(step: Writer, queries: Vectors, into: int) -> None:
        step.emit(
            Instruction(
                Op.attend_memory,
                out=into,
                in_=queries.register,
                slot=slot,
                column=queries.first,
                count=1,
                number=attention.scale,
            )
        )

    return LookUp(keys.columns, context)


def _additive(w: Writer, attention: AdditiveAttentionPlan, states: Vectors) -> LookUp:
    hidden = Columns.of(len(attention.vector))
    keys, values = w.linear(states, attention.keys, hidden), w.computed(states)
    slot = w.weights.memory(AttentionShape(1, hidden.padded, values.columns.padded, additive=True))
    w.emit(Instruction(Op.remember, in_=keys.register, other=values.register, slot=slot, extra=values.first))
    vector = w.weights.vector(attention.vector, hidden)

    def context(step: Writer, queries: Vectors, into: int) -> None:
        projected = step.linear(queries, attention.queries, hidden)
        step.emit(Instruction(Op.attend_additive, out=into, in_=projected.register, matrix=vector, slot=slot))

    return LookUp(values.columns, context)


_ATTENTIONS: dict[type, Callable[..., LookUp]] = {
    CrossAttentionPlan: _cross,
    DotAttentionPlan: _dot,
    AdditiveAttentionPlan: _additive,
}

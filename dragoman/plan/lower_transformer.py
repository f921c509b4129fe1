"""Transformers as instructions."""

from __future__ import annotations

from collections.abc import Callable

from dragoman.plan.columns import Columns, padded
from dragoman.plan.encoded import Encoded
from dragoman.plan.lower_attention import remembered_heads
from dragoman.plan.lower_text import embedded
from dragoman.plan.nodes import (
    FeedForwardPlan,
    LinearPlan,
    NormPlan,
    ResidualPlan,
    SelfAttentionPlan,
    TransformerBlockPlan,
    TransformerDecoderPlan,
    TransformerEncoderPlan,
    Vector,
)
from dragoman.plan.program import AttentionShape, Op
from dragoman.plan.writer import ACTIVATIONS, Operand, Vectors, Writer

Branch = Callable[[Operand], tuple[Vectors, LinearPlan]]
"""What a sub-layer computes: all but its last linear map, and that map."""


def transformer_encoder(w: Writer, plan: TransformerEncoderPlan) -> Encoded:
    """The hidden states of a text."""
    x = first = embedded(w, plan.embedding, plan.positions)
    for number, block in enumerate(plan.blocks):
        x = _with_shortcut(w, x, first, plan.shortcut, number)
        x = _sublayer(w, x, block.around_attention, _self_attention(w, block.attention, past=False))
        x = _sublayer(w, x, block.around_feed_forward, _feed_forward(w, block.feed_forward))
    return Encoded.of_positions(w, _normed(x, plan.norm))


def transformer_decoder(encode: Writer, step: Writer, plan: TransformerDecoderPlan, memory: Encoded | None) -> Vectors:
    """The hidden states from which a step predicts the next symbols."""
    cross = _remembered(encode, plan.blocks, memory)
    x = first = embedded(step, plan.embedding, plan.positions)
    for number, (block, look_up) in enumerate(zip(plan.blocks, cross, strict=True)):
        x = _with_shortcut(step, x, first, plan.shortcut, number)
        x = _sublayer(step, x, block.around_attention, _self_attention(step, block.attention, past=True))
        if look_up is not None and block.around_cross_attention is not None:
            x = _sublayer(step, x, block.around_cross_attention, look_up(step))
        x = _sublayer(step, x, block.around_feed_forward, _feed_forward(step, block.feed_forward))
    return _normed(x, plan.norm)


def _remembered(
    encode: Writer, blocks: tuple[TransformerBlockPlan, ...], memory: Encoded | None
) -> list[Callable[[Writer], Branch] | None]:
    """Write what ``encode`` remembers for each block's attention to the encoder."""
    if memory is None:
        return [None] * len(blocks)
    states = encode.operand(memory.states)
    return [_cross_attention(encode, block, states) for block in blocks]


def _cross_attention(encode: Writer, block: TransformerBlockPlan, states: Operand) -> Callable[[Writer], Branch] | None:
    attention = block.cross_attention
    if attention is None:
        return None
    look_up = remembered_heads(encode, attention, states)
    return lambda step: lambda x: (look_up(step, x), attention.output)


def _with_shortcut(w: Writer, x: Vectors, first: Vectors, factors: Vector | None, block: int) -> Vectors:
    """What a block reads: x + λ · first, in another register than ``first``, since sub-layers are added to it there."""
    if factors is None:
        return x
    factor = float(factors[block])
    if block == 0:
        return w.add(first, first, (1 + factor) / 2)
    return w.add(x, w.add(first, first, factor / 2))


def _sublayer(w: Writer, x: Vectors, residual: ResidualPlan, branch: Branch) -> Vectors:
    """The hidden states after a sub-layer, which is added to those before it in their own register."""
    inner, last = branch(w.operand(_normed(x, residual.norm) if residual.before else x))
    w.product(w.operand(inner), last, x.columns, into=x.register, added=True)
    return x if residual.before else w.computed(_normed(x, residual.norm))


def _self_attention(w: Writer, plan: SelfAttentionPlan, *, past: bool) -> Branch:
    width = plan.output.weight.shape[1]
    heads = Columns.of(width, plan.heads)
    head = padded(width // plan.heads)

    def branch(x: Operand) -> tuple[Vectors, LinearPlan]:
        inputs = w.product(x, plan.inputs, heads.times(3))
        if plan.norms is not None:
            w.normalize_heads(inputs, 0, plan.heads, plan.norms.queries)
            w.normalize_heads(inputs, heads.padded, plan.heads, plan.norms.keys)
        if plan.rotary:
            w.rotate_heads(inputs, 2 * plan.heads, width // plan.heads)
        parts = {"in_": inputs.register, "count": plan.heads, "number": (width // plan.heads) ** -0.5}
        if not past:
            return w.vectors(Op.attend_example, heads, **parts), plan.output
        slot = w.weights.past(AttentionShape(plan.heads, head, head))
        return w.vectors(Op.attend_past, heads, slot=slot, **parts), plan.output

    return branch


def _feed_forward(w: Writer, plan: FeedForwardPlan) -> Branch:
    inner = Columns.of(plan.first.weight.shape[0])
    return lambda x: (w.product(x, plan.first, inner, ACTIVATIONS[plan.function]), plan.second)


def _normed(x: Vectors, norm: NormPlan | None) -> Vectors:
    return Vectors(x.register, x.columns, norm)

"""Multi-head attention, over the same rows or over an encoder's."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from dragoman.contracts import Layout, Memory
from dragoman.layers.attention.head_norm import HeadNorm
from dragoman.layers.attention.indexed import IndexedMemory, IndexedPast
from dragoman.layers.attention.key_values import KeyValues
from dragoman.layers.attention.masks import causal_mask
from dragoman.layers.attention.rotary import RotaryPositions
from dragoman.layers.attention.scaled_dot_product import attend, score_equations, weights_of
from dragoman.layers.dropout import Dropout
from dragoman.layers.initialization import xavier_uniform
from dragoman.layers.linear import linear
from dragoman.native import attention as native
from dragoman.native import decoding
from dragoman.native.dropout import draw_seed
from dragoman.native.training import available


class Projection(nn.Module):
    """One matrix that holds ``parts`` linear maps E → D side by side, so that one product computes all of them.

    >>> Projection(8, parts=3)(torch.randn(5, 8)).shape
    torch.Size([5, 24])

    Args:
        width: outputs D of each map.
        parts: number of maps.
        inputs: inputs E of each map; D by default.
    """

    def __init__(self, width: int, parts: int, inputs: int | None = None) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(parts * width, inputs or width))
        self.bias = nn.Parameter(torch.zeros(parts * width))
        self.parts = parts
        xavier_uniform(self.weight.data, fan_out=width)

    def forward(self, x: Float[Tensor, "*N E"]) -> Float[Tensor, "*N P"]:
        """The results of all maps on ``x``, side by side: P = parts · D."""
        return linear(x, self.weight, self.bias)


def _split_heads(x: Float[Tensor, "B L E"], parts: int, heads: int) -> tuple[Tensor, ...]:
    batch, length, width = x.shape
    split = x.view(batch, length, parts, heads, width // (parts * heads))
    return split.permute(2, 0, 3, 1, 4).unbind(0)


def _join_heads(x: Float[Tensor, "B H L d"]) -> Float[Tensor, "B L D"]:
    return x.transpose(1, 2).flatten(2)


# Beyond this many keys a kernel that never holds a row's scores as a whole is faster.
_LONGEST_PACKED = 512


def _packed_shape(
    queries: Layout, keys: Layout, heads: int, width: int, dropout: Dropout, *, causal: bool = False
) -> native.AttentionShape:
    """The arguments of the native kernel, with a freshly drawn dropout mask where attention weights are dropped."""
    rate = dropout.rate if dropout.active else 0.0
    seed = draw_seed() if rate else 0
    return native.AttentionShape(queries, keys, heads, (width // heads) ** -0.5, causal, rate, seed)


class SelfAttention(nn.Module):
    """MultiHead(X, X, X) = Concat(head_1 … head_H) W^O (Vaswani et al. 2017, section 3.2.2).

    The paper's W^Q, W^K and W^V of all heads are the three thirds of ``inputs.weight``.

    >>> x, layout = torch.randn(2, 5, 8), Layout.of([5, 5])
    >>> attention = SelfAttention(8, heads=2, dropout=0.0, causal=True)
    >>> layout.pad(attention(layout.unpad(x), layout)).shape
    torch.Size([2, 5, 8])

    Args:
        width: width D of inputs and outputs.
        heads: number of heads H, which divides D.
        dropout: rate on the attention weights.
        causal: whether a position sees only itself and those before it.
        norms: normalisation of queries and of keys; None for none.
        rotary: rotary positions of queries and keys; None for none.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        dropout: float,
        *,
        causal: bool,
        norms: tuple[HeadNorm, HeadNorm] | None = None,
        rotary: RotaryPositions | None = None,
    ) -> None:
        super().__init__()
        self.inputs = Projection(width, 3)
        self.output = Projection(width, 1)
        self.query_norm: HeadNorm | None
        self.key_norm: HeadNorm | None
        self.query_norm, self.key_norm = norms or (None, None)
        self.rotary = rotary
        self.dropout = Dropout(dropout)
        self.heads = heads
        self.causal = causal

    def forward(self, x: Float[Tensor, "N D"], layout: Layout) -> Float[Tensor, "N D"]:
        """The result at every position, each of which attends to its whole row (causal: up to itself)."""
        inputs = self._inputs(x, layout.positions)
        if available(inputs) and layout.longest <= _LONGEST_PACKED:
            shape = _packed_shape(layout, layout, self.heads, x.shape[1], self.dropout, causal=self.causal)
            return self.output(native.self_attention(inputs, shape))
        queries, keys, values = _split_heads(layout.pad(inputs), 3, self.heads)
        attended = attend(queries, keys, values, self._visible(layout), self.dropout)
        return self.output(layout.unpad(_join_heads(attended)))

    def scores(self, x: Float[Tensor, "N D"], layout: Layout) -> Float[Tensor, "B H T T"]:
        """The scores of :meth:`forward` by the equations, −∞ where a key is hidden."""
        queries, keys, _ = _split_heads(layout.pad(self._inputs(x, layout.positions)), 3, self.heads)
        return score_equations(queries, keys, self._visible(layout))

    def weights(self, x: Float[Tensor, "N D"], layout: Layout) -> Float[Tensor, "B H T T"]:
        """The attention weights of :meth:`forward` by the equations, without dropout; 0 behind the ends of rows."""
        return weights_of(self.scores(x, layout), layout)

    def _inputs(self, x: Float[Tensor, "N D"], positions: Int[Tensor, " N"]) -> Float[Tensor, "N E"]:
        """Queries, keys and values of all heads, side by side, in the form in which they are compared: E = 3 D."""
        inputs = self.inputs(x)
        if self.query_norm is None and self.rotary is None:
            return inputs
        queries, keys, values = inputs.chunk(3, -1)
        if self.query_norm is not None and self.key_norm is not None:
            queries, keys = self.query_norm(queries), self.key_norm(keys)
        if self.rotary is not None:
            queries, keys = self.rotary(queries, positions), self.rotary(keys, positions)
        return torch.cat([queries, keys, values], -1)

    def _visible(self, layout: Layout) -> Bool[Tensor, ...] | None:
        """The mask of the keys that a query sees; None if it sees all."""
        if self.causal:
            # Padding lies behind the real positions, so the causal mask hides it from them already.
            return causal_mask(layout.longest, layout.lengths.device)
        return None if layout.rectangular else layout.mask[:, None, None, :]

    def step(
        self, x: Float[Tensor, "R D"], past: KeyValues | IndexedPast | None
    ) -> tuple[Float[Tensor, "R D"], KeyValues | IndexedPast]:
        """The result at one more position of each row, which attends to the row's earlier positions and to itself."""
        place = 0 if past is None else past.length
        inputs = self._inputs(x, torch.full((len(x),), place, device=x.device))
        if past is None and decoding.available(inputs) and not self.dropout.active:
            past = IndexedPast.none(len(x))
        if isinstance(past, IndexedPast):
            present = past.grown(inputs)
            return self.output(decoding.attend_to_past(present.steps, present.ancestry, self.heads)), present
        queries, keys, values = _split_heads(inputs[:, None], 3, self.heads)
        if past is not None:
            keys = torch.cat([past.keys, keys], 2)
            values = torch.cat([past.values, values], 2)
        attended = attend(queries, keys, values, None, self.dropout)
        return self.output(_join_heads(attended)[:, 0]), KeyValues(keys, values, None)


class CrossAttention(nn.Module):
    """MultiHead(X, M, M): a decoder's positions attend to an encoder's hidden states.

    The paper's W^K and W^V of all heads are the two halves of ``memory_inputs.weight``.

    >>> source, target = Layout.of([7, 7]), Layout.of([5, 5])
    >>> states = torch.randn(2, 7, 8)
    >>> memory = Memory(source.unpad(states), source, states.mean(1))
    >>> attention = CrossAttention(8, heads=2, dropout=0.0)
    >>> target.pad(attention(target.unpad(torch.randn(2, 5, 8)), target, memory)).shape
    torch.Size([2, 5, 8])

    Args:
        width: width D of inputs and outputs.
        heads: number of heads H, which divides D.
        dropout: rate on the attention weights.
        memory_width: width E of the encoder's hidden states; D by default.
        norms: normalisation of queries and of keys; None for none.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        dropout: float,
        memory_width: int | None = None,
        *,
        norms: tuple[HeadNorm, HeadNorm] | None = None,
    ) -> None:
        super().__init__()
        self.width = width
        self.queries = Projection(width, 1)
        self.memory_inputs = Projection(width, 2, memory_width)
        self.output = Projection(width, 1)
        self.query_norm: HeadNorm | None
        self.key_norm: HeadNorm | None
        self.query_norm, self.key_norm = norms or (None, None)
        self.dropout = Dropout(dropout)
        self.heads = heads

    def project(self, memory: Memory) -> KeyValues | IndexedMemory:
        """Keys and values of the memory, computed once per sentence for all steps of a search."""
        inputs = self._memory_inputs(memory)
        if decoding.available(inputs) and not self.dropout.active:
            return IndexedMemory.of(inputs, memory.layout)
        return self._padded(inputs, memory.layout)

    def _queries(self, x: Float[Tensor, "*N D"]) -> Float[Tensor, "*N D"]:
        queries = self.queries(x)
        return queries if self.query_norm is None else self.query_norm(queries)

    def _memory_inputs(self, memory: Memory) -> Float[Tensor, "N P"]:
        """Keys and values of all heads, side by side: P = 2 D."""
        inputs = self.memory_inputs(memory.states)
        if self.key_norm is None:
            return inputs
        keys, values = inputs.chunk(2, -1)
        return torch.cat([self.key_norm(keys), values], -1)

    def _padded(self, inputs: Float[Tensor, "N P"], layout: Layout) -> KeyValues:
        keys, values = _split_heads(layout.pad(inputs), 2, self.heads)
        return KeyValues(keys, values, None if layout.rectangular else layout.mask[:, None, None, :])

    def forward(self, x: Float[Tensor, "N D"], layout: Layout, memory: Memory) -> Float[Tensor, "N D"]:
        """The result at every position, each of which attends to its own row of the memory."""
        return self._attended(self._queries(x), self._memory_inputs(memory), layout, memory.layout)

    def with_scores(
        self, x: Float[Tensor, "N D"], layout: Layout, memory: Memory, heads: int
    ) -> tuple[Float[Tensor, "N D"], Float[Tensor, "B H T S"]]:
        """The result of :meth:`forward`, and the scores of its first ``heads`` heads, from the same projections."""
        queries, inputs = self._queries(x), self._memory_inputs(memory)
        scores = self._scores(queries, inputs, layout, memory.layout, heads)
        return self._attended(queries, inputs, layout, memory.layout), scores

    def _attended(
        self, queries: Float[Tensor, "N D"], inputs: Float[Tensor, "M P"], layout: Layout, source: Layout
    ) -> Float[Tensor, "N D"]:
        if available(queries, inputs) and source.longest <= _LONGEST_PACKED:
            shape = _packed_shape(layout, source, self.heads, self.width, self.dropout)
            return self.output(native.cross_attention(queries, inputs, shape))
        projected = self._padded(inputs, source)
        (padded,) = _split_heads(layout.pad(queries), 1, self.heads)
        attended = attend(padded, projected.keys, projected.values, projected.mask, self.dropout)
        return self.output(layout.unpad(_join_heads(attended)))

    def scores(self, x: Float[Tensor, "N D"], layout: Layout, memory: Memory) -> Float[Tensor, "B H T S"]:
        """The scores of :meth:`forward` by the equations, −∞ where there is no key."""
        return self._scores(self._queries(x), self._memory_inputs(memory), layout, memory.layout, self.heads)

    def _scores(
        self, queries: Float[Tensor, "N D"], inputs: Float[Tensor, "M P"], layout: Layout, source: Layout, heads: int
    ) -> Float[Tensor, "B H T S"]:
        """The scores of the first heads, whose queries and keys stand first in each row."""
        width = heads * self.width // self.heads
        (first,) = _split_heads(layout.pad(queries[:, :width]), 1, heads)
        (keys,) = _split_heads(source.pad(inputs[:, :width]), 1, heads)
        return score_equations(first, keys, None if source.rectangular else source.mask[:, None, None, :])

    def weights(self, x: Float[Tensor, "N D"], layout: Layout, memory: Memory) -> Float[Tensor, "B H T S"]:
        """The attention weights of :meth:`forward` by the equations, without dropout; 0 behind the ends of rows."""
        return weights_of(self.scores(x, layout, memory), layout)

    def step(self, x: Float[Tensor, "R D"], memory: KeyValues | IndexedMemory) -> Float[Tensor, "R D"]:
        """The result at one position of each hypothesis; see
        :class:`~dragoman.layers.attention.memory_attention.MemoryAttention`."""
        queries = self._queries(x)
        if isinstance(memory, IndexedMemory):
            return self.output(
                decoding.attend_to_memory(queries, memory.inputs, memory.sentences, memory.layout, self.heads)
            )
        (split,) = _split_heads(queries.view(memory.keys.shape[0], -1, x.shape[-1]), 1, self.heads)
        attended = attend(split, memory.keys, memory.values, memory.mask, self.dropout)
        return self.output(_join_heads(attended).view(x.shape))

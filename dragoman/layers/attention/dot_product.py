"""Dot-product attention of a recurrent decoder."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn

from dragoman.contracts import Layout, Memory
from dragoman.layers.attention.key_values import KeyValues
from dragoman.layers.attention.scaled_dot_product import attend, score_equations, weights_of
from dragoman.layers.dropout import Dropout


class DotProductAttention(nn.Module):
    """score(h_t, m_s) = scale · h_tᵀ m_s (Luong et al. 2015, eq. 8, with scale 1), without weights of its own.

    The hidden states are keys and values as they are, so queries and memory must be equally wide.

    >>> import torch
    >>> source, target = Layout.of([7, 7]), Layout.of([5, 5])
    >>> states = torch.randn(2, 7, 8)
    >>> memory = Memory(source.unpad(states), source, states.mean(1))
    >>> attention = DotProductAttention(8, scale=1.0, dropout=0.0)
    >>> target.pad(attention(target.unpad(torch.randn(2, 5, 8)), target, memory)).shape
    torch.Size([2, 5, 8])

    Args:
        width: width D of the queries and of the memory.
        scale: 1 for the plain dot product, 1 / √width for the scaled one (Vaswani et al. 2017, eq. 1).
        dropout: rate on the attention weights.
    """

    def __init__(self, width: int, scale: float, dropout: float) -> None:
        super().__init__()
        self.width = width
        self.scale = scale
        self.dropout = Dropout(dropout)

    def project(self, memory: Memory) -> KeyValues:
        """The hidden states as keys and values, padded to one row per sentence."""
        layout = memory.layout
        states = layout.pad(memory.states)[:, None]
        return KeyValues(states, states, None if layout.rectangular else layout.mask[:, None, None, :])

    def forward(self, queries: Float[Tensor, "N D"], layout: Layout, memory: Memory) -> Float[Tensor, "N D"]:
        """The context vector of every query, for packed rows of queries."""
        padded, looked_up = layout.pad(queries)[:, None], self.project(memory)
        contexts = attend(padded, looked_up.keys, looked_up.values, looked_up.mask, self.dropout, self.scale)
        return layout.unpad(contexts[:, 0])

    def scores(self, queries: Float[Tensor, "N D"], layout: Layout, memory: Memory) -> Float[Tensor, "B 1 T S"]:
        """The scores of :meth:`forward` by the equations, −∞ where there is no key; one head."""
        looked_up = self.project(memory)
        return score_equations(layout.pad(queries)[:, None], looked_up.keys, looked_up.mask, self.scale)

    def weights(self, queries: Float[Tensor, "N D"], layout: Layout, memory: Memory) -> Float[Tensor, "B 1 T S"]:
        """The attention weights of :meth:`forward` by the equations, without dropout; 0 behind the ends of rows."""
        return weights_of(self.scores(queries, layout, memory), layout)

    def step(self, queries: Float[Tensor, "R D"], memory: KeyValues) -> Float[Tensor, "R D"]:
        """The context vector of one query of each hypothesis."""
        grouped = queries.view(memory.keys.shape[0], 1, -1, queries.shape[-1])
        contexts = attend(grouped, memory.keys, memory.values, memory.mask, self.dropout, self.scale)
        return contexts.view(queries.shape)

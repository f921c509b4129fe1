"""Additive attention: a small network scores every pair of query and key."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from dragoman.contracts import Layout, Memory
from dragoman.layers.attention.key_values import KeyValues
from dragoman.layers.attention.masks import score_bias
from dragoman.layers.attention.scaled_dot_product import weights_of
from dragoman.layers.dropout import Dropout
from dragoman.layers.initialization import xavier_uniform
from dragoman.native import additive as native
from dragoman.native.gradient_context import GradientContext
from dragoman.native.training import available

# How many numbers of the hidden layer are held at one time; all of it would be batch · T · S · A numbers.
_LARGEST_HIDDEN = 1 << 21


def additive_score_equations(
    queries: Float[Tensor, "B T A"], keys: Float[Tensor, "B S A"], vector: Float[Tensor, " A"]
) -> Float[Tensor, "B T S"]:
    """score = vᵀ tanh(q + k) (Bahdanau et al. 2015, appendix A.1.2); q = W s and k = U m are projected already.

    >>> queries, keys = torch.zeros(1, 1, 2), torch.tensor([[[0.0, 0.0], [9.0, 9.0]]])
    >>> additive_score_equations(queries, keys, vector=torch.tensor([1.0, 2.0]))
    tensor([[[0.0000, 3.0000]]])
    """
    return torch.tanh(queries[:, :, None] + keys[:, None]) @ vector


class _FusedScore(torch.autograd.Function):
    """The fast path of :func:`additive_score_equations`: a few queries at a time, so that the hidden layer is never
    held as a whole; it is computed again for the gradient."""

    @staticmethod
    def forward(ctx: GradientContext, queries: Tensor, keys: Tensor, vector: Tensor) -> Tensor:
        ctx.save_for_backward(queries, keys, vector)
        parts = [
            torch.tanh_(part[:, :, None] + keys[:, None]) @ vector
            for part in torch.split(queries, _at_once(keys), dim=1)
        ]
        return torch.cat(parts, 1)

    @staticmethod
    def backward(ctx: GradientContext, *upstream: Tensor) -> tuple[Tensor, ...]:
        queries, keys, vector = ctx.saved_tensors
        query_gradients = []
        key_gradient, vector_gradient = torch.zeros_like(keys), torch.zeros_like(vector)
        size = _at_once(keys)
        for part, gradient in zip(
            torch.split(queries, size, dim=1), torch.split(upstream[0], size, dim=1), strict=True
        ):
            hidden = torch.tanh_(part[:, :, None] + keys[:, None])
            vector_gradient += gradient.flatten() @ hidden.flatten(0, 2)
            # tanh' = 1 − tanh²; the buffer of the hidden layer becomes that of its gradient.
            inner = hidden.square_().neg_().add_(1).mul_(gradient[..., None]).mul_(vector)
            query_gradients.append(inner.sum(2))
            key_gradient += inner.sum(1)
        return torch.cat(query_gradients, 1), key_gradient, vector_gradient


def _at_once(keys: Tensor) -> int:
    return max(_LARGEST_HIDDEN // keys.numel(), 1)


def additive_scores(
    queries: Float[Tensor, "B T A"], keys: Float[Tensor, "B S A"], vector: Float[Tensor, " A"]
) -> Float[Tensor, "B T S"]:
    """The fast path of :func:`additive_score_equations`, by the native kernel where there is one for these tensors.

    It can be differentiated once.

    >>> queries, keys, vector = torch.randn(1, 2, 4), torch.randn(1, 3, 4), torch.randn(4)
    >>> scores = additive_scores(queries, keys, vector)
    >>> torch.allclose(scores, additive_score_equations(queries, keys, vector), atol=1e-6)
    True
    """
    if available(queries, keys, vector):
        return native.additive_scores(queries, keys, vector)
    return _FusedScore.apply(queries, keys, vector)  # type: ignore[no-untyped-call]


class AdditiveAttention(nn.Module):
    """α = softmax(vᵀ tanh(W h_t + U m_s + b)), context = Σ_s α_s m_s (Bahdanau et al. 2015, appendix A.1.2).

    Unlike there, the query is the decoder's state after the step and not before it, as for the other attentions here
    (Luong et al. 2015), and the hidden layer has a bias.

    >>> source, target = Layout.of([7, 7]), Layout.of([5, 5])
    >>> states = torch.randn(2, 7, 6)
    >>> memory = Memory(source.unpad(states), source, states.mean(1))
    >>> attention = AdditiveAttention(8, 6, 10, dropout=0.0)
    >>> target.pad(attention(target.unpad(torch.randn(2, 5, 8)), target, memory)).shape
    torch.Size([2, 5, 6])

    Args:
        query_width: width Q of the queries, which are the decoder's states.
        memory_width: width of the encoder's hidden states, and so of the context vectors.
        width: hidden units A of the scoring network.
        dropout: rate on the attention weights.
    """

    def __init__(self, query_width: int, memory_width: int, width: int, dropout: float) -> None:
        super().__init__()
        self.width = memory_width
        self.weight_query = nn.Parameter(torch.empty(width, query_width))
        self.weight_key = nn.Parameter(torch.empty(width, memory_width))
        self.bias = nn.Parameter(torch.zeros(width))
        self.vector = nn.Parameter(torch.empty(width))
        self.dropout = Dropout(dropout)
        xavier_uniform(self.weight_query.data)
        xavier_uniform(self.weight_key.data)
        nn.init.uniform_(self.vector, -(width**-0.5), width**-0.5)

    def project(self, memory: Memory) -> KeyValues:
        """The keys U m + b of each sentence; the values are the encoder's hidden states themselves."""
        layout = memory.layout
        keys = layout.pad(F.linear(memory.states, self.weight_key, self.bias))[:, None]
        mask = None if layout.rectangular else layout.mask[:, None, None, :]
        return KeyValues(keys, layout.pad(memory.states)[:, None], mask)

    def forward(self, queries: Float[Tensor, "N Q"], layout: Layout, memory: Memory) -> Float[Tensor, "N C"]:
        """The context vector of every query, for packed rows of queries."""
        padded = layout.pad(F.linear(queries, self.weight_query))
        return layout.unpad(self._attend(padded, self.project(memory)))

    def scores(self, queries: Float[Tensor, "N Q"], layout: Layout, memory: Memory) -> Float[Tensor, "B 1 T S"]:
        """The scores of :meth:`forward`, −∞ where there is no key; one head."""
        return self._scores(layout.pad(F.linear(queries, self.weight_query)), self.project(memory))[:, None]

    def weights(self, queries: Float[Tensor, "N Q"], layout: Layout, memory: Memory) -> Float[Tensor, "B 1 T S"]:
        """The attention weights of :meth:`forward`, without dropout; 0 behind the ends of rows."""
        return weights_of(self.scores(queries, layout, memory), layout)

    def step(self, queries: Float[Tensor, "R Q"], memory: KeyValues) -> Float[Tensor, "R C"]:
        """The context vector of one query of each hypothesis."""
        projected = F.linear(queries, self.weight_query)
        return self._attend(projected.view(memory.keys.shape[0], -1, projected.shape[-1]), memory).flatten(0, 1)

    def _attend(self, queries: Float[Tensor, "B T A"], memory: KeyValues) -> Float[Tensor, "B T C"]:
        return self.dropout(torch.softmax(self._scores(queries, memory), -1)) @ memory.values[:, 0]

    def _scores(self, queries: Float[Tensor, "B T A"], memory: KeyValues) -> Float[Tensor, "B T S"]:
        scores = additive_scores(queries, memory.keys[:, 0], self.vector)
        return scores if memory.mask is None else scores + score_bias(memory.mask[:, 0], scores.dtype)

"""Scaled dot-product attention."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from dragoman.contracts import Layout
from dragoman.layers.attention.masks import score_bias
from dragoman.layers.dropout import Dropout

# With more scores per head than this, memory traffic on a CPU costs more than the overhead of the tiled kernel.
_LARGEST_SCORE_MATRIX = 512 * 512


def attention_equations(
    queries: Float[Tensor, "*B T d"],
    keys: Float[Tensor, "*B S d"],
    values: Float[Tensor, "*B S e"],
    mask: Bool[Tensor, ...] | None = None,
    scale: float | None = None,
) -> Float[Tensor, "*B T e"]:
    """Attention(Q, K, V) = softmax(QKᵀ / √d) V (Vaswani et al. 2017, eq. 1), without dropout.

    >>> queries, keys = torch.tensor([[9.0, 0.0]]), torch.tensor([[9.0, 0.0], [0.0, 9.0]])
    >>> attention_equations(queries, keys, values=torch.tensor([[1.0], [2.0]]))
    tensor([[1.]])

    Args:
        queries: the queries Q.
        keys: the keys K.
        values: the values V.
        mask: a mask that broadcasts to (\\*B, T, S), ``True`` where a query may see a key. Each query must see at least
            one; None if all may see all.
        scale: factor of the scores; 1 / √d by default, 1 for the plain dot product (Luong et al. 2015, eq. 8).
    """
    return torch.softmax(score_equations(queries, keys, mask, scale), -1) @ values


def score_equations(
    queries: Float[Tensor, "*B T d"],
    keys: Float[Tensor, "*B S d"],
    mask: Bool[Tensor, ...] | None = None,
    scale: float | None = None,
) -> Float[Tensor, "*B T S"]:
    """The scores QKᵀ / √d of :func:`attention_equations`, −∞ where a key is hidden; their softmax over the keys is the
    attention weights.

    >>> score_equations(torch.tensor([[2.0]]), torch.tensor([[1.0], [3.0]]), torch.tensor([[True, False]]))
    tensor([[2., -inf]])
    """
    scores = queries @ keys.transpose(-1, -2) * (queries.shape[-1] ** -0.5 if scale is None else scale)
    return scores if mask is None else scores.masked_fill(~mask, float("-inf"))


def weights_of(scores: Float[Tensor, "B H T S"], queries: Layout) -> Float[Tensor, "B H T S"]:
    """The attention weights, softmax of the scores over the keys; 0 for queries behind the end of a row.

    >>> weights_of(torch.zeros(2, 1, 2, 2), Layout.of([2, 1]))[1, 0]
    tensor([[0.5000, 0.5000],
            [0.0000, 0.0000]])
    """
    weights = torch.softmax(scores, -1)
    return weights if queries.rectangular else weights * queries.mask[:, None, :, None]


def attend(
    queries: Float[Tensor, "B H T d"],
    keys: Float[Tensor, "B H S d"],
    values: Float[Tensor, "B H S e"],
    mask: Bool[Tensor, ...] | None,
    dropout: Dropout,
    scale: float | None = None,
) -> Float[Tensor, "B H T e"]:
    """The fast path of :func:`attention_equations`, with dropout on the weights.

    On a CPU, two batched matrix products are faster than the fused kernel for the lengths of sentences; on other
    devices, and for long rows, the fused kernel is used.

    >>> queries, keys, values = torch.randn(1, 2, 3, 4), torch.randn(1, 2, 5, 4), torch.randn(1, 2, 5, 6)
    >>> attend(queries, keys, values, None, Dropout(0.0)).shape
    torch.Size([1, 2, 3, 6])
    """
    if queries.device.type == "cpu" and queries.shape[-2] * keys.shape[-2] <= _LARGEST_SCORE_MATRIX:
        factor = 1 / math.sqrt(queries.shape[-1]) if scale is None else scale
        scores = (queries * factor) @ keys.transpose(-1, -2)
        if mask is not None:
            scores += score_bias(mask, scores.dtype)
        return dropout(torch.softmax(scores, -1)) @ values
    rate = dropout.rate if dropout.active else 0.0
    return F.scaled_dot_product_attention(queries, keys, values, attn_mask=mask, dropout_p=rate, scale=scale)

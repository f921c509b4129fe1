"""Scaled dot-product attention."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from dragoman.layers.attention.masks import score_bias
from dragoman.layers.dropout import Dropout

# Beyond this many scores per head, a processor's memory traffic outweighs the overhead of the tiled kernel.
_LARGEST_SCORE_MATRIX = 512 * 512


def attention_equations(
    queries: Float[Tensor, "*B T d"],
    keys: Float[Tensor, "*B S d"],
    values: Float[Tensor, "*B S e"],
    mask: Bool[Tensor, ...] | None = None,
    scale: float | None = None,
) -> Float[Tensor, "*B T e"]:
    """Attention(Q, K, V) = softmax(QKᵀ / √d) V (Vaswani et al. 2017, eq. 1), without dropout.

    Args:
        queries: Q.
        keys: K.
        values: V.
        mask: broadcasts to (\\*B, T, S); ``True`` where a query may see a key. Each query must see at least one.
        scale: what scores are multiplied by; 1 / √d by default, 1 for the plain dot product (Luong et al. 2015, eq. 8).
    """
    scores = queries @ keys.transpose(-1, -2) * (queries.shape[-1] ** -0.5 if scale is None else scale)
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    weights = torch.softmax(scores, -1)
    return weights @ values


def attend(
    queries: Float[Tensor, "B H T d"],
    keys: Float[Tensor, "B H S d"],
    values: Float[Tensor, "B H S e"],
    mask: Bool[Tensor, ...] | None,
    dropout: Dropout,
    scale: float | None = None,
) -> Float[Tensor, "B H T e"]:
    """The fast path of :func:`attention_equations`, with dropout on the weights.

    On a processor, two batched matrix products beat the fused kernel for the lengths of sentences; everywhere else,
    and for long rows, the fused kernel is taken.
    """
    if queries.device.type == "cpu" and queries.shape[-2] * keys.shape[-2] <= _LARGEST_SCORE_MATRIX:
        factor = 1 / math.sqrt(queries.shape[-1]) if scale is None else scale
        scores = (queries * factor) @ keys.transpose(-1, -2)
        if mask is not None:
            scores += score_bias(mask, scores.dtype)
        return dropout(torch.softmax(scores, -1)) @ values
    rate = dropout.rate if dropout.active else 0.0
    return F.scaled_dot_product_attention(queries, keys, values, attn_mask=mask, dropout_p=rate, scale=scale)

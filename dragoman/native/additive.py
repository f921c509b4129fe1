"""Scores of additive attention, by a kernel that never stores the hidden layer."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from dragoman.native.gradient_context import GradientContext
from dragoman.native.training import is_half, library


class _AdditiveScores(torch.autograd.Function):
    @staticmethod
    def forward(ctx: GradientContext, queries: Tensor, keys: Tensor, vector: Tensor) -> Tensor:
        queries, keys, vector = queries.contiguous(), keys.contiguous(), vector.contiguous()
        batch, t, width = queries.shape
        scores = queries.new_empty((batch, t, keys.shape[1]))
        pointers = [tensor.data_ptr() for tensor in (scores, queries, keys, vector)]
        sizes = (batch, t, keys.shape[1], width)
        library().dragoman_additive_scores(is_half(queries), *pointers, *sizes, torch.get_num_threads())
        ctx.save_for_backward(queries, keys, vector)
        return scores

    @staticmethod
    @once_differentiable
    def backward(ctx: GradientContext, upstream: Tensor) -> tuple[Tensor, ...]:
        queries, keys, vector = ctx.saved_tensors
        upstream = upstream.contiguous()
        batch, t, width = queries.shape
        dq, dk, sums = torch.empty_like(queries), torch.empty_like(keys), torch.empty((batch, width))
        pointers = [tensor.data_ptr() for tensor in (dq, dk, sums, upstream, queries, keys, vector)]
        sizes = (batch, t, keys.shape[1], width)
        library().dragoman_additive_backward(is_half(queries), *pointers, *sizes, torch.get_num_threads())
        return dq, dk, sums.sum(0).to(vector.dtype)


def additive_scores(
    queries: Float[Tensor, "B T A"], keys: Float[Tensor, "B S A"], vector: Float[Tensor, " A"]
) -> Float[Tensor, "B T S"]:
    """vᵀ tanh(q + k) (Bahdanau et al. 2015, appendix A.1.2), for tensors that
    :func:`~dragoman.native.training.available` accepts."""
    return _AdditiveScores.apply(queries, keys, vector)  # type: ignore[no-untyped-call]

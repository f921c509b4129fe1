"""A linear layer whose bias's gradient is summed in one pass."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from dragoman.native.gradient_context import GradientContext
from dragoman.native.training import is_half, library

# How many rows are summed at once: the result depends on it, not on the threads.
_PIECE = 256


def column_sums(x: Float[Tensor, "N D"]) -> Float[Tensor, " D"]:
    """Σ_n x_n, in float32 whatever the type, for tensors that :func:`~dragoman.native.training.available` accepts."""
    x = x.contiguous()
    rows, width = x.shape
    sums = torch.empty((-(-rows // _PIECE), width))
    pointers = (sums.data_ptr(), x.data_ptr())
    library().dragoman_column_sums(is_half(x), *pointers, rows, width, _PIECE, torch.get_num_threads())
    return sums.sum(0)


class _Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx: GradientContext, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return torch.addmm(bias, x, weight.t())

    @staticmethod
    @once_differentiable
    def backward(ctx: GradientContext, upstream: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        upstream = upstream.contiguous()
        x_gradient = upstream @ weight if ctx.needs_input_grad[0] else None
        return x_gradient, upstream.t() @ x, column_sums(upstream).to(upstream.dtype)


def linear(x: Float[Tensor, "N D"], weight: Float[Tensor, "E D"], bias: Float[Tensor, " E"]) -> Float[Tensor, "N E"]:
    """x Wᵀ + b, for tensors that :func:`~dragoman.native.training.available` accepts."""
    return _Linear.apply(x, weight, bias)  # type: ignore[no-untyped-call]

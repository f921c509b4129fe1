"""The square of a rectified linear unit, with one pass over memory forwards and one backwards."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from dragoman.native.gradient_context import GradientContext
from dragoman.native.training import is_half, library


class _SquaredReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx: GradientContext, x: Tensor) -> Tensor:
        x = x.contiguous()
        ctx.save_for_backward(x)
        return _run(x, None)

    @staticmethod
    @once_differentiable
    def backward(ctx: GradientContext, upstream: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return _run(x, upstream.contiguous())


def _run(x: Tensor, upstream: Tensor | None) -> Tensor:
    out = torch.empty_like(x)
    pointers = out.data_ptr(), None if upstream is None else upstream.data_ptr(), x.data_ptr()
    library().dragoman_squared_relu(is_half(x), *pointers, x.numel(), torch.get_num_threads())
    return out


def squared_relu(x: Float[Tensor, "*N"]) -> Float[Tensor, "*N"]:
    """max(x, 0)², for tensors that :func:`~dragoman.native.training.available` accepts."""
    return _SquaredReLU.apply(x)  # type: ignore[no-untyped-call]

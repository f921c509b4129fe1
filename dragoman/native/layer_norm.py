"""Layer normalisation in one pass over each row, forward and backward."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from dragoman.native.gradient_context import GradientContext
from dragoman.native.training import is_half, library

# How many rows' gradients of gain and bias are summed at once: the result depends on it, not on the threads.
_PIECE = 256


def _forward(ctx: GradientContext, x: Tensor, gain: Tensor, bias: Tensor, epsilon: float) -> Tensor:
    x = x.contiguous()
    width = x.shape[-1]
    rows = x.numel() // width
    out, moments = torch.empty_like(x), torch.empty((rows, 2))
    pointers = [tensor.data_ptr() for tensor in (out, moments, x, gain, bias)]
    library().dragoman_layer_norm_forward(is_half(x), *pointers, rows, width, epsilon, torch.get_num_threads())
    ctx.save_for_backward(x, gain, moments)
    return out


def _backward(ctx: GradientContext, upstream: Tensor, beside: Tensor | None) -> tuple[Tensor | None, ...]:
    x, gain, moments = ctx.saved_tensors
    upstream = upstream.contiguous()
    beside = None if beside is None else beside.contiguous()
    rows, width = len(moments), x.shape[-1]
    x_gradient, sums = torch.empty_like(x), torch.empty((-(-rows // _PIECE), 2, width))
    pointers = [
        None if tensor is None else tensor.data_ptr()
        for tensor in (x_gradient, sums, upstream, beside, x, moments, gain)
    ]
    library().dragoman_layer_norm_backward(is_half(x), *pointers, rows, width, _PIECE, torch.get_num_threads())
    gain_gradient, bias_gradient = sums.sum(0).to(x.dtype).unbind(0)
    return x_gradient, gain_gradient, bias_gradient, None


class _LayerNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: GradientContext, x: Tensor, gain: Tensor, bias: Tensor, epsilon: float) -> Tensor:
        return _forward(ctx, x, gain, bias, epsilon)

    @staticmethod
    @once_differentiable
    def backward(ctx: GradientContext, upstream: Tensor) -> tuple[Tensor | None, ...]:
        return _backward(ctx, upstream, None)


class _LayerNormBeside(torch.autograd.Function):
    @staticmethod
    def forward(ctx: GradientContext, x: Tensor, gain: Tensor, bias: Tensor, epsilon: float) -> tuple[Tensor, Tensor]:
        return x, _forward(ctx, x, gain, bias, epsilon)

    @staticmethod
    @once_differentiable
    def backward(ctx: GradientContext, beside: Tensor, upstream: Tensor) -> tuple[Tensor | None, ...]:
        return _backward(ctx, upstream, beside)


def layer_norm(
    x: Float[Tensor, "*N D"], gain: Float[Tensor, " D"], bias: Float[Tensor, " D"], epsilon: float
) -> Float[Tensor, "*N D"]:
    """(x − mean) / √(variance + ε) · gain + bias over the last axis (Ba, Kiros & Hinton 2016, eq. 3 and 4), computed
    in float32 whatever the type, for tensors that :func:`~dragoman.native.training.available` accepts."""
    return _LayerNorm.apply(x, gain, bias, epsilon)  # type: ignore[no-untyped-call]


def layer_norm_beside(
    x: Float[Tensor, "*N D"], gain: Float[Tensor, " D"], bias: Float[Tensor, " D"], epsilon: float
) -> tuple[Float[Tensor, "*N D"], Float[Tensor, "*N D"]]:
    """``x`` itself and its :func:`layer_norm`, for a residual connection around a sub-layer: the gradients of both are
    summed in one pass."""
    return _LayerNormBeside.apply(x, gain, bias, epsilon)  # type: ignore[no-untyped-call]

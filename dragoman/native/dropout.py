"""Dropout whose mask is a function of a seed, so that it is never stored.

Unit i of a tensor is dropped if a 32-bit hash of the seed and i is below p · 2³². The backward pass computes the same
mask again, and the result does not depend on the number of threads, to the bit.
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from dragoman.native.training import is_half, library

_WORD = 0xFFFFFFFF


def threshold(rate: float) -> int:
    """The least 32-bit hash with which a unit is kept."""
    return min(round(rate * 2**32), _WORD)


def draw_seed() -> int:
    """A seed of 63 random bits from the global generator."""
    return int(torch.empty((), dtype=torch.int64).random_())


def kept_units(count: int, rate: float, seed: int) -> Bool[Tensor, " N"]:
    """Which of ``count`` units are kept: the definition against which the kernels are tested.

    The hash has two rounds of xor-shift and multiplication with the constants of C. Wellons's "lowbias32"; the lower
    half of the seed enters before the first round, its upper half before the second.
    """
    x = torch.arange(count, dtype=torch.int64) ^ (seed & _WORD)
    x = ((x ^ (x >> 16)) * 0x7FEB352D) & _WORD
    x = ((x ^ (x >> 15)) + (seed >> 32)) & _WORD
    x = (x * 0x846CA68B) & _WORD
    return (x ^ (x >> 16)) >= threshold(rate)


class _Dropout(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, residual: Tensor | None, rate: float, seed: int) -> Tensor:
        ctx.rate, ctx.seed, ctx.adds = rate, seed, residual is not None
        return _run(x, residual, rate, seed)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        return _run(upstream, None, ctx.rate, ctx.seed), upstream if ctx.adds else None, None, None


def _run(x: Tensor, residual: Tensor | None, rate: float, seed: int) -> Tensor:
    x = x.contiguous()
    residual = None if residual is None else residual.contiguous()
    out = torch.empty_like(x)
    library().dragoman_dropout(
        is_half(x),
        out.data_ptr(),
        None if residual is None else residual.data_ptr(),
        x.data_ptr(),
        x.numel(),
        seed,
        threshold(rate),
        1 / (1 - rate),
        torch.get_num_threads(),
    )
    return out


def dropout(x: Float[Tensor, "*N"], rate: float, seed: int) -> Float[Tensor, "*N"]:
    """0 where dropped, x / (1 − p) where kept (Srivastava et al. 2014, section 10).

    Args:
        x: the units, a tensor that :func:`~dragoman.native.training.available` accepts.
        rate: dropout rate p in [0, 1).
        seed: seed of the mask, in [0, 2⁶³).
    """
    return _Dropout.apply(x, None, rate, seed)  # type: ignore[no-untyped-call]


def dropout_add(residual: Float[Tensor, "*N"], x: Float[Tensor, "*N"], rate: float, seed: int) -> Float[Tensor, "*N"]:
    """residual + dropout(x), computed in one pass."""
    return _Dropout.apply(x, residual, rate, seed)  # type: ignore[no-untyped-call]

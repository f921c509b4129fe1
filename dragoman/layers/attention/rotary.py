"""Rotary positions: queries and keys are turned by angles that grow with their position."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from dragoman.layers.sinusoids import sinusoids
from dragoman.native.gradient_context import GradientContext


def rotary_equations(x: Float[Tensor, "N D"], positions: Int[Tensor, " N"], width: int) -> Float[Tensor, "N D"]:
    """(x_k, x_{k+d/2}) turned, as a point of the plane, by the angle p · 10000^(−2k/d), for the vector of each head (Su
    et al. 2021, "RoFormer", equations 14 and 15). So a position enters the product of a query and a key only by their
    distance.

    The paper pairs neighbouring numbers; pairs of the two halves differ by a permutation of the projections' rows.

    >>> quarter = torch.tensor([[1.0, 0.0]])
    >>> rotary_equations(quarter, torch.tensor([1]), width=2).round(decimals=2)  # by one radian
    tensor([[0.5400, 0.8400]])

    Args:
        x: the vectors of all heads, side by side.
        positions: position p of each row.
        width: width d of a head, an even number.
    """
    rates = 10_000.0 ** (-2 * torch.arange(width // 2, dtype=torch.float64) / width)
    angles = (positions[:, None] * rates.to(positions.device)).to(x.dtype)[:, None]
    first, second = x.view(len(x), -1, width).chunk(2, -1)
    turned = first * angles.cos() - second * angles.sin(), second * angles.cos() + first * angles.sin()
    return torch.cat(turned, -1).flatten(1)


class _Rotary(torch.autograd.Function):
    """The fast path of :func:`rotary_equations`: the gradient is turned back by the same angles."""

    @staticmethod
    def forward(ctx: GradientContext, x: Tensor, table: Tensor) -> Tensor:
        ctx.save_for_backward(table)
        return _turned(x, table, 1)

    @staticmethod
    @once_differentiable
    def backward(ctx: GradientContext, upstream: Tensor) -> tuple[Tensor, None]:
        (table,) = ctx.saved_tensors
        return _turned(upstream, table, -1), None


def _turned(x: Float[Tensor, "N D"], table: Float[Tensor, "N d"], direction: int) -> Float[Tensor, "N D"]:
    width = table.shape[1]
    sines, cosines = table[:, None].chunk(2, -1)
    first, second = x.view(len(x), -1, width).chunk(2, -1)
    out = torch.empty(x.shape, dtype=x.dtype, device=x.device)
    to_first, to_second = out.view(len(x), -1, width).chunk(2, -1)
    torch.mul(first, cosines, out=to_first).addcmul_(second, sines, value=-direction)
    torch.mul(second, cosines, out=to_second).addcmul_(first, sines, value=direction)
    return out


class RotaryPositions(nn.Module):
    """Turns the queries or keys of every head by their positions, as :func:`rotary_equations` says.

    >>> RotaryPositions(4)(torch.randn(3, 8), torch.arange(3)).shape
    torch.Size([3, 8])

    Args:
        width: width d of a head, an even number.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width

    def forward(self, x: Float[Tensor, "N D"], positions: Int[Tensor, " N"]) -> Float[Tensor, "N D"]:
        """The turned vectors; they can be differentiated once."""
        return _Rotary.apply(x, sinusoids(positions, self.width, x))  # type: ignore[no-untyped-call]

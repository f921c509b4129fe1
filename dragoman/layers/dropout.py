"""Dropout, and the residual sum that it usually stands in."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from dragoman.native import dropout as native
from dragoman.native.training import available


def dropout_equations(x: Float[Tensor, "*N"], kept: Bool[Tensor, "*N"], keep_probability: float) -> Float[Tensor, "*N"]:
    """h' = 0 where dropped, h / (1 − p) where kept, so that E[h'] = h (Srivastava et al. 2014, section 10).

    >>> dropout_equations(torch.ones(3), torch.tensor([True, False, True]), keep_probability=0.5)
    tensor([2., 0., 2.])
    """
    return torch.where(kept, x / keep_probability, torch.zeros_like(x))


class Dropout(nn.Module):
    """Drop units at random while training; do nothing in evaluation.

    On a CPU with native kernels, the mask is a function of a seed that is drawn from the global generator, and is not
    stored. Without them, it is made from random bytes, which costs a fifth of one Bernoulli draw per unit; the rate is
    then rounded to a multiple of 1/256, and the scale uses the rounded rate, so that the expectation is exact.

    >>> layer = Dropout(0.5)
    >>> layer.eval()(torch.ones(3))
    tensor([1., 1., 1.])

    Args:
        rate: probability p of dropping a unit, in [0, 1).

    Attributes:
        model_rate: the rate that the model was built with.
        rate: the rate that is in force, which :func:`scale_dropout` sets.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.model_rate = self.rate = rate

    @property
    def kept_of_256(self) -> int:
        """The random bytes, of all 256, with which a unit is kept on a CPU without native kernels."""
        return 256 - min(round(self.rate * 256), 255)

    @property
    def active(self) -> bool:
        """Whether units are dropped: in training, at a rate above 0."""
        return self.training and self.rate > 0

    @property
    def keep_probability(self) -> float:
        """The probability that a unit is kept on a CPU without native kernels: 1 − p rounded to 1/256."""
        return self.kept_of_256 / 256

    def mask(self, x: Float[Tensor, "*N"]) -> Bool[Tensor, "*N"]:
        """A mask that is ``True`` where a unit is kept, drawn from the global generator."""
        words = torch.empty((x.numel() + 7) // 8, dtype=torch.int64)
        words.random_(-(2**63), None)  # None means all 64 bits
        random_bytes = words.view(torch.uint8)[: x.numel()].view(x.shape)
        if self.kept_of_256 == 256:
            return torch.ones_like(random_bytes, dtype=torch.bool)
        return random_bytes < self.kept_of_256

    def forward(self, x: Float[Tensor, "*N"]) -> Float[Tensor, "*N"]:
        """``x`` with units dropped at random in training, and unchanged in evaluation."""
        if not self.active:
            return x
        if available(x):
            return native.dropout(x, self.rate, native.draw_seed())
        if x.device.type != "cpu":
            return F.dropout(x, self.rate)
        return x * self.mask(x).to(x.dtype).mul_(1 / self.keep_probability)

    def add(self, residual: Float[Tensor, "*N"], x: Float[Tensor, "*N"]) -> Float[Tensor, "*N"]:
        """The residual sum residual + dropout(x), in one kernel where there is one."""
        if self.active and available(x, residual):
            return native.dropout_add(residual, x, self.rate, native.draw_seed())
        if not self.active or x.device.type != "cpu":
            return residual + self(x)
        return torch.addcmul(residual, x, self.mask(x).to(x.dtype), value=1 / self.keep_probability)


def scale_dropout(model: nn.Module, factor: float) -> None:
    """Set the rate of every dropout in a model to ``factor`` times the rate that it was built with.

    The rate is the only thing that changes, and it is computed from the model's own rate each time, never from the one
    in force. So it is a function of the factor alone: whoever sets it before each update need not save it, and going
    back to an earlier update brings the earlier rate back.

    >>> layers = nn.Sequential(Dropout(0.4), Dropout(0.1))
    >>> for factor in (0.5, 0.25):
    ...     scale_dropout(layers, factor)
    >>> [layer.rate for layer in layers]
    [0.1, 0.025]
    """
    for module in model.modules():
        if isinstance(module, Dropout):
            module.rate = factor * module.model_rate

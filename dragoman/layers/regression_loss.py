"""Losses of predicted numbers."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn


def squared_loss(prediction: Float[Tensor, " B"], target: Float[Tensor, " B"]) -> Float[Tensor, " B"]:
    """½ (y − ŷ)² of each example: the loss of least squares, which is smallest at the mean.

    >>> squared_loss(torch.tensor([1.0, 3.0]), torch.zeros(2))
    tensor([0.5000, 4.5000])
    """
    return (target - prediction).square() / 2


def absolute_loss(prediction: Float[Tensor, " B"], target: Float[Tensor, " B"]) -> Float[Tensor, " B"]:
    """|y − ŷ| of each example, which is smallest at the median, so that outliers matter less.

    >>> absolute_loss(torch.tensor([1.0, -3.0]), torch.zeros(2))
    tensor([1., 3.])
    """
    return (target - prediction).abs()


def huber_loss_equations(
    prediction: Float[Tensor, " B"], target: Float[Tensor, " B"], threshold: float
) -> Float[Tensor, " B"]:
    """½ r² where |r| ≤ δ, and δ (|r| − δ/2) beyond, r = y − ŷ (Huber 1964, example (iii) of section 3).

    >>> huber_loss_equations(torch.tensor([0.5, 3.0]), torch.zeros(2), threshold=1.0)
    tensor([0.1250, 2.5000])
    """
    size = (target - prediction).abs()
    return torch.where(size <= threshold, size.square() / 2, threshold * (size - threshold / 2))


class HuberLoss(nn.Module):
    """Squared near the target, absolute far from it: the fast path of :func:`huber_loss_equations`.

    >>> HuberLoss(1.0)(torch.tensor([0.5, 3.0]), torch.zeros(2))
    tensor([0.1250, 2.5000])

    Args:
        threshold: threshold δ > 0, in units of the standardised target.
    """

    def __init__(self, threshold: float) -> None:
        super().__init__()
        self.threshold = threshold

    def forward(self, prediction: Float[Tensor, " B"], target: Float[Tensor, " B"]) -> Float[Tensor, " B"]:
        """The loss of each example."""
        return F.huber_loss(prediction, target, reduction="none", delta=self.threshold)

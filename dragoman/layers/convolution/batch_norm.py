"""Batch normalisation of pictures."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn


def batch_norm_equations(
    x: Float[Tensor, "B C H W"],
    gain: Float[Tensor, " C"],
    bias: Float[Tensor, " C"],
    epsilon: float,
    real: Bool[Tensor, "1 1 1 W"] | None = None,
) -> Float[Tensor, "B C H W"]:
    """Batch normalisation (Ioffe & Szegedy 2015, algorithm 1): of each channel over the real columns of all pictures.

    Columns that are not real become zero.

    >>> x = torch.tensor([1.0, 3.0]).view(2, 1, 1, 1)
    >>> batch_norm_equations(x, torch.ones(1), torch.zeros(1), epsilon=0.0).flatten()
    tensor([-1., 1.])"""
    y = torch.zeros_like(x)
    places = torch.ones_like(x[:, 0], dtype=torch.bool) if real is None else real[:, 0].expand_as(x[:, 0])
    for c in range(x.shape[1]):
        values = x[:, c][places]
        mean = values.mean()
        variance = (values - mean).square().mean()
        y[:, c][places] = gain[c] * (values - mean) / (variance + epsilon).sqrt() + bias[c]
    return y


class _RealPlaces(torch.autograd.Function):
    """The fast path of :func:`batch_norm_equations` where some columns are not real; it also returns the statistics.

    PyTorch's kernels do the work on maps that are zero outside of pictures; the share of these zeros in the statistics
    is subtracted afterwards.
    """

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, gain: Tensor, bias: Tensor, real: Tensor, count: int, epsilon: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        x = x * real
        # Where these are given, PyTorch returns statistics in their precision.
        mean, variance = torch.batch_norm_update_stats(x, torch.zeros_like(gain), torch.ones_like(gain), 0.0)
        # n' places, n of them real: with r = n'/n, the real ones have mean r m and variance r (v − m² (r − 1)).
        ratio = x.numel() / x.shape[1] / count
        variance = (ratio * (variance - mean.square() * (ratio - 1))).clamp_min_(0)
        mean = ratio * mean
        y = F.batch_norm(x, mean, variance, gain, bias, False, 0.0, epsilon).mul_(real)
        ctx.save_for_backward(x, gain, real, mean, (variance + epsilon).rsqrt())
        ctx.count, ctx.epsilon = count, epsilon
        ctx.mark_non_differentiable(mean, variance)
        return y, mean, variance

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor | None, ...]:
        x, gain, real, mean, inverse = ctx.saved_tensors
        g = upstream[0] * real
        _, gain_gradient, bias_gradient = torch.ops.aten.native_batch_norm_backward(
            g, x, gain, mean, mean, mean, inverse, True, ctx.epsilon, [False, True, True]
        )
        # dx = γ/σ (g − Σg/n − x̂ Σ(g x̂)/n) at real places, in the order of powers of x.
        scale = gain * inverse
        slope = -scale * inverse * gain_gradient / ctx.count
        constant = -scale * bias_gradient / ctx.count - slope * mean
        # Spread over the columns, with channels side by side as in the maps, so that what runs over them is one loop.
        columns = real.permute(0, 2, 3, 1).to(x.dtype)
        constant, slope, scale = (
            (factor.to(x.dtype) * columns).permute(0, 3, 1, 2) for factor in (constant, slope, scale)
        )
        gradient = torch.addcmul(constant, x, slope).addcmul_(g, scale)
        return gradient, gain_gradient, bias_gradient, None, None, None


class BatchNorm2d(nn.Module):
    """Each channel shifted and scaled to mean 0 and variance 1 over all pictures, then to a learned gain and bias.

    In evaluation, mean and variance are running averages of those seen in training. Statistics are at least float32,
    whatever the precision of the pictures.

    >>> y = BatchNorm2d(3)(5 + 2 * torch.randn(4, 3, 6, 6)).detach()
    >>> bool(y.mean().abs() < 1e-5), round(float(y.var(correction=0)), 3)
    (True, 1.0)

    Args:
        channels: number of channels C.
        momentum: share of a batch's statistics in the new running averages.
        epsilon: number added to the variance.

    Attributes:
        running_mean: running average of each channel's mean.
        running_variance: running average of the unbiased estimates of each channel's variance.
    """

    running_mean: Float[Tensor, " C"]
    running_variance: Float[Tensor, " C"]

    def __init__(self, channels: int, momentum: float = 0.1, epsilon: float = 1e-5) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.momentum = momentum
        self.epsilon = epsilon
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_variance", torch.ones(channels))

    def forward(
        self, x: Float[Tensor, "B C H W"], real: Bool[Tensor, "1 1 1 W"] | None = None
    ) -> Float[Tensor, "B C H W"]:
        """The normalised pictures.

        Args:
            x: the pictures.
            real: ``True`` at columns that belong to a picture; the others do not count in the statistics, and the
                result is zero there. None if all columns do.
        """
        exact = torch.promote_types(x.dtype, torch.float32)
        gain, bias = self.gain.to(exact), self.bias.to(exact)
        if self.training and real is not None:
            return self._train(x, gain, bias, real)
        mean, variance = self.running_mean.to(exact), self.running_variance.to(exact)
        y = F.batch_norm(x, mean, variance, gain, bias, self.training, self.momentum, self.epsilon)
        if self.training and mean is not self.running_mean:
            # Where the whole model was converted to a lower precision, the copies were updated, not the buffers.
            self.running_mean.copy_(mean)
            self.running_variance.copy_(variance)
        return y if real is None else y * real

    def _train(
        self, x: Float[Tensor, "B C H W"], gain: Float[Tensor, " C"], bias: Float[Tensor, " C"], real: Tensor
    ) -> Float[Tensor, "B C H W"]:
        count = int(real.sum()) * x.shape[0] * x.shape[2]
        y, mean, variance = _RealPlaces.apply(x, gain, bias, real, count, self.epsilon)  # type: ignore[no-untyped-call]
        with torch.no_grad():
            unbiased = variance * (count / max(count - 1, 1))
            self.running_mean.lerp_(mean.to(self.running_mean.dtype), self.momentum)
            self.running_variance.lerp_(unbiased.to(self.running_variance.dtype), self.momentum)
        return y

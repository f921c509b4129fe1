"""Cross-entropy of an output layer, with label smoothing, which never holds the logits of a whole batch."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from dragoman.layers.output_gradient import ROWS_AT_ONCE, loss_by_chunks
from dragoman.native.cross_entropy import cross_entropy_
from dragoman.native.training import available


def cross_entropy_equations(
    states: Float[Tensor, "N D"],
    weight: Float[Tensor, "V D"],
    bias: Float[Tensor, " V"] | None,
    targets: Int[Tensor, " N"],
    smoothing: float,
    weights: Float[Tensor, " N"] | None = None,
) -> Float[Tensor, ""]:
    """Σ_n w_n · −Σ_v q_n(v) log p_n(v), where p_n = softmax(W h_n + b) and q_n puts 1 − ε on the target and spreads ε
    evenly over all V symbols (Szegedy et al. 2016, section 7). In nats, summed over tokens; without weights w_n = 1.

    >>> states, targets = torch.zeros(1, 3), torch.tensor([2])
    >>> cross_entropy_equations(states, torch.zeros(10, 3), None, targets, smoothing=0.0)  # ln 10
    tensor(2.3026)
    """
    log_p = torch.log_softmax(F.linear(states, weight, bias), -1)
    target_terms = log_p.gather(1, targets[:, None]).squeeze(1)
    losses = -((1 - smoothing) * target_terms + smoothing * log_p.mean(-1))
    return losses.sum() if weights is None else losses @ weights


def token_cross_entropy(
    states: Float[Tensor, "N D"],
    weight: Float[Tensor, "V D"],
    bias: Float[Tensor, " V"] | None,
    targets: Int[Tensor, " N"],
) -> Float[Tensor, " N"]:
    """−log p_n(target_n) of each token, in nats, without smoothing or gradient; for measuring.

    >>> token_cross_entropy(torch.zeros(2, 3), torch.zeros(10, 3), None, torch.tensor([2, 7]))
    tensor([2.3026, 2.3026])
    """
    with torch.no_grad():
        parts = [
            F.cross_entropy(F.linear(part, weight, bias).float(), wanted, reduction="none")
            for part, wanted in zip(torch.split(states, ROWS_AT_ONCE), torch.split(targets, ROWS_AT_ONCE), strict=True)
        ]
    return torch.cat(parts)


def _to_gradient(logits: Float[Tensor, "N V"], targets: Int[Tensor, " N"], smoothing: float) -> Float[Tensor, " N"]:
    """:func:`~dragoman.native.cross_entropy.cross_entropy_` in PyTorch: the gradient replaces the logits."""
    vocabulary = logits.shape[1]
    exact = torch.promote_types(logits.dtype, torch.float32)
    places = torch.arange(len(logits), device=logits.device) * vocabulary + targets
    target_logit = logits.view(-1)[places].to(exact)
    mean_logit = logits.mean(1, dtype=exact)
    p = torch.softmax(logits, -1, out=logits)
    # A probability below the smallest float32 counts as that number, so that the loss stops growing near 87 nats.
    target_p = p.view(-1)[places].to(exact).clamp_min_(torch.finfo(torch.float32).tiny)
    log_normalizer = target_logit - target_p.log()
    p -= smoothing / vocabulary
    # Copying to flat indices is cheap; scattering or adding at them is not.
    p.view(-1).index_copy_(0, places, (target_p - (1 - smoothing + smoothing / vocabulary)).to(p.dtype))
    return log_normalizer - (1 - smoothing) * target_logit - smoothing * mean_logit


def cross_entropy(
    states: Float[Tensor, "N D"],
    weight: Float[Tensor, "V D"],
    bias: Float[Tensor, " V"] | None,
    targets: Int[Tensor, " N"],
    smoothing: float,
    weights: Float[Tensor, " N"] | None = None,
) -> Float[Tensor, ""]:
    """The fast path of :func:`cross_entropy_equations`.

    The gradient with respect to the logits is p − q, which is the softmax up to a constant and one entry per row, so
    loss and gradient are found together. It can be differentiated once with respect to states, weight and bias. The
    gradient is computed even where none is needed: use :func:`token_cross_entropy` to measure.

    >>> states, weight, targets = torch.randn(5, 8), torch.randn(100, 8), torch.tensor([3, 14, 15, 92, 65])
    >>> loss = cross_entropy(states, weight, None, targets, smoothing=0.1)
    >>> torch.allclose(loss, cross_entropy_equations(states, weight, None, targets, smoothing=0.1))
    True
    """

    def to_gradient(logits: Float[Tensor, "n V"], rows: slice) -> Float[Tensor, ""]:
        losses = (cross_entropy_ if available(logits) else _to_gradient)(logits, targets[rows], smoothing)
        return losses.sum() if weights is None else losses @ weights[rows].to(losses.dtype)

    return loss_by_chunks(states, weight, bias, weights, to_gradient)

"""The loss of R-Drop: the cross-entropy of two passes over the same examples, and how far their predictions differ.

Dropout makes the two passes differ; what makes their predictions alike makes the model depend less on single units
(Liang et al. 2021, "R-Drop: Regularized Dropout for Neural Networks").
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int, Shaped
from torch import Tensor

from dragoman.layers.output_gradient import ROWS_AT_ONCE, loss_by_chunks
from dragoman.native.cross_entropy import paired_cross_entropy_
from dragoman.native.training import available


def paired_losses(
    logits: Float[Tensor, "M V"], targets: Int[Tensor, " N"], smoothing: float, consistency: float
) -> Float[Tensor, " N"]:
    """The loss of each pair of rows n and n + N, of which p and p' are the softmax:

    (c(p) + c(p')) / 2 + α / 2 · (KL(p ‖ p') + KL(p' ‖ p)) / 2

    with the smoothed cross-entropy c(p) = −Σ_v q(v) log p(v) (:func:`~dragoman.layers.cross_entropy.cross_entropy`).
    It is half the loss of Liang et al. 2021, equation 4, whose cross-entropies are added up (equation 3), so that α
    means the same as there, and the loss is of the size of one pass. The gradient goes through both distributions, as
    in the code of the authors.

    >>> alike, apart = torch.tensor([[2.0, 0.0], [2.0, 0.0]]), torch.tensor([[2.0, 0.0], [0.0, 2.0]])
    >>> [paired_losses(logits, torch.tensor([0]), 0.0, consistency=5.0).item() > 1.2 for logits in (alike, apart)]
    [False, True]

    Args:
        logits: the scores of each class, those of the second pass below those of the first: M = 2 N.
        targets: the right class of each pair.
        smoothing: share ε of label smoothing.
        consistency: strength α.
    """
    log_p, log_q = torch.log_softmax(logits, -1).chunk(2)
    right = log_p.gather(1, targets[:, None]) + log_q.gather(1, targets[:, None])
    each = (log_p + log_q).mean(1)
    cross_entropy = -((1 - smoothing) * right.squeeze(1) + smoothing * each) / 2
    # KL(p ‖ p') + KL(p' ‖ p) = Σ_v (p(v) − p'(v)) (log p(v) − log p'(v))
    apart = ((log_p.exp() - log_q.exp()) * (log_p - log_q)).sum(1)
    return cross_entropy + consistency / 4 * apart


def paired_cross_entropy_equations(
    states: Float[Tensor, "M D"],
    weight: Float[Tensor, "V D"],
    bias: Float[Tensor, " V"] | None,
    targets: Int[Tensor, " N"],
    smoothing: float,
    consistency: float,
    weights: Float[Tensor, " N"] | None = None,
) -> Float[Tensor, ""]:
    """Σ_n w_n times the loss of :func:`paired_losses` of tokens n and n + N, where p_n = softmax(W h_n + b). In nats,
    summed over pairs; without weights w_n = 1.

    >>> states, targets = torch.zeros(2, 3), torch.tensor([2])
    >>> paired_cross_entropy_equations(states, torch.zeros(10, 3), None, targets, smoothing=0.0, consistency=5.0)
    tensor(2.3026)
    """
    losses = paired_losses(F.linear(states, weight, bias), targets, smoothing, consistency)
    return losses.sum() if weights is None else losses @ weights


def _to_gradient(
    logits: Float[Tensor, "M V"], targets: Int[Tensor, " N"], smoothing: float, consistency: float
) -> Float[Tensor, " N"]:
    """:func:`~dragoman.native.cross_entropy.paired_cross_entropy_` in PyTorch: the gradient replaces the logits."""
    exact = torch.promote_types(logits.dtype, torch.float32)
    log_both = torch.log_softmax(logits, -1, dtype=exact)
    (log_p, log_q), (p, q) = log_both.chunk(2), log_both.exp().chunk(2)
    d = log_p - log_q
    p_mean, q_mean = (p * d).sum(1, keepdim=True), (q * d).sum(1, keepdim=True)
    of_logits = torch.cat(
        [
            p / 2 + consistency / 4 * (p - q + p * (d - p_mean)),
            q / 2 + consistency / 4 * (q - p - q * (d - q_mean)),
        ]
    )
    of_logits -= smoothing / (2 * logits.shape[1])
    column = targets[:, None]
    right = torch.cat([column, column])
    of_logits.scatter_(1, right, of_logits.gather(1, right) - (1 - smoothing) / 2)
    logits.copy_(of_logits)
    right_log = (log_p.gather(1, column) + log_q.gather(1, column)).squeeze(1)
    smoothed = (1 - smoothing) * right_log + smoothing * (log_p + log_q).mean(1)
    return (consistency / 4 * (p_mean - q_mean).squeeze(1)) - smoothed / 2


def paired_cross_entropy(
    states: Float[Tensor, "M D"],
    weight: Float[Tensor, "V D"],
    bias: Float[Tensor, " V"] | None,
    targets: Int[Tensor, " N"],
    smoothing: float,
    consistency: float,
    weights: Float[Tensor, " N"] | None = None,
) -> Float[Tensor, ""]:
    """The fast path of :func:`paired_cross_entropy_equations`.

    It can be differentiated once with respect to states, weight and bias.

    >>> states, weight, targets = torch.randn(6, 8), torch.randn(100, 8), torch.tensor([3, 14, 15])
    >>> settings = {"smoothing": 0.1, "consistency": 5.0}
    >>> loss = paired_cross_entropy(states, weight, None, targets, **settings)
    >>> torch.allclose(loss, paired_cross_entropy_equations(states, weight, None, targets, **settings))
    True

    Args:
        states: hidden states of the first pass, and below them those of the second: M = 2 N.
        weight: weights W of the output layer.
        bias: biases b of the output layer, or None.
        targets: the symbol to be predicted from each pair of states.
        smoothing: share ε of label smoothing.
        consistency: strength α of what brings the two predictions together.
        weights: how much each pair counts; None for 1 each.
    """

    def to_gradient(logits: Float[Tensor, "n V"], rows: slice) -> Float[Tensor, ""]:
        pairs = slice(rows.start // 2, rows.stop // 2)
        kernel = paired_cross_entropy_ if available(logits) else _to_gradient
        losses = kernel(logits, targets[pairs], smoothing, consistency)
        return losses.sum() if weights is None else losses @ weights[pairs].to(losses.dtype)

    both = None if weights is None else by_chunks(torch.cat([weights, weights]))
    return loss_by_chunks(by_chunks(states), weight, bias, both, to_gradient)


def by_chunks(rows: Shaped[Tensor, ...]) -> Shaped[Tensor, ...]:
    """The rows of two passes so that each chunk of :data:`~dragoman.layers.output_gradient.ROWS_AT_ONCE` holds, one
    below the other, those of the first pass and those of the second for the same tokens.

    >>> by_chunks(torch.tensor([1.0, 2.0, 10.0, 20.0]))  # all in one chunk
    tensor([ 1.,  2., 10., 20.])
    """
    parts = [torch.split(half, ROWS_AT_ONCE // 2) for half in rows.chunk(2)]
    return torch.cat([part for pair in zip(*parts, strict=True) for part in pair])

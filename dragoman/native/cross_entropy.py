"""Softmax, loss and gradient of a block of logits in one pass over each row, in place."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor

from dragoman.native.training import is_half, library


def cross_entropy_(logits: Float[Tensor, "N V"], targets: Int[Tensor, " N"], smoothing: float) -> Float[Tensor, " N"]:
    """The cross-entropy of each row, in float64; its gradient with respect to ``logits`` replaces them.

    With q = 1 − ε + ε / V at the target and ε / V elsewhere (Szegedy et al. 2016, section 7), the loss of a row is
    −Σ_v q(v) log softmax(x)(v), and its gradient softmax(x) − q.

    Args:
        logits: the logits, contiguous, a tensor that :func:`~dragoman.native.training.available` accepts.
        targets: id of the right symbol of each row.
        smoothing: share ε of label smoothing.

    Raises:
        IndexError: if a target is not the id of a symbol.
    """
    rows, vocabulary = logits.shape
    _check_targets(targets, vocabulary)
    losses = torch.empty(rows, dtype=torch.float64)
    library().dragoman_cross_entropy(
        is_half(logits),
        logits.data_ptr(),
        losses.data_ptr(),
        targets.contiguous().data_ptr(),
        rows,
        vocabulary,
        smoothing,
        torch.get_num_threads(),
    )
    return losses


def paired_cross_entropy_(
    logits: Float[Tensor, "M V"], targets: Int[Tensor, " N"], smoothing: float, consistency: float
) -> Float[Tensor, " N"]:
    """The loss of each pair of rows n and n + N, in float64; its gradient with respect to ``logits`` replaces them.

    With p and p' the softmax of the two rows, the loss is the mean of their cross-entropies of :func:`cross_entropy_`
    and α / 4 · Σ_v (p(v) − p'(v)) (log p(v) − log p'(v)), which is α / 2 times the mean of both Kullback–Leibler
    divergences (Liang et al. 2021, equation 4, by two).

    Args:
        logits: the logits of the first pass and below them those of the second, M = 2 N, contiguous, a tensor that
            :func:`~dragoman.native.training.available` accepts.
        targets: id of the right symbol of each pair.
        smoothing: share ε of label smoothing.
        consistency: strength α.

    Raises:
        IndexError: if a target is not the id of a symbol.
    """
    pairs, vocabulary = len(targets), logits.shape[1]
    _check_targets(targets, vocabulary)
    losses = torch.empty(pairs, dtype=torch.float64)
    library().dragoman_paired_cross_entropy(
        is_half(logits),
        logits.data_ptr(),
        losses.data_ptr(),
        targets.contiguous().data_ptr(),
        pairs,
        vocabulary,
        smoothing,
        consistency,
        torch.get_num_threads(),
    )
    return losses


def _check_targets(targets: Int[Tensor, " N"], vocabulary: int) -> None:
    lowest, highest = (int(bound) for bound in torch.aminmax(targets))
    if lowest < 0 or highest >= vocabulary:
        raise IndexError(f"targets from {lowest} to {highest} in a vocabulary of {vocabulary}")

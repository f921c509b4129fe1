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
    lowest, highest = (int(bound) for bound in torch.aminmax(targets))
    if lowest < 0 or highest >= vocabulary:
        raise IndexError(f"targets from {lowest} to {highest} in a vocabulary of {vocabulary}")
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

"""Classes of texts by their lengths."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from jaxtyping import Float64, Int

from dragoman.reference.profile import Classes

OUTPUT_LENGTH = "output length"
_CLASSES = 4


def length_classes(lengths: Int[np.ndarray, " n"], like: Classes | None = None) -> Classes | None:
    """The class of each text by its length: four classes of about the same number of texts, or fewer where many are
    equally long.

    >>> classes = length_classes(np.arange(1, 101))
    >>> classes.names[:2], classes.counts().tolist()
    (('up to 25 characters', '26 to 50 characters'), [25, 25, 25, 25])
    >>> length_classes(np.array([7, 400]), classes).true.tolist()
    [0, 3]

    Args:
        lengths: lengths in characters.
        like: classes of other texts, whose edges are taken; None to choose edges.

    Returns:
        The classes; None if no text is longer than another, so that there is one class only.
    """
    edges = _edges(lengths) if like is None or like.edges is None else like.edges
    if not len(edges):
        return None
    names = _names(edges.astype(np.int64).tolist())
    return Classes(names, np.searchsorted(edges, lengths, side="left").astype(np.int64), edges=edges)


def _edges(lengths: Int[np.ndarray, " n"]) -> Float64[np.ndarray, " E"]:
    """The longest length of each class but the last."""
    if not len(lengths):
        return np.zeros(0)
    shares = np.arange(1, _CLASSES) / _CLASSES
    found = np.unique(np.quantile(lengths, shares, method="lower"))
    return found[found < lengths.max()].astype(np.float64)


def _names(edges: list[int]) -> tuple[str, ...]:
    first, last = f"up to {edges[0]:,} characters", f"over {edges[-1]:,} characters"
    between = [f"{low + 1:,} to {high:,} characters" for low, high in pairwise(edges)]
    return first, *between, last

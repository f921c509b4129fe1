"""Maximum mean discrepancy (MMD; Gretton et al. 2012): how far apart two samples lie as means of a kernel's features.

The kernels are Gaussian, with half, one and two times the median distance of the pooled sample as their widths: a wide
one sees best where the mean has moved, a narrow one where the spread has changed (Schrab et al. 2023 aggregate widths
in the same way). The kernel matrix is computed in blocks of rows, each used for all assignments in one product and then
forgotten, so memory grows with the number of examples and not with its square.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64

WIDTHS = (2.0, 1.0, 0.5)
"""Widths of the kernels, as multiples of the median distance; each half of the one before it."""
MEDIAN = WIDTHS.index(1.0)
BLOCK = 512
"""Rows of the kernel matrix that are held at once."""
MEDIAN_OF = 1000
"""Examples from whose distances the median is taken."""


def mean_discrepancies(
    values: Float[np.ndarray, "n d"], members: Bool[np.ndarray, "P n"]
) -> Float64[np.ndarray, "P widths"]:
    """The unbiased estimate of MMD² under each assignment, with each of :data:`WIDTHS` (Gretton et al. 2012, eq. 3).

    Args:
        values: d features of the n pooled examples, each in comparable units, in an order that is independent of who
            is new: the median distance is that of the first examples.
        members: which examples count as new; at least two on each side.

    >>> values = np.array([[0.0], [0.1], [0.2], [3.0], [3.1], [3.2]])
    >>> members = np.array([[False, False, False, True, True, True], [False, True, False, True, False, True]])
    >>> mean_discrepancies(values, members)[:, MEDIAN].round(2).tolist()
    [0.83, -0.09]
    """
    points = np.ascontiguousarray(values, dtype=np.float32)
    points = points / np.float32(WIDTHS[0] * np.sqrt(2.0) * _median_distance(points[:MEDIAN_OF]))
    is_new = members.T.astype(np.float32)
    size = len(points)
    within = np.zeros((len(WIDTHS), len(members)))  # Σ over ordered pairs of new examples
    to_all = np.zeros((len(WIDTHS), size))  # Σ over the others of each example
    for begin in range(0, size, BLOCK):
        end = min(begin + BLOCK, size)
        for row, kernel in enumerate(_kernels(points, begin, end)):
            # The kernel is symmetric: what lies left of the block was counted with the rows above it.
            beside = kernel[:, end - begin :]
            to_all[row, begin:end] += kernel.sum(axis=1, dtype=np.float64)
            to_all[row, end:] += beside.sum(axis=0, dtype=np.float64)
            beside *= 2
            products = kernel @ is_new[begin:]
            within[row] += np.einsum("np,np->p", products, is_new[begin:end], dtype=np.float64)
    new = members.sum(axis=1)
    old = size - new
    between = to_all @ members.T - within
    remaining = to_all.sum(axis=1, keepdims=True) - 2 * between - within
    return (within / (new * (new - 1)) + remaining / (old * (old - 1)) - 2 * between / (new * old)).T


def _kernels(points: Float32[np.ndarray, "n d"], begin: int, end: int) -> Iterator[Float32[np.ndarray, "rows columns"]]:
    """Some rows of the kernel matrices from their diagonal on, which is zero; the widest kernel comes first.

    Args:
        points: features over √2 times the largest width.
        begin: number of the first row.
        end: number after the last row.
    """
    squares = np.einsum("nd,nd->n", points, points)
    wider = points[begin:end] @ points[begin:].T
    wider *= 2
    wider -= squares[begin:end, None]
    wider -= squares[None, begin:]
    np.exp(np.minimum(wider, 0, out=wider), out=wider)
    wider[:, : end - begin][np.diag_indices(end - begin)] = 0
    for _ in WIDTHS:
        # At half the width the exponent is four times as large.
        narrower = wider**2
        np.square(narrower, out=narrower)
        yield wider
        wider = narrower


def _median_distance(points: Float[np.ndarray, "n d"]) -> float:
    squares = np.einsum("nd,nd->n", points, points)
    distances = squares[:, None] + squares[None, :] - 2 * points @ points.T
    above = distances[np.triu_indices(len(points), k=1)]
    return float(np.sqrt(max(np.median(above), np.finfo(np.float32).tiny)))

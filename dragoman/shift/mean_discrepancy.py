"""Maximum mean discrepancy (MMD; Gretton et al. 2012): how far apart two samples lie as means of a kernel's features.

The kernel is Gaussian, with the median distance of the pooled sample as its width, so it does not depend on who is new.
It is computed in blocks of rows, each used for all assignments in one product and then forgotten.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Float64

BLOCK = 512
"""Rows of the kernel matrix that are held at once."""
MEDIAN_OF = 1000
"""Examples from whose distances the width is taken."""


def mean_discrepancy(values: Float[np.ndarray, "n d"], members: Bool[np.ndarray, "P n"]) -> Float64[np.ndarray, " P"]:
    """The unbiased estimate of MMD² under each assignment (Gretton et al. 2012, equation 3).

    Args:
        values: d features of the n pooled examples, each in comparable units, in an order that is independent of who
            is new: the width is that of the first examples.
        members: which examples count as new; at least two on each side.

    >>> values = np.array([[0.0], [0.1], [0.2], [3.0], [3.1], [3.2]])
    >>> members = np.array([[False, False, False, True, True, True], [False, True, False, True, False, True]])
    >>> mean_discrepancy(values, members).round(2).tolist()
    [0.83, -0.09]
    """
    points = np.ascontiguousarray(values, dtype=np.float32)
    width = _median_distance(points[:MEDIAN_OF])
    points = points / np.float32(width * np.sqrt(2.0))
    squares = np.einsum("nd,nd->n", points, points)
    is_new = members.T.astype(np.float32)
    size = len(points)
    within = np.zeros(len(members))  # Σ over pairs of new examples
    to_all = np.zeros(size)  # Σ over the others of each example
    for begin in range(0, size, BLOCK):
        end = min(begin + BLOCK, size)
        # The kernel is symmetric: what lies left of the block was counted with the rows above.
        kernel = points[begin:end] @ points[begin:].T
        kernel *= 2
        kernel -= squares[begin:end, None]
        kernel -= squares[None, begin:]
        np.exp(np.minimum(kernel, 0, out=kernel), out=kernel)
        corner = kernel[:, : end - begin]
        np.fill_diagonal(corner, 0)
        to_all[begin:end] += kernel.sum(axis=1, dtype=np.float64)
        to_all[end:] += kernel[:, end - begin :].sum(axis=0, dtype=np.float64)
        kernel[:, end - begin :] *= 2
        products = kernel @ is_new[begin:]
        within += np.einsum("np,np->p", products, is_new[begin:end], dtype=np.float64)
    new = members.sum(axis=1)
    old = size - new
    reached = members @ to_all  # Σ over pairs of a new example and any other
    between = reached - within
    remaining = to_all.sum() - 2 * between - within
    return within / (new * (new - 1)) + remaining / (old * (old - 1)) - 2 * between / (new * old)


def _median_distance(points: Float[np.ndarray, "n d"]) -> float:
    squares = np.einsum("nd,nd->n", points, points)
    distances = squares[:, None] + squares[None, :] - 2 * points @ points.T
    above = distances[np.triu_indices(len(points), k=1)]
    return float(np.sqrt(max(np.median(above), np.finfo(np.float32).tiny)))

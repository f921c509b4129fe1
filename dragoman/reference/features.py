"""Features by their names, before they are put side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
from jaxtyping import Float, Float32

Features: TypeAlias = "dict[str, Float[np.ndarray, ' n']]"
"""What was measured of n examples, by a phrase for people."""

_FURTHEST = 1e6
"""No feature is further from 0: far beyond all that means anything, and its square is still a number."""


def side_by_side(features: Mapping[str, Float[np.ndarray, " n"]], count: int) -> Float32[np.ndarray, "n d"]:
    """The features of ``count`` examples as the columns of a matrix, all of them finite.

    >>> side_by_side({"width": np.array([1.0, np.inf]), "ink": np.array([0.5, np.nan])}, 2).tolist()
    [[1.0, 0.5], [1000000.0, 0.0]]
    """
    if not features:
        return np.zeros((count, 0), dtype=np.float32)
    values = np.stack([np.asarray(column, dtype=np.float64) for column in features.values()], axis=1)
    return np.clip(np.nan_to_num(values, posinf=_FURTHEST, neginf=-_FURTHEST), -_FURTHEST, _FURTHEST).astype(np.float32)


def numbered(name: str, values: Float[np.ndarray, "n d"]) -> Features:
    """The columns of a matrix as features of one name, counted from 1."""
    return {f"{name} {number}": values[:, number - 1] for number in range(1, values.shape[1] + 1)}

"""One set of pairs into training, validation and test, without a leak."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int, UInt64

_LARGEST_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Split:
    """The pairs of training, validation and test set, as ascending indices."""

    train: Int[np.ndarray, " n"]
    validation: Int[np.ndarray, " v"]
    test: Int[np.ndarray, " t"]


def split(keys: UInt64[np.ndarray, " n"], *, validation_pairs: int, test_pairs: int, seed: int) -> Split:
    """A random split without leaks: all pairs whose sources have the same match key go to the same part.

    Groups of equal sources are taken in random order as long as they fit, so that a part may be a few pairs short but
    never exceeds what was asked for, and a source that fills much of the corpus stays in training.

    >>> keys = np.array([7, 7, *range(100, 120)], dtype=np.uint64)  # two pairs have the same source
    >>> parts = split(keys, validation_pairs=2, test_pairs=2, seed=1)
    >>> len(parts.train), len(parts.validation), len(parts.test)
    (18, 2, 2)

    Args:
        keys: match key of each pair's source, as :func:`~dragoman.data.keys.match_hashes` gives it.
        validation_pairs: number of pairs to hold out for validation: at most a tenth of all, and at least one.
        test_pairs: number of pairs to hold out for the test: at most a tenth of all; 0 for none.
        seed: seed of the random choice.
    """
    groups, sizes = _groups(keys)
    order = np.random.default_rng([seed, 0]).permutation(len(sizes))
    most = int(len(keys) * _LARGEST_SHARE)
    free = np.ones(len(sizes), dtype=bool)
    test_groups = _fill(order, sizes, free, min(test_pairs, most))
    validation_groups = _fill(order, sizes, free, max(min(validation_pairs, most), 1))
    side = np.zeros(len(sizes), dtype=np.int8)
    side[validation_groups] = 1
    side[test_groups] = 2
    of_pair = side[groups]
    train, validation, test = (np.flatnonzero(of_pair == number) for number in range(3))
    return Split(train, validation, test)


def overlap(train: UInt64[np.ndarray, " n"], held_out: UInt64[np.ndarray, " h"]) -> int:
    """The number of held-out sources that count as the same as one in training; both are given by match keys.

    >>> overlap(np.array([1, 2], dtype=np.uint64), np.array([2, 3], dtype=np.uint64))
    1
    """
    return int(np.isin(held_out, train).sum())


def _groups(keys: UInt64[np.ndarray, " n"]) -> tuple[Int[np.ndarray, " n"], Int[np.ndarray, " g"]]:
    """The group of each key, numbered in the order in which they first occur, and the size of each group."""
    _, first, groups, sizes = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
    by_occurrence = np.argsort(first)
    number = np.empty_like(by_occurrence)
    number[by_occurrence] = np.arange(len(by_occurrence))
    return number[groups], sizes[by_occurrence]


def _fill(
    order: Int[np.ndarray, " g"], sizes: Int[np.ndarray, " g"], free: Bool[np.ndarray, " g"], room: int
) -> list[int]:
    """The groups that fit into ``room`` pairs, each taken if it is free and fits, in this order."""
    chosen = []
    for group in order:
        if room == 0:
            break
        if free[group] and sizes[group] <= room:
            chosen.append(int(group))
            free[group] = False
            room -= int(sizes[group])
    return chosen

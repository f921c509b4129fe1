"""One corpus into training, validation and test, without a leak."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from dragoman.text.normalization import match_key

_LARGEST_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Split:
    """Which pairs go where, as ascending indices."""

    train: Int[np.ndarray, " n"]
    validation: Int[np.ndarray, " v"]
    test: Int[np.ndarray, " t"]


def split(sources: Sequence[str], *, validation_pairs: int, test_pairs: int, seed: int) -> Split:
    """Hold out about so many pairs. All pairs whose sources have one match key stay on one side.

    Args:
        sources: the source of each pair.
        validation_pairs: to hold out for validation; at most a tenth of all, and at least one group.
        test_pairs: to hold out for the test, likewise; 0 for none.
        seed: of the choice.
    """
    keys: dict[str, int] = {}
    groups = np.array([keys.setdefault(match_key(source), len(keys)) for source in sources], dtype=np.int64)
    sizes = np.bincount(groups, minlength=len(keys))
    order = np.random.default_rng([seed, 0]).permutation(len(keys))
    most = int(len(sources) * _LARGEST_SHARE)
    ends = np.cumsum(sizes[order])
    wanted_test = min(test_pairs, most)
    test_groups = int(np.searchsorted(ends, wanted_test)) + 1 if wanted_test else 0
    before = int(ends[test_groups - 1]) if test_groups else 0
    wanted = max(min(validation_pairs, most), 1)
    validation_end = int(np.searchsorted(ends, before + wanted)) + 1
    side = np.zeros(len(keys), dtype=np.int8)
    side[order[:test_groups]] = 2
    side[order[test_groups:validation_end]] = 1
    of_pair = side[groups]
    train, validation, test = (np.flatnonzero(of_pair == number) for number in range(3))
    return Split(train, validation, test)


def overlap(train: Iterable[str], held_out: Iterable[str]) -> int:
    """Held-out sources whose match key occurs in training too."""
    known = {match_key(source) for source in train}
    return sum(match_key(source) in known for source in held_out)

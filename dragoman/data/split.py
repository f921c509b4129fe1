"""One corpus into training, validation and test, without a leak."""

from __future__ import annotations

from collections import Counter
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
    """Hold out so many pairs at most. All pairs whose sources have one match key stay on one side.

    Groups of equal sources are taken in random order as long as they fit, so that a side may stay a few pairs short
    but never exceeds what was asked for, and a source that fills much of the corpus stays in training.

    Args:
        sources: the source of each pair.
        validation_pairs: to hold out for validation; at most a tenth of all, but one where a tenth is less.
        test_pairs: to hold out for the test; at most a tenth of all; 0 for none.
        seed: of the choice.
    """
    keys: dict[str, int] = {}
    groups = np.array([keys.setdefault(match_key(source), len(keys)) for source in sources], dtype=np.int64)
    sizes = np.bincount(groups, minlength=len(keys))
    order = np.random.default_rng([seed, 0]).permutation(len(keys)).tolist()
    most = int(len(sources) * _LARGEST_SHARE)
    test_groups = _fill(order, sizes, min(test_pairs, most))
    taken = set(test_groups)
    rest = [group for group in order if group not in taken]
    validation_groups = _fill(rest, sizes, max(min(validation_pairs, most), 1))
    side = np.zeros(len(keys), dtype=np.int8)
    side[validation_groups] = 1
    side[test_groups] = 2
    of_pair = side[groups]
    train, validation, test = (np.flatnonzero(of_pair == number) for number in range(3))
    return Split(train, validation, test)


def overlap(train: Iterable[str], held_out: Iterable[str]) -> int:
    """Held-out sources whose match key occurs in training too."""
    keys = Counter(match_key(source) for source in held_out)
    met = {key for source in train if (key := match_key(source)) in keys}
    return sum(keys[key] for key in met)


def _fill(order: Sequence[int], sizes: Int[np.ndarray, " g"], room: int) -> list[int]:
    """The groups that fit into ``room`` pairs, each taken if it fits, in this order."""
    chosen = []
    for group in order:
        if room == 0:
            break
        size = int(sizes[group])
        if size <= room:
            chosen.append(group)
            room -= size
    return chosen

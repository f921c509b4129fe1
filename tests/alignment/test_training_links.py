"""The links of a training set: those of each pair alone, in batches of any order."""

from __future__ import annotations

import numpy as np
import pytest

from dragoman.alignment import drawn_pairs, training_links
from dragoman.alignment.sentence_links import LinkModel
from dragoman.alignment.training_links import TrainingLinks
from dragoman.contracts import Links


class Drawn:
    """What links need of a split: its ids, with end symbols."""

    def __init__(self, count: int) -> None:
        random = np.random.default_rng(3)
        sides = [[[*random.integers(4, 14, random.integers(0, 6)).tolist(), 3] for _ in range(count)] for _ in range(2)]
        self.sources, self.targets = sides

    def __len__(self) -> int:
        return len(self.sources)

    def ids(self, indices: np.ndarray) -> tuple[list[list[int]], list[list[int]]]:
        return [self.sources[row] for row in indices], [self.targets[row] for row in indices]


def test_links_of_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = Drawn(60)
    whole = TrainingLinks.of(pairs, seed=1)
    sides = [[row[:-1] for row in side] for side in (pairs.sources, pairs.targets)]
    rows = LinkModel.learn(*sides).links(*sides)
    order = np.array([5, 59, 5, 0])
    found, wanted = whole.batch(order), Links.of([rows[row] for row in order])
    assert all(getattr(found, name).equal(getattr(wanted, name)) for name in ("counts", "sources", "targets"))
    monkeypatch.setattr(training_links, "_AT_ONCE", 7)
    again = TrainingLinks.of(pairs, seed=1)
    assert all(np.array_equal(getattr(again, name), getattr(whole, name)) for name in ("offsets", "sources", "targets"))
    monkeypatch.setattr(drawn_pairs, "MOST_PAIRS", 20)
    few, same = (TrainingLinks.of(pairs, seed=2) for _ in range(2))
    assert np.array_equal(few.sources, same.sources)
    assert len(few.offsets) == 61

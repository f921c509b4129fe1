"""A split never exceeds what was asked for and never tears equal sources apart, whatever the corpus."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.data.keys import match_hashes
from dragoman.data.split import overlap, split
from dragoman.text.normalization import match_key


@settings(deadline=None)
@given(
    st.lists(st.integers(1, 30), min_size=1, max_size=40),
    st.integers(1, 50),
    st.integers(0, 50),
    st.integers(0, 3),
)
def test_sizes_are_bounded_and_nothing_leaks(groups: list[int], validation: int, test: int, seed: int) -> None:
    sources = [f"source {group}" for group, size in enumerate(groups) for _ in range(size)]
    parts = split(match_hashes(sources), validation_pairs=validation, test_pairs=test, seed=seed)
    tenth = len(sources) // 10
    assert len(parts.validation) <= max(min(validation, tenth), 1)
    assert len(parts.test) <= min(test, tenth)
    together = np.concatenate([parts.train, parts.validation, parts.test])
    assert sorted(together.tolist()) == list(range(len(sources)))
    keys = [{match_key(sources[i]) for i in part} for part in (parts.train, parts.validation, parts.test)]
    assert sum(map(len, keys)) == len(set.union(*keys))


@pytest.mark.parametrize("seed", range(5))
def test_a_source_that_fills_half_of_the_corpus_stays_in_training(seed: int) -> None:
    sources = ["Yes."] * 500 + [f"sentence {n}" for n in range(500)]
    parts = split(match_hashes(sources), validation_pairs=50, test_pairs=50, seed=seed)
    assert (len(parts.validation), len(parts.test)) == (50, 50)
    assert set(range(500)) <= set(parts.train.tolist())


def test_a_corpus_of_one_source_or_of_nothing() -> None:
    assert len(split(match_hashes(["a", "A", "a!"]), validation_pairs=1, test_pairs=1, seed=1).train) == 3
    empty = split(match_hashes([]), validation_pairs=1, test_pairs=1, seed=1)
    assert [len(part) for part in (empty.train, empty.validation, empty.test)] == [0, 0, 0]


def test_every_source_may_be_chosen() -> None:
    sources = [f"s {n}" for n in range(20)]
    chosen = {
        int(i)
        for seed in range(200)
        for i in split(match_hashes(sources), validation_pairs=2, test_pairs=0, seed=seed).validation
    }
    assert chosen == set(range(20))


def test_overlap_counts_held_out_pairs_not_training_ones() -> None:
    keys = match_hashes(["a", "A", "a.", "b"]), match_hashes(["a", "a", "c"])
    assert overlap(*keys) == 2
    assert overlap(match_hashes([]), match_hashes(["a"])) == overlap(match_hashes(["a"]), match_hashes([])) == 0

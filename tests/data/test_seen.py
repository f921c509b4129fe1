"""The set of keys answers as Python's own does."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dragoman.data.seen import SeenBefore, hashes

BATCHES = st.lists(st.lists(st.integers(1, 300), max_size=50), max_size=20)


@given(BATCHES)
def test_as_a_set(batches: list[list[int]]) -> None:
    ours, theirs = SeenBefore(), set()
    for batch in batches:
        expected = []
        for key in batch:
            expected.append(key in theirs)
            theirs.add(key)
        assert ours.add(np.array(batch, dtype=np.uint64)).tolist() == expected
    assert len(ours) == len(theirs)


def test_keys_that_want_one_slot_and_growth() -> None:
    ours = SeenBefore()
    crowded = (np.arange(1, 3001, dtype=np.uint64) << np.uint64(32)) + np.uint64(7)
    assert not ours.add(crowded).any()
    many = np.random.default_rng(0).integers(1, 2**63, 100_000).astype(np.uint64)
    assert not ours.add(np.unique(many)).any()
    assert ours.add(crowded).all()
    assert ours.add(many).all()


def test_hashes_are_the_same_everywhere_and_never_zero() -> None:
    assert hashes(["a", "", "a"]).tolist() == [3405396810240292928, *hashes([""]).tolist(), 3405396810240292928]
    assert hashes([]).tolist() == []
    assert (hashes(str(n) for n in range(1000)) != 0).all()
    assert len(np.unique(hashes(str(n) for n in range(10_000)))) == 10_000

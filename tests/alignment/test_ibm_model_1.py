from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.alignment.ibm_model_1 import NULL, ibm_model_1, ibm_model_1_equations

ROWS = st.lists(st.integers(0, 6), max_size=5)


@given(st.lists(st.tuples(ROWS, ROWS), max_size=6), st.integers(0, 4))
def test_it_equals_its_equations(pairs: list[tuple[list[int], list[int]]], rounds: int) -> None:
    sources, targets = [source for source, _ in pairs], [target for _, target in pairs]
    table = ibm_model_1(sources, targets, rounds=rounds)
    found = {
        (int(e), int(f)): t for e, f, t in zip(table.sources, table.targets, table.probabilities.tolist(), strict=True)
    }
    assert found == pytest.approx(ibm_model_1_equations(sources, targets, rounds=rounds))


def test_probabilities_sum_to_one_and_entries_are_in_order() -> None:
    random = np.random.default_rng(0)
    sides = [[random.integers(0, 20, random.integers(1, 9)).tolist() for _ in range(50)] for _ in range(2)]
    table = ibm_model_1(*sides)
    assert np.allclose(np.bincount(table.sources - NULL, table.probabilities)[np.unique(table.sources) - NULL], 1)
    order = np.lexsort((table.targets, table.sources))
    assert (order == np.arange(len(order))).all()


def test_a_planted_dictionary_is_found_among_words_that_are_everywhere() -> None:
    random = np.random.default_rng(1)
    dictionary = random.permutation(40)
    sources = [random.integers(0, 40, random.integers(3, 10)) for _ in range(600)]
    # Word order is free, and 40 and 41 stand in every target without a source of their own.
    targets = [random.permutation([*dictionary[source], 40, 41]).tolist() for source in sources]
    table = ibm_model_1([source.tolist() for source in sources], targets, rounds=8)
    for e in range(40):
        own = table.sources == e
        assert table.targets[own][table.probabilities[own].argmax()] == dictionary[e]
    null = table.sources == NULL
    assert set(table.targets[null][np.argsort(-table.probabilities[null])[:2]].tolist()) == {40, 41}

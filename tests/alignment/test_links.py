from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.alignment import sentence_links
from dragoman.alignment.ibm_model_1 import NULL, best_links, ibm_model_1, ibm_model_1_equations
from dragoman.alignment.links import grow_diagonal, intersection, link_scores, pharaoh
from dragoman.alignment.sentence_links import LinkModel

ROWS = st.lists(st.integers(0, 6), max_size=5)
LINKS = st.sets(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=8)


@given(st.lists(st.tuples(ROWS, ROWS), max_size=6), st.tuples(ROWS, ROWS))
def test_the_best_links_are_the_most_probable(pairs: list[tuple[list[int], list[int]]], more: tuple) -> None:  # type: ignore[type-arg]
    """Also in a sentence that the table was not learnt from."""
    sources, targets = [source for source, _ in pairs], [target for _, target in pairs]
    table = ibm_model_1(sources, targets)
    equations = ibm_model_1_equations(sources, targets)
    sources, targets = [*sources, more[0]], [*targets, more[1]]
    for source, target, links in zip(sources, targets, best_links(table, sources, targets), strict=True):
        assert len(links) == len(target)
        for place, (f, link) in enumerate(zip(target, links, strict=True)):
            of = {at: equations.get((e, f), 0.0) for at, e in enumerate([NULL, *source], start=NULL)}
            best = max(of.values())
            if best == 0:
                assert link == NULL
                continue
            assert of[link] == pytest.approx(best)
            if link != NULL:
                middle = (place + 0.5) * len(source) / len(target) - 0.5
                same = [at for at in range(len(source)) if source[at] == source[link]]
                assert abs(link - middle) == pytest.approx(min(abs(at - middle) for at in same))


@given(LINKS, LINKS)
def test_symmetrisation_lies_between_intersection_and_union(one: set, other: set) -> None:  # type: ignore[type-arg]
    grown = grow_diagonal(one, other)
    assert intersection(one, other) <= grown <= one | other
    for source, target in (one | other) - grown:
        linked = any(s == source for s, _ in grown) or any(t == target for _, t in grown)
        assert linked, "a link between two words without any was left out"


def test_growing_step_by_step() -> None:
    # (1, 1) is agreed; (1, 2) and (0, 1) lie beside it, (2, 3) beside (1, 2); (4, 0) joins two words without links; and
    # (1, 5) does neither.
    forward, backward = {(1, 1), (1, 2), (2, 3), (1, 5)}, {(1, 1), (0, 1), (4, 0)}
    assert grow_diagonal(forward, backward) == {(1, 1), (1, 2), (2, 3), (0, 1), (4, 0)}


def test_error_rate_by_its_definition() -> None:
    scores = link_scores([{(0, 0), (1, 1), (2, 0)}, set()], sure=[{(0, 0)}, {(0, 0)}], possible=[{(1, 1)}, set()])
    assert (scores.precision, scores.recall) == (2 / 3, 1 / 2)
    assert scores.error_rate == pytest.approx(1 - (1 + 2) / (3 + 2))
    assert link_scores([set()], [set()]).error_rate == 0
    assert pharaoh({(10, 0), (2, 1)}) == "2-1 10-0"


def test_links_of_planted_pairs_whatever_stands_beside_them(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(1)
    dictionary = random.permutation(40).tolist()
    orders = [random.permutation(random.choice(40, size=6, replace=False)).tolist() for _ in range(300)]
    sources = orders[:]
    places = [random.permutation(6).tolist() for _ in orders]
    targets = [[dictionary[source[at]] for at in place] for source, place in zip(sources, places, strict=True)]
    model = LinkModel.learn(sources, targets)
    found = model.links(sources, targets)
    known = [{(at, t) for t, at in enumerate(place)} for place in places]
    assert link_scores(found, known).error_rate < 0.01
    monkeypatch.setattr(sentence_links, "_CELLS", 1)
    assert model.links(sources[:9], targets[:9]) == found[:9]
    assert model.links([[], [1]], [[2], []]) == [[], []]

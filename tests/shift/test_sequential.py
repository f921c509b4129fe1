"""A sequential test keeps its error for as long as it runs, forgets nothing when it is paused, and finds drift."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from dragoman.shift.betting import BETS
from dragoman.shift.conformal_ranks import ConformalRanks
from dragoman.shift.score_bins import ScoreBins
from dragoman.shift.sequential import SequentialTest


def test_bets_are_densities() -> None:
    middles = (np.arange(10_000) + 0.5)[:, None] / 10_000
    for bet in BETS:
        assert bet(middles).min() > 0
        assert bet(middles).mean() == pytest.approx(1, abs=1e-4)


def test_p_values_are_ranks_among_reference_and_earlier_rows() -> None:
    """Against the definition, row by row."""
    random = np.random.default_rng(1)
    reference, stream = random.integers(0, 5, (7, 2)), random.integers(0, 5, (40, 2))
    ties = random.random(stream.shape)
    counts = np.stack([np.bincount(column, minlength=5) for column in reference.T])
    ranks = ConformalRanks(counts)
    found = np.concatenate([ranks.p_values(stream[:13], ties[:13]), ranks.p_values(stream[13:], ties[13:])])
    for row in range(len(stream)):
        known = np.concatenate([reference, stream[: row + 1]])
        below, equal = (known < stream[row]).sum(axis=0), (known == stream[row]).sum(axis=0)
        assert found[row] == pytest.approx((below + ties[row] * equal) / len(known), abs=1e-12)


def test_p_values_are_uniform_and_independent_even_beside_a_tiny_reference() -> None:
    """Scores have ties and are bounded; each of 3,000 streams has another reference of 4 rows, and bins of its own."""
    streams, length = 3000, 12
    random = np.random.default_rng(2)
    scores = np.minimum(random.poisson(2.0, (8 + length, streams)), 5).astype(np.float64)
    bins = ScoreBins.of(scores[:4])
    places = bins.places(scores)
    counts = np.zeros((streams, bins.count), dtype=np.int64)
    for of_row in places[4:8]:
        counts[np.arange(streams), of_row] += 1
    p = ConformalRanks(counts).p_values(places[8:], random.random((length, streams)))
    spread = 4.5 * np.sqrt(streams)
    for of_row in p:
        tenths = np.bincount((10 * of_row).astype(int), minlength=10)
        assert np.abs(tenths - streams / 10).max() < 0.3 * spread
    for first, second in pairwise(p):
        assert abs(((first < 0.5) == (second < 0.5)).sum() - streams / 2) < 0.5 * spread


def test_false_alarms_stay_below_alpha_in_streams_that_are_looked_at_always() -> None:
    """Each of 200 streams has three scores that hang together; at most 5 % of them may ever alarm."""
    streams, random = 200, np.random.default_rng(3)

    def rows(count: int) -> np.ndarray:
        first = random.normal(size=(count, streams, 1))
        second = np.round(random.normal(size=first.shape) + first)
        return np.concatenate([first, -(first**2), second], axis=2).reshape(count, -1)

    test = SequentialTest.against(rows(60), groups=streams)
    for _ in range(4):
        test.observe(rows(500))
    alarmed = {crossing.score // 3 for crossing in test.crossings()}
    assert len(alarmed) <= 17  # P(more) < 0.005 if each has probability 0.05


@pytest.mark.parametrize("begin", [0, 3000])
def test_planted_drift_is_found_with_its_beginning_and_its_scores(begin: int) -> None:
    random = np.random.default_rng(4)
    test = SequentialTest.against(random.normal(size=(500, 4)))
    test.observe(random.normal(size=(begin, 4)))
    assert not test.crossings()
    test.observe(random.normal(size=(400, 4)) * (1, 1, 3, 1) + (0, 0.8, 0, 0))
    crossings = test.crossings()
    assert {crossing.score for crossing in crossings} == {1, 2}
    for crossing in crossings:
        assert abs(crossing.begin - begin) < 60
        assert begin <= crossing.row < begin + 200
    assert (test.log_evidence()[[0, 3]] < 3).all()


def test_batches_of_any_sizes_and_pauses_give_the_same_bits() -> None:
    random = np.random.default_rng(5)
    reference = random.normal(size=(90, 3))
    stream = np.concatenate([random.normal(size=(300, 3)), random.normal(loc=1, size=(77, 3))])
    whole, parts = SequentialTest.against(reference), SequentialTest.against(reference)
    whole.observe(stream)
    for part in np.split(stream, np.unique(random.integers(0, len(stream), 60))):
        parts.observe(part)
        random_state = np.random.default_rng()
        random_state.bit_generator.state = parts.random.bit_generator.state
        parts = SequentialTest.resumed({name: value.copy() for name, value in parts.saved().items()}, random_state)
    assert whole.crossings() == parts.crossings() != ()
    assert whole.random.random() == parts.random.random()
    for name, value in whole.saved().items():
        np.testing.assert_array_equal(value, parts.saved()[name], err_msg=name)


def test_bins_hold_values_of_any_kind() -> None:
    """A score that never varies, one that is nearly always 0, and one that goes far out."""
    sample = np.zeros((100, 3))
    sample[:, 0] = 7.0
    sample[:3, 1] = (0.25, 0.5, 1.0)
    sample[:, 2] = 10.0 ** np.arange(100)
    low, middle, high = ScoreBins.of(sample).places(np.array([[6.99, -1, -1e200], [7, 0, 1], [7.01, 0.1, 1e200]]))
    assert ((low < middle) & (middle < high)).all()

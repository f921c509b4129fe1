from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.errors import InputError
from dragoman.evaluation.exact_match import exact_match, wilson_interval


def test_only_white_space_at_the_ends_is_forgiven():
    share = exact_match(["a b ", "a  b", "A b", "a b"], ["a b", "a b", "a b", "a b."])
    assert (share.count, share.total, share.value) == (1, 4, 0.25)


def test_wilson_by_its_published_example():
    # Newcombe (1998), table I, method 3 (score, without continuity correction): 81 of 263 and 0 of 20.
    share = wilson_interval(81, 263)
    assert (share.low, share.high) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    share = wilson_interval(0, 20)
    assert (share.low, share.high) == pytest.approx((0.0, 0.1611), abs=5e-5)


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_share_and_solves_wilsons_equation(pair):
    count, total = pair
    share = wilson_interval(count, total)
    assert 0 <= share.low <= share.value <= share.high <= 1
    assert share.low < share.high
    for end in (share.low, share.high):
        if 0 < end < 1:
            distance = abs(share.value - end) / math.sqrt(end * (1 - end) / total)
            assert distance == pytest.approx(1.959964, rel=1e-4)


def test_nothing_to_match_is_an_input_error():
    with pytest.raises(InputError):
        exact_match([], [])

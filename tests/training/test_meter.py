from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.training.meter import Meter
from dragoman.training.observer import UpdateRecord

UPDATE = UpdateRecord(1, 1, 5.0, 1e-3, 2.0, 1000, 0.5, 1.0)


def test_nothing_is_claimed_before_the_first_update():
    reading = Meter(start=0.0).read()
    assert (reading.loss, reading.tokens_per_second) == (None, None)


def test_the_first_update_counts_if_its_beginning_is_known():
    meter = Meter(start=0.0)
    meter.add(replace(UPDATE, seconds=2.0))
    assert meter.read().tokens_per_second == pytest.approx(500)


def test_after_resuming_the_rate_waits_for_a_second_update():
    meter = Meter(start=None)
    meter.add(replace(UPDATE, seconds=1000.0, target_tokens=10**9))
    assert meter.read().tokens_per_second is None
    meter.add(replace(UPDATE, seconds=1002.0))
    assert meter.read().tokens_per_second == pytest.approx(500)


def test_old_speed_is_forgotten():
    meter = Meter(start=0.0, window=10.0)
    for second in range(1, 101):
        meter.add(replace(UPDATE, seconds=float(second), target_tokens=9000 if second <= 80 else 100))
    assert meter.read().tokens_per_second == pytest.approx(100)


def test_long_updates_are_still_timed():
    meter = Meter(start=0.0, window=10.0)
    for minute in range(1, 5):
        meter.add(replace(UPDATE, seconds=60.0 * minute, target_tokens=6000 * minute))
    assert meter.read().tokens_per_second == pytest.approx(400)


def test_loss_is_weighted_by_tokens_and_recovers_from_not_a_number():
    meter = Meter(start=0.0, window=10.0)
    meter.add(replace(UPDATE, seconds=1.0, loss=math.nan))
    assert math.isnan(meter.read().loss)
    meter.add(replace(UPDATE, seconds=20.0, loss=2.0, target_tokens=300))
    meter.add(replace(UPDATE, seconds=21.0, loss=4.0, target_tokens=100))
    assert meter.read().loss == pytest.approx(2.5)


@given(st.lists(st.floats(0.01, 30), min_size=1, max_size=60), st.floats(1, 1e5))
def test_a_steady_rate_is_shown_as_it_is(durations, rate):
    meter, now = Meter(start=0.0), 0.0
    for duration in durations:
        now += duration
        meter.add(replace(UPDATE, seconds=now, target_tokens=math.ceil(rate * duration)))
    shown = meter.read().tokens_per_second
    assert rate * (1 - 1e-9) <= shown <= rate + 1 / min(durations) + 1e-6 * rate

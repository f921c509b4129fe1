"""When a run goes back, and when it gives up."""

from __future__ import annotations

import json

from dragoman.training.recovery.health import Health, Treatment
from dragoman.training.step import Outcome, StepResult


def result(outcome: Outcome = Outcome.MADE, loss: float = 2.0) -> StepResult:
    return StepResult(loss, 1e-3, 1.0, 10, 0.0, (), (1.0,), outcome)


SKIPPED = result(Outcome.NOT_FINITE, float("nan"))


def observe(health: Health, *results: StepResult) -> list[Treatment]:
    return [health.observe(one).treatment for one in results]


def test_three_skips_within_100_updates_are_a_rewind() -> None:
    health = Health()
    assert set(observe(health, SKIPPED, *[result()] * 50, SKIPPED, *[result()] * 47)) == {Treatment.CONTINUE}
    assert health.doubtful
    verdict = health.observe(SKIPPED)
    assert verdict.treatment is Treatment.REWIND
    assert verdict.reason == "3 of 100 updates were skipped"


def test_skips_far_apart_are_not() -> None:
    health = Health()
    for _ in range(6):
        assert set(observe(health, SKIPPED, *[result()] * 49)) == {Treatment.CONTINUE}
    observe(health, *[result()] * 100)
    assert not health.doubtful


def test_an_overflow_is_no_skip() -> None:
    health = Health()
    assert set(observe(health, *[result(Outcome.OVERFLOWED)] * 20)) == {Treatment.CONTINUE}
    assert not health.doubtful


def test_every_rewind_halves_the_rate_and_after_three_the_run_stops() -> None:
    health, saved = Health(), Health()
    for rewinds in range(3):
        assert health.learning_rate_factor == 0.5**rewinds
        assert observe(health, SKIPPED, SKIPPED, SKIPPED)[-1] is Treatment.REWIND
        health = health.after_rewind(saved, "3 of 100 updates were skipped")
        assert not health.doubtful
    assert observe(health, SKIPPED, SKIPPED, SKIPPED)[-1] is Treatment.STOP


def test_a_loss_that_blows_up_is_a_rewind() -> None:
    health = Health()
    observe(health, *[result(loss=6.0 - 0.01 * update + 0.02 * (update % 3)) for update in range(400)])
    treatments = observe(health, *[result(loss=6.0)] * 50)
    assert Treatment.REWIND in treatments


def test_json_brings_it_back() -> None:
    health = Health().after_rewind(Health(seen=40), "the loss blew up")
    observe(health, *[result()] * 12, SKIPPED)
    assert Health.from_dict(json.loads(json.dumps(health.to_dict()))) == health

"""Verdicts on runs and experiments whose truth is known, and the traps."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted import E_0, evidence, falling

from dragoman.diagnosis.fit.actions import (
    HIGHER_RATE,
    LESS_DROPOUT,
    MORE_DROPOUT,
    MORE_STEPS,
    MUCH_HIGHER_RATE,
    WIDER,
)
from dragoman.diagnosis.fit.criteria import FitKind
from dragoman.diagnosis.fit.evidence import StopReason
from dragoman.diagnosis.fit.experiment import ProbeResult
from dragoman.diagnosis.fit.learning_curve import DataPoint, fit_learning_curve
from dragoman.diagnosis.fit.verdict import UNSEEN, judge


def tried(action: str, loss: float, baseline: float = 3.0, **changes: Any) -> ProbeResult:
    known: dict[str, Any] = {
        "settings": ("a=1",),
        "error": 0.01,
        "updates": 1000,
        "baseline_updates": 1000,
        "run_updates": 1000,
        "seconds": 1.0,
        "parameters": 1,
    }
    return ProbeResult(action=action, baseline=baseline, loss=loss, **{**known, **changes})


HIGH = evidence(falling(3.0), falling(2.9))
"""Converged, no gap, a high level: the losses alone do not tell why."""


def test_a_rise_while_training_falls_is_overfitting() -> None:
    verdict = judge(evidence(lambda s: 2 + 8 * (s - 0.4) ** 2, lambda s: 2 - 1.5 * s))
    assert verdict.kind is FitKind.OVERFITTING
    assert verdict.numbers is not None
    assert verdict.numbers.best_update == 400
    assert "rose by 2.880" in verdict.because[0]


def test_a_wide_gap_at_the_best_look_is_overfitting() -> None:
    assert judge(evidence(falling(3.0), falling(1.0))).kind is FitKind.OVERFITTING


def test_overfitting_shows_under_label_smoothing_too() -> None:
    run = evidence(lambda s: 2.2 + 3 * (s - 0.4) ** 2, lambda s: max(1.2 - s, 0.12), label_smoothing=0.1)
    assert judge(run).kind is FitKind.OVERFITTING


def test_both_losses_rising_is_not_overfitting_but_instability() -> None:
    verdict = judge(evidence(lambda s: 2 + 8 * (s - 0.4) ** 2, lambda s: 2 + 7 * (s - 0.4) ** 2))
    assert verdict.kind is FitKind.UNDECIDED
    assert "stability" in " ".join(verdict.because)


def test_a_loss_that_still_falls_has_not_converged() -> None:
    run = evidence(lambda s: 5 - 2 * s, lambda s: 4.9 - 2 * s)
    assert judge(run).kind is FitKind.NOT_CONVERGED


def test_a_learning_rate_far_too_low_has_not_converged_however_flat_it_looks() -> None:
    run = evidence(lambda s: 6.2 - 0.08 * s, lambda s: 6.19 - 0.08 * s)
    assert judge(run).kind is FitKind.NOT_CONVERGED


def test_a_run_that_the_clock_stopped_says_so() -> None:
    run = evidence(lambda s: 5 - 2 * s, lambda s: 4.9 - 2 * s, done=400, ending=StopReason.CLOCK)
    verdict = judge(run)
    assert verdict.kind is FitKind.NOT_CONVERGED
    assert "400 of 1,000" in verdict.because[-1]


def test_a_model_that_fits_and_generalises_is_good() -> None:
    assert judge(evidence(falling(1.6), falling(1.3))).kind is FitKind.GOOD


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_a_learnt_task_is_good_though_its_tiny_loss_still_halves(smoothing: float) -> None:
    least = -math.log(1 - smoothing)
    run = evidence(lambda s: least + 0.04 * 0.5 ** (8 * s), lambda s: least, label_smoothing=smoothing)
    assert judge(run).kind is FitKind.GOOD


def test_a_high_level_is_undecided_without_experiments() -> None:
    verdict = judge(HIGH)
    assert verdict.kind is FitKind.UNDECIDED
    assert UNSEEN in verdict.unknown


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        (WIDER, FitKind.UNDERFITTING),
        (LESS_DROPOUT, FitKind.UNDERFITTING),
        (MUCH_HIGHER_RATE, FitKind.NOT_CONVERGED),
        (MORE_STEPS, FitKind.NOT_CONVERGED),
        (MORE_DROPOUT, FitKind.OVERFITTING),
    ],
)
def test_what_helps_tells_what_was_amiss(action: str, kind: FitKind) -> None:
    assert judge(HIGH, [tried(action, 2.8)]).kind is kind


def test_of_several_that_help_the_most_helpful_decides() -> None:
    verdict = judge(HIGH, [tried(WIDER, 2.9), tried(MORE_STEPS, 2.5), tried(HIGHER_RATE, math.nan)])
    assert verdict.kind is FitKind.NOT_CONVERGED
    assert "more steps" in verdict.because[0]


def test_where_neither_size_nor_regularisation_helps_the_rest_is_the_datas_own() -> None:
    verdict = judge(HIGH, [tried(WIDER, 2.99), tried(LESS_DROPOUT, 3.05)])
    assert verdict.kind is FitKind.GOOD
    assert UNSEEN not in verdict.unknown
    assert judge(HIGH, [tried(WIDER, 2.99)]).kind is FitKind.UNDECIDED


def test_twice_the_steps_in_vain_refute_a_forecast() -> None:
    run = evidence(lambda s: 3.4 - 0.4 * s, lambda s: 3.3 - 0.4 * s)
    assert judge(run).kind is FitKind.NOT_CONVERGED
    assert judge(run, [tried(MORE_STEPS, 2.99)]).kind is FitKind.GOOD


def test_before_a_run_has_converged_a_wider_model_must_be_clearly_ahead() -> None:
    run = evidence(lambda s: 5 - 2 * s, lambda s: 4.9 - 2 * s)
    assert judge(run, [tried(WIDER, 2.58), tried(MORE_STEPS, 2.6)]).kind is FitKind.NOT_CONVERGED
    assert judge(run, [tried(WIDER, 1.0), tried(MORE_STEPS, 2.6)]).kind is FitKind.UNDERFITTING
    assert judge(run, [tried(WIDER, 2.5)]).kind is FitKind.UNDERFITTING


def test_a_loss_that_falls_unsteadily_falls_too() -> None:
    run = evidence([5.0, 4.2, 4.6, 3.6, 4.1, 3.0, 3.6, 2.5, 3.1, 2.0], lambda s: 2.0)
    assert judge(run).kind is FitKind.UNDECIDED
    assert judge(run, [tried(WIDER, 2.58), tried(MORE_STEPS, 2.6)]).kind is FitKind.NOT_CONVERGED


def test_where_more_data_is_sure_to_help_most_a_run_overfits() -> None:
    learnt = evidence(falling(1.6), falling(1.3))
    curve = fit_learning_curve([DataPoint(250, 2.6, 0.01), DataPoint(500, 2.0, 0.01), DataPoint(1000, 1.6, 0.01)])
    verdict = judge(learnt, [tried(WIDER, 1.59, baseline=1.6)], curve=curve)
    assert verdict.kind is FitKind.OVERFITTING
    assert "twice as many" in verdict.because[0]
    assert judge(learnt, [tried(WIDER, 0.5, baseline=1.6)], curve=curve).kind is FitKind.UNDERFITTING
    flat = fit_learning_curve([DataPoint(250, 1.61, 0.01), DataPoint(500, 1.6, 0.01), DataPoint(1000, 1.6, 0.01)])
    assert judge(learnt, [tried(WIDER, 1.59, baseline=1.6)], curve=flat).kind is FitKind.GOOD


def test_experiments_that_are_much_shorter_than_the_run_decide_nothing() -> None:
    short = tried(LESS_DROPOUT, 2.0, updates=100, baseline_updates=100)
    assert judge(HIGH, [short]).kind is FitKind.UNDECIDED


def test_gains_within_chance_or_of_nothing_do_not_count() -> None:
    assert judge(HIGH, [tried(WIDER, 2.8, error=0.15)]).kind is FitKind.UNDECIDED
    learnt = evidence(falling(0.15), falling(0.15))
    assert judge(learnt, [tried(WIDER, 0.146, baseline=0.15, error=0.0)]).kind is FitKind.GOOD


def test_a_validation_set_that_is_too_small_is_said() -> None:
    verdict = judge(evidence(falling(2.0), falling(1.9), error=0.4))
    assert verdict.kind is FitKind.UNDECIDED
    assert "too small" in verdict.because[0]


def test_a_rise_within_its_error_is_no_overfitting() -> None:
    run = evidence(lambda s: 1.6 + (0.1 if s == 1 else 0), lambda s: 1.4, error=0.1)
    assert judge(run).kind is not FitKind.OVERFITTING


def test_too_few_looks_are_undecided() -> None:
    assert "3 looks" in judge(evidence([3.0, 2.0, 1.5], looks=3)).because[0]


def test_losses_that_are_not_finite_are_undecided_and_point_to_stability() -> None:
    for losses in ([math.nan] * 6, [3.0, 2.5, 2.2, 2.1, 2.0, math.nan]):
        verdict = judge(evidence(losses, lambda s: 2.0))
        assert verdict.kind is FitKind.UNDECIDED
        assert "stability" in " ".join(verdict.because)


def test_a_run_without_a_training_probe_says_what_is_missing() -> None:
    verdict = judge(evidence(falling(3.0)))
    assert verdict.kind is FitKind.UNDECIDED
    assert "did not measure the loss on its training set" in verdict.because[0]
    assert judge(evidence(lambda s: 5 - 2 * s)).kind is FitKind.NOT_CONVERGED


def test_nothing_learnt_and_nothing_falling_is_undecided() -> None:
    verdict = judge(evidence(lambda s: E_0, lambda s: E_0))
    assert verdict.kind is FitKind.UNDECIDED
    assert "hardly better" in verdict.because[0]


@settings(max_examples=25)
@given(
    st.lists(st.floats(0.001, 20) | st.just(math.nan), min_size=1, max_size=12),
    st.floats(0.1, 10),
    st.sampled_from([None, 0.0, 0.1]),
)
def test_every_run_gets_a_verdict_with_a_reason(losses: list[float], baseline: float, error: float | None) -> None:
    run = evidence(losses, lambda s: 1.0, looks=len(losses), error=error, baseline=baseline)
    verdict = judge(run)
    assert verdict.because
    assert (verdict.numbers is None) == (not run.finite)

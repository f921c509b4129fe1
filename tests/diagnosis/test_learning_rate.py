"""One advice on the learning rate, whichever diagnosis is asked."""

from __future__ import annotations

from dragoman.diagnosis.fit.actions import ACTIONS, MORE_STEPS, settings
from dragoman.diagnosis.fit.advice import RULE, Advice
from dragoman.diagnosis.fit.criteria import FitKind
from dragoman.diagnosis.learning_rate import rate_sentence
from dragoman.diagnosis.stability.finding import Finding, Severity, Symptom
from dragoman.recipe import load_recipe

RECIPE = load_recipe("tiny", changes={"training": {"optimizer": {"learning_rate": 0.03}}})


def found(kind: Symptom, severity: Severity) -> Finding:
    return Finding(kind, severity, "training", "It was seen.", {}, "Do it.")


def test_what_is_not_calm_outweighs_a_loss_that_still_falls() -> None:
    said = rate_sentence(RECIPE, [found(Symptom.BLOW_UP, Severity.WARNING)], FitKind.NOT_CONVERGED)
    assert "lower it (--set training.optimizer.learning_rate=0.01" in said
    assert "although its loss still falls" in said


def test_notes_do_not_speak_against_a_higher_rate() -> None:
    said = rate_sentence(RECIPE, [found(Symptom.SPIKES, Severity.NOTE)], FitKind.NOT_CONVERGED)
    assert "--set training.optimizer.learning_rate=0.09" in said
    assert "lower" not in said


def test_what_a_lower_rate_may_cure_speaks_against_a_higher_one() -> None:
    said = rate_sentence(RECIPE, [found(Symptom.DEAD_UNITS, Severity.GRAVE)], FitKind.NOT_CONVERGED)
    assert "do not raise it" in said
    assert "--set training.optimizer.learning_rate=0.01" in said
    assert "may stay" not in said


def test_weights_that_hardly_move_ask_for_a_higher_rate() -> None:
    said = rate_sentence(RECIPE, [found(Symptom.SMALL_UPDATES, Severity.WARNING)], FitKind.NOT_CONVERGED)
    assert "raise it (--set training.optimizer.learning_rate=0.3" in said


def test_where_nothing_asks_for_another_it_stays() -> None:
    assert "0.03 may stay" in rate_sentence(RECIPE, [], FitKind.GOOD)


def test_more_updates_are_advised_as_a_command_that_a_run_accepts() -> None:
    action = ACTIONS[MORE_STEPS]
    longer = action.applied(RECIPE)
    assert longer is not None
    advice = Advice(MORE_STEPS, action.what, settings(RECIPE, longer), None, None, None, 2.0, RULE)
    updates = 2 * RECIPE.training.updates
    assert f"dragoman train --resume RUN --set training.updates={updates}" in advice.sentence

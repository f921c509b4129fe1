"""Experiments: chosen by the doubt, fitted into the minutes, and kept when these are over."""

from __future__ import annotations

import math

import pytest
from planted import UPDATES, Clock, PlantedRunner, evidence, falling, toy_dataset, toy_recipe

from dragoman.data.dataset import Dataset
from dragoman.diagnosis.fit.actions import LESS_DROPOUT, MORE_DROPOUT, MORE_STEPS, WIDER, largest_dropout
from dragoman.diagnosis.fit.criteria import FitKind
from dragoman.diagnosis.fit.evidence import FitEvidence, StopReason
from dragoman.diagnosis.fit.experiment import Probes
from dragoman.diagnosis.fit.probe import FRACTIONS, plan_probes, probe
from dragoman.diagnosis.fit.verdict import judge
from dragoman.errors import TrainingError
from dragoman.recipe import Recipe
from dragoman.training.trial import Trial

HIGH = evidence(falling(2.5), falling(2.4))
RISING = evidence(lambda s: 2 + 8 * (s - 0.4) ** 2, lambda s: 2 - 1.5 * s)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return toy_dataset(tmp_path_factory.mktemp("toy"))


def tried(run: FitEvidence, runner: PlantedRunner, dataset: Dataset, minutes: float) -> Probes:
    return probe(toy_recipe(), dataset, run, judge(run), minutes, runner, clock=runner.clock)


def wide_is_better(recipe: Recipe, examples: int) -> float:
    return 2.5 * 32 / getattr(recipe.model.decoder, "width", 32)


def test_with_time_enough_all_suspects_are_tried_at_the_run_s_length(dataset: Dataset) -> None:
    runner = PlantedRunner(wide_is_better, Clock())
    probes = tried(HIGH, runner, dataset, 60.0)
    assert [result.action for result in probes.results][:2] == [LESS_DROPOUT, WIDER]
    assert all(result.baseline_updates == UPDATES for result in probes.results)
    assert {result.action: result.updates for result in probes.results}[MORE_STEPS] == 2 * UPDATES
    assert not probes.remarks
    wider = next(result for result in probes.results if result.action == WIDER)
    assert wider.gain == pytest.approx(HIGH.best.validation - 1.25)
    assert "model.decoder.width=64" in wider.settings
    assert judge(HIGH, probes.results).kind is FitKind.UNDERFITTING


def test_the_schedule_ends_with_the_experiment(dataset: Dataset) -> None:
    runner = PlantedRunner(wide_is_better, Clock())
    tried(HIGH, runner, dataset, 3.0)
    for recipe, updates, _ in runner.calls:
        assert recipe.training.updates == updates < UPDATES
        assert recipe.training.schedule.warmup == round(100 * updates / UPDATES)
        assert recipe.training.minutes is None


def test_too_little_time_shortens_all_alike_and_trains_the_unchanged_recipe_too(dataset: Dataset) -> None:
    runner = PlantedRunner(wide_is_better, Clock())
    probes = tried(HIGH, runner, dataset, 3.0)
    assert runner.calls[0][0].model == toy_recipe().model
    assert [result.action for result in probes.results] == [LESS_DROPOUT, WIDER]
    assert len({updates for _, updates, _ in runner.calls}) == 1
    assert all(result.baseline == 2.5 for result in probes.results)
    assert "of the run's 1,000 updates" in probes.remarks[0]
    assert runner.clock.now <= 180


def test_no_time_at_all_tries_nothing_and_says_what_it_takes(dataset: Dataset) -> None:
    runner = PlantedRunner(wide_is_better, Clock())
    probes = tried(HIGH, runner, dataset, 0.01)
    assert not runner.calls
    assert "Nothing was tried" in probes.remarks[0]


def test_when_the_minutes_are_over_what_was_done_is_kept(dataset: Dataset) -> None:
    slower = PlantedRunner(wide_is_better, Clock(), seconds=0.2)
    probes = tried(HIGH, slower, dataset, 9.0)
    assert 1 <= len(probes.results) < 5
    assert any(remark.startswith("Not tried") for remark in probes.remarks)
    assert slower.clock.now <= 9 * 60


def test_overfitting_tries_regularisation_and_parts_of_the_data(dataset: Dataset) -> None:
    runner = PlantedRunner(lambda recipe, examples: 1.0 + 30 / math.sqrt(examples), Clock())
    probes = tried(RISING, runner, dataset, 60.0)
    assert probes.results[0].action == MORE_DROPOUT
    assert largest_dropout(runner.calls[0][0]) == 0.2
    total = RISING.facts.examples
    assert [point.examples for point in probes.points] == [*(round(share * total) for share in FRACTIONS), total]
    assert probes.points[-1].loss == RISING.best.validation


def test_a_run_that_was_cut_is_compared_with_itself_at_that_length(dataset: Dataset) -> None:
    run = evidence(falling(2.5), falling(2.4), done=400, ending=StopReason.CLOCK)
    runner = PlantedRunner(wide_is_better, Clock())
    probes = tried(run, runner, dataset, 60.0)
    assert runner.calls[0][1] == 400
    assert runner.calls[0][0].model == toy_recipe().model
    assert all(result.length == 1 for result in probes.results)


class Diverging(PlantedRunner):
    """Cannot train wider models."""

    def __call__(self, recipe: Recipe, dataset: Dataset, **options: int | float | None) -> Trial:
        if getattr(recipe.model.decoder, "width", 0) > 32:
            raise TrainingError("it diverged", remedy="lower the rate.")
        return super().__call__(recipe, dataset, **options)  # type: ignore[arg-type]


def test_experiments_that_fail_are_remarked_and_the_others_done(dataset: Dataset) -> None:
    runner = Diverging(lambda recipe, examples: math.nan if largest_dropout(recipe) == 0 else 2.5, Clock())
    probes = tried(HIGH, runner, dataset, 60.0)
    done = {result.action for result in probes.results}
    assert WIDER not in done
    assert LESS_DROPOUT not in done
    assert MORE_STEPS in done
    assert any("it diverged" in remark for remark in probes.remarks)
    assert any("no finite loss" in remark for remark in probes.remarks)


def test_a_plan_without_known_speed_does_all() -> None:
    plan = plan_probes([WIDER, MORE_STEPS], evidence(falling(2.0), seconds=0.0), 1.0)
    assert plan.updates == UPDATES
    assert plan.names == (WIDER, MORE_STEPS)

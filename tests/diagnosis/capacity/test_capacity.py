"""The grid model size × data size, under a budget."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "fit"))
from planted import UPDATES, Clock, PlantedRunner, recipe, toy_dataset, toy_recipe

from dragoman.data.dataset import Dataset
from dragoman.diagnosis.capacity import measure
from dragoman.diagnosis.capacity.measure import FRACTIONS, WIDTHS, measure_capacity
from dragoman.diagnosis.capacity.report import CapacityReport
from dragoman.errors import InputError
from dragoman.recipe import Recipe
from dragoman.reports.page import page

pytestmark = pytest.mark.draws


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return toy_dataset(tmp_path_factory.mktemp("toy"))


def width_of(recipe: Recipe) -> int:
    return getattr(recipe.model.decoder, "width", 0)


def textbook(recipe: Recipe, examples: int) -> float:
    """Bias falls with width, variance rises with it and falls with data."""
    return 16 / width_of(recipe) + width_of(recipe) / examples + 1


def measured(dataset: Dataset, minutes: float, runner: PlantedRunner) -> CapacityReport:
    return measure_capacity(toy_recipe(), dataset, minutes, runner, clock=runner.clock)


def test_with_time_enough_the_whole_grid_does_the_recipe_s_updates(dataset: Dataset) -> None:
    report = measured(dataset, 600.0, PlantedRunner(textbook, Clock()))
    assert {(cell.width, cell.fraction) for cell in report.cells} == {(w, f) for w in WIDTHS for f in FRACTIONS}
    assert {cell.updates for cell in report.cells} == {UPDATES}
    assert not report.left_out


def test_the_curves_are_those_of_the_textbook(dataset: Dataset) -> None:
    report = measured(dataset, 600.0, PlantedRunner(textbook, Clock()))
    ladder = report.complexity
    assert [cell.width for cell in ladder] == list(WIDTHS)
    assert {cell.examples for cell in ladder} == {len(dataset.train)}
    total = len(dataset.train)
    for width, curve in report.curves.items():
        assert curve.predict(2 * total).value == pytest.approx(
            16 / (32 * width) + 32 * width / (2 * total) + 1, rel=0.1
        )
    assert "lowest validation loss" in report.findings()[0]


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        (lambda width: 10 / width, "The largest model is the best"),
        (lambda width: 1 + (math.log2(width / 16)) ** 2, "Larger is worse"),
        (lambda width: 2.0 + 0.001 * width / 64, "Larger is no better"),
    ],
)
def test_whether_larger_models_help_is_said(loss: object, said: str, dataset: Dataset) -> None:
    runner = PlantedRunner(lambda recipe, examples: loss(width_of(recipe)), Clock())  # type: ignore[operator]
    assert any(said in finding for finding in measured(dataset, 600.0, runner).findings())


def test_a_tight_budget_shortens_every_cell_alike(dataset: Dataset) -> None:
    runner = PlantedRunner(textbook, Clock())
    report = measured(dataset, 20.0, runner)
    assert len({cell.updates for cell in report.cells}) == 1
    assert report.updates < UPDATES
    assert runner.clock.now <= 20 * 60
    assert f"of the recipe's {UPDATES:,}" in report.findings()[-1]


def test_when_the_budget_ends_the_report_has_what_was_done_and_names_the_rest(dataset: Dataset) -> None:
    runner = PlantedRunner(textbook, Clock())
    report = measured(dataset, 2.0, runner)
    assert 0 < len(report.cells) < len(WIDTHS) * len(FRACTIONS)
    assert len(report.cells) + len(report.left_out) == len(WIDTHS) * len(FRACTIONS)
    assert min(cell.width for cell in report.cells) == WIDTHS[0]
    assert any("width × 2 " in phrase for phrase in report.left_out)


def test_no_budget_is_refused(dataset: Dataset) -> None:
    with pytest.raises(InputError, match="no model could be trained"):
        measured(dataset, 0.01, PlantedRunner(textbook, Clock()))


def test_cells_that_find_nothing_finite_are_left_out(dataset: Dataset) -> None:
    runner = PlantedRunner(lambda recipe, examples: math.nan if width_of(recipe) == 64 else 2.0, Clock())
    report = measured(dataset, 600.0, runner)
    assert {cell.width for cell in report.cells} == set(WIDTHS[:-1])
    assert len(report.left_out) == len(FRACTIONS)


def test_the_report_can_be_read_drawn_and_written(dataset: Dataset) -> None:
    report = measured(dataset, 2.0, PlantedRunner(textbook, Clock()))
    assert len(json.loads(json.dumps(report.to_dict(), allow_nan=False))["cells"]) == len(report.cells)
    assert "Left out" in report.as_text()
    assert page("capacity", report.sections()).count("data:image/png") == 2


def test_a_real_grid_is_trained(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "WIDTHS", (0.5, 1.0))
    monkeypatch.setattr(measure, "FRACTIONS", (1.0, 0.5))
    report = measure_capacity(recipe(updates=4, schedule={"kind": "constant", "warmup": 0}), dataset, 2.0)
    assert len(report.cells) == 4
    parameters = [cell.parameters for cell in report.complexity]
    assert parameters == sorted(parameters)
    assert all(cell.training is not None for cell in report.cells)

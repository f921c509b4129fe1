"""The benchmarks of stability plant what they say, and measure it rightly."""

import dataclasses
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from stability_exact import dead_share, growths
from stability_overhead import summary
from stability_plants import BadModule, BadRow, BadWeights, Fault, Plant, lost_gradient, one_nan
from stability_subjects import HEALTHY, ROWS, Subject
from vanishing_gradient import COPIED, SYMBOLS, frames

from dragoman.training import run as run_module
from dragoman.training.run import train

SHORT = dataclasses.replace(ROWS["MLP over rows"], examples=1_000, training={"updates": 60})


@pytest.fixture(autouse=True)
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures take most of the time of a run this small."""
    monkeypatch.setattr(run_module, "draw_learning_curves", lambda *given, **named: None)


def planted(fault: Fault, folder: Path, subject: Subject = SHORT) -> Plant:
    plant = Plant(fault)
    with plant.in_place():
        train(subject.recipe(1), folder / "run", observers=[plant], **subject.frames())
    return plant


def test_what_is_known_exactly_is_measured() -> None:
    assert all(row["difference"] < 0.01 * max(abs(row["ln ρ"]), 0.5) for row in growths()["growth of a linear network"])
    (shares,) = dead_share().values()
    assert shares["measured"] == shares["planted"]


def test_a_bad_row_is_met_in_every_pass_and_never_used(tmp_path: Path) -> None:
    fault = BadRow(2)
    fault.example = 500
    plant = planted(fault, tmp_path)
    assert len(plant.strikes) in (2, 3)
    assert [number for number, _ in plant.skips][:2] == plant.strikes[:2]
    assert {(record.stage, record.module) for _, record in plant.skips} == {("input", "source")}
    assert plant.made_while_struck == plant.harmed == plant.moved == 0


def test_bad_weights_stay_until_the_run_goes_back(tmp_path: Path) -> None:
    fault = BadWeights(1)
    fault.begins = 50
    plant = planted(fault, tmp_path)
    assert plant.strikes == [50, 51, 52]
    assert [number for number, _ in plant.rewinds] == [52]
    assert {record.module for _, record in plant.skips} == {fault.module}
    assert plant.made_while_struck == plant.harmed == plant.moved == 0


@pytest.mark.parametrize(("change", "stage"), [(one_nan, "output"), (lost_gradient, "gradient")])
def test_a_module_is_bad_for_one_update(change, stage: str, tmp_path: Path) -> None:
    fault = BadModule(1, 0, change, stage)
    fault.begins = 50
    plant = planted(fault, tmp_path)
    assert plant.strikes == [50]
    assert [(number, record.stage, record.module) for number, record in plant.skips] == [(50, stage, fault.module)]
    assert plant.rewinds == []


def test_nothing_planted_changes_nothing(tmp_path: Path) -> None:
    plant = planted(Fault(1), tmp_path)
    assert (plant.strikes, plant.skips, plant.rewinds, plant.overflows) == ([], [], [], 0)


def test_twenty_healthy_kinds_have_recipes() -> None:
    assert len(HEALTHY) == 20
    assert all(subject.recipe(1).training.threads == 1 for subject in HEALTHY.values())


def test_the_overhead_is_the_median_of_the_ratios_of_pairs() -> None:
    rows = [
        {"seconds": {"off": 2.0, "on": on}, "processor": {"off": 1.0, "on": 1.0}, "identical": True}
        for on in (2.0, 2.02, 2.2)
    ]
    found = summary(rows)
    assert found["by the clock"]["median"] == 0.01
    assert found["by the clock"]["high"] == 0.1
    assert found["by the processor's time"]["median"] == 0
    assert found["identical weights"] == 3


def test_the_copy_task_is_measured_on_orders_never_seen() -> None:
    parts = frames(10)
    orders = [set(part["target"]) for part in parts.values()]
    assert sum(map(len, orders)) == len(set.union(*orders)) == len(SYMBOLS) ** COPIED
    assert all(source.split()[:COPIED] == target.split() for source, target in parts["test"].head(5).to_numpy())
    assert all(len(source.split()) == COPIED + 10 for source in parts["test"]["source"].head(5))

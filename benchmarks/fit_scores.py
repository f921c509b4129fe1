"""What `dragoman diagnose fit` says of the planted runs of ``benchmarks/fit.py``, against what helps them.

    python benchmarks/fit_scores.py --work FOLDER [--multi30k FOLDER] [--defaults]

Trains what the diagnosis wants to try and is not in the folder yet. Thresholds are chosen on one half of the planted
runs, by balanced accuracy, and the other half is scored with them; then the halves change places. So every run is
scored once, by thresholds that were chosen without it. With ``--defaults`` all are scored with those of the package.

Which of two interventions helps more, and whether one gains the 2 % that count, cannot always be told on a validation
set of 500 examples. So beside the strict score there is a second one, in which a verdict is right if what it says
cannot be told from what helps most. Writes ``results/fit.json``.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from fit import HELD_OUT, MORE, PLANTS, TASKS, Cell, Laboratory, cells, interventions, planted_run, recipe_of

from dragoman.comparison.machine import describe_machine
from dragoman.data.dataset import Dataset
from dragoman.diagnosis.fit.actions import ACTIONS, EARLY_STOPPING, MORE_DATA
from dragoman.diagnosis.fit.criteria import FitKind, Thresholds
from dragoman.diagnosis.fit.diagnose import examine
from dragoman.diagnosis.fit.evidence import FitEvidence, StopReason, facts_of, validations_of_records
from dragoman.diagnosis.fit.report import FitReport
from dragoman.recipe import Recipe
from dragoman.tasks.table import task_of
from dragoman.training.trial import Trial

RESULTS = Path(__file__).parent / "results"
SHARE, ERRORS = 0.02, 2.0
"""By how much an intervention must lower the validation loss, and how many standard errors of it that must be."""
ENDLESS = 1e6
GRID: dict[str, tuple[float, ...]] = {
    "gap": (0.1, 0.15, 0.2),
    "forecast": (0.005, 0.01, 0.02),
    "overrule": (1.0, 1.15, 1.3, 2.0),
    "probe_share": (0.02, 0.03),
}
"""Thresholds that are chosen from."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What helps a planted run.

    Attributes:
        helps: the name of the intervention that lowers the validation loss most; empty if none does.
        gains: of each, as a share of the loss as it is.
        possible: what the run may have had, as far as can be told: what is cured by interventions that are within 2
            standard errors of the best, where none stands for a gain of 2 %.
    """

    helps: str
    gains: dict[str, float]
    possible: frozenset[FitKind]

    @property
    def kind(self) -> FitKind:
        """What the run had, if that cures it."""
        return ACTIONS[self.helps].cures if self.helps else FitKind.GOOD


def truth_of(laboratory: Laboratory, cell: Cell) -> Truth:
    """Measured with another seed than any that the diagnosis sees."""
    found = dict(interventions(laboratory, cell))
    before = found.pop("").best
    assert before is not None
    losses = {name: trial.best for name, trial in found.items() if trial.best is not None}
    changes = {name: loss.less(before) for name, loss in losses.items()}
    enough = SHARE * before.value
    real = {name: -change for name, (change, error) in changes.items() if -change >= max(enough, ERRORS * error)}
    helps = max(real, key=lambda name: real[name], default="")
    possible = {ACTIONS[helps].cures if helps else FitKind.GOOD}
    for name, (change, error) in changes.items():
        behind = losses[name].less(losses[helps]) if helps else (enough + change, error)
        if name != helps and behind[0] <= ERRORS * behind[1]:
            possible.add(ACTIONS[name].cures)
    if helps and real[helps] - enough <= ERRORS * changes[helps][1]:
        possible.add(FitKind.GOOD)
    gains = {name: -change / before.value for name, (change, _) in changes.items()}
    return Truth(helps, gains, frozenset(possible))


def diagnosed(laboratory: Laboratory, cell: Cell, thresholds: Thresholds) -> FitReport:
    """The diagnosis of a planted run, with as many experiments as it wants."""
    recipe, dataset, run = recipe_of(cell), laboratory.dataset(cell, cell.seed), planted_run(laboratory, cell)

    def runner(changed: Recipe, data: Dataset, **how: Any) -> Trial:
        del data
        return laboratory.train(cell, changed, seed=cell.seed, **how)

    evidence = FitEvidence(
        looks=validations_of_records(run.validations),
        baseline=task_of(recipe).baseline(recipe, dataset),
        planned=recipe.training.updates,
        done=run.updates,
        ending=StopReason.PLANNED,
        facts=facts_of(recipe, dataset),
    )
    return examine(cell.name, recipe, dataset, evidence, ENDLESS, runner, thresholds, best=run.best)


def advised_gain(laboratory: Laboratory, cell: Cell, action: str) -> float:
    """By how much the advised action lowers the validation loss, as a share of it, with the held-out seed."""
    recipe, seed = recipe_of(cell), cell.seed + HELD_OUT
    before = laboratory.train(cell, recipe, seed=seed)
    assert before.best is not None
    if action == EARLY_STOPPING:
        return (before.validations[-1].loss - before.best.value) / before.validations[-1].loss
    changed = recipe if action == MORE_DATA else ACTIONS[action].applied(recipe)
    assert changed is not None
    after = laboratory.train(cell, changed, seed=seed, times=MORE if action == MORE_DATA else 1)
    return -1.0 if after.best is None else (before.best.value - after.best.value) / before.best.value


def halves(found: list[Cell]) -> tuple[list[Cell], list[Cell]]:
    """For choosing thresholds, and for scoring; every plant and architecture is in both."""
    plants, kinds = list(PLANTS), ("Transformer", "GRU", "LSTM")

    def number(cell: Cell) -> int:
        return plants.index(cell.plant) + kinds.index(cell.architecture) + cell.seed

    return [c for c in found if number(c) % 2 == 0], [c for c in found if number(c) % 2]


def balanced_accuracy(pairs: list[tuple[FitKind, FitKind]]) -> float:
    """The mean of the recalls of all kinds that occur."""
    recalls = recalls_of(pairs)
    return sum(recalls.values()) / len(recalls)


def recalls_of(pairs: list[tuple[FitKind, FitKind]]) -> dict[str, float]:
    """Of each true kind the share that was named."""
    totals = Counter(true for true, _ in pairs)
    right = Counter(true for true, said in pairs if true is said)
    return {kind.value: right[kind] / count for kind, count in totals.items()}


def tuned(laboratory: Laboratory, chosen: list[Cell], truths: dict[Cell, Truth]) -> Thresholds:
    """The thresholds with the best balanced accuracy, found one after another; where values tie, the middle one."""

    def score(thresholds: Thresholds) -> float:
        pairs = [(truths[cell].kind, diagnosed(laboratory, cell, thresholds).verdict.kind) for cell in chosen]
        return balanced_accuracy(pairs)

    best = Thresholds()
    for name, values in GRID.items():
        scores = {value: score(replace(best, **{name: value})) for value in values}
        print(name, scores, flush=True)
        highest = [value for value in values if scores[value] == max(scores.values())]
        best = replace(best, **{name: highest[(len(highest) - 1) // 2]})
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--multi30k", type=Path)
    parser.add_argument("--defaults", action="store_true")
    arguments = parser.parse_args()
    if not (arguments.work / "trials").is_dir():
        parser.error(f"no planted runs are in {arguments.work}: train them with benchmarks/fit.py --work")
    laboratory = Laboratory(arguments.work, arguments.multi30k)
    tasks = [task for task in TASKS if task == "reversal" or arguments.multi30k]
    every = cells(tasks)
    truths = {cell: truth_of(laboratory, cell) for cell in every}
    rows, used = [], []
    first, second = halves(every)
    for choosing, scoring in ((first, second), (second, first)):
        used.append(Thresholds() if arguments.defaults else tuned(laboratory, choosing, truths))
        rows += [_row(laboratory, cell, truths[cell], used[-1]) for cell in scoring]
    result = {
        "planted_runs": len(rows),
        "thresholds": [asdict(thresholds) for thresholds in used],
        **_summary(rows),
        "runs": rows,
        "machine": describe_machine(),
    }
    (RESULTS / "fit.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps({key: value for key, value in result.items() if key not in ("runs", "machine")}, indent=2))


def _row(laboratory: Laboratory, cell: Cell, truth: Truth, thresholds: Thresholds) -> dict[str, Any]:
    report = diagnosed(laboratory, cell, thresholds)
    advice = report.advice[0].action if report.advice else None
    row = {
        **asdict(cell),
        "helps": truth.helps,
        "truth": truth.kind.value,
        "possible": sorted(kind.value for kind in truth.possible),
        "said": report.verdict.kind.value,
        "gains": {name: round(gain, 4) for name, gain in truth.gains.items()},
        "advice": advice,
        "advice_gain": None if advice is None else round(advised_gain(laboratory, cell, advice), 4),
    }
    print({key: value for key, value in row.items() if key != "gains"}, flush=True)
    return row


def _summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    pairs = [(FitKind(row["truth"]), FitKind(row["said"])) for row in rows]
    told = [
        (true, true if row["said"] in row["possible"] else said) for row, (true, said) in zip(rows, pairs, strict=True)
    ]
    healthy = [row for row in rows if row["truth"] == FitKind.GOOD.value]
    advised = [row["advice_gain"] for row in rows if row["advice_gain"] is not None]
    kinds = [kind.value for kind in FitKind]
    return {
        "balanced_accuracy": round(balanced_accuracy(pairs), 4),
        "recall": {kind: round(value, 4) for kind, value in recalls_of(pairs).items()},
        "as_far_as_can_be_told": {
            "balanced_accuracy": round(balanced_accuracy(told), 4),
            "recall": {kind: round(value, 4) for kind, value in recalls_of(told).items()},
            "false_alarms": [sum(FitKind.GOOD is true is not said for true, said in told), len(healthy)],
        },
        "false_alarms": [sum(row["said"] != FitKind.GOOD.value for row in healthy), len(healthy)],
        "advice_helps": [sum(gain > 0 for gain in advised), len(advised)],
        "confusion": {
            true: {said: sum(row["truth"] == true and row["said"] == said for row in rows) for said in kinds}
            for true in kinds
        },
    }


if __name__ == "__main__":
    main()

"""The losses of smaller and larger models on smaller and larger parts of the training set."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dragoman.data.dataset import Dataset
from dragoman.diagnosis.capacity.cell import Cell
from dragoman.diagnosis.capacity.report import CapacityReport
from dragoman.diagnosis.fit.evidence import best_of, planned_updates, unit_of, validations_of_records
from dragoman.diagnosis.fit.experiment import Runner
from dragoman.diagnosis.fit.width import widened
from dragoman.errors import DragomanError, InputError
from dragoman.progress.watched import logger
from dragoman.recipe import Recipe
from dragoman.recipe.shortened import shortened_recipe
from dragoman.tasks.table import task_of
from dragoman.training.trial import run_trial

WIDTHS = (0.25, 0.5, 1.0, 2.0)
"""Factors by which the recipe's widths are multiplied."""
FRACTIONS = (1.0, 0.125, 0.25, 0.5)
"""Shares of the training set; the whole set comes first, because the curve over model size needs it."""
_COST = 1.3
"""Exponent of the width in the time of an update, assumed until it has been measured."""
_TIMED, _OVERHEAD = 20, 1.2
"""Updates of the trial that measures the time of one update, and the ratio of a cell's time to that of its updates."""
_SHORTEST = 0.2
"""Least length of a cell's training, as a share of the recipe's: shorter trainings say little about it."""


def measure_capacity(
    recipe: Recipe,
    dataset: Dataset,
    minutes: float,
    runner: Runner = run_trial,
    *,
    clock: Callable[[], float] = time.monotonic,
    log: Callable[[str], None] | None = None,
) -> CapacityReport:
    """Train every model size on every data size, the cheapest first, until the minutes are over.

    Ctrl-C ends it too, once one cell is done.

    Every cell does the same number of updates: the recipe's if the whole grid fits into the minutes then, else fewer,
    but a fifth of them at least; and every cell counts with its lowest validation loss (early stopping). So a small
    part of the data is seen more often, as is usual, and no cell is better for having been trained longer.

    Args:
        recipe: recipe whose widths are varied.
        dataset: dataset whose training set is varied; smaller parts are contained in larger ones, and the validation
            set is the same for all.
        minutes: time limit for everything; cells that do not fit are left out, and the report says so.
        runner: function that trains a recipe.
        clock: function that returns the time in seconds.
        log: called with a sentence before each cell; by default it is shown on the terminal.

    Raises:
        InputError: if not even one cell could be trained.
    """
    log = log or logger()
    end = clock() + 60 * minutes
    models = {width: model for width in WIDTHS if (model := _of_width(recipe, width)) is not None}
    planned = planned_updates(recipe, dataset)
    measured = _Measured(models, dataset, planned, planned, runner, clock, log, end)
    interrupted = False
    try:
        measured.train_all()
    except KeyboardInterrupt:
        if not measured.cells:
            raise
        interrupted = True
        measured.left_out.append("the cell that was under way, and those that were to follow: interrupted")
    if not measured.cells:
        raise InputError(
            f"no model could be trained in {minutes:g} minutes",
            cause=measured.left_out[0] if measured.left_out else None,
            remedy="give more minutes, or a recipe with fewer updates or a smaller model.",
        )
    return CapacityReport(
        cells=tuple(sorted(measured.cells, key=lambda cell: (cell.width, cell.examples))),
        baseline=task_of(recipe).baseline(recipe, dataset),
        updates=measured.updates,
        planned=planned,
        unit=unit_of(recipe),
        architecture=recipe.model.phrase,
        left_out=tuple(measured.left_out),
        interrupted=interrupted,
    )


def _of_width(recipe: Recipe, width: float) -> Recipe | None:
    return recipe if width == 1 else widened(recipe, width)


@dataclass(slots=True)
class _Measured:
    """Trains cells while there is time."""

    models: Mapping[float, Recipe]
    dataset: Dataset
    planned: int
    updates: int
    runner: Runner
    clock: Callable[[], float]
    log: Callable[[str], None]
    end: float
    seconds: dict[float, float] = field(default_factory=dict)
    cells: list[Cell] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def train_all(self) -> None:
        """Train every cell that there is time for; all do the same number of updates, so their cost depends on width
        alone."""
        self.choose_length()
        for width in self.models:
            for fraction in FRACTIONS:
                self.train(width, fraction)

    def choose_length(self) -> None:
        """Time a few updates of the recipe's own model to find how many updates every cell can afford."""
        updates = min(_TIMED, self.planned)
        self.log(f"Timing {updates} updates")
        recipe = shortened_recipe(self.models[1.0], updates, self.planned)
        trial = self.runner(recipe, self.dataset, validations=1)
        self.seconds[1.0] = _OVERHEAD * trial.seconds / max(trial.updates, 1)
        total = sum(len(FRACTIONS) * self._seconds_of(width) for width in self.models)
        affordable = self.planned if total <= 0 else int((self.end - self.clock()) / total)
        self.updates = min(max(affordable, math.ceil(_SHORTEST * self.planned)), self.planned)

    def train(self, width: float, fraction: float) -> None:
        """Train one cell if there is time for it."""
        total = len(self.dataset.train)
        examples = max(round(fraction * total), 1)
        what = f"width × {width:g} on {examples:,} examples"
        needed, left = self.updates * self._seconds_of(width), self.end - self.clock()
        if needed > left or left <= 0:
            estimate = f"it takes about {needed / 60:.1f} minutes, and {max(left, 0) / 60:.1f} were left"
            self.left_out.append(f"{what}: {estimate}")
            return
        self.log(f"Training {what}: {self.updates:,} updates")
        recipe, began = shortened_recipe(self.models[width], self.updates, self.planned), self.clock()
        try:
            part = None if fraction == 1 else examples
            trial = self.runner(recipe, self.dataset, examples=part, minutes=left / 60)
        except DragomanError as error:
            self.left_out.append(f"{what}: it could not be trained, {error.what}")
            return
        self.seconds[width] = (self.clock() - began) / max(trial.updates, 1)
        best = best_of(validations_of_records(trial.validations))
        if best is None:
            self.left_out.append(f"{what}: no look found a finite loss")
        elif trial.updates < self.updates:
            self.left_out.append(f"{what}: {trial.updates:,} of {self.updates:,} updates were done in the time left")
        else:
            self.cells.append(
                Cell(
                    width=width,
                    fraction=fraction,
                    parameters=trial.parameters,
                    examples=trial.examples,
                    updates=trial.updates,
                    best_update=best.update,
                    validation=best.validation,
                    validation_error=best.validation_error,
                    training=best.training,
                    training_error=best.training_error,
                    seconds=trial.seconds,
                )
            )

    def _seconds_of(self, width: float) -> float:
        """Seconds of one update: measured, or extrapolated from the nearest width that was measured."""
        nearest = min(self.seconds, key=lambda known: abs(math.log(known / width)))
        return self.seconds[nearest] * (width / nearest) ** _COST

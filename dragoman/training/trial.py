"""Small experiments: a recipe trained in memory for a while, and nothing measured but its two losses.

They answer what one run cannot: what more data, another size or another regularisation would change. A trial goes
through the same loop as a run, so it skips, goes back and gives up by the same rules, and the same number of updates
gives the same weights to the bit. It leaves out what a run writes, translates and searches for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from dragoman.data.dataset import Dataset
from dragoman.recipe import Recipe
from dragoman.tasks.losses import LossEstimate, SplitLosses
from dragoman.tasks.validation import Measurement, perplexity_of
from dragoman.training.distributed import ALONE
from dragoman.training.early_stopping import EarlyStopping
from dragoman.training.interrupt import Interrupt
from dragoman.training.observer import Observer, ValidationRecord
from dragoman.training.precision import choose_hardware
from dragoman.training.recovery.recovery import Recovery
from dragoman.training.setup import set_up
from dragoman.training.snapshot import Progress, SnapshotsInMemory
from dragoman.training.trainer import Trainer


@dataclass(frozen=True, slots=True)
class Trial:
    """What a trial measured.

    Attributes:
        validations: First to last; scores and samples are not measured.
        best: The lowest finite validation loss, with those of its examples; None if no validation found one.
        updates: How many were done.
        seconds: Training time, validation left out.
        parameters: Trainable numbers of the model.
        examples: How many it learnt from.
    """

    validations: tuple[ValidationRecord, ...]
    best: LossEstimate | None
    updates: int
    seconds: float
    parameters: int
    examples: int


def run_trial(
    recipe: Recipe,
    dataset: Dataset,
    *,
    examples: int | None = None,
    minutes: float | None = None,
    validations: int = 10,
    patience: int | None = None,
    observers: Sequence[Observer] = (),
) -> Trial:
    """Train by a recipe on a dataset that is there already.

    Args:
        recipe: What to train; :func:`~dragoman.recipe.shortened.shortened_recipe` gives one for fewer updates.
        dataset: Opened.
        examples: Training examples to learn from, at most: a random part, and a larger part contains every smaller one
            of the same seed; for running text the beginning.
        minutes: Training time after which it ends, instead of the recipe's.
        validations: How often the losses are measured, evenly spread.
        patience: Validations without a lower loss after which it ends; by default none ends it.
        observers: Told of everything.

    Raises:
        InputError: if the memory cannot suffice.
        TrainingError: if it had to go back too often, as a run raises it.
    """
    if minutes is not None:
        recipe = recipe.model_copy(update={"training": recipe.training.model_copy(update={"minutes": minutes})})
    subset = dataset if examples is None else part_of(recipe, dataset, examples)
    hardware = choose_hardware(recipe.training.device, recipe.training.precision, recipe.training.threads)
    setup = set_up(recipe, subset, hardware, ALONE)
    state = setup.state
    settings = setup.settings.model_copy(update={"validate_every": math.ceil(setup.settings.updates / validations)})
    losses = _Losses(setup.task.losses(setup.averaged, recipe, subset))
    everyone = (losses, *observers)
    snapshots = SnapshotsInMemory()
    recovery = Recovery(state, snapshots, None, everyone, settings, ALONE)
    trainer = Trainer(state, setup.loader, losses, snapshots, recovery, losses.keep_best, everyone, settings)
    stopping = EarlyStopping("loss", settings.updates + 1 if patience is None else patience)
    progress = Progress(0, 0.0, setup.loader.state(), stopping)
    try:
        trainer.run(progress, Interrupt())
    finally:
        setup.loader.close()
    parameters = sum(math.prod(place.shape) for place in state.parameters.map.places)
    records = tuple(losses.records)
    return Trial(records, losses.best, progress.update, progress.seconds, parameters, len(subset.train))


@dataclass(slots=True)
class _Losses(Observer):
    """Measures the two losses, and keeps what was found."""

    losses: SplitLosses
    latest: LossEstimate | None = None
    best: LossEstimate | None = None
    records: list[ValidationRecord] = field(default_factory=list)

    def measure(self, turn: int) -> Measurement:
        """The losses, and nothing else."""
        validation = self.latest = self.losses.validation()
        return Measurement(validation, self.losses.probe(), perplexity_of(validation.value), {}, None)

    def keep_best(self) -> None:
        """The latest loss is the best so far."""
        if self.latest is not None and math.isfinite(self.latest.value):
            self.best = self.latest

    def on_validation(self, record: ValidationRecord) -> None:
        """Keep it."""
        self.records.append(record)


def part_of(recipe: Recipe, dataset: Dataset, examples: int) -> Dataset:
    """The dataset with so many of its training examples, at most; see :func:`run_trial`."""
    running = recipe.training.batch.partition != "lines"
    total = len(dataset.train)
    order = np.arange(total) if running else np.random.default_rng(recipe.training.seed).permutation(total)
    train: Any = dataset.train.take(np.sort(order[:examples]))
    return replace(dataset, train=train)

"""Trials: short trainings in memory of which only training and validation loss are measured.

They answer what one run cannot: what more data, another size or another regularisation would change. A trial goes
through the same loop as a run, so it skips updates, goes back and gives up by the same rules, and the same number of
updates gives the same weights to the bit. It writes nothing and produces no output with the model.
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
from dragoman.training.start import Start
from dragoman.training.trainer import Trainer


@dataclass(frozen=True, slots=True)
class Trial:
    """What a trial measured.

    Attributes:
        validations: The records of all validations in order, without scores and samples.
        best: The lowest finite validation loss, with the losses of single examples; None if no loss was finite.
        updates: Number of updates done.
        seconds: Training time, validation left out.
        parameters: Number of trainable parameters of the model.
        examples: Number of training examples that it learnt from.
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
    start: Start | None = None,
) -> Trial:
    """Train by a recipe on a dataset, in memory.

    >>> from pathlib import Path
    >>> from dragoman.training.run_folder import RunFolder
    >>> run = RunFolder(Path("runs/demo"))
    >>> trial = run_trial(run.recipe(), run.dataset(), examples=20, validations=2)
    >>> trial.updates, trial.examples, len(trial.validations)
    (6, 20, 2)

    Args:
        recipe: The recipe; :func:`~dragoman.recipe.shortened.shortened_recipe` gives one for fewer updates.
        dataset: The dataset to train and to validate on.
        examples: The most training examples to learn from: a random part, where a larger part contains every smaller
            one of the same seed, or the beginning of running text. By default all of them.
        minutes: Training time after which the trial ends, instead of the recipe's.
        validations: Number of times that the losses are measured, evenly spread.
        patience: Number of validations without a lower loss after which the trial ends; by default it does not end
            early.
        observers: Objects that are told of every update and validation.
        start: The model that training starts from, whose losses are measured before the first update; None for random
            weights.

    Raises:
        InputError: if the memory cannot suffice.
        TrainingError: if training had to go back to a snapshot too often.
    """
    if minutes is not None:
        recipe = recipe.model_copy(update={"training": recipe.training.model_copy(update={"minutes": minutes})})
    subset = dataset if examples is None else part_of(recipe, dataset, examples)
    hardware = choose_hardware(recipe.training.device, recipe.training.precision, recipe.training.threads)
    setup = set_up(recipe, subset, hardware, ALONE, start=start)
    state = setup.state
    settings = setup.settings.model_copy(update={"validate_every": math.ceil(setup.settings.updates / validations)})
    losses = _Losses(setup.task.losses(setup.averaged, recipe, subset))
    everyone = (losses, *observers)
    snapshots = SnapshotsInMemory()
    recovery = Recovery(state, snapshots, None, everyone, settings, ALONE)
    trainer = Trainer(
        state,
        setup.loader,
        losses,
        snapshots,
        recovery,
        losses.keep_best,
        everyone,
        settings,
        looks_first=start is not None,
    )
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
    """The measurement of training and validation loss, which keeps all that it found."""

    losses: SplitLosses
    latest: LossEstimate | None = None
    best: LossEstimate | None = None
    records: list[ValidationRecord] = field(default_factory=list)

    def measure(self, turn: int) -> Measurement:
        """Measure the two losses, without scores and samples."""
        validation = self.latest = self.losses.validation()
        return Measurement(validation, self.losses.probe(), perplexity_of(validation.value), {}, None)

    def keep_best(self) -> None:
        """Keep the latest loss as the best so far."""
        if self.latest is not None and math.isfinite(self.latest.value):
            self.best = self.latest

    def on_validation(self, record: ValidationRecord) -> None:
        """Keep the record of a validation."""
        self.records.append(record)


def part_of(recipe: Recipe, dataset: Dataset, examples: int) -> Dataset:
    """The dataset with at most ``examples`` of its training examples; see :func:`run_trial`."""
    running = recipe.training.batch.partition != "lines"
    total = len(dataset.train)
    order = np.arange(total) if running else np.random.default_rng(recipe.training.seed).permutation(total)
    train: Any = dataset.train.take(np.sort(order[:examples]))
    return replace(dataset, train=train)

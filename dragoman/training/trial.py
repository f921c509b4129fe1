"""Small experiments: a recipe trained in memory for a while, and nothing measured but the two losses.

They answer what one run cannot: what more data, another size or another regularisation would change. Nothing is
written, translated or searched for.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

from dragoman.contracts import Carried
from dragoman.data.dataset import Dataset
from dragoman.data.loader import Loader
from dragoman.recipe import Recipe
from dragoman.recipe.shortened import shortened
from dragoman.recipe.training import TrainingRecipe
from dragoman.tasks.losses import LossEstimate, SplitLosses
from dragoman.tasks.table import task_of
from dragoman.tasks.validation import perplexity_of
from dragoman.training.budget import with_updates
from dragoman.training.memory import check_dataset
from dragoman.training.observer import ValidationRecord
from dragoman.training.precision import choose_hardware
from dragoman.training.step import Outcome, training_step
from dragoman.training.training_state import TrainingState, build_training_state

_MOST_SKIPPED = 20
"""Updates whose numbers were not finite, after which a trial ends: it does not learn."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What a trial measured.

    Attributes:
        validations: the looks, first to last; scores and samples are not measured.
        best: the lowest finite validation loss, with those of its examples; None if no look found one.
        updates: done.
        seconds: of training, looks left out.
        parameters: trainable numbers of the model.
        examples: it learnt from.
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
    updates: int | None = None,
    minutes: float | None = None,
    looks: int = 10,
    seed: int | None = None,
    tell: Callable[[ValidationRecord], None] = lambda record: None,
) -> Trial:
    """Train by a recipe on a dataset that is there already.

    Args:
        recipe: what to train; early stopping is left out.
        dataset: opened.
        examples: training examples to learn from, at most: a random part, and a larger part contains every smaller one
            of the same seed; of running text the beginning.
        updates: instead of the recipe's; the learning rate's schedule ends with them, and a warm-up that does not fit
            is shortened.
        minutes: of training, after which it ends.
        looks: measurements of the losses, evenly spread.
        seed: instead of the recipe's, of weights, order and choice of examples.
        tell: told of every look.
    """
    recipe = _changed(recipe, updates, seed)
    subset = dataset if examples is None else part_of(recipe, dataset, examples)
    task = task_of(recipe)
    loader = task.loader(recipe, subset)
    settings = with_updates(recipe.training, loader.tokens_per_batch())
    hardware = choose_hardware(settings.device, settings.precision, settings.threads)
    torch.set_num_threads(hardware.threads)
    torch.manual_seed(settings.seed)
    check_dataset(recipe, subset, hardware.device)
    state, averaged = build_training_state(recipe.model, settings, subset, hardware, task.objective(recipe, subset))
    looking = _Looks(task.losses(averaged, recipe, subset), loader, tell)
    limit = math.inf if minutes is None else 60 * minutes
    try:
        done = _train(state, loader, settings, looking, limit, looks)
    finally:
        loader.close()
    parameters = sum(math.prod(place.shape) for place in state.parameters.map.places)
    return Trial(tuple(looking.records), looking.best, done, looking.seconds, parameters, len(subset.train))


@dataclass(slots=True)
class _Looks:
    """What was seen of the losses so far."""

    losses: SplitLosses
    loader: Loader
    tell: Callable[[ValidationRecord], None]
    seconds: float = 0.0
    records: list[ValidationRecord] = field(default_factory=list)
    best: LossEstimate | None = None

    def look(self, update: int) -> None:
        """Measure both losses."""
        validation, training = self.losses.validation(), self.losses.probe()
        lowest = math.inf if self.best is None else self.best.value
        is_best = validation.value < lowest
        if is_best:
            self.best = validation
        record = ValidationRecord(
            update=update,
            epoch=self.loader.epoch,
            loss=validation.value,
            perplexity=perplexity_of(validation.value),
            scores={},
            best=is_best,
            seconds=self.seconds,
            sample=None,
            loss_error=validation.error,
            training_loss=training.value,
            training_loss_error=training.error,
        )
        self.records.append(record)
        self.tell(record)


def _train(
    state: TrainingState, loader: Loader, settings: TrainingRecipe, looking: _Looks, limit: float, looks: int
) -> int:
    """Train, and return the updates done."""
    due = {math.ceil(settings.updates * look / looks) for look in range(1, looks + 1)}
    skipped = 0
    carried: Carried = ()
    for update in range(1, settings.updates + 1):
        began = time.perf_counter()
        batches = [next(loader).to(state.model.device) for _ in range(settings.batch.accumulation)]
        result = training_step(state, batches, update, settings, carried)
        carried = result.carried
        skipped += result.outcome is Outcome.NOT_FINITE
        looking.seconds += time.perf_counter() - began
        over = looking.seconds >= limit or skipped > _MOST_SKIPPED
        if update in due or over:
            looking.look(update)
        if over:
            return update
    return settings.updates


def _changed(recipe: Recipe, updates: int | None, seed: int | None) -> Recipe:
    training = recipe.training
    if updates is not None:
        training = shortened(training, updates).model_copy(update={"tokens": None})
    if seed is not None:
        training = training.model_copy(update={"seed": seed})
    return recipe.model_copy(update={"training": training})


def part_of(recipe: Recipe, dataset: Dataset, examples: int) -> Dataset:
    """The dataset with so many of its training examples, at most; see :func:`run_trial`."""
    running = recipe.training.batch.partition != "lines"
    total = len(dataset.train)
    order = np.arange(total) if running else np.random.default_rng(recipe.training.seed).permutation(total)
    train: Any = dataset.train.take(np.sort(order[:examples]))
    return replace(dataset, train=train)

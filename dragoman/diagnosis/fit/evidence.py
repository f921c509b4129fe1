"""What the history of a run shows about how well it has learnt."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from dragoman.data.dataset import Dataset
from dragoman.diagnosis.fit.actions import largest_dropout
from dragoman.errors import InputError
from dragoman.model.build import build
from dragoman.model.weights import parameter_count
from dragoman.recipe import Recipe
from dragoman.recipe.shortened import counted_in_updates
from dragoman.tasks.table import task_of
from dragoman.training.early_stopping import EarlyStopping
from dragoman.training.history import UPDATE, VALIDATION, read_history
from dragoman.training.observer import ValidationRecord

if TYPE_CHECKING:
    from pandas import DataFrame


class StopReason(Enum):
    """Why a run ended; the value is a phrase for people to read."""

    PLANNED = "all updates were done"
    STOPPED_EARLY = "early stopping ended it"
    CLOCK = "its minutes were over"
    BROKEN_OFF = "it was broken off, or still runs"


@dataclass(frozen=True, slots=True)
class Validation:
    """The losses at one validation, with averaged weights, without dropout and label smoothing.

    Attributes:
        update: number of updates done.
        seconds: training time until then.
        validation: loss on the validation set; infinite or not a number if training diverged.
        validation_error: standard error of the validation loss; None if it was not measured.
        training: loss on the training probe (a fixed sample of training examples); None if it was not measured.
        training_error: standard error of the training loss; None if it was not measured.
    """

    update: int
    seconds: float
    validation: float
    validation_error: float | None = None
    training: float | None = None
    training_error: float | None = None


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What was trained on which data.

    Attributes:
        parameters: number of trainable parameters.
        dropout: largest dropout rate in the model.
        weight_decay: coefficient λ of the weight decay.
        label_smoothing: smoothing mass ε.
        learning_rate: peak of the learning rate.
        examples: number of training examples.
        target_tokens: target tokens of the training set; its number of examples where labels or numbers are predicted.
        unit: unit of the losses, such as ``nats per target token``.
        dropout_start: factor on the dropout rates at the first update; 1 where they do not change.
    """

    parameters: int
    dropout: float
    weight_decay: float
    label_smoothing: float
    learning_rate: float
    examples: int
    target_tokens: int
    unit: str = "nats per target token"
    dropout_start: float = 1.0


@dataclass(frozen=True, slots=True)
class FitEvidence:
    """The validations of a run, and the facts that a verdict needs.

    Attributes:
        looks: validations in order, with those whose loss was not finite.
        baseline: E_0, the loss of a constant prediction, which ignores the input.
        planned: number of updates that the recipe asks for.
        done: number of updates done.
        ending: why training stopped.
        facts: what was trained on which data.
    """

    looks: tuple[Validation, ...]
    baseline: float
    planned: int
    done: int
    ending: StopReason
    facts: RunFacts

    @property
    def finite(self) -> tuple[Validation, ...]:
        """The validations whose loss is finite."""
        return tuple(look for look in self.looks if math.isfinite(look.validation))

    @property
    def best(self) -> Validation:
        """The validation with the lowest finite loss, of which there must be one; the first of equal ones."""
        found = best_of(self.looks)
        assert found is not None
        return found

    @property
    def seconds_per_update(self) -> float | None:
        """Mean training time of an update; None if there is no validation yet."""
        last = self.looks[-1] if self.looks else None
        return last.seconds / last.update if last is not None and last.update else None


def read_evidence(folder: Path, recipe: Recipe, dataset: Dataset) -> FitEvidence:
    """Read the evidence from the history of a run.

    Args:
        folder: the run's folder.
        recipe: the run's recipe.
        dataset: the run's dataset.

    Raises:
        InputError: if there is no history, or it has no validation yet.
    """
    history = read_history(folder)
    looks = validations_of(history)
    if not looks:
        raise InputError(
            "this run has not looked at its validation set yet, so there is nothing to diagnose",
            file=folder,
            remedy="wait until training.validate_every updates are done, or lower that setting.",
        )
    updates = history[history["event"] == UPDATE]
    done = max(int(updates["update"].max()) if len(updates) else 0, looks[-1].update)
    planned = planned_updates(recipe, dataset)
    ending = ending_of(history, recipe, planned, done)
    return FitEvidence(
        looks, task_of(recipe).baseline(recipe, dataset), planned, done, ending, facts_of(recipe, dataset)
    )


def validations_of(history: DataFrame) -> tuple[Validation, ...]:
    """The validations in a history; a missing loss counts as not finite."""
    rows = history[history["event"] == VALIDATION]
    return tuple(
        Validation(
            int(row["update"]),
            float(row["seconds"]),
            float(row["loss"]),
            _known(row["loss_error"]),
            _known(row["training_loss"]),
            _known(row["training_loss_error"]),
        )
        for _, row in rows.iterrows()
    )


def validations_of_records(records: Iterable[ValidationRecord]) -> tuple[Validation, ...]:
    """The validations of a trial."""
    return tuple(
        Validation(r.update, r.seconds, r.loss, r.loss_error, r.training_loss, r.training_loss_error) for r in records
    )


def best_of(looks: Iterable[Validation]) -> Validation | None:
    """The validation with the lowest finite loss, the first of equal ones; None if no loss is finite."""
    finite = [look for look in looks if math.isfinite(look.validation)]
    return min(finite, key=lambda look: look.validation, default=None)


def planned_updates(recipe: Recipe, dataset: Dataset) -> int:
    """Number of updates that the recipe asks for, also where it counts in tokens."""
    if recipe.training.tokens is None:
        return recipe.training.updates
    loader = task_of(recipe).loader(recipe, dataset)
    try:
        return counted_in_updates(recipe.training, loader.tokens_per_batch()).updates
    finally:
        loader.close()


def ending_of(history: DataFrame, recipe: Recipe, planned: int, done: int) -> StopReason:
    """Why a run stopped, inferred from its history and the recipe."""
    if done >= planned:
        return StopReason.PLANNED
    rule = recipe.training.early_stopping
    stopping = EarlyStopping(rule.metric, rule.patience)
    validations = history[history["event"] == VALIDATION]
    for value in validations[rule.metric]:
        stopping.observe(float(value))
    if stopping.exhausted:
        return StopReason.STOPPED_EARLY
    minutes = recipe.training.minutes
    if minutes is not None and float(history["seconds"].max()) >= 60 * minutes:
        return StopReason.CLOCK
    return StopReason.BROKEN_OFF


def facts_of(recipe: Recipe, dataset: Dataset) -> RunFacts:
    """What a recipe trains, on which data."""
    training = recipe.training
    model = build(recipe.model, dataset.source.size, dataset.target.size, training.seed)
    return RunFacts(
        parameters=parameter_count(model),
        dropout=largest_dropout(recipe),
        weight_decay=training.optimizer.weight_decay,
        label_smoothing=training.label_smoothing,
        learning_rate=training.optimizer.learning_rate,
        examples=len(dataset.train),
        target_tokens=int(dataset.train.target_lengths.sum()),
        unit=unit_of(recipe),
        dropout_start=training.dropout_start,
    )


def unit_of(recipe: Recipe) -> str:
    """The unit of a recipe's losses."""
    return task_of(recipe).words.loss


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None

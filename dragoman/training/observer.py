"""What a run tells those who watch it. Training knows only this protocol, so progress bars, histories, pictures and
monitors come and go without a change to the loop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dragoman.recipe import Recipe


@dataclass(frozen=True, slots=True)
class RunStart:
    """A run begins or goes on.

    Attributes:
        folder: the run's folder.
        recipe: what is trained.
        update: updates done before (0 unless resumed).
        updates: updates at most.
        parameters: trainable numbers in the model.
        device: where it computes, with the precision and the threads, for people to read.
    """

    folder: Path
    recipe: Recipe
    update: int
    updates: int
    parameters: int
    device: str


@dataclass(frozen=True, slots=True)
class UpdateRecord:
    """One update of the weights.

    Attributes:
        update: its number, from 1.
        epoch: passes over the training set begun, from 1.
        loss: the training loss, in nats per target token or label, label smoothing and dropout included; of numbers
            in the unit of their loss.
        learning_rate: of this update.
        gradient_norm: Euclidean norm of the whole gradient before clipping.
        target_tokens: real target tokens it was computed from; of labels and numbers, examples.
        padding: share of padding in the padded form of its batches, source and target together.
        seconds: training time since the first start of the run, validation left out.
        waited: seconds of them that this update waited for its mini-batches to be made.
    """

    update: int
    epoch: int
    loss: float
    learning_rate: float
    gradient_norm: float
    target_tokens: int
    padding: float
    seconds: float
    waited: float = 0.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One validation example and what the model makes of it."""

    source: str
    reference: str
    output: str


@dataclass(frozen=True, slots=True)
class ValidationRecord:
    """One look at the validation set, with averaged weights and without dropout.

    Attributes:
        update: updates done.
        epoch: passes over the training set begun.
        loss: cross-entropy in nats per target token or label, without label smoothing; of numbers in the unit of their
            loss.
        perplexity: its exponential; None of numbers.
        scores: further measures, by their names in :data:`~dragoman.training.scores.SCORES`; of text they are those of
            greedy output.
        best: whether it is the best so far by the recipe's metric.
        seconds: training time since the first start of the run, validation left out.
        sample: one sentence to look at.
    """

    update: int
    epoch: int
    loss: float
    perplexity: float | None
    scores: Mapping[str, float]
    best: bool
    seconds: float
    sample: Sample | None


class Observer:
    """Does nothing; override what is of interest. Records are passed in order, from the training thread."""

    def on_prepare(self, message: str) -> None:
        """While the dataset is made: a sentence on each thing done."""

    def on_start(self, start: RunStart) -> None:
        """Before the first update of this session."""

    def on_update(self, record: UpdateRecord) -> None:
        """After every update."""

    def on_validation(self, record: ValidationRecord) -> None:
        """After every validation."""

    def on_end(self, reason: str) -> None:
        """After the last update; ``reason`` is a phrase such as ``all 3,800 updates done``."""

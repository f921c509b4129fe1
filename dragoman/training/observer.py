"""What a run tells those who watch it. Training knows only this protocol, so progress bars, histories, pictures and
monitors come and go without a change to the loop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dragoman.recipe import Recipe
from dragoman.tasks.validation import Sample


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
class ValidationRecord:
    """One look at the validation set, with averaged weights and without dropout.

    Attributes:
        update: updates done.
        epoch: passes over the training set begun.
        loss: cross-entropy in nats per target token or label, without label smoothing; of numbers in the unit of their
            loss.
        perplexity: its exponential; None of numbers.
        scores: further measures, by their names in :data:`~dragoman.tasks.scores.SCORES`; of text they are those of
            greedy output.
        best: whether it is the best so far by the recipe's metric.
        seconds: training time since the first start of the run, validation left out.
        sample: one sentence to look at.
        loss_error: standard error of ``loss``, by the bootstrap over sentences (or examples).
        training_loss: the same loss of the training probe: a fixed random part of the training set with as many target
            tokens as the validation set, measured in the same way; None in runs of before it was measured.
        training_loss_error: its standard error.
    """

    update: int
    epoch: int
    loss: float
    perplexity: float | None
    scores: Mapping[str, float]
    best: bool
    seconds: float
    sample: Sample | None
    loss_error: float | None = None
    training_loss: float | None = None
    training_loss_error: float | None = None


@dataclass(frozen=True, slots=True)
class StabilityRecord:
    """What the stability monitor saw, now and then. Layers and modules have the names that ``named_modules`` gives.

    Attributes:
        update: its number, from 1.
        gradient_norm: of every layer the Euclidean norm of its parameters' gradient before clipping, the mean over the
            updates since the record before.
        largest_gradient_norm: likewise the largest.
        update_ratio: of every layer ‖Δw‖ / ‖w‖ of this update.
        activation: of every module root mean square of its output.
        dead: of every place with rectified units the share that is 0 for every token that was looked at.
        saturated: of every place with sigmoid or tanh units the share of values in their flat ends.
        attention_logit: of every attention the largest score before the softmax, over all heads.
        through_time: of every recurrent cell ‖∂L/∂h‖ by distance from the last token, from 0, where L is the loss of
            each row's last token alone; the mean over rows.
        growth: of every recurrent cell the fitted growth of log ‖∂L/∂h‖ per step back in time: below 0 it vanishes,
            above 0 it explodes.
        recurrent_gain: of every recurrent cell the root mean square of the singular values of its recurrent weights,
            over all gates: 1 where they are orthogonal, as they begin.
    """

    update: int
    gradient_norm: Mapping[str, float]
    largest_gradient_norm: Mapping[str, float]
    update_ratio: Mapping[str, float]
    activation: Mapping[str, float]
    dead: Mapping[str, float]
    saturated: Mapping[str, float]
    attention_logit: Mapping[str, float]
    through_time: Mapping[str, tuple[float, ...]]
    growth: Mapping[str, float]
    recurrent_gain: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SkipRecord:
    """An update that was not made, because loss or gradient were not finite; the weights are as before.

    Attributes:
        update: its number, from 1.
        loss: as computed; may be not finite.
        gradient_norm: likewise.
        stage: where the first number that is not finite was found by the replay: in a ``parameter``, in the ``input``,
            in a module's ``output``, in the ``loss``, or in the ``gradient``; None if the replay found none.
        module: the name of the module, or of the parameter; of a gradient the module in which it is lost: finite at its
            output, and not at its input.
        lines: where the examples come from that bring it about, as ``file:line``; all of the batch if each alone does
            not.
        folder: what was kept of it.
    """

    update: int
    loss: float
    gradient_norm: float
    stage: str | None
    module: str | None
    lines: tuple[str, ...]
    folder: Path | None


@dataclass(frozen=True, slots=True)
class RewindRecord:
    """A run that goes on from an earlier checkpoint.

    Attributes:
        update: updates done when it was decided.
        back_to: updates done in the checkpoint.
        reason: a phrase such as ``3 updates of 100 were skipped``.
        learning_rate_factor: what the schedule's learning rate is multiplied by from here on.
    """

    update: int
    back_to: int
    reason: str
    learning_rate_factor: float


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

    def on_stability(self, record: StabilityRecord) -> None:
        """After an update that the stability monitor looked at."""

    def on_skip(self, record: SkipRecord) -> None:
        """After an update that was not made."""

    def on_rewind(self, record: RewindRecord) -> None:
        """When the run goes back."""

    def on_end(self, reason: str) -> None:
        """After the last update; ``reason`` is a phrase such as ``all 3,800 updates done``."""

"""The records that training passes to its observers, and the class that observers derive from.

The training loop knows nothing else of them, so progress bars, histories, plots and monitors come and go without a
change to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dragoman.recipe import Recipe
from dragoman.tasks.validation import Sample


@dataclass(frozen=True, slots=True)
class RunStart:
    """What is known when a run begins or is resumed.

    Attributes:
        folder: the run's folder.
        recipe: the recipe that the run is trained by.
        update: number of updates done before this session; 0 unless the run was resumed.
        updates: number of updates after which the run ends at the latest.
        parameters: number of trainable parameters of the model.
        device: device, precision and number of threads, as text for people.
    """

    folder: Path
    recipe: Recipe
    update: int
    updates: int
    parameters: int
    device: str


@dataclass(frozen=True, slots=True)
class UpdateRecord:
    """What was measured at one update of the weights.

    Attributes:
        update: number of the update, from 1.
        epoch: number of the current pass over the training set, from 1.
        loss: mean training loss as it is made small, with label smoothing and dropout, and with what R-Drop and guided
            alignment add: in nats per target token or label, for a model that estimates numbers in the unit of its
            loss.
        learning_rate: the learning rate that the update was made with.
        gradient_norm: Euclidean norm of the whole gradient before clipping.
        target_tokens: number of target tokens in the update's mini-batches, padding left out; for labels and numbers,
            number of examples.
        padding: share of padding if the mini-batches were padded, source and target together, in [0, 1].
        seconds: training time since the first start of the run, validation left out.
        waited: seconds that this update waited for its mini-batches to be made.
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
    """What was measured at one validation, with averaged weights and without dropout.

    Attributes:
        update: number of updates done.
        epoch: number of the current pass over the training set, from 1.
        loss: mean loss on the validation set: cross-entropy in nats per target token or label, without label
            smoothing; for a model that estimates numbers, in the unit of its loss.
        perplexity: the exponential of ``loss``; None for a model that estimates numbers.
        scores: further measures, by their names in :data:`~dragoman.tasks.scores.SCORES`; those of text are measured
            on greedy output.
        best: whether this validation is the best so far by the metric that the recipe names.
        seconds: training time since the first start of the run, validation left out.
        sample: one example with the model's output, for people to read; None if the task shows none.
        loss_error: standard error of ``loss``, by the bootstrap over sentences (or examples).
        training_loss: the same loss on the training probe, a fixed random part of the training set with as many target
            tokens as the validation set, measured in the same way; None if it was not measured.
        training_loss_error: standard error of ``training_loss``.
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
    """What the stability monitor measured inside the model at one update.

    Every mapping is from the name of a layer or module, as ``named_modules`` gives it, to what was measured there.

    Attributes:
        update: number of the update, from 1.
        gradient_norm: for each layer, the Euclidean norm of its parameters' gradient before clipping, averaged over the
            updates since the previous record.
        largest_gradient_norm: for each layer, the largest of the norms that ``gradient_norm`` is the mean of.
        update_ratio: for each layer, ‖Δw‖ / ‖w‖ of this update.
        activation: for each module, the root mean square of its output.
        dead: for each ReLU, the fraction of units that are zero on all inspected tokens.
        saturated: for each sigmoid or tanh, the fraction of values near its bounds, where its derivative vanishes.
        attention_logit: for each attention, the largest score before the softmax, over all heads.
        through_time: for each recurrent cell, ‖∂L/∂h‖ by the number of steps to the last token, from 0, averaged over
            rows; L is the loss of each row's last token alone.
        growth: for each recurrent cell, the fitted growth of ln ‖∂L/∂h‖ per step back in time: below 0 the gradient
            vanishes, above 0 it explodes.
        recurrent_gain: for each recurrent cell, the root mean square of the singular values of its recurrent weights,
            over all gates; 1 for orthogonal matrices, which they begin as.
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
    """An update that was skipped because loss or gradient were not finite; the weights are as before.

    The update is computed once more, to find the first number that is not finite.

    Attributes:
        update: number of the update, from 1.
        loss: the training loss that was computed, which may be NaN or infinite.
        gradient_norm: Euclidean norm of the gradient before clipping, which may be NaN or infinite.
        stage: where the first number that is not finite was found: in a ``parameter``, in the ``input``, in a module's
            ``output``, in the ``loss``, or in the ``gradient``; None if all were finite this time.
        module: name of the parameter or of the module; for a gradient, the module whose output still has a finite
            gradient and whose input has not.
        lines: where the examples stand that cause it, each as ``file:line``; those of the whole batch if no example
            causes it alone.
        folder: folder in which the batches of the update were kept; None if they were not kept.
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
    """A return of training to an earlier checkpoint, because it had become unstable.

    Attributes:
        update: number of updates done when training went back.
        back_to: number of updates done in the checkpoint.
        reason: why training went back, such as ``3 of 100 updates were skipped``.
        learning_rate_factor: factor that the schedule's learning rate is multiplied by from here on.
    """

    update: int
    back_to: int
    reason: str
    learning_rate_factor: float


@dataclass(frozen=True, slots=True)
class PaceRecord:
    """A change of the number of updates that are left, so that a run ends in time with its schedule complete.

    Attributes:
        update: number of updates done when the pace changed.
        updates: number of updates after which the run now ends.
        planned: number of updates that the recipe asks for, which is the length of its schedule.
        reason: why the pace changed.
    """

    update: int
    updates: int
    planned: int
    reason: str


class Observer:
    """The base class of all that watches training: every method does nothing until a subclass overrides it.

    Records are passed in order, from the thread that trains.

    >>> class Losses(Observer):
    ...     def on_update(self, record):
    ...         print(f"update {record.update}: {record.loss:.2f} nats per token")
    >>> update = UpdateRecord(1, 1, 5.7, 1e-3, gradient_norm=1.2, target_tokens=200, padding=0.1, seconds=0.4)
    >>> Losses().on_update(update)
    update 1: 5.70 nats per token

    ``dragoman.train(recipe, folder, observers=[Losses()])`` prints such a line after each update.
    """

    def on_prepare(self, message: str) -> None:
        """Called while the dataset is made, with a sentence on each thing done."""

    def on_start(self, start: RunStart) -> None:
        """Called before the first update of this session."""

    def on_update(self, record: UpdateRecord) -> None:
        """Called after every update."""

    def on_validation(self, record: ValidationRecord) -> None:
        """Called after every validation."""

    def on_stability(self, record: StabilityRecord) -> None:
        """Called after an update that the stability monitor measured."""

    def on_skip(self, record: SkipRecord) -> None:
        """Called after an update that was skipped."""

    def on_rewind(self, record: RewindRecord) -> None:
        """Called when training went back to an earlier checkpoint."""

    def on_pace(self, record: PaceRecord) -> None:
        """Called when the clock makes a run that must end in time go faster through its schedule, or less fast."""

    def on_end(self, reason: str) -> None:
        """Called after the last update, with the reason why training ends, such as ``all 3,800 updates done``."""

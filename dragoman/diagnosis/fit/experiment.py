"""A small experiment: the interface of what trains its recipe, and its results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from dragoman.data.dataset import Dataset
from dragoman.diagnosis.fit.learning_curve import DataPoint
from dragoman.recipe import Recipe
from dragoman.training.trial import Trial


@runtime_checkable
class Runner(Protocol):
    """Trains a recipe in memory, and returns the measurements; :func:`~dragoman.training.trial.run_trial` is one."""

    def __call__(
        self,
        recipe: Recipe,
        dataset: Dataset,
        *,
        examples: int | None = None,
        minutes: float | None = None,
        validations: int = 10,
    ) -> Trial:
        """Train a recipe; the arguments are those of :func:`~dragoman.training.trial.run_trial`."""
        ...


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """The result of trying one remedy.

    Attributes:
        action: name of the remedy in :data:`~dragoman.diagnosis.fit.actions.ACTIONS`.
        settings: the changes, as arguments after ``--set``.
        baseline: lowest validation loss without the change.
        loss: lowest validation loss with the change; not finite if no validation was.
        error: standard error of the difference between the two.
        updates: updates of the trial.
        baseline_updates: updates of the run, or of the shorter training of the unchanged recipe that stands in for it.
        run_updates: updates that the run was planned for.
        seconds: training time in seconds.
        parameters: number of trainable parameters of the changed model.
        training: loss on the training probe at the update with the lowest validation loss; None if unknown.
    """

    action: str
    settings: tuple[str, ...]
    baseline: float
    loss: float
    error: float
    updates: int
    baseline_updates: int
    run_updates: int
    seconds: float
    parameters: int
    training: float | None = None

    @property
    def change(self) -> float:
        """Change of the validation loss; negative if it became smaller."""
        return self.loss - self.baseline

    @property
    def gain(self) -> float:
        """Decrease of the validation loss."""
        return self.baseline - self.loss

    @property
    def length(self) -> float:
        """Length of the baseline's training as a share of the run's."""
        return self.baseline_updates / max(self.run_updates, 1)


@dataclass(frozen=True, slots=True)
class Probes:
    """All experiments of a diagnosis.

    Attributes:
        results: results in the order of the experiments.
        points: losses by size of the training set, the whole set included; empty if none were measured.
        remarks: sentences about what was not done and why, and about what to bear in mind.
        seconds: time that all of them took.
        length: length of the experiments, as a share of the run's.
        interrupted: whether Ctrl-C ended them; finished experiments count.
    """

    results: Sequence[ProbeResult] = ()
    points: Sequence[DataPoint] = ()
    remarks: Sequence[str] = ()
    seconds: float = 0.0
    length: float = 1.0
    interrupted: bool = False

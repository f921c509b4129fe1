"""What a small experiment found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dragoman.diagnosis.fit.learning_curve import DataPoint


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """One action, tried.

    Attributes:
        action: its name in :data:`~dragoman.diagnosis.fit.actions.ACTIONS`.
        settings: what was changed, as one types it after ``--set``.
        baseline: the lowest validation loss without the change.
        loss: the lowest with it; not finite if no look found a finite one.
        error: standard error of their difference.
        updates: of the trial.
        baseline_updates: that the run had, or where it was longer, a trial of the unchanged recipe.
        run_updates: that the run was planned for.
        seconds: of training.
        parameters: trainable numbers of the changed model.
        training: loss on the training probe at the look with the lowest validation loss; None if unknown.
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
        """Of the validation loss; negative if it became smaller."""
        return self.loss - self.baseline

    @property
    def gain(self) -> float:
        """By how much the validation loss became smaller."""
        return self.baseline - self.loss

    @property
    def length(self) -> float:
        """The length of the baseline as a share of the run's."""
        return self.baseline_updates / max(self.run_updates, 1)


@dataclass(frozen=True, slots=True)
class Probes:
    """All that was tried.

    Attributes:
        results: in the order in which they were tried.
        points: sizes of the training set that were tried, by size, all of it among them; empty if none were.
        remarks: sentences on what was not done and why, and what to bear in mind.
        seconds: that all of it took.
        length: of the experiments, as a share of the run's.
        interrupted: whether Ctrl-C ended them; what was done by then counts.
    """

    results: Sequence[ProbeResult] = ()
    points: Sequence[DataPoint] = ()
    remarks: Sequence[str] = ()
    seconds: float = 0.0
    length: float = 1.0
    interrupted: bool = False

"""The health of a run: when training has to go back to a snapshot, and when it has to stop."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from dragoman.storage.json import JsonObject
from dragoman.training.recovery.divergence import Divergence
from dragoman.training.step import Outcome, StepResult

MOST_REWINDS = 3
_MOST_SKIPPED, _WITHIN = 3, 100


class Treatment(Enum):
    """What is to be done with a run after an update."""

    CONTINUE = "continue"
    REWIND = "rewind"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Prescription:
    """What is to be done with a run after an update, and why.

    Attributes:
        treatment: what is to be done.
        reason: why, as a phrase; empty if training continues.
    """

    treatment: Treatment
    reason: str = ""


@dataclass(slots=True)
class Health:
    """The skipped updates, the rewinds and the losses of a run so far.

    If three of the last 100 updates were skipped, or the loss diverges, the run needs a rewind: training goes back to
    an earlier snapshot. After three rewinds the run has to stop.

    Attributes:
        seen: number of updates observed since the run began or went back.
        skipped: numbers, counted in the same way, of those among the last 100 updates that were skipped.
        reasons: reason of each rewind so far.
        divergence: watch over the losses.
    """

    seen: int = 0
    skipped: list[int] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    divergence: Divergence = field(default_factory=Divergence)

    @property
    def rewinds(self) -> int:
        """The number of rewinds so far."""
        return len(self.reasons)

    @property
    def learning_rate_factor(self) -> float:
        """The factor that the schedule's learning rate is multiplied by, which each rewind halves."""
        return 0.5**self.rewinds

    @property
    def doubtful(self) -> bool:
        """Whether a checkpoint made now might hold weights that are already harmed."""
        return bool(self.skipped) or self.divergence.doubtful

    def observe(self, result: StepResult) -> Prescription:
        """Take in the result of an update, and decide what is to be done."""
        self.seen += 1
        self.skipped = [number for number in self.skipped if number > self.seen - _WITHIN]
        if result.outcome is Outcome.NOT_FINITE:
            self.skipped.append(self.seen)
            if len(self.skipped) == _MOST_SKIPPED:
                return self._verdict(f"{_MOST_SKIPPED} of {_WITHIN} updates were skipped")
        elif self.divergence.observe(result.loss):
            return self._verdict("the loss blew up")
        return Prescription(Treatment.CONTINUE)

    def after_rewind(self, saved: Health, reason: str) -> Health:
        """The health with which the run goes on from a checkpoint.

        Args:
            saved: the health that the checkpoint holds.
            reason: why the run goes back.
        """
        return Health(saved.seen, [], [*self.reasons, reason], saved.divergence)

    def _verdict(self, reason: str) -> Prescription:
        return Prescription(Treatment.REWIND if self.rewinds < MOST_REWINDS else Treatment.STOP, reason)

    def to_dict(self) -> JsonObject:
        """The state as JSON values."""
        return {
            "seen": self.seen,
            "skipped": self.skipped,
            "reasons": self.reasons,
            "divergence": self.divergence.to_dict(),
        }

    @classmethod
    def from_dict(cls, saved: JsonObject) -> Health:
        """The inverse of :meth:`to_dict`."""
        return cls(**{**saved, "divergence": Divergence.from_dict(saved["divergence"])})

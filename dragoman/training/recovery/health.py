"""Whether a run is well, and what to do if not."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from dragoman.storage.json import JsonObject
from dragoman.training.recovery.divergence import Divergence
from dragoman.training.step import Outcome, StepResult

MOST_REWINDS = 3
_MOST_SKIPPED, _WITHIN = 3, 100


class Treatment(Enum):
    """What a run needs."""

    CONTINUE = "continue"
    REWIND = "rewind"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do after an update, and why."""

    treatment: Treatment
    reason: str = ""


@dataclass(slots=True)
class Health:
    """Three updates of the last 100 that were skipped, or a loss that blows up, need a rewind. After three rewinds the
    run has to stop.

    Attributes:
        seen: updates observed since the run began or went back.
        skipped: the numbers of those, counted in the same way, that were skipped among the last 100.
        reasons: of the rewinds so far.
        divergence: watches the loss.
    """

    seen: int = 0
    skipped: list[int] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    divergence: Divergence = field(default_factory=Divergence)

    @property
    def rewinds(self) -> int:
        """How often the run went back."""
        return len(self.reasons)

    @property
    def learning_rate_factor(self) -> float:
        """Of the schedule's learning rate: it is halved at each rewind."""
        return 0.5**self.rewinds

    @property
    def doubtful(self) -> bool:
        """Whether a checkpoint of now may hold weights that are already harmed."""
        return bool(self.skipped) or self.divergence.doubtful

    def observe(self, result: StepResult) -> Verdict:
        """Take in what an update measured."""
        self.seen += 1
        self.skipped = [number for number in self.skipped if number > self.seen - _WITHIN]
        if result.outcome is Outcome.NOT_FINITE:
            self.skipped.append(self.seen)
            if len(self.skipped) == _MOST_SKIPPED:
                return self._verdict(f"{_MOST_SKIPPED} of {_WITHIN} updates were skipped")
        elif self.divergence.observe(result.loss):
            return self._verdict("the loss blew up")
        return Verdict(Treatment.CONTINUE)

    def after_rewind(self, saved: Health, reason: str) -> Health:
        """The state from which the run goes on at a checkpoint.

        Args:
            saved: the checkpoint's.
            reason: why the run goes back.
        """
        return Health(saved.seen, [], [*self.reasons, reason], saved.divergence)

    def _verdict(self, reason: str) -> Verdict:
        return Verdict(Treatment.REWIND if self.rewinds < MOST_REWINDS else Treatment.STOP, reason)

    def to_dict(self) -> JsonObject:
        """As JSON can write it."""
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

"""Which validation was the best, and when to give up waiting for a better one."""

from __future__ import annotations

from dataclasses import dataclass

from dragoman.tasks.scores import SCORES


@dataclass(slots=True)
class EarlyStopping:
    """Prechelt 1998's patience rule.

    Attributes:
        metric: what is watched: ``loss``, or a key of :data:`~dragoman.tasks.scores.SCORES`.
        patience: validations without a new best before :attr:`exhausted`.
        best: the best value so far.
        waited: validations since.
    """

    metric: str
    patience: int
    best: float | None = None
    waited: int = 0

    def observe(self, value: float) -> bool:
        """Take in a validation; whether it is the best so far. A value that is not a number never is."""
        is_best = value == value and (self.best is None or self._is_better(value, self.best))
        self.best = value if is_best else self.best
        self.waited = 0 if is_best else self.waited + 1
        return is_best

    def _is_better(self, new: float, old: float) -> bool:
        score = SCORES.get(self.metric)
        return new > old if score is not None and score.higher_is_better else new < old

    @property
    def exhausted(self) -> bool:
        """Whether to stop."""
        return self.waited >= self.patience

"""Which validation was the best, and when to give up waiting for a better one."""

from __future__ import annotations

from dataclasses import dataclass

from dragoman.tasks.scores import SCORES


@dataclass(slots=True)
class EarlyStopping:
    """Early stopping with patience (Prechelt 1998): stop after so many validations without a new best value.

    >>> stopping = EarlyStopping("loss", patience=2)
    >>> for loss in (3.0, 2.5, 2.6, 2.7):
    ...     print(stopping.observe(loss), stopping.exhausted)
    True False
    True False
    False False
    False True

    Attributes:
        metric: name of the watched measure: ``loss``, or a key of :data:`~dragoman.tasks.scores.SCORES`.
        patience: number of validations without a new best value after which :attr:`exhausted` is true.
        best: the best value so far; None before the first validation.
        waited: number of validations since the best one.
    """

    metric: str
    patience: int
    best: float | None = None
    waited: int = 0

    def observe(self, value: float) -> bool:
        """Take in the value of a validation, and tell whether it is the best so far; NaN never is."""
        is_best = value == value and (self.best is None or self._is_better(value, self.best))
        self.best = value if is_best else self.best
        self.waited = 0 if is_best else self.waited + 1
        return is_best

    def _is_better(self, new: float, old: float) -> bool:
        score = SCORES.get(self.metric)
        return new > old if score is not None and score.higher_is_better else new < old

    @property
    def exhausted(self) -> bool:
        """Whether training shall stop."""
        return self.waited >= self.patience

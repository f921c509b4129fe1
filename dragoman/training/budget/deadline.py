"""A run that ends in time: where the machine is slower than was planned, what is left of the schedule gets fewer
updates, so that it is complete all the same."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

from dragoman.storage.json import JsonObject
from dragoman.training.budget.pace import Pace

Clock = Callable[[], float]
"""Seconds that never go back."""

_KEPT = 20
"""Latest updates whose time is looked at."""
_LEFT_OUT = 2
"""The slowest of these, which are left out: a single stall is over when it is noticed."""
_FEWEST = 5
"""Updates before their time is believed."""
_MARGIN = 0.05
"""Share of the updates that would fit which is kept free when their number changes, so that it seldom changes again."""
_MUCH_FASTER = 1.25
"""Where so many times the updates fit that are left, a run that was made to go faster slows down again."""
_ENDING = 3.0
"""Validations that last as long as what follows the last update beside the evaluation: choosing what the model is
computed with, and writing it with its reference."""
_SMALLEST_ENDING = 0.03
"""Share of the whole time that is kept for all that follows the last update, at the least."""
_FIXED_ENDING = 3.0
"""Seconds of it that are the same for every model: drawing, and what is imported for that."""


@dataclass(frozen=True, slots=True)
class Timing:
    """The time of a run so far, as its checkpoints keep it.

    Attributes:
        elapsed: seconds since the run began, preparing and validating included, pauses between sessions left out.
        validation: seconds that a validation takes.
    """

    elapsed: float = 0.0
    validation: float = 0.0

    def to_dict(self) -> JsonObject:
        """The timing as JSON values."""
        return asdict(self)


def ending_seconds(limit: float, validation: float, evaluated: float) -> float:
    """The seconds to keep for what follows the last update.

    Args:
        limit: seconds that the whole run may take.
        validation: seconds that a validation takes.
        evaluated: examples that the model is evaluated on, as a multiple of those that a validation translates.
    """
    return max(_FIXED_ENDING + (_ENDING + evaluated) * validation, _SMALLEST_ENDING * limit)


@dataclass(slots=True)
class Deadline:
    """The clock of a run that must end in time.

    Attributes:
        limit: seconds that the run may take, from its beginning to its evaluated model.
        timing: the time that it has taken before this object was made, and the latest validation's.
        evaluated: examples that the model is evaluated on, as a multiple of those that a validation translates.
        clock: the clock.
    """

    limit: float
    timing: Timing
    evaluated: float = 1.0
    clock: Clock = time.monotonic
    _before: float = field(init=False)
    _began: float = field(init=False)
    _last: float = field(init=False)
    _validated: float = field(default=0.0, init=False)
    _recent: deque[float] = field(default_factory=lambda: deque(maxlen=_KEPT), init=False)

    def __post_init__(self) -> None:
        self._before, self._began = self.timing.elapsed, self.clock()
        self._last = self._began

    def validated(self, seconds: float) -> None:
        """Note how long a validation has taken."""
        self._validated += seconds
        self.timing = Timing(self.timing.elapsed, seconds)

    def after_update(self, update: int, pace: Pace, last: int, validate_every: int) -> Pace | None:
        """Look at the clock after an update.

        Args:
            update: number of updates done.
            pace: the present pace.
            last: last place of the schedule.
            validate_every: updates between validations.

        Returns:
            Another pace, if the run would not end in time by the present one, or goes faster than it has to; None to
            go on.
        """
        now = self.clock()
        self._recent.append(now - self._last - self._validated)
        self._last, self._validated = now, 0.0
        self.timing = Timing(self._before + now - self._began, self.timing.validation)
        left = pace.updates_to(last, update)
        if not left or len(self._recent) < _FEWEST:
            return None
        validations = -(-left // validate_every)
        room = self.limit - self.timing.elapsed - self._ending()
        fitting = int((room - validations * self.timing.validation) / self._seconds_per_update())
        hastened = pace.stride > 1
        if fitting >= left and not (hastened and fitting > _MUCH_FASTER * left):
            return None
        changed = pace.reaching(last, after=update, updates=max(int(fitting * (1 - _MARGIN)), 1))
        return None if changed.stride == pace.stride else changed

    def _ending(self) -> float:
        return ending_seconds(self.limit, self.timing.validation, self.evaluated)

    def _seconds_per_update(self) -> float:
        counted = sorted(self._recent)[: max(len(self._recent) - _LEFT_OUT, 1)]
        return max(sum(counted) / len(counted), 1e-9)

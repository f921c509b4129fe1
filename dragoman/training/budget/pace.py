"""How fast a run goes through its schedule: one place with each update, or more where time grows short."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from dragoman.storage.json import JsonObject


@dataclass(frozen=True, slots=True)
class Pace:
    """Where each update stands in the schedule, which was planned with one update for each of its places.

    What depends on how far a run is (its learning rate) is a function of the place, so that a run which is made to go
    faster still goes through its whole schedule, to the last place.

    >>> hastened = Pace().reaching(100, after=60, updates=10)
    >>> [hastened.place(update) for update in (30, 60, 61, 65, 70)]
    [30, 60, 64.0, 80.0, 100.0]

    Attributes:
        since: number of updates that had been made when the pace changed.
        reached: place of the last of these.
        stride: places from one update to the next after that.
    """

    since: int = 0
    reached: float = 0.0
    stride: float = 1.0

    @property
    def is_planned(self) -> bool:
        """Whether each update has a place of its own, as was planned."""
        return self.since == 0 and self.stride == 1.0

    def place(self, update: int) -> float:
        """The place of an update in the schedule, at most the last one; equal to its number at the planned pace."""
        if self.is_planned:
            return update
        if update <= self.since:
            # Only after a rewind: what led here is not kept, and a straight line is close to it.
            return update if self.reached == self.since else self.reached * update / self.since
        return self.reached + (update - self.since) * self.stride

    def updates_to(self, last: int, update: int) -> int:
        """The updates after ``update`` until the place ``last`` is reached."""
        left = last - self.place(update)
        return max(-int(-(left - _ROUNDING) // self.stride), 0)

    def reaching(self, last: int, *, after: int, updates: int) -> Pace:
        """The pace that reaches the place ``last`` with so many updates after update ``after``."""
        reached = self.place(after)
        return Pace(after, reached, max((last - reached) / updates, 1.0))

    def to_dict(self) -> JsonObject:
        """The pace as JSON values."""
        return asdict(self)


_ROUNDING = 1e-6
"""Places by which a sum of strides may miss a whole number."""

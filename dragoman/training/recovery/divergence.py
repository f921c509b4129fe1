"""Detection of a loss that diverges while it stays finite."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import median, quantiles

from dragoman.storage.json import JsonObject

_SHORT, _ENOUGH, _LONG = 10, 50, 100
_SHORTEST = 3
_UNTRAINED, _STAYS = 5, 20
_ALARM, _DOUBT = 5.5, 3.0
_SHARE_OF_GAIN, _RISE = 0.1, 1.1
_LEAST = 1e-6
_TO_DEVIATION = 1.4826
"""The ratio of the standard deviation of a normal distribution to its median absolute deviation."""
_MEDIAN_ERROR = 1.2533
"""The ratio of the standard error of a median to that of a mean, for a normal distribution."""


@dataclass(slots=True)
class Divergence:
    """A watch over the losses of a run's updates, which raises an alarm when they diverge.

    >>> watch = Divergence()
    >>> any(watch.observe(5.0 * 0.98**update) for update in range(120))
    False
    >>> any(watch.observe(9.0) for _ in range(10))
    True

    Losses are compared by their logarithms, whose spread hardly depends on how far a run has come, and by medians,
    which a few wild batches do not move. The median of the last 10 is an alarm if all of these hold:

    - it is 5.5 of its standard errors above the lowest median of 100 so far, where the standard error follows from the
      spread of those 100 around their median (from the 50th to the 99th update, of all so far instead of 100);
    - it has lost more than a tenth of the gain from the first 10 losses to the lowest median;
    - it is more than 10 % above the lowest median, and above 95 of those 100 losses. Where batches are of two kinds,
      such as old and new examples of different lengths, the spread around the median is that of one kind alone, and
      some batches of the other kind in a row are no alarm.

    A run can blow up before it has learnt anything. So in the first 100 updates it is an alarm as well if three
    quarters of the last 20 losses are 10 % above the largest of the first 5. Not their means, because losses may depend
    on the lengths in a batch, as those of connectionist temporal classification do, and the first 5 may all be of short
    texts.

    Measured on 22 healthy runs of all kinds at toy size, of 500 to 3,000 updates: the largest rise was 4.9 standard
    errors. A hundredfold learning rate from update 201 on, in 17 runs: 6.1 or more, all found within 25 updates.

    Attributes:
        losses: the last 100 losses.
        seen: number of updates so far.
        untrained: the largest of the first 5 losses; None before there are 5.
        first: the median of the first 10 losses; None before there are 10.
        lowest: the lowest median of 100 losses so far.
        spread: standard deviation of the logarithms of those 100 losses, from their median absolute deviation.
        high: the loss that 95 of those 100 do not exceed; 0 in checkpoints of versions that did not keep it.
    """

    losses: list[float] = field(default_factory=list)
    seen: int = 0
    untrained: float | None = None
    first: float | None = None
    lowest: float = math.inf
    spread: float = 0.0
    high: float = 0.0

    def observe(self, loss: float) -> bool:
        """Take in the finite loss of an update, and tell whether there is an alarm."""
        self.losses = [*self.losses, loss][-_LONG:]
        self.seen += 1
        if self.seen == _UNTRAINED:
            self.untrained = max(self.losses)
        if self.seen == _SHORT:
            self.first = median(self.losses)
        if self.seen >= _ENOUGH and (middle := median(self.losses)) < self.lowest:
            self.lowest, self.spread = middle, _spread(self.losses)
            self.high = quantiles(self.losses, n=20, method="inclusive")[-1]
        return self._rises(_SHORT, _ALARM, _SHARE_OF_GAIN, _RISE) or self._rises_at_start()

    @property
    def doubtful(self) -> bool:
        """Whether the losses seem to rise, so that the weights may be harmed although there is no alarm yet: the median
        of the last 3, or of the last 10, is 3 standard errors above the lowest."""
        return any(self._rises(count, _DOUBT, _SHARE_OF_GAIN / 2, 1.0) for count in (_SHORTEST, _SHORT))

    def _rises(self, count: int, errors: float, share: float, rise: float) -> bool:
        if self.seen < _ENOUGH or self.first is None:
            return False
        now = median(self.losses[-count:])
        error = _MEDIAN_ERROR * self.spread / math.sqrt(count)
        return (
            _log(now) - _log(self.lowest) > errors * error
            and now - self.lowest > share * (self.first - self.lowest)
            and now > rise * max(self.lowest, self.high)
        )

    def _rises_at_start(self) -> bool:
        if self.untrained is None or not _UNTRAINED + _STAYS <= self.seen <= _LONG:
            return False
        lower, _, _ = quantiles(self.losses[-_STAYS:], n=4, method="inclusive")
        return lower > _RISE * self.untrained

    def to_dict(self) -> JsonObject:
        """The state as JSON values."""
        return {**asdict(self), "lowest": None if math.isinf(self.lowest) else self.lowest}

    @classmethod
    def from_dict(cls, saved: JsonObject) -> Divergence:
        """The inverse of :meth:`to_dict`."""
        return cls(**{**saved, "lowest": math.inf if saved["lowest"] is None else saved["lowest"]})


def _log(loss: float) -> float:
    return math.log(max(loss, _LEAST))


def _spread(losses: Sequence[float]) -> float:
    logarithms = [_log(loss) for loss in losses]
    middle = median(logarithms)
    return _TO_DEVIATION * median(abs(value - middle) for value in logarithms)

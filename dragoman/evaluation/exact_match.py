"""The share of outputs that equal their reference."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dragoman.evaluation.pairs import checked_pairs

NORMAL_QUANTILE = 1.959963984540054
"""The 97.5 % quantile of the normal distribution: two such tails leave 95 %."""


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole with its 95 % interval.

    Attributes:
        count: how many.
        total: of how many.
        value: ``count / total``, 0 to 1.
        low: lower end of the interval, 0 to 1.
        high: upper end of the interval, 0 to 1.
    """

    count: int
    total: int
    value: float
    low: float
    high: float


def matches(outputs: Sequence[str], references: Sequence[str]) -> list[bool]:
    """Whether each output equals its reference, character for character, white space at both ends aside."""
    return [output.strip() == reference.strip() for output, reference in zip(outputs, references, strict=True)]


def exact_match(outputs: Sequence[str], references: Sequence[str]) -> Share:
    """The share of exact matches with Wilson's interval.

    Raises:
        InputError: if the counts differ or there is no sentence.
    """
    equal = matches(*checked_pairs(outputs, references))
    return wilson_interval(sum(equal), len(equal))


def wilson_interval(count: int, total: int) -> Share:
    """Wilson's (1927) 95 % score interval: holds its level near 0 and 1, where the textbook interval does not.

    Args:
        count: successes, 0 to ``total``.
        total: trials, at least 1.
    """
    share, z = count / total, NORMAL_QUANTILE
    centre = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total)) / (1 + z * z / total)
    # At 0 and at `total` the formula gives exactly 0 and 1; rounding may miss them by the last bit.
    low = 0.0 if count == 0 else max(0.0, centre - half)
    high = 1.0 if count == total else min(1.0, centre + half)
    return Share(count, total, share, low, high)

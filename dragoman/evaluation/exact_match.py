"""The share of outputs that equal their reference."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dragoman.evaluation.pairs import checked_pairs

NORMAL_QUANTILE = 1.959963984540054
"""The 97.5 % quantile of the normal distribution, which leaves 95 % between two equal tails."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share of a whole with its 95 % interval.

    Attributes:
        count: number of cases that count.
        total: number of all cases.
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
    """Whether each output equals its reference, character for character, except for white space at both ends.

    >>> matches(["a cat ", "a dog"], ["a cat", "the dog"])
    [True, False]
    """
    return [output.strip() == reference.strip() for output, reference in zip(outputs, references, strict=True)]


def exact_match(outputs: Sequence[str], references: Sequence[str]) -> Share:
    """The share of exact matches with Wilson's interval.

    >>> exact_match(["a cat", "a dog"], ["a cat", "the dog"]).value
    0.5

    Raises:
        InputError: if the numbers of outputs and references differ, or there is none.
    """
    equal = matches(*checked_pairs(outputs, references))
    return wilson_interval(sum(equal), len(equal))


def wilson_interval(count: int, total: int) -> Share:
    """The share with Wilson's (1927) 95 % score interval, which keeps its level near 0 and 1, unlike the normal
    interval.

    >>> share = wilson_interval(9, 10)
    >>> round(share.low, 2), share.value, round(share.high, 2)
    (0.6, 0.9, 0.98)

    Args:
        count: number of successes, 0 to ``total``.
        total: number of trials, at least 1.
    """
    share, z = count / total, NORMAL_QUANTILE
    centre = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total)) / (1 + z * z / total)
    # At 0 and at `total` the formula gives exactly 0 and 1, which rounding may miss by the last bit.
    low = 0.0 if count == 0 else max(0.0, centre - half)
    high = 1.0 if count == total else min(1.0, centre + half)
    return Share(count, total, share, low, high)

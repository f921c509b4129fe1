"""Numbers that one side has and the other does not."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

_DIGIT = re.compile(r"\d")
_LEAST_SHARE = 0.5


def differs_in_numbers(source: str, target: str) -> bool:
    """Both sides have digits other than 0, and fewer than half of them agree, in whatever order.

    Single digits are compared, so that 1,000.5 equals 1 000,5; zeros are left out, as 9 a.m. may be 09:00. A side
    without digits may have its numbers in words and passes. (The non-zero numerals score of OpusFilter,
    Aulamo et al. 2020, as a share of common digits.)
    """
    left, right = _DIGIT.findall(source), _DIGIT.findall(target)
    if not left or not right or left == right:
        return False
    numbers, others = _numerals(left), _numerals(right)
    if not numbers or not others:
        return False
    return (numbers & others).total() < _LEAST_SHARE * max(numbers.total(), others.total())


def _numerals(digits: list[str]) -> Counter[int]:
    """How often each digit from 1 to 9 occurs, whatever its script."""
    counts = Counter(unicodedata.digit(digit, 0) for digit in digits)
    del counts[0]
    return counts

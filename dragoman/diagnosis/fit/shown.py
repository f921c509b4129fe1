"""Numbers as reports write them."""

from __future__ import annotations

import math


def loss_text(value: float, error: float | None = None) -> str:
    """A loss, or a difference of losses, to three digits behind the point, or more where it is small; with its standard
    error if there is one."""
    if not math.isfinite(value):
        return "not finite"
    smallest = min((abs(part) for part in (value, error) if part), default=1.0)
    digits = 3 if smallest >= 0.01 else min(1 - math.floor(math.log10(smallest)), 6)
    return signed(f"{value:.{digits}f}") + (f" ± {error:.{digits}f}" if error is not None else "")


def percent_text(share: float) -> str:
    """A share as per cent."""
    return signed(f"{100 * share:.1f} %")


def signed(number: str) -> str:
    """With a minus sign in the place of a hyphen, and 0 without any."""
    return number.lstrip("-") if not any(digit in number for digit in "123456789") else number.replace("-", "−")

"""Numbers of options. Limits of a range do not catch what is not a number."""

from __future__ import annotations

import math

import typer


def finite(value: float | None) -> float | None:
    """The value, as the callback of an option.

    Raises:
        typer.BadParameter: if it is infinite or not a number.
    """
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter(f"{value} is not a finite number.")
    return value

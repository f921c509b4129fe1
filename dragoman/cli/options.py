"""Options that several commands have."""

from __future__ import annotations

import math
from typing import Annotated

import typer


def finite(value: float | None) -> float | None:
    """The value, as the callback of an option.

    Raises:
        typer.BadParameter: if it is infinite or not a number.
    """
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter(f"{value} is not a finite number.")
    return value


Device = Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")]
"""Where a model computes."""

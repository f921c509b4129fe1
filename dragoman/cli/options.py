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


Beam = Annotated[int | None, typer.Option(min=1, max=1000, help="Beam width; 1 is greedy. By default the recipe's.")]
"""Hypotheses of a search."""

Device = Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")]
"""Where a model computes."""

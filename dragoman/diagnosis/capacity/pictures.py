"""The two textbook curves, for the user's own data: error over model complexity and error over data size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dragoman.diagnosis.capacity.cell import Cell
from dragoman.diagnosis.fit.learning_curve import LearningCurve
from dragoman.diagnosis.fit.pictures import add_data_curve, finish_data_axis
from dragoman.optional import plots
from dragoman.reports.figure import (
    BLUE,
    COLOURS,
    LABEL_SIZE,
    VERMILLION,
    YELLOW,
    add_grid,
    legend_above,
    new_figure,
    png,
)

_SIZE = (9.0, 4.6)
_GREY = "#8C8C8C"


def draw_complexity(cells: Sequence[Cell], baseline: float, unit: str) -> bytes:
    """Training and validation loss over the number of parameters.

    Args:
        cells: cells trained on one size of the training set, ordered by number of parameters.
        baseline: E_0, the loss of a constant prediction.
        unit: unit of the losses.
    """
    figure = new_figure(_SIZE, f"Error over complexity, {cells[0].examples:,} training examples")
    axes = figure.subplots()
    sizes = [cell.parameters for cell in cells]
    style: dict[str, Any] = {"linewidth": 1.8, "markersize": 5, "capsize": 3}
    errors = [2 * (cell.validation_error or 0.0) for cell in cells]
    label = "validation (± 2 standard errors)"
    axes.errorbar(sizes, [c.validation for c in cells], errors, color=VERMILLION, marker="o", label=label, **style)
    known = [cell for cell in cells if cell.training is not None]
    if known:
        losses = [cell.training or 0.0 for cell in known]
        errors = [2 * (cell.training_error or 0.0) for cell in known]
        places = [cell.parameters for cell in known]
        axes.errorbar(places, losses, errors, color=BLUE, marker="s", label="training probe", **style)
    best = min(cells, key=lambda cell: cell.validation)
    star: dict[str, Any] = {"marker": "*", "markersize": 15, "markeredgecolor": "black", "markerfacecolor": YELLOW}
    lowest = f"lowest: {best.validation:.3f}, width × {best.width:g}"
    axes.plot([best.parameters], [best.validation], linestyle="none", zorder=5, label=lowest, **star)
    axes.axhline(baseline, color=_GREY, linestyle="--", linewidth=1.4, label="E_0: input not looked at")
    axes.set_xscale("log")
    axes.set_xticks(sizes)
    axes.xaxis.set_major_formatter(plots.FuncFormatter(lambda x, _: _count(float(x))))
    axes.xaxis.set_minor_locator(plots.NullLocator())
    axes.set_xlabel("parameters", fontsize=LABEL_SIZE)
    axes.set_ylabel(unit, fontsize=LABEL_SIZE)
    axes.set_ylim(bottom=0)
    add_grid(axes)
    legend_above(axes)
    return png(figure)


def draw_data(curves: Mapping[float, LearningCurve], unit: str) -> bytes:
    """Validation loss over the size of the training set, with the power law of each width.

    Args:
        curves: fitted learning curve for each width factor.
        unit: unit of the losses.
    """
    figure = new_figure(_SIZE, "Error over data")
    axes = figure.subplots()
    for colour, (width, curve) in zip(COLOURS, curves.items(), strict=False):
        add_data_curve(axes, curve, colour, f"width × {width:g}")
    axes.set_ylabel(f"validation loss, {unit}", fontsize=LABEL_SIZE)
    finish_data_axis(axes, [point.examples for curve in curves.values() for point in curve.points])
    add_grid(axes)
    legend_above(axes)
    return png(figure)


def _count(number: float) -> str:
    if number >= 1e6:
        return f"{number / 1e6:.3g} M"
    return f"{number / 1e3:.3g} k" if number >= 1e3 else f"{number:.0f}"

"""The picture of an adaptation: each measure before and after, on the new and on the old held-out examples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dragoman.adaptation.report import AdaptationReport, Side, change_of
from dragoman.optional import plots
from dragoman.reports.figure import BLUE, LABEL_SIZE, SMALL_SIZE, VERMILLION, add_grid, new_figure, plain, png
from dragoman.storage.output import write_output

_COLOURS = {"new": VERMILLION, "old": BLUE}


def draw_adaptation(report: AdaptationReport, path: Path) -> None:
    """Draw an arrow from before to after for each measure and side, with the change and its interval, as a PNG file.

    Args:
        report: the results.
        path: the file to write.
    """
    measures = list(dict.fromkeys(gap.metric for side in report.sides for gap in side.differences))
    rows = -(-len(measures) // 2)
    title = f"{report.model}, adapted from {report.parent} (hollow: before; full: after; change with its 95 % interval)"
    figure = new_figure((10.5, 1.2 + (0.9 + 0.55 * len(report.sides)) * rows))
    figure.suptitle(title, fontsize=LABEL_SIZE, parse_math=False)
    panels = figure.subplots(rows, min(2, len(measures)), squeeze=False).flatten()
    for axes, measure in zip(panels, measures, strict=False):
        _draw(axes, report.sides, measure)
        axes.set_title(plain(measure), fontsize=LABEL_SIZE, loc="left")
    for axes in panels[len(measures) :]:
        axes.set_visible(False)
    write_output(path, png(figure))


def _draw(axes: plots.Axes, sides: tuple[Side, ...], measure: str) -> None:
    """One measure: a line for each side that has it, from a hollow point before to a full one after."""
    found = [(side, gap) for side in sides for gap in side.differences if gap.metric == measure]
    values = [value for _, gap in found for value in (gap.first, gap.second)]
    least, most = min(values), max(values)
    width = (most - least) or 1.0
    for row, (side, gap) in enumerate(found):
        colour = _COLOURS[side.name]
        axes.plot([gap.first, gap.second], [row, row], color=colour, linewidth=2)
        axes.plot([gap.first], [row], marker="o", markersize=8, color=colour, markerfacecolor="white")
        axes.plot([gap.second], [row], marker="o", markersize=8, color=colour)
        # Near an end of the axis the text would leave it.
        middle = min(max((gap.first + gap.second) / 2, least + 0.15 * width), most - 0.15 * width)
        place: dict[str, Any] = {"xytext": (0, 8), "textcoords": "offset points", "ha": "center"}
        axes.annotate(change_of(gap), (middle, row), fontsize=SMALL_SIZE, **place)
    axes.set_yticks(range(len(found)), [side.name for side, _ in found], fontsize=LABEL_SIZE)
    axes.set_ylim(len(found) - 0.5, -0.7)
    axes.set_xlim(least - 0.2 * width, most + 0.2 * width)
    axes.tick_params(labelsize=SMALL_SIZE)
    add_grid(axes)

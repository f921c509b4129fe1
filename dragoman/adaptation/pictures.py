"""The picture of an adaptation: each measure before and after, on the new and on the old held-out examples."""

from __future__ import annotations

from pathlib import Path

from dragoman.adaptation.report import AdaptationReport, Side
from dragoman.optional import plots
from dragoman.reports.figure import BLUE, LABEL_SIZE, SMALL_SIZE, VERMILLION, add_grid, new_figure, plain, png
from dragoman.reports.text import signed
from dragoman.storage.output import write_output

_COLOURS = {"new": VERMILLION, "old": BLUE}


def draw_adaptation(report: AdaptationReport, path: Path) -> None:
    """Draw an arrow from before to after for each measure and side, with the change and its interval, as a PNG file.

    Args:
        report: the results.
        path: the file to write.
    """
    measures = [gap.metric for gap in report.new.differences]
    rows = -(-len(measures) // 2)
    title = f"{report.model}, adapted from {report.parent}"
    figure = new_figure((10.5, 1.2 + (0.9 + 0.55 * len(report.sides)) * rows), title)
    panels = figure.subplots(rows, min(2, len(measures)), squeeze=False).flatten()
    for place, (axes, measure) in enumerate(zip(panels, measures, strict=False)):
        _draw(axes, report.sides, place)
        axes.set_title(plain(measure), fontsize=LABEL_SIZE, loc="left")
    for axes in panels[len(measures) :]:
        axes.set_visible(False)
    write_output(path, png(figure))


def _draw(axes: plots.Axes, sides: tuple[Side, ...], place: int) -> None:
    """One measure: a line for each side, from a hollow point before to a full one after."""
    found = [(side, side.differences[place]) for side in sides if place < len(side.differences)]
    values = [value for _, gap in found for value in (gap.first, gap.second)]
    room = 0.08 * (max(values) - min(values) or 1.0)
    for row, (side, gap) in enumerate(found):
        colour = _COLOURS[side.name]
        axes.plot([gap.first, gap.second], [row, row], color=colour, linewidth=2)
        axes.plot([gap.first], [row], marker="o", markersize=8, color=colour, markerfacecolor="white")
        axes.plot([gap.second], [row], marker="o", markersize=8, color=colour)
        sign = "+" if gap.difference > 0 else ""
        digits = 3 if max(abs(gap.first), abs(gap.second)) < 10 else 1
        change = sign + signed(f"{gap.difference:.{digits}f}")
        low, high = signed(f"{gap.low:.{digits}f}"), signed(f"{gap.high:.{digits}f}")
        axes.annotate(
            f"{change} ({low} to {high})",
            ((gap.first + gap.second) / 2, row),
            xytext=(0, 8),
            textcoords="offset points",
            ha="center",
            fontsize=SMALL_SIZE,
        )
    axes.set_yticks(range(len(found)), [side.name for side, _ in found], fontsize=LABEL_SIZE)
    axes.set_ylim(len(found) - 0.5, -0.7)
    axes.set_xlim(min(values) - 2 * room, max(values) + 2 * room)
    axes.tick_params(labelsize=SMALL_SIZE)
    add_grid(axes)

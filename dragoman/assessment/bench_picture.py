"""The picture of how fast a model is with each engine."""

from __future__ import annotations

from pathlib import Path

from dragoman.assessment.speeds import Bench
from dragoman.reports.figure import BLUE, LABEL_SIZE, SMALL_SIZE, VERMILLION, add_grid, new_figure, png
from dragoman.storage.output import write_output


def draw_bench(found: Bench, path: Path) -> None:
    """Draw the speed of each engine as a PNG file, which is written as a whole or not at all.

    Args:
        found: the speeds.
        path: the file to write.
    """
    names = [f"{one.engine}, {one.settings}" for one in found.speeds]
    figure = new_figure((11.5, 1.9 + 0.42 * len(names)), found.headline)
    rates, calls = figure.subplots(1, 2, sharey=True)
    panels = (
        (rates, [one.rate for one in found.speeds], "inputs a second, many together", BLUE),
        (calls, [one.median for one in found.speeds], "milliseconds of one a call (line: 99 of 100)", VERMILLION),
    )
    for axes, values, label, colour in panels:
        axes.barh(range(len(values)), values, color=colour)
        axes.set_xlabel(label, fontsize=LABEL_SIZE)
        axes.tick_params(labelsize=SMALL_SIZE)
        add_grid(axes)
    slowest = [one.slowest for one in found.speeds]
    calls.hlines(range(len(slowest)), [one.median for one in found.speeds], slowest, color="#444444", linewidth=1.2)
    for axes, ends, texts in (
        (rates, [one.rate for one in found.speeds], [f"{one.rate:,.0f}" for one in found.speeds]),
        (calls, slowest, [f"{one.median:.2f}" for one in found.speeds]),
    ):
        axes.set_xlim(0, 1.2 * max(ends))
        for row, (end, text) in enumerate(zip(ends, texts, strict=True)):
            place = (end, row)
            axes.annotate(text, place, xytext=(4, 0), textcoords="offset points", va="center", fontsize=SMALL_SIZE)
    rates.set_yticks(range(len(names)), names, fontsize=LABEL_SIZE)
    rates.invert_yaxis()
    write_output(path, png(figure))

"""The picture of a search report: what each search misses, what is too short, and how good the outputs are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dragoman.evaluation.exact_match import Share
from dragoman.evaluation.search_report import SearchReport
from dragoman.optional import plots
from dragoman.reports.figure import BLUE, LABEL_SIZE, SMALL_SIZE, VERMILLION, YELLOW, add_grid, new_figure, png
from dragoman.storage.output import write_output


def draw_search_report(report: SearchReport, path: Path, title: str) -> None:
    """Draw a search report as a PNG file, which is written as a whole or not at all.

    Args:
        report: the report.
        path: the file to write.
        title: text above the picture, such as the model's name.
    """
    names = [search.name for search in report.searches]
    figure = new_figure((12.5, 1.9 + 0.42 * len(names)), title)
    missed, short, quality = figure.subplots(1, 3, sharey=True)
    _draw_missed(missed, report)
    _draw_short(short, report)
    _draw_quality(quality, report)
    missed.set_yticks(range(len(names)), names, fontsize=LABEL_SIZE)
    missed.invert_yaxis()
    write_output(path, png(figure))


def _draw_missed(axes: plots.Axes, report: SearchReport) -> None:
    shares = [search.missed for search in report.searches]
    values = [0.0 if share is None else 100 * share.value for share in shares]
    axes.barh(range(len(values)), values, color=BLUE, xerr=_intervals(shares), ecolor="#444444", capsize=2)
    _finish(axes, f"missed the best, % of {report.proved.count:,} proved", 100)
    _write_values(axes, [f"{value:.1f}" for value in values], [share.high * 100 if share else 0 for share in shares])


def _draw_short(axes: plots.Axes, report: SearchReport) -> None:
    empty = [100 * search.empty.value for search in report.searches]
    short = [100 * search.short.value for search in report.searches]
    rows = range(len(empty))
    axes.barh(rows, short, color=YELLOW, label="less than half of the reference")
    axes.barh(rows, empty, color=VERMILLION, label="empty")
    axes.legend(frameon=False, fontsize=SMALL_SIZE, loc="upper right")
    _finish(axes, f"too short, % of {report.examples:,} outputs", max(10.0, 1.3 * max(short)))
    _write_values(axes, [f"{value:.1f}" for value in short], short)


def _draw_quality(axes: plots.Axes, report: SearchReport) -> None:
    estimates = [search.quality[0] for search in report.searches]
    values = [estimate.value for estimate in estimates]
    ends = np.array([[e.value - e.low for e in estimates], [e.high - e.value for e in estimates]])
    axes.barh(range(len(values)), values, color=BLUE, xerr=np.maximum(ends, 0), ecolor="#444444", capsize=2)
    highs = [estimate.high for estimate in estimates]
    _finish(axes, f"{estimates[0].metric}, with its 95 % interval", max(1.0, 1.2 * max(highs)))
    _write_values(axes, [f"{value:.1f}" for value in values], highs)


def _intervals(shares: Sequence[Share | None]) -> np.ndarray:
    ends = [(0.0, 0.0) if share is None else (share.value - share.low, share.high - share.value) for share in shares]
    return 100 * np.maximum(np.array(ends).T, 0)


def _finish(axes: plots.Axes, label: str, most: float) -> None:
    axes.set_xlim(0, most)
    axes.set_xlabel(label, fontsize=LABEL_SIZE)
    add_grid(axes)
    axes.tick_params(labelsize=SMALL_SIZE)


def _write_values(axes: plots.Axes, texts: Sequence[str], places: Sequence[float]) -> None:
    """Write each value behind its bar."""
    for row, (text, place) in enumerate(zip(texts, places, strict=True)):
        axes.annotate(text, (place, row), xytext=(4, 0), textcoords="offset points", va="center", fontsize=SMALL_SIZE)

"""The pictures of a comparison."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from dragoman.comparison.report import ComparisonReport, Point
from dragoman.optional import plots
from dragoman.reports.figure import COLOURS, LABEL_SIZE, SMALL_SIZE, add_grid, new_figure, panels_below, plain, png
from dragoman.storage.output import write_output

_STYLES = ("-", "--", ":", "-.")
_LABEL = 44
"""Most letters of an axis label on one line."""
_FAR_APART = 20
_MILLIONS_FROM, _THOUSANDS_FROM = 500_000, 5_000


def draw_curves(report: ComparisonReport, path: Path) -> None:
    """Draw validation loss, and the score where there is one, over the amount of training."""
    scored = report.score_differs_from_loss
    figure, panels = _figure(2 if scored else 1)
    lines: list[tuple[str, Callable[[Point], float | None]]] = [
        (_wrapped(f"validation loss: {report.loss}"), lambda point: point.loss)
    ]
    if scored:
        lines.append((_score(report), lambda point: point.score))
    many, scale = _scale(max(row.tokens for row in report.rows))
    for axes, (label, value) in zip(panels, lines, strict=True):
        _draw_lines(axes, report, lambda point: point.tokens / scale, value)
        axes.set_xlabel(f"{many}{report.unit} trained on", fontsize=LABEL_SIZE)
        axes.set_ylabel(label, fontsize=LABEL_SIZE)
    if scored:
        _spread(panels[-1], report)
    _finish(figure, panels, path)


def draw_quality_over_time(report: ComparisonReport, path: Path) -> None:
    """Draw the score over minutes of training; at the end of each curve stands the quality on the test set with its
    interval."""
    figure, (axes,) = _figure(1)
    _draw_lines(axes, report, lambda point: point.minutes, lambda point: point.score)
    for number, row in enumerate(report.rows):
        quality = row.measures.quality
        if report.score_differs_from_loss:
            below, above = quality.value - quality.low, quality.high - quality.value
            place: dict[str, Any] = {"color": _colour(number), "marker": "D", "markersize": 6, "capsize": 3}
            axes.errorbar([row.minutes], [quality.value], [[below], [above]], linestyle="none", **place)
    _spread(axes, report)
    axes.set_xlabel("minutes of training", fontsize=LABEL_SIZE)
    metric, split = report.rows[0].measures.quality.metric, report.split.split(",")[0]
    diamonds = f"; diamonds: {metric} on the {split}, with its 95 % interval"
    axes.set_ylabel(_score(report), fontsize=LABEL_SIZE)
    axes.set_title(report.score + (diamonds if report.score_differs_from_loss else ""), fontsize=10)
    _finish(figure, [axes], path)


def _spread(axes: plots.Axes, report: ComparisonReport) -> None:
    """Scale the axis so that differences between small errors show beside large ones, such as those of the first
    validation."""
    values = [point.score for row in report.rows for point in row.curve if point.score is not None]
    if report.score_differs_from_loss and not report.higher_is_better and max(values) > _FAR_APART * min(values) > 0:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(plots.LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(plots.StrMethodFormatter("{x:g}"))
        axes.yaxis.set_minor_formatter(plots.NullFormatter())


def _score(report: ComparisonReport) -> str:
    """A label with the score and the direction in which it is better."""
    return _wrapped(f"{report.score} ({'higher' if report.higher_is_better else 'lower'} is better)")


def _wrapped(label: str) -> str:
    return textwrap.fill(label, _LABEL)


def _scale(most: int) -> tuple[str, float]:
    """The unit of a count, and its size."""
    if most >= _MILLIONS_FROM:
        return "million ", 1e6
    return ("thousand ", 1e3) if most >= _THOUSANDS_FROM else ("", 1.0)


def _figure(panels: int) -> tuple[plots.Figure, list[plots.Axes]]:
    figure = new_figure((9.5, 4.4 * panels))
    return figure, panels_below(figure, [1.0] * panels)


def _draw_lines(
    axes: plots.Axes, report: ComparisonReport, across: Callable[[Point], float], up: Callable[[Point], float | None]
) -> None:
    for number, row in enumerate(report.rows):
        points = [(across(point), value) for point in row.curve if (value := up(point)) is not None]
        style: dict[str, Any] = {"color": _colour(number), "linestyle": _STYLES[number // len(COLOURS) % len(_STYLES)]}
        xs, ys = [x for x, _ in points], [y for _, y in points]
        axes.plot(xs, ys, marker="o", markersize=3, linewidth=1.8, label=plain(row.name), **style)


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]


def _finish(figure: plots.Figure, panels: Sequence[plots.Axes], path: Path) -> None:
    for axes in panels:
        add_grid(axes)
        axes.xaxis.set_major_formatter(plots.StrMethodFormatter("{x:g}"))
    panels[0].legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False, fontsize=SMALL_SIZE, title="best first")
    write_output(path, png(figure))

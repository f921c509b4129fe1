"""The pictures of an evaluation: confused classes, calibration, and errors of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from dragoman.errors import InputError
from dragoman.evaluation.calibration import ReliabilityBin
from dragoman.evaluation.classification_report import ClassificationReport
from dragoman.optional import plots
from dragoman.reports.figure import BLUE, VERMILLION, add_grid, legend_above, new_figure, png
from dragoman.storage.output import write_output

_MOST_CLASSES = 40
_MOST_WITH_NUMBERS = 12
_LONGEST_NAME = 18
_BARS = 30
_MOST_DOTS = 20_000


def draw_confusion(report: ClassificationReport, path: Path, title: str) -> None:
    """Draw the confusion matrix as a PNG file, which is written as a whole or not at all.

    Each row of the heat map is a true class and adds up to 100 %. Of more than 40 classes, the 40 confused most are
    shown. Where there are probabilities, a reliability diagram stands beside it.

    Args:
        report: report on the labels.
        path: the file to write.
        title: text above the picture.
    """
    classes = len(report.classes)
    shown = _most_confused(report.confusion)
    side = min(12.0, 3.0 + max(2.4, 0.55 * len(shown) if len(shown) <= _MOST_WITH_NUMBERS else 0.22 * len(shown)))
    calibrated = bool(report.reliability)
    widths = [side, 4.6] if calibrated else [side]
    figure = new_figure((sum(widths), max(side - 0.6, 4.4)), title)
    panels = figure.subplots(1, len(widths), squeeze=False, width_ratios=widths)[0]
    _draw_matrix(panels[0], report.confusion, shown, [part.name for part in report.classes])
    if classes > len(shown):
        panels[0].set_title(f"the {len(shown)} most confused of {classes:,} classes", fontsize=11)
    if calibrated:
        _draw_reliability(panels[1], report.reliability, report.calibration_error or 0.0)
    write_output(path, png(figure))


def draw_predictions(predicted: Float[np.ndarray, " n"], true: Float[np.ndarray, " n"], path: Path, title: str) -> None:
    """Draw predicted over true numbers, and the histogram of their differences, as a PNG file.

    Args:
        predicted: predicted number of each example.
        true: the true number of each example.
        path: the file to write, as a whole or not at all.
        title: text above the picture.

    Raises:
        InputError: if there is no example.
    """
    if not len(true):
        raise InputError("there is no estimate to draw", remedy="evaluate at least one example.")
    figure = new_figure((10.5, 5.0), title)
    left, right = figure.subplots(1, 2)
    ends = [float(min(true.min(), predicted.min())), float(max(true.max(), predicted.max()))]
    every = -(-len(true) // _MOST_DOTS)
    opacity = float(np.clip(30 / np.sqrt(len(true) / every), 0.08, 0.7))
    left.plot(ends, ends, color="black", linewidth=1, linestyle="--", label="estimate = true number")
    style: dict[str, Any] = {"marker": "o", "markersize": 3.5, "markeredgewidth": 0, "color": BLUE, "alpha": opacity}
    label = f"one of every {every} examples" if every > 1 else "example"
    left.plot(true[::every], predicted[::every], linestyle="none", label=label, **style)
    left.set_xlabel("true number", fontsize=11)
    left.set_ylabel("estimate", fontsize=11)
    legend_above(left, columns=1)
    left.set_aspect("equal", adjustable="datalim")
    residuals = predicted.astype(np.float64) - true.astype(np.float64)
    right.hist(residuals, bins=min(_BARS, 1 + len(true)), color=BLUE, edgecolor="white", linewidth=0.5)
    right.axvline(0, color="black", linewidth=1, linestyle="--")
    right.axvline(float(residuals.mean()), color=VERMILLION, linewidth=1.8, label=f"mean {residuals.mean():+.3g}")
    right.set_xlabel("estimate less true number", fontsize=11)
    right.set_ylabel("examples", fontsize=11)
    right.yaxis.set_major_locator(plots.MaxNLocator(integer=True))
    legend_above(right, columns=1)
    for panel in (left, right):
        add_grid(panel)
    write_output(path, png(figure))


def _most_confused(confusion: Int[np.ndarray, "K K"]) -> Int[np.ndarray, " k"]:
    """Classes in order of their numbers: all, or those that are confused most often."""
    if len(confusion) <= _MOST_CLASSES:
        return np.arange(len(confusion))
    mistakes = confusion.sum(axis=0) + confusion.sum(axis=1) - 2 * np.diag(confusion)
    return np.sort(np.argsort(-mistakes, kind="stable")[:_MOST_CLASSES])


def _draw_matrix(
    axes: plots.Axes, confusion: Int[np.ndarray, "K K"], shown: Int[np.ndarray, " k"], names: Sequence[str]
) -> None:
    counts = confusion[np.ix_(shown, shown)]
    shares = counts / np.maximum(confusion.sum(axis=1)[shown, None], 1)
    # The root makes rare mistakes visible beside what is right.
    image = axes.imshow(100 * shares, cmap="Blues", norm=plots.PowerNorm(0.5, 0, 100), interpolation="nearest")
    labels = [_drawable(names[number], number) for number in shown.tolist()]
    few = len(shown) <= _MOST_WITH_NUMBERS
    size = 10 if few else 7.5
    turn: dict[str, Any] = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"} if few else {"rotation": 90}
    if max(map(len, labels)) <= 3:
        turn = {}
    ticks = range(len(shown))
    for text in [
        *axes.set_xticks(ticks, labels, fontsize=size, **turn),
        *axes.set_yticks(ticks, labels, fontsize=size),
    ]:
        for label in (text.label1, text.label2):
            label.set_parse_math(False)
    axes.set_xlabel("predicted class", fontsize=11)
    axes.set_ylabel("true class", fontsize=11)
    if few:
        for row, column in np.argwhere(counts > 0).tolist():
            colour = "white" if shares[row, column] > 0.4 else "black"
            place: dict[str, Any] = {"ha": "center", "va": "center", "color": colour}
            axes.text(column, row, f"{counts[row, column]:,}", fontsize=9.5, **place)
    bar = axes.figure.colorbar(image, ax=axes, fraction=0.045, pad=0.02, ticks=[0, 1, 5, 10, 20, 40, 60, 80, 100])
    bar.set_label("% of the true class", fontsize=10)


def _draw_reliability(axes: plots.Axes, bins: Sequence[ReliabilityBin], error: float) -> None:
    axes.plot([0, 100], [0, 100], color="black", linewidth=1, linestyle="--", label="honest")
    places = [50 * (part.low + part.high) for part in bins]
    heights = [100 * part.accuracy for part in bins]
    widths = [94 * (part.high - part.low) for part in bins]
    axes.bar(places, heights, widths, color=BLUE, label=f"right (calibration error {100 * error:.1f} %)")
    total = sum(part.examples for part in bins)
    shares = [100 * part.examples / total for part in bins]
    axes.hlines(
        shares,
        [100 * part.low for part in bins],
        [100 * part.high for part in bins],
        color=VERMILLION,
        linewidth=2.2,
        label="share of the examples",
    )
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 100)
    axes.set_xlabel("confidence, %", fontsize=11)
    axes.set_ylabel("%", fontsize=11)
    axes.set_box_aspect(1)
    add_grid(axes)
    legend_above(axes, columns=1)


def _drawable(name: str, number: int) -> str:
    """The label of a class on an axis: its name, or its number where the font lacks a character."""
    known = plots.get_font(plots.findfont("DejaVu Sans")).get_charmap()
    if not name or any(ord(character) not in known for character in name):
        return f"no. {number}"
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"

"""The pictures of a diagnosis of shift."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dragoman.diagnosis.shift.findings import ClassShift, Distributions, Findings
from dragoman.diagnosis.shift.verdict import Verdict
from dragoman.optional import plots
from dragoman.reports.figure import (
    BLUE,
    LABEL_SIZE,
    SMALL_SIZE,
    VERMILLION,
    add_grid,
    legend_above,
    new_figure,
    plain,
    png,
)

_WIDTH = 9.0
_GREY = "#8C8C8C"
_ACROSS = 3
_BINS = 30
_MOST_CLASSES = 20
_LEAST = 5e-4


def draw_distributions(features: Sequence[Distributions]) -> bytes:
    """The distributions of features in the old and the new examples, a panel for each of at least one feature."""
    rows = -(-len(features) // _ACROSS)
    figure = new_figure((_WIDTH, 0.7 + 2.3 * rows), "Features that differ most")
    panels = figure.subplots(rows, _ACROSS, squeeze=False).flat
    for axes, feature in zip(panels, features, strict=False):
        edges = _edges(feature)
        for values, colour, name in ((feature.old, BLUE, "old"), (feature.new, VERMILLION, "new")):
            shares = np.histogram(np.clip(values, edges[0], edges[-1]), edges)[0] / len(values)
            axes.stairs(100 * shares, edges, color=colour, fill=True, alpha=0.25)
            axes.stairs(100 * shares, edges, color=colour, linewidth=1.6, label=name)
        axes.set_title(plain(feature.name), fontsize=SMALL_SIZE)
        axes.tick_params(labelsize=SMALL_SIZE)
        axes.yaxis.set_major_formatter(plots.StrMethodFormatter("{x:g} %"))
        axes.xaxis.set_major_locator(plots.MaxNLocator(4))
        add_grid(axes)
    for axes in list(panels):
        axes.set_visible(False)
    handles, names = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=2, frameon=False, fontsize=LABEL_SIZE)
    return png(figure)


def draw_shares(classes: ClassShift) -> bytes:
    """The shares of at least one class, old and new with its 95 % interval; those that differ most, if there are
    many."""
    shown = sorted(classes.shares, key=lambda share: -abs(share.new - share.old))[:_MOST_CLASSES]
    shown = [share for share in classes.shares if share in shown]
    figure = new_figure((_WIDTH, 1.4 + 0.5 * len(shown)), f"Shares of the {classes.kind}")
    axes = figure.subplots()
    places = np.arange(len(shown))
    errors = [
        [100 * max(share.new - share.low, 0.0) for share in shown],
        [100 * max(share.high - share.new, 0.0) for share in shown],
    ]
    axes.barh(places - 0.2, [100 * share.old for share in shown], 0.36, color=BLUE, label="old")
    axes.barh(
        places + 0.2,
        [100 * share.new for share in shown],
        0.36,
        color=VERMILLION,
        label="new (with its 95 % interval)",
        xerr=errors,
        error_kw={"capsize": 3, "linewidth": 1.2},
    )
    axes.set_yticks(places, [plain(share.name) for share in shown], fontsize=LABEL_SIZE)
    axes.invert_yaxis()
    axes.xaxis.set_major_formatter(plots.StrMethodFormatter("{x:g} %"))
    axes.set_xlabel("share of the examples", fontsize=LABEL_SIZE)
    axes.set_xlim(left=0)
    axes.tick_params(axis="x", labelsize=SMALL_SIZE)
    add_grid(axes)
    legend_above(axes)
    return png(figure)


def draw_p_values(verdict: Verdict, findings: Findings) -> bytes:
    """The p-value of each question with the level that it was compared with, and of each test of the inputs."""
    rows = [(answer.question.value, answer.p_value, answer.level) for answer in verdict.answers]
    tests = [(f"test of the inputs: {name}", p, None) for name, p in findings.inputs.tests.items()]
    every = [*rows, *tests]
    figure = new_figure((_WIDTH, 1.5 + 0.42 * len(every)), "p-values")
    axes = figure.subplots()
    for place, (_, p_value, level) in enumerate(every):
        style: dict[str, Any] = {"marker": "o", "linestyle": "none", "markersize": 8}
        colour = _GREY if level is None else VERMILLION if p_value <= level else BLUE
        axes.plot([max(p_value, _LEAST)], [place], color=colour, **style)
        if level is not None:
            axes.plot([level, level], [place - 0.35, place + 0.35], color="black", linewidth=1.6)
    axes.plot([], [], color="black", linewidth=1.6, label="level: left of it, the answer is yes")
    axes.set_yticks(range(len(every)), [name for name, *_ in every], fontsize=SMALL_SIZE)
    axes.set_ylim(len(every) - 0.5, -0.5)
    axes.set_xscale("log")
    axes.set_xlim(_LEAST * 0.8, 1.2)
    ticks = [0.001, 0.01, 0.05, 0.1, 0.5, 1.0]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks], fontsize=SMALL_SIZE)
    axes.xaxis.set_minor_locator(plots.NullLocator())
    axes.set_xlabel("p-value", fontsize=LABEL_SIZE)
    add_grid(axes)
    legend_above(axes, columns=1)
    return png(figure)


def _edges(feature: Distributions) -> np.ndarray:
    """The edges of the bins: between the 0.5 and the 99.5 % quantile of both samples, whole numbers if all values
    are."""
    pooled = np.concatenate([feature.old, feature.new]).astype(np.float64)
    low, high = np.quantile(pooled, [0.005, 0.995])
    if high <= low:
        low, high = float(pooled.min()), float(pooled.max())
    if high <= low:
        return np.array([low - 0.5, low + 0.5])
    if (pooled == pooled.round()).all():
        step = max(round((high - low) / _BINS), 1)
        return np.arange(low - 0.5, high + step + 0.5, step)
    return np.linspace(low, high, _BINS + 1)

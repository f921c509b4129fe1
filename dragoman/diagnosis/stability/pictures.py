"""The pictures of a diagnosis of stability: over depth, over time steps, over updates."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from dragoman.diagnosis.stability.places import activation_by_block, gradient_by_block, short_label
from dragoman.diagnosis.stability.read import StabilityEvidence
from dragoman.optional import plots
from dragoman.reports.figure import (
    BLUE,
    COLOURS,
    GREEN,
    LABEL_SIZE,
    PURPLE,
    VERMILLION,
    add_grid,
    drawing,
    legend_above,
    new_figure,
    panels_below,
    plain,
    png,
)
from dragoman.reports.page import Picture
from dragoman.training.observer import StabilityRecord

_MOMENTS = (0.0, 0.25, 0.5, 1.0)
"""Points of the run, as shares of its length, at which values over depth are drawn."""
_SHADES = ("#9ECAE1", "#6BAED6", "#3182BD", "#08306B")
_WIDE, _WIDEST = 9.5, 20.0
_SMOOTHING_SHARE = 50
_MOST_CELLS = 6
_FEW_DECADES = 300
_FAR_APART = 20
"""Ratio of the largest to the smallest loss from which the axis is logarithmic."""


def pictures(evidence: StabilityEvidence) -> tuple[Picture, ...]:
    """All pictures for which there is data; none where matplotlib is not installed.

    Args:
        evidence: what the run recorded.
    """
    drawn: list[Picture] = []
    with drawing():
        drawn.append(_over_updates(evidence))
        if evidence.looks:
            drawn.append(_over_depth(evidence))
        if any(look.through_time for look in evidence.looks):
            drawn.append(_through_time(evidence))
    return tuple(drawn)


def _over_depth(evidence: StabilityEvidence) -> Picture:
    looks = evidence.looks
    chosen = sorted({round(moment * (len(looks) - 1)) for moment in _MOMENTS})
    moments = [looks[place] for place in chosen]
    readings: list[tuple[str, Callable[[StabilityRecord], Mapping[str, float]]]] = [
        ("norm of the gradient", lambda look: gradient_by_block(look.gradient_norm)),
        ("root mean square\nof what comes out", lambda look: activation_by_block(look.activation)),
    ]
    most = max(len(values(look)) for _, values in readings for look in moments)
    title = f"{evidence.name}: over the depth of the model, first to last"
    figure = new_figure((float(np.clip(2 + 0.32 * most, _WIDE, _WIDEST)), 9.0), title)
    panels = panels_below(figure, [1.0, 1.0])
    shades = _SHADES[-len(moments) :]
    for axes, (label, values) in zip(panels, readings, strict=True):
        found = [values(look) for look in moments]
        places = list(dict.fromkeys(name for reading in found for name in reading))
        for look, reading, shade in zip(moments, found, shades, strict=True):
            heights = [_on_log_axis(reading.get(name)) for name in places]
            axes.plot(heights, color=shade, marker="o", markersize=4, linewidth=1.8, label=f"update {look.update:,}")
        axes.set_xticks(range(len(places)), [plain(short_label(name)) for name in places], fontsize=8.5, **_TILTED)
        _log_axis(axes)
        axes.set_ylabel(label, fontsize=LABEL_SIZE)
        add_grid(axes)
    legend_above(panels[0], columns=len(moments))
    return Picture("Over depth: gradients and activations of each block at several moments", png(figure))


def _through_time(evidence: StabilityEvidence) -> Picture:
    cells = list(dict.fromkeys(cell for look in evidence.looks for cell in look.through_time))
    shown = cells[:_MOST_CELLS]
    title = f"{evidence.name}: gradient through time"
    figure = new_figure((_WIDE, 5.0 + 0.4 * len(shown)), title)
    (axes,) = panels_below(figure, [1.0])
    for colour, cell in zip(COLOURS, shown, strict=False):
        measured = [look for look in evidence.looks if look.through_time.get(cell)]
        moments = measured[:1] + measured[1:][-1:]
        for look, style in zip(moments, _styles(len(moments)), strict=True):
            norms = [_on_log_axis(norm) for norm in look.through_time[cell]]
            label = f"{plain(short_label(cell))}, update {look.update:,}{_growth(look, cell)}"
            axes.plot(norms, color=colour, label=label, **style)
    axes.set_xlabel(f"steps back from the last token of a row; of a backward cell, from its first{_left_out(cells)}")
    axes.set_ylabel("‖∂L/∂h‖, L of the last token alone", fontsize=LABEL_SIZE)
    axes.xaxis.set_major_locator(plots.MaxNLocator(integer=True))
    _log_axis(axes)
    add_grid(axes)
    legend_above(axes, columns=1)
    return Picture("Through time: gradient of the last token's loss by distance, with its growth per step", png(figure))


def _over_updates(evidence: StabilityEvidence) -> Picture:
    updates = evidence.updates
    measured = any(look.update_ratio for look in evidence.looks)
    heights = [2.6, 2.6, 1.6, 2.4] if measured else [2.6, 2.6, 1.6]
    figure = new_figure((_WIDE, sum(heights) + 1.0), f"{evidence.name}: over the updates")
    panels = panels_below(figure, heights, share_x=True)
    _draw_smoothed(panels[0], updates["update"], updates["loss"], BLUE, "training loss")
    panels[0].set_ylabel("loss", fontsize=LABEL_SIZE)
    if updates["loss"].max() > _FAR_APART * updates["loss"].min() > 0:
        _log_axis(panels[0])
    norms = updates["gradient_norm"].where(updates["gradient_norm"] > 0)
    _draw_smoothed(panels[1], updates["update"], norms, VERMILLION, "norm of the whole gradient")
    limit = evidence.recipe.training.optimizer.clip_norm
    if limit:
        panels[1].axhline(limit, color="black", linestyle="--", linewidth=1.2, label=f"clipped at {limit:g}")
    _log_axis(panels[1])
    panels[1].set_ylabel("gradient norm", fontsize=LABEL_SIZE)
    panels[2].plot(updates["update"], updates["learning_rate"], color="black", linewidth=1.8)
    panels[2].set_ylabel("learning rate", fontsize=LABEL_SIZE)
    panels[2].set_ylim(bottom=0)
    panels[2].yaxis.set_major_formatter(plots.StrMethodFormatter("{x:.2g}"))
    if measured:
        _draw_ratios(panels[3], evidence.looks)
    _mark_interruptions(panels, evidence)
    for axes in panels:
        add_grid(axes)
        legend_above(axes, columns=4)
    panels[-1].set_xlabel("update", fontsize=LABEL_SIZE)
    panels[-1].xaxis.set_major_locator(plots.MaxNLocator(integer=True))
    panels[-1].xaxis.set_major_formatter(plots.StrMethodFormatter("{x:,.0f}"))
    return Picture("Over the updates: loss, gradient norm, learning rate, size of the updates", png(figure))


def _draw_smoothed(axes: plots.Axes, across: pd.Series[int], values: pd.Series[float], colour: str, label: str) -> None:
    window = max(1, len(values) // _SMOOTHING_SHARE)
    # One wild update moves a mean, and on a logarithmic axis hides what is around it.
    smoothed = values.rolling(window, center=True, min_periods=1).median()
    axes.plot(across, values, color=colour, alpha=0.3, linewidth=0.7)
    axes.plot(across, smoothed, color=colour, linewidth=1.8, label=label + (", smoothed" if window > 1 else ""))


def _draw_ratios(axes: plots.Axes, looks: Sequence[StabilityRecord]) -> None:
    frame = pd.DataFrame([look.update_ratio for look in looks])
    frame = frame.where(frame > 0)
    numbers = [look.update for look in looks]
    style: dict[str, Any] = {"marker": "o", "markersize": 3}
    axes.fill_between(numbers, frame.min(axis=1), frame.max(axis=1), color=GREEN, alpha=0.2, label="all layers")
    axes.plot(numbers, frame.median(axis=1), color=GREEN, linewidth=1.8, label="median layer", **style)
    if len(frame.columns) > 1 and frame.notna().any(axis=None):
        extreme = str(frame.median().idxmax())
        label = f"largest: {plain(short_label(extreme))}"
        axes.plot(numbers, frame[extreme], color=PURPLE, linewidth=1.2, label=label, **style)
    _log_axis(axes)
    axes.set_ylabel("‖Δw‖ / ‖w‖", fontsize=LABEL_SIZE)


def _mark_interruptions(panels: Sequence[plots.Axes], evidence: StabilityEvidence) -> None:
    for axes in panels:
        for skip in evidence.skips:
            axes.axvline(skip.update, color=PURPLE, linewidth=1, alpha=0.6)
        for rewind in evidence.rewinds:
            axes.axvspan(rewind.back_to, rewind.update, color=VERMILLION, alpha=0.12, linewidth=0)
            axes.axvline(rewind.back_to, color=VERMILLION, linewidth=1.2, linestyle=":")
    if evidence.skips:
        panels[0].plot([], [], color=PURPLE, linewidth=1, label=f"skipped ({len(evidence.skips):,})")
    if evidence.rewinds:
        style: dict[str, Any] = {"color": VERMILLION, "linewidth": 1.2, "linestyle": ":"}
        panels[0].plot([], [], label=f"went back ({len(evidence.rewinds)})", **style)


def _styles(moments: int) -> list[dict[str, Any]]:
    """Line styles, from faint for the first moment to strong for the last."""
    first: dict[str, Any] = {"linewidth": 1.3, "linestyle": "--", "alpha": 0.7}
    last: dict[str, Any] = {"linewidth": 1.9, "marker": "o", "markersize": 3}
    return [last] if moments == 1 else [first, last]


def _growth(look: StabilityRecord, cell: str) -> str:
    growth = look.growth.get(cell, math.nan)
    return f": × {math.exp(growth):.3g} per step" if math.isfinite(growth) else ""


def _left_out(cells: Sequence[str]) -> str:
    return f" ({_MOST_CELLS} of {len(cells)} cells)" if len(cells) > _MOST_CELLS else ""


def _on_log_axis(value: float | None) -> float:
    """The value, or a gap where it has no logarithm."""
    return value if value is not None and math.isfinite(value) and value > 0 else math.nan


def _log_axis(axes: plots.Axes) -> None:
    """Make the axis logarithmic and at least a factor of ten high, so that small differences look small."""
    heights = np.concatenate([np.asarray(line.get_ydata(), dtype=float) for line in axes.get_lines()] or [np.ones(1)])
    heights = heights[np.isfinite(heights) & (heights > 0)]
    if not len(heights):
        return
    axes.set_yscale("log")
    if heights.max() < _FEW_DECADES * heights.min():
        axes.yaxis.set_major_locator(plots.LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(plots.StrMethodFormatter("{x:g}"))
        axes.yaxis.set_minor_formatter(plots.NullFormatter())
    low, high = heights.min() / 1.3, heights.max() * 1.3
    middle = math.sqrt(low * high)
    axes.set_ylim(min(low, middle / math.sqrt(10)), max(high, middle * math.sqrt(10)))


_TILTED: dict[str, Any] = {"rotation": 50, "ha": "right", "rotation_mode": "anchor"}

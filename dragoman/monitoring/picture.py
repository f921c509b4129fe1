"""Drift over time, drawn: the evidence, and below it the features that moved most."""

from __future__ import annotations

import numpy as np

from dragoman.monitoring.found import Feature, Found
from dragoman.optional import plots
from dragoman.reports.figure import (
    BLUE,
    COLOURS,
    GREEN,
    SMALL_SIZE,
    VERMILLION,
    add_grid,
    legend_above,
    new_figure,
    panels_below,
    plain,
)

_MOST = 4
_LOWEST, _HIGHEST = -3.0, 12.0
"""Powers of ten of the evidence that are drawn."""
_WITHIN = 1.96


def draw(found: Found) -> plots.Figure:
    """The picture: evidence by window on a logarithmic axis, and the means of the strongest features by window, with
    the band that 95 % of the means would lie in if nothing had shifted."""
    shown = found.strongest[:_MOST]
    figure = new_figure((9.5, 3.4 + 2.0 * len(shown)), _title(found))
    top, *below = panels_below(figure, [1.6, *[1.0] * len(shown)], share_x=True)
    lines = np.array([part.last_line for part in found.parts])
    _draw_evidence(top, found, shown, lines)
    for axes, feature in zip(below, shown, strict=True):
        _draw_feature(axes, found, feature, lines)
    (below[-1] if below else top).set_xlabel("line of the log")
    if not len(lines):
        top.text(0.5, 0.5, "no window is complete yet", transform=top.transAxes, ha="center", va="center")
    return figure


def _title(found: Found) -> str:
    if not found.drift:
        return f"No drift in {found.rows:,} rows"
    others = len(found.drifted) - 1
    more = f" and {others:,} more" if others else ""
    return f"Drift since line {found.drifted[0].since:,}: {found.drifted[0].name}{more}"


def _draw_evidence(axes: plots.Axes, found: Found, shown: tuple[Feature, ...], lines: np.ndarray) -> None:
    places = [found.features.index(feature) for feature in shown]
    shift = np.log10(max(len(found.features), 1))
    for place, feature, colour in zip(places, shown, COLOURS, strict=False):
        powers = np.array([part.log_evidence[place] for part in found.parts]) / np.log(10) - shift
        heights = np.clip(powers, _LOWEST, _HIGHEST)
        axes.plot(lines, 10**heights, color=colour, linewidth=1.6, label=plain(feature.name), marker=".", markersize=3)
    axes.axhline(
        1 / found.alpha, color="#000000", linewidth=1.0, linestyle="--", label=f"alarm at {1 / found.alpha:.3g}"
    )
    axes.set_yscale("log")
    axes.set_ylim(10**_LOWEST / 2, 10**_HIGHEST * 2)
    axes.set_ylabel("evidence")
    add_grid(axes)
    legend_above(axes, columns=3)


def _draw_feature(axes: plots.Axes, found: Found, feature: Feature, lines: np.ndarray) -> None:
    place = found.features.index(feature)
    rows = np.array([part.rows for part in found.parts])
    means = np.array([part.means[place] for part in found.parts])
    half = _WITHIN * feature.reference_deviation * np.sqrt(1 / np.maximum(rows, 1) + 1 / max(found.reference_rows, 1))
    if len(lines):
        axes.fill_between(
            lines, feature.reference_mean - half, feature.reference_mean + half, color=GREEN, alpha=0.2, lw=0
        )
    axes.axhline(feature.reference_mean, color=GREEN, linewidth=1.0)
    axes.plot(lines, means, color=BLUE, linewidth=1.4, marker=".", markersize=3)
    if feature.since is not None:
        axes.axvline(feature.since, color=VERMILLION, linewidth=1.2, linestyle=":")
    axes.set_title(plain(feature.name), fontsize=SMALL_SIZE, loc="left")
    add_grid(axes)

"""The pictures of a diagnosis of fit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from dragoman.diagnosis.fit.evidence import FitEvidence, Validation
from dragoman.diagnosis.fit.experiment import ProbeResult
from dragoman.diagnosis.fit.learning_curve import LearningCurve
from dragoman.diagnosis.fit.verdict import Verdict
from dragoman.optional import plots
from dragoman.reports.figure import (
    BLUE,
    GREEN,
    LABEL_SIZE,
    PURPLE,
    SMALL_SIZE,
    VERMILLION,
    YELLOW,
    add_grid,
    legend_above,
    new_figure,
    png,
)

_WIDTH = 9.0
_GREY = "#8C8C8C"
_HIGHEST = 2.0
"""Losses above this multiple of E_0 are cut off."""
_AHEAD = 4.0
"""Multiple of the largest training set up to which the learning curve is drawn."""


def draw_losses(evidence: FitEvidence, verdict: Verdict) -> bytes:
    """Validation and training loss over the updates with their error bands, E_0, the lowest loss and the forecast.

    Args:
        evidence: evidence with at least one finite validation.
        verdict: the verdict on the run.
    """
    figure = new_figure((_WIDTH, 4.8), f"Verdict: {verdict.kind.value}")
    axes = figure.subplots()
    looks = evidence.finite
    _draw_band(axes, looks, [(look.validation, look.validation_error) for look in looks], VERMILLION, "validation", "o")
    _draw_band(axes, looks, [(look.training, look.training_error) for look in looks], BLUE, "training probe", "s")
    axes.axhline(evidence.baseline, color=_GREY, linestyle="--", linewidth=1.4, label="E_0: input not looked at")
    if verdict.numbers is not None:
        numbers = verdict.numbers
        star: dict[str, Any] = {"marker": "*", "markersize": 15, "markeredgecolor": "black", "markerfacecolor": YELLOW}
        label = f"lowest: {numbers.validation:.3f} at update {numbers.best_update:,}"
        axes.plot([numbers.best_update], [numbers.validation], linestyle="none", zorder=5, label=label, **star)
        if numbers.forecast is not None:
            last, ahead = looks[-1], numbers.forecast
            x, y = last.update + ahead.updates, last.validation - ahead.gain
            axes.plot([last.update, x], [last.validation, y], color=VERMILLION, linestyle=":", linewidth=1.8)
            place: dict[str, Any] = {"color": VERMILLION, "marker": "o", "markerfacecolor": "white", "capsize": 3}
            axes.errorbar([x], [y], [2 * ahead.error], linestyle="none", label="forecast", **place)
    axes.set_xlabel("update", fontsize=LABEL_SIZE)
    axes.set_ylabel(evidence.facts.unit, fontsize=LABEL_SIZE)
    # A look after a blow-up would flatten all others.
    highest = max(value for look in looks for value in (look.validation, look.training or 0.0))
    axes.set_ylim(0, 1.08 * max(min(highest, _HIGHEST * evidence.baseline), evidence.baseline))
    axes.xaxis.set_major_locator(plots.MaxNLocator(integer=True))
    axes.xaxis.set_major_formatter(plots.StrMethodFormatter("{x:,.0f}"))
    return _finished(figure, axes, 3)


def draw_data_curve(curve: LearningCurve, unit: str) -> bytes:
    """The loss over the size of the training set, with the fitted power law and its 95 % band."""
    figure = new_figure((_WIDTH, 4.4), "More data")
    axes = figure.subplots()
    add_data_curve(axes, curve, VERMILLION, "validation")
    trained = [point for point in curve.points if point.training is not None]
    if trained:
        sizes, losses = [p.examples for p in trained], [p.training or 0.0 for p in trained]
        axes.plot(sizes, losses, color=BLUE, marker="s", markersize=4, linewidth=1.4, label="training probe")
    axes.set_ylabel(unit, fontsize=LABEL_SIZE)
    finish_data_axis(axes, [point.examples for point in curve.points])
    return _finished(figure, axes, 2)


def add_data_curve(axes: plots.Axes, curve: LearningCurve, colour: str, name: str) -> None:
    """Draw one curve over the size of the training set."""
    sizes = [point.examples for point in curve.points]
    across = np.geomspace(sizes[0], _AHEAD * sizes[-1], 60)
    found = [curve.predict(float(size)) for size in across]
    axes.fill_between(across, [p.low for p in found], [p.high for p in found], color=colour, alpha=0.15, linewidth=0)
    law = f"{name}: {curve.floor:.2f} + {curve.scale:.2f} · (n / {sizes[-1]:,})^−{curve.exponent:.2f}"
    axes.plot(across, [p.value for p in found], color=colour, linewidth=1.6, linestyle="--", label=law)
    errors = [2 * (point.error or 0.0) for point in curve.points]
    style: dict[str, Any] = {"color": colour, "marker": "o", "markersize": 5, "capsize": 3, "linestyle": "none"}
    axes.errorbar(sizes, [point.loss for point in curve.points], errors, **style)


def finish_data_axis(axes: plots.Axes, sizes: Sequence[int]) -> None:
    """A logarithmic axis of numbers of examples, with those that were measured named on it."""
    axes.set_xscale("log")
    axes.set_xticks(sorted({*sizes, round(_AHEAD * max(sizes))}))
    axes.set_xlabel("training examples", fontsize=LABEL_SIZE)
    axes.xaxis.set_major_formatter(plots.StrMethodFormatter("{x:,.0f}"))
    axes.xaxis.set_minor_locator(plots.NullLocator())
    axes.set_ylim(bottom=0)


def draw_probes(probes: Sequence[ProbeResult], enough: float) -> bytes:
    """Draw the change of the loss in each experiment, with two standard errors.

    Args:
        probes: at least one experiment; those without a finite loss are left out.
        enough: relative change of the loss that matters.
    """
    shown = sorted((probe for probe in probes if math.isfinite(probe.loss)), key=lambda probe: -probe.change)
    figure = new_figure((_WIDTH, 1.6 + 0.55 * len(shown)), "What was tried")
    axes = figure.subplots()
    changes = [100 * probe.change / probe.baseline for probe in shown]
    errors = [200 * probe.error / probe.baseline for probe in shown]
    colours = [
        GREEN if change < -100 * enough and -change > error else PURPLE if change > error else _GREY
        for change, error in zip(changes, errors, strict=True)
    ]
    axes.barh(range(len(shown)), changes, color=colours, xerr=errors, error_kw={"capsize": 4, "linewidth": 1.3})
    axes.axvline(0, color="black", linewidth=1)
    axes.axvline(
        -100 * enough, color=_GREY, linestyle="--", linewidth=1.2, label=f"−{100 * enough:g} %: enough to matter"
    )
    axes.set_yticks(range(len(shown)), [probe.action for probe in shown], fontsize=LABEL_SIZE)
    axes.set_xlabel("change of the lowest validation loss in per cent (below 0 is better)", fontsize=LABEL_SIZE)
    axes.xaxis.set_major_formatter(plots.FuncFormatter(lambda x, _: f"{x:g}".replace("-", "−")))
    return _finished(figure, axes, 2)


def _draw_band(
    axes: plots.Axes,
    looks: Sequence[Validation],
    values: Sequence[tuple[float | None, float | None]],
    colour: str,
    name: str,
    marker: str,
) -> None:
    known = [
        (look.update, value, 2 * (error or 0.0))
        for look, (value, error) in zip(looks, values, strict=True)
        if value is not None
    ]
    if not known:
        return
    x, y, errors = (np.array(column) for column in zip(*known, strict=True))
    axes.fill_between(x, y - errors, y + errors, color=colour, alpha=0.2, linewidth=0)
    axes.plot(x, y, color=colour, marker=marker, markersize=4, linewidth=1.8, label=f"{name} (± 2 standard errors)")


def _finished(figure: plots.Figure, axes: plots.Axes, columns: int) -> bytes:
    add_grid(axes)
    axes.tick_params(labelsize=SMALL_SIZE)
    legend_above(axes, columns=columns)
    return png(figure)

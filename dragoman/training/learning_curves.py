"""The learning curves of a run: losses, scores, learning rate and gradient norm over the updates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dragoman.errors import InputError
from dragoman.optional import plots
from dragoman.reports.figure import (
    BLUE,
    GREEN,
    LABEL_SIZE,
    PURPLE,
    VERMILLION,
    YELLOW,
    add_grid,
    legend_above,
    new_figure,
    panels_below,
    png,
)
from dragoman.storage.output import write_output
from dragoman.tasks.scores import SCORES

SMOOTHING_SHARE = 50
"""The training loss is averaged over one in so many of all updates."""


def draw_learning_curves(history: pd.DataFrame, path: Path, title: str) -> None:
    """Draw a run's history as a PNG file, which is written as a whole or not at all.

    The panels show the loss of each update (smoothed, with the single values behind) and the training and validation
    loss measured alike, with the best validation marked; the scores that were measured; learning rate and gradient
    norm.

    >>> from pathlib import Path
    >>> from dragoman.training.history import read_history
    >>> draw_learning_curves(read_history(Path("runs/demo")), Path("curves.png"), title="demo")
    >>> Path("curves.png").is_file()
    True

    Args:
        history: the history of the run, as :func:`~dragoman.training.history.read_history` returns it.
        path: the path of the PNG file.
        title: heading of the picture.

    Raises:
        InputError: if the history holds no update and no validation.
    """
    if history.empty:
        raise InputError("the history holds nothing to draw yet", remedy="draw it after the first update.")
    updates = history[history["event"] == "update"]
    validations = history[history["event"] == "validation"]
    measured = [name for name in SCORES if validations[name].notna().any()]
    heights = [3.4, 2.2, 2.2] if measured else [3.4, 2.2]
    figure = new_figure((9.0, sum(heights) + 0.8), title)
    panels = panels_below(figure, heights, share_x=True)
    _draw_losses(panels[0], updates, validations, _unit(measured))
    if measured:
        _draw_scores(panels[1], validations, measured)
    _draw_optimisation(panels[-1], updates)
    for panel in panels:
        add_grid(panel)
    panels[-1].set_xlabel("update", fontsize=LABEL_SIZE)
    panels[-1].xaxis.set_major_locator(plots.MaxNLocator(integer=True))
    panels[-1].xaxis.set_major_formatter(plots.StrMethodFormatter("{x:,.0f}"))
    write_output(path, png(figure))


def _draw_losses(axes: plots.Axes, updates: pd.DataFrame, validations: pd.DataFrame, unit: str) -> None:
    smoothed = _smoothed(updates["loss"])
    axes.plot(updates["update"], updates["loss"], color=BLUE, alpha=0.25, linewidth=0.7)
    label = "training loss, smoothed (with regularisation)"
    axes.plot(updates["update"], smoothed, color=BLUE, linewidth=1.8, label=label)
    honest: dict[str, Any] = {"linewidth": 1.8, "marker": "o", "markersize": 4}
    probed = validations[validations["training_loss"].notna()]
    if len(probed):
        named = "training loss, measured like the validation loss"
        axes.plot(probed["update"], probed["training_loss"], color=GREEN, label=named, **honest)
    named = "validation loss (without regularisation)"
    axes.plot(validations["update"], validations["loss"], color=VERMILLION, label=named, **honest)
    best = validations[validations["best"].fillna(value=False).astype(bool) & validations["loss"].notna()]
    if len(best):
        row = best.iloc[-1]
        found = f"best: {row['loss']:.3f} at update {row['update']:,}"
        style: dict[str, Any] = {
            "marker": "*",
            "markersize": 15,
            "markeredgecolor": "black",
            "markerfacecolor": YELLOW,
        }
        axes.plot([row["update"]], [row["loss"]], linestyle="none", label=found, zorder=5, **style)
    axes.set_ylabel(unit, fontsize=LABEL_SIZE)
    _limit(
        axes, np.concatenate([column.to_numpy() for column in (smoothed, validations["loss"], probed["training_loss"])])
    )
    legend_above(axes)


def _draw_scores(axes: plots.Axes, validations: pd.DataFrame, measured: list[str]) -> None:
    for column, (colour, marker) in zip(measured, ((GREEN, "s"), (PURPLE, "^")), strict=False):
        known = validations[validations[column].notna()]
        better = "higher" if SCORES[column].higher_is_better else "lower"
        style: dict[str, Any] = {"color": colour, "marker": marker, "markersize": 4, "linewidth": 1.8}
        axes.plot(known["update"], known[column], label=f"{SCORES[column].title} ({better} is better)", **style)
    axes.set_ylabel("score (0 to 100)" if SCORES[measured[0]].percent else "error", fontsize=LABEL_SIZE)
    axes.set_ylim(bottom=0)
    legend_above(axes)


def _draw_optimisation(axes: plots.Axes, updates: pd.DataFrame) -> None:
    norms = updates["gradient_norm"].where(updates["gradient_norm"] > 0)
    axes.plot(updates["update"], norms, color=VERMILLION, alpha=0.25, linewidth=0.7)
    label = "gradient norm before clipping, smoothed (left)"
    norm = axes.plot(updates["update"], _smoothed(norms), color=VERMILLION, linewidth=1.8, label=label)
    axes.set_ylabel("gradient norm", fontsize=LABEL_SIZE)
    if norms.notna().any():
        axes.set_yscale("log")
    right = axes.twinx()
    rate = right.plot(
        updates["update"],
        updates["learning_rate"],
        color="black",
        linewidth=1.8,
        linestyle="--",
        label="learning rate (right)",
    )
    right.set_ylabel("learning rate", fontsize=LABEL_SIZE)
    right.set_ylim(bottom=0)
    right.yaxis.set_major_formatter(plots.StrMethodFormatter("{x:.3g}"))
    legend_above(axes, [*norm, *rate])


def _unit(measured: list[str]) -> str:
    """The unit of the loss, which follows from the scores that were measured."""
    units = (SCORES[name].loss for name in measured)
    return next((unit for unit in units if unit is not None), "nats per target token")


def _smoothed(losses: pd.Series[float]) -> pd.Series[float]:
    """Centred running mean over one in :data:`SMOOTHING_SHARE` of all updates; values that are missing are left out."""
    window = max(1, len(losses) // SMOOTHING_SHARE)
    return losses.rolling(window, center=True, min_periods=1).mean()


def _limit(axes: plots.Axes, values: np.ndarray) -> None:
    """Let the curves fill the panel, so that a single wild update does not flatten the rest."""
    finite = values[np.isfinite(values)]
    if len(finite) and finite.max() > finite.min():
        margin = 0.05 * (finite.max() - finite.min())
        axes.set_ylim(finite.min() - margin, finite.max() + margin)

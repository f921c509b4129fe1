"""A picture of what cleaning dropped: how much by which rule, and how long those pairs are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from dragoman.optional import plots
from dragoman.storage.json import JsonObject

_RULES_APART = 8
_POINTS = 400
_DOTS_PER_INCH = 150


def draw_cleaning(report: JsonObject, dropped: Path, kept: Sequence[tuple[int, int]], path: Path) -> None:
    """Draw a picture.

    Args:
        report: what :meth:`dragoman.data.cleaning.CleaningReport.to_dict` gave.
        dropped: the list of drops, ``dropped.parquet``.
        kept: characters of source and target of some kept pairs.
        path: the PNG file.
    """
    figure = plots.Figure(figsize=(11, 4.2), layout="constrained")
    bars, lengths = figure.subplots(1, 2)
    rules = sorted(report["dropped"], key=lambda rule: -report["dropped"][rule])
    colours = {rule: f"C{place % 10}" for place, rule in enumerate(rules)}
    _draw_bars(bars, report, rules, colours)
    _draw_lengths(lengths, dropped, kept, rules[:_RULES_APART], colours)
    share = report["kept"] / max(report["read"], 1)
    figure.suptitle(f"kept {report['kept']:,} of {report['read']:,} pairs ({share:.1%})")
    figure.savefig(path, dpi=_DOTS_PER_INCH)


def _draw_bars(axes: plots.Axes, report: JsonObject, rules: list[str], colours: dict[str, str]) -> None:
    counts = [report["dropped"][rule] for rule in rules]
    drawn = axes.barh(rules, counts, color=[colours[rule] for rule in rules])
    labels = [f"{count:,} ({count / report['read']:.2%})" for count in counts]
    axes.bar_label(drawn, labels, padding=3, fontsize=8)
    axes.invert_yaxis()
    axes.margins(x=0.35)
    axes.set_xlabel("pairs dropped, by the first rule that they broke")
    if not rules:
        axes.text(0.5, 0.5, "nothing was dropped", ha="center", va="center", transform=axes.transAxes)
        axes.set_yticks([])


def _draw_lengths(
    axes: plots.Axes, dropped: Path, kept: Sequence[tuple[int, int]], rules: list[str], colours: dict[str, str]
) -> None:
    if kept:
        sources, targets = zip(*kept, strict=True)
        axes.scatter(sources, targets, s=5, color="0.75", linewidths=0)
    columns = ["rule", "source_characters", "target_characters"]
    shown = {rule: np.zeros((0, 2)) for rule in rules}
    with pq.ParquetFile(dropped) as file:
        for batch in file.iter_batches(columns=columns):
            names = np.array(batch.column(0).to_pylist())
            sizes = np.stack([batch.column(1).to_numpy(), batch.column(2).to_numpy()], axis=1)
            for rule in rules:
                shown[rule] = np.concatenate([shown[rule], sizes[names == rule]])[:_POINTS]
    for rule, points in shown.items():
        # An empty side has length 0, which a logarithmic axis cannot show.
        visible = np.maximum(points, 0.5)
        axes.scatter(visible[:, 0], visible[:, 1], s=14, color=colours[rule], alpha=0.8, linewidths=0)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("source, characters")
    axes.set_ylabel("target, characters")
    axes.set_title("some kept pairs in grey, dropped ones coloured", fontsize=9)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(plots.StrMethodFormatter("{x:g}"))
        axis.set_minor_formatter(plots.NullFormatter())

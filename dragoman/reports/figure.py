"""What all pictures of reports have in common: their size and colours, and how they become a PNG file."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

BLUE, VERMILLION, GREEN, PURPLE, YELLOW = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#F0E442"
"""Colours that people with any common colour blindness tell apart (Okabe & Ito 2008)."""
COLOURS = (BLUE, VERMILLION, GREEN, PURPLE, "#56B4E9", "#E69F00", "#000000")
"""Those for lines, in order: without the yellow, which is too light for a line."""
DOTS_PER_INCH = 120
LABEL_SIZE, SMALL_SIZE = 11, 9.5
"""Points of the letters of an axis's label, and of legends."""


def new_figure(size: tuple[float, float], title: str = "") -> Figure:
    """An empty figure that no screen is needed for.

    Args:
        size: width and height in inches.
        title: stands above the picture, as it is; empty for none.
    """
    figure = Figure(figsize=size, dpi=DOTS_PER_INCH, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    if title:
        # A name may hold dollar signs, which would be read as a formula.
        figure.suptitle(title, fontsize=14, parse_math=False)
    return figure


def panels_below(figure: Figure, heights: Sequence[float], *, share_x: bool = False) -> list[Axes]:
    """Panels one below the other, with these relative heights."""
    return list(figure.subplots(len(heights), 1, sharex=share_x, squeeze=False, height_ratios=heights)[:, 0])


def add_grid(axes: Axes) -> None:
    """A light grid behind what is drawn."""
    axes.grid(visible=True, color="#E5E5E5", linewidth=0.8)
    axes.set_axisbelow(True)


def legend_above(axes: Axes, handles: Sequence[Artist] | None = None, *, columns: int = 2) -> None:
    """A legend above the panel, where it covers no data; none if there is nothing to name.

    Args:
        axes: the panel.
        handles: what to name; all that has a label if None.
        columns: names side by side.
    """
    handles = handles if handles is not None else axes.get_legend_handles_labels()[0]
    if handles:
        place: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0, 1), "borderaxespad": 0.2}
        axes.legend(handles=handles, ncols=columns, frameon=False, fontsize=SMALL_SIZE, **place)


def png(figure: Figure) -> bytes:
    """The figure as the bytes of a PNG file; equal figures give equal bytes."""
    data = io.BytesIO()
    figure.savefig(data, format="png")
    return data.getvalue()


def plain(text: str) -> str:
    """Text for a legend or a label, in which dollar signs shall not begin a formula."""
    return text.replace("$", r"\$")

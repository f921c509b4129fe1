"""What all pictures of reports have in common: their size and colours, and how they become a PNG file."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

from dragoman.errors import MissingDependencyError
from dragoman.optional import plots
from dragoman.reports.page import Picture

BLUE, VERMILLION, GREEN, PURPLE, YELLOW = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#F0E442"
"""Colours that people with any common colour blindness tell apart (Okabe & Ito 2008)."""
COLOURS = (BLUE, VERMILLION, GREEN, PURPLE, "#56B4E9", "#E69F00", "#000000")
"""Those for lines, in order: without the yellow, which is too light for a line."""
DOTS_PER_INCH = 120
LABEL_SIZE, SMALL_SIZE = 11, 9.5
"""Points of the letters of an axis's label, and of legends."""


@contextlib.contextmanager
def drawing() -> Iterator[None]:
    """Draw what can be done without: where matplotlib is not installed, that is said once, and all else goes on."""
    try:
        yield
    except MissingDependencyError as missing:
        _say_once(str(missing))


def drawn(title: str, draw: Callable[[], bytes]) -> tuple[Picture, ...]:
    """A picture of a page, as a PNG file's bytes that ``draw`` returns; none where matplotlib is not installed."""
    with drawing():
        return (Picture(title, draw()),)
    return ()


@cache
def _say_once(message: str) -> None:
    print(f"nothing is drawn: {message}", file=sys.stderr, flush=True)


def new_figure(size: tuple[float, float], title: str = "") -> plots.Figure:
    """An empty figure that no screen is needed for.

    Args:
        size: width and height in inches.
        title: stands above the picture, as it is; empty for none.
    """
    figure = plots.Figure(figsize=size, dpi=DOTS_PER_INCH, layout="constrained", facecolor="white")
    plots.FigureCanvasAgg(figure)
    if title:
        # A name may hold dollar signs, which would be read as a formula.
        figure.suptitle(title, fontsize=14, parse_math=False)
    return figure


def panels_below(figure: plots.Figure, heights: Sequence[float], *, share_x: bool = False) -> list[plots.Axes]:
    """Panels one below the other, with these relative heights."""
    return list(figure.subplots(len(heights), 1, sharex=share_x, squeeze=False, height_ratios=heights)[:, 0])


def add_grid(axes: plots.Axes) -> None:
    """A light grid behind what is drawn."""
    axes.grid(visible=True, color="#E5E5E5", linewidth=0.8)
    axes.set_axisbelow(True)


def legend_above(axes: plots.Axes, handles: Sequence[plots.Artist] | None = None, *, columns: int = 2) -> None:
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


def png(figure: plots.Figure) -> bytes:
    """The figure as the bytes of a PNG file; equal figures give equal bytes."""
    data = io.BytesIO()
    figure.savefig(data, format="png")
    return data.getvalue()


def plain(text: str) -> str:
    """Text for a legend or a label, in which dollar signs shall not begin a formula."""
    return text.replace("$", r"\$")

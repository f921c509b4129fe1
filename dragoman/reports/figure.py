"""The common parts of the pictures of reports: sizes, colours, and the PNG file."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from dragoman.errors import MissingDependencyError, OutputError
from dragoman.optional import plots
from dragoman.reports.page import Picture
from dragoman.storage.output import check_output, write_output

BLUE, VERMILLION, GREEN, PURPLE, YELLOW = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#F0E442"
"""Colours that people with any common form of colour blindness can distinguish (Okabe & Ito 2008)."""
COLOURS = (BLUE, VERMILLION, GREEN, PURPLE, "#56B4E9", "#E69F00", "#000000")
"""The colours for lines, in order: without the yellow, which is too light for a line."""
DOTS_PER_INCH = 120
LABEL_SIZE, SMALL_SIZE = 11, 9.5
"""The sizes of letters in points, for labels of axes, and for legends."""


@contextlib.contextmanager
def drawing() -> Iterator[None]:
    """During the block, draw what is optional: if matplotlib is not installed, one message says so, and work goes
    on."""
    try:
        yield
    except MissingDependencyError as missing:
        say_once(f"nothing is drawn: {missing}")


def drawn(title: str, draw: Callable[[], bytes]) -> tuple[Picture, ...]:
    """One picture of a page, from the PNG file that ``draw`` returns; none if matplotlib is not installed."""
    with drawing():
        return (Picture(title, draw()),)
    return ()


@cache
def say_once(message: str) -> None:
    """Print a message about pictures to standard error, once in the life of the process."""
    print(message, file=sys.stderr, flush=True)


def new_figure(size: tuple[float, float], title: str = "") -> plots.Figure:
    """An empty figure, which needs no screen.

    >>> figure = new_figure((4, 3), title="Learning curve")
    >>> png(figure)[1:4]
    b'PNG'

    Args:
        size: width and height in inches.
        title: text above the picture, taken literally; empty for none.
    """
    figure = plots.Figure(figsize=size, dpi=DOTS_PER_INCH, layout="constrained", facecolor="white")
    plots.FigureCanvasAgg(figure)
    if title:
        # A name may contain dollar signs, which would be read as a formula.
        figure.suptitle(title, fontsize=14, parse_math=False)
    return figure


def panels_below(figure: plots.Figure, heights: Sequence[float], *, share_x: bool = False) -> list[plots.Axes]:
    """The panels of a figure, one below the other, with these relative heights."""
    return list(figure.subplots(len(heights), 1, sharex=share_x, squeeze=False, height_ratios=heights)[:, 0])


def add_grid(axes: plots.Axes) -> None:
    """Add a light grid behind everything that is drawn."""
    axes.grid(visible=True, color="#E5E5E5", linewidth=0.8)
    axes.set_axisbelow(True)


def legend_above(axes: plots.Axes, handles: Sequence[plots.Artist] | None = None, *, columns: int = 2) -> None:
    """Add a legend above the panel, where it covers no data; there is none if nothing has a label.

    Args:
        axes: the panel.
        handles: what the legend names; everything with a label if None.
        columns: number of names side by side.
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


def svg(figure: plots.Figure) -> bytes:
    """The figure as the bytes of an SVG file; equal figures give equal bytes.

    Texts stay texts, whose letters are shaped by whatever shows the file."""
    data = io.BytesIO()
    with plots.rc_context({"svg.fonttype": "none", "svg.hashsalt": "dragoman"}):
        figure.savefig(data, format="svg", metadata={"Date": None})
    return data.getvalue()


def check_picture(path: Path) -> None:
    """Check, before work begins, that a picture can be written, as PNG or SVG by the suffix of its name.

    Raises:
        OutputError: if the name has another suffix, or the file cannot be written.
    """
    if path.suffix.lower() not in _FORMATS:
        raise OutputError(
            f"a picture is a PNG or an SVG file, and this name ends with {path.suffix!r}"
            if path.suffix
            else "a picture is a PNG or an SVG file, and this name does not say which",
            file=path,
            remedy=f"name it {path.stem or 'picture'}.png or {path.stem or 'picture'}.svg.",
        )
    check_output(path)


def write_picture(figure: plots.Figure, path: Path) -> None:
    """Write the figure as a PNG or an SVG file, by the suffix of its name.

    Raises:
        OutputError: if the name has another suffix, or the file cannot be written.
    """
    check_picture(path)
    write_output(path, _FORMATS[path.suffix.lower()](figure))


_FORMATS: dict[str, Callable[[plots.Figure], bytes]] = {".png": png, ".svg": svg}


def plain(text: str) -> str:
    """Text for a legend or a label, with dollar signs escaped so that they begin no formula."""
    return text.replace("$", r"\$")

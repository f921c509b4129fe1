"""Pictures of what of an input mattered: words, columns of a table, pixels, characters of a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float64, UInt8

from dragoman.explanation.bars import contribution_text
from dragoman.explanation.first_layer import FirstLayer
from dragoman.explanation.picture_fonts import families_for
from dragoman.optional import plots
from dragoman.reports.figure import BLUE, LABEL_SIZE, SMALL_SIZE, VERMILLION, new_figure

_LONGEST_NAME, _LONGEST_VALUE = 28, 18
_GAMMA = 0.6
"""Values over a picture are as opaque as their power to this, so that small ones are visible."""
_TILES = 8
"""Kernels and responses in one row of a picture."""


def bars_picture(
    parts: Sequence[tuple[str, str]], groups: Sequence[tuple[str, Float64[np.ndarray, " n"]]]
) -> plots.Figure:
    """What each word or column contributed, as bars to the right if it is positive, and to the left if not.

    Args:
        parts: name of each word or column, and its value, which may be empty.
        groups: for each output that is explained, its name and the contribution of each part, [n].
    """
    families = families_for([text for part in parts for text in part] + [title for title, _ in groups])
    high = 0.7 + 0.24 * len(parts)
    figure = new_figure((8.0, high * len(groups)))
    for axes, (title, contributions) in zip(figure.subplots(len(groups), 1, squeeze=False)[:, 0], groups, strict=True):
        places = range(len(parts))
        axes.barh(
            places, contributions, height=0.66, color=[BLUE if value >= 0 else VERMILLION for value in contributions]
        )
        axes.axvline(0, color="black", linewidth=0.8)
        largest = float(np.abs(contributions).max(initial=0.0)) or 1.0
        axes.set_xlim(-1.35 * largest, 1.35 * largest)
        axes.set_ylim(len(parts) - 0.4, -0.6)
        for place, value in zip(places, contributions.tolist(), strict=True):
            side = 1 if value >= 0 else -1
            axes.text(value + side * 0.02 * largest, place, contribution_text(value), fontsize=8, va="center",
                      ha="left" if side > 0 else "right")  # fmt: skip
        axes.set_yticks(places, [""] * len(parts))
        for place, (name, value) in enumerate(parts):
            label = _short(name, _LONGEST_NAME) + (f"  {_short(value, _LONGEST_VALUE)}" if value else "")
            beside: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
            beside |= {"ha": "right", "va": "center", "family": families, "parse_math": False}
            axes.annotate(label, (0, place), xytext=(-6, 0), fontsize=9, **beside)
        axes.set_title(title, fontsize=LABEL_SIZE, loc="left", family=families, parse_math=False)
        axes.set_xlabel("contribution", fontsize=SMALL_SIZE)
        axes.tick_params(left=False, labelsize=8)
        axes.spines[["top", "right", "left"]].set_visible(False)
    return figure


def pixels_picture(
    title: str, picture: UInt8[np.ndarray, "C H W"], contributions: Float64[np.ndarray, "H W"]
) -> plots.Figure:
    """A picture, and beside or below it what each of its pixels contributed: blue for, orange against.

    Args:
        title: what the contributions are to.
        picture: the picture as the model reads it, from 0, black, to 255, white.
        contributions: the contribution of each pixel.
    """
    _, height, width = picture.shape
    below = width > 2 * height
    panel = (9.0, max(0.8, 9.0 * height / width)) if below else (4.0, 4.0 * height / width)
    size = (panel[0], 0.7 + 2 * panel[1]) if below else (2 * panel[0], 0.7 + panel[1])
    figure = new_figure(size, title)
    one, two = figure.subplots(2, 1) if below else figure.subplots(1, 2)
    _show_picture(one, picture)
    _show_picture(two, picture, alpha=0.2)
    _show_signed(two, contributions, over=True)
    return figure


def reading_picture(
    text: str,
    picture: UInt8[np.ndarray, "C H W"],
    characters: Sequence[str],
    spans: Sequence[tuple[int, int]],
) -> plots.Figure:
    """A line of text, with the columns of each character marked, and the character below them.

    Args:
        text: the text that was read.
        picture: the picture as the model reads it, from 0, black, to 255, white.
        characters: the characters that were read, in order.
        spans: the first column of each character and the one behind the last, in pixels; none if nothing is aligned.
    """
    families = families_for([text, *characters])
    _, height, width = picture.shape
    figure = new_figure((12.0, 1.0 + max(0.5, 11.6 * height / width)))
    axes = figure.subplots()
    _show_picture(axes, picture)
    for number, (character, (begin, end)) in enumerate(zip(characters, spans, strict=False)):
        colour = (BLUE, VERMILLION)[number % 2]
        axes.axvspan(begin - 0.5, end - 0.5, color=colour, alpha=0.2, linewidth=0)
        shown = "␣" if character == " " else character
        axes.annotate(shown, ((begin + end - 1) / 2, 0), xycoords=("data", "axes fraction"), xytext=(0, -4),
                      textcoords="offset points", ha="center", va="top", fontsize=11, color=colour, family=families,
                      parse_math=False, annotation_clip=False)  # fmt: skip
    axes.set_title(text, fontsize=LABEL_SIZE, family=families, parse_math=False)
    return figure


def characters_pixels_picture(
    picture: UInt8[np.ndarray, "C H W"],
    characters: Sequence[str],
    maps: Sequence[Float64[np.ndarray, "H W"]],
    spans: Sequence[tuple[int, int]],
) -> plots.Figure:
    """The pixels that each character was read from: the line once for each character, with its columns marked.

    Args:
        picture: the picture as the model reads it, from 0, black, to 255, white.
        characters: the characters that were read, in order.
        maps: what each pixel contributed to each character.
        spans: the first column of each character and the one behind the last, in pixels; none if nothing is aligned.
    """
    families = families_for(characters)
    _, height, width = picture.shape
    across = max(1, min(3, len(characters), round(6 * height / width * 3)))
    down = -(-len(characters) // across)
    tall = max(0.3, 10.0 / across * height / width)
    figure = new_figure((11.0, 0.3 + (tall + 0.3) * down))
    for number, axes in enumerate(figure.subplots(down, across, squeeze=False).ravel()):
        if number >= len(characters):
            axes.set_axis_off()
            continue
        _show_picture(axes, picture, alpha=0.2)
        _show_signed(axes, maps[number], over=True)
        if spans:
            axes.axvspan(spans[number][0] - 0.5, spans[number][1] - 0.5, fill=False, linewidth=1.2, linestyle=":")
        shown = "␣" if characters[number] == " " else characters[number]
        axes.set_title(shown, fontsize=10, loc="left", pad=2, family=families, parse_math=False)
    return figure


def first_layer_picture(layer: FirstLayer) -> plots.Figure:
    """The kernels of a first convolution, and below them the response of each of its channels to the picture."""
    kernels = layer.kernels.mean(axis=1)
    count, _, _ = layer.responses.shape
    _, height, width = layer.responses.shape
    columns = min(_TILES, count)
    rows = -(-count // columns)
    across = min(columns, int(11 // min(3.6, max(1.3, 0.35 * width / height))))
    down = -(-count // across)
    tall = max(0.45, 11.0 / across * height / width)
    figure = new_figure((11.0, 1.0 + 1.3 * rows + (tall + 0.25) * down))
    parts = figure.subfigures(2, 1, squeeze=False, height_ratios=[0.4 + 1.3 * rows, 0.4 + (tall + 0.25) * down])[:, 0]
    _tiles(parts[0], "kernels", kernels, (rows, columns))
    _tiles(parts[1], "responses of the channels", layer.responses, (down, across))
    return figure


def _tiles(figure: plots.SubFigure, title: str, tiles: Float64[np.ndarray, "K h w"], grid: tuple[int, int]) -> None:
    figure.suptitle(title, fontsize=LABEL_SIZE)
    largest = float(np.abs(tiles).max(initial=0.0))
    for number, axes in enumerate(figure.subplots(*grid, squeeze=False).ravel()):
        axes.set_axis_off()
        if number < len(tiles):
            _show_signed(axes, tiles[number], largest)
            axes.set_title(str(number + 1), fontsize=8, pad=2)


def _show_picture(axes: plots.Axes, picture: UInt8[np.ndarray, "C H W"], alpha: float = 1.0) -> None:
    shown = np.moveaxis(picture, 0, 2) if len(picture) == 3 else picture.mean(axis=0)
    axes.imshow(shown, cmap="gray", vmin=0, vmax=255, interpolation="nearest", aspect="auto", alpha=alpha)
    axes.set_xticks([])
    axes.set_yticks([])


def _show_signed(
    axes: plots.Axes, values: Float64[np.ndarray, "H W"], largest: float | None = None, *, over: bool = False
) -> None:
    """Values from orange through white, or through nothing where they lie over a picture, to blue."""
    most = (float(np.abs(values).max(initial=0.0)) if largest is None else largest) or 1.0
    shades = [VERMILLION, "#ffffff", BLUE]
    if over:
        # More of the picture below is seen, the smaller a value is.
        opacity = [f"{round(255 * (step / 10) ** _GAMMA):02x}" for step in range(1, 11)]
        shades = [
            *(VERMILLION + alpha for alpha in reversed(opacity)),
            "#ffffff00",
            *(BLUE + alpha for alpha in opacity),
        ]
    colours = plots.LinearSegmentedColormap.from_list("signed", shades)
    axes.imshow(values, cmap=colours, vmin=-most, vmax=most, interpolation="nearest", aspect="auto")


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"

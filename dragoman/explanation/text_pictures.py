"""Pictures of a text that a model wrote: links, tokens with their probabilities, attention maps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from jaxtyping import Float

from dragoman.explanation.picture_fonts import families_for
from dragoman.explanation.scored_text import ScoredText
from dragoman.optional import plots
from dragoman.reports.figure import BLUE, SMALL_SIZE, VERMILLION, new_figure, plain
from dragoman.reports.text import signed

_CELL = 0.24
"""The side of a cell of an attention map, in inches."""
_SMALL = 1.05
"""The side of a small attention map, in inches."""
_LONGEST = 18
_ROW_OF_TOKENS = 12
"""The most tokens of a text in one row of a picture."""
_GAMMA = 0.6
"""Weights are drawn as dark as their power to this, so that small ones are visible."""


def attention_picture(layers: Sequence[tuple[str, Float[np.ndarray, "H T S"]]]) -> plots.Figure:
    """All heads of some layers as small maps: a row for each layer, a column for each head.

    Args:
        layers: for each layer, at least one, its name and its heads' weights.
    """
    most = max(len(heads) for _, heads in layers)
    figure = new_figure((1.7 + _SMALL * most, 0.45 + (_SMALL + 0.12) * len(layers)))
    panels = figure.subplots(len(layers), most, squeeze=False)
    for row, (name, heads) in zip(panels, layers, strict=True):
        for number, axes in enumerate(row):
            axes.set_xticks([])
            axes.set_yticks([])
            if number < len(heads):
                _shades(axes, heads[number], aspect="auto")
            else:
                axes.set_visible(False)
        row[0].set_ylabel(
            name.replace(", ", ",\n"), rotation=0, ha="right", va="center", fontsize=SMALL_SIZE, labelpad=8
        )
    for number, axes in enumerate(panels[0]):
        axes.set_title(f"head {number + 1}", fontsize=SMALL_SIZE)
    return figure


def weights_picture(
    title: str, queries: Sequence[str], keys: Sequence[str], weights: Float[np.ndarray, "T S"]
) -> plots.Figure:
    """One attention map with its tokens.

    Args:
        title: title of the picture.
        queries: the tokens that look; a row for each.
        keys: the tokens that they look at; a column for each.
        weights: the weights of each query, from 0 to 1.
    """
    families = families_for([*queries, *keys])
    figure = new_figure((1.9 + _CELL * len(keys), 1.9 + _CELL * len(queries)))
    axes = figure.subplots()
    _shades(axes, weights, aspect="equal")
    axes.set_title(title, fontsize=11, parse_math=False)
    axes.set_xticks(range(len(keys)), [plain(_short(key, _LONGEST)) for key in keys], rotation=60, ha="left",
                    rotation_mode="anchor", fontsize=9, family=families)  # fmt: skip
    axes.xaxis.tick_top()
    axes.set_yticks(
        range(len(queries)), [plain(_short(query, _LONGEST)) for query in queries], fontsize=9, family=families
    )
    axes.set_xticks(np.arange(1, len(keys)) - 0.5, minor=True)
    axes.set_yticks(np.arange(1, len(queries)) - 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=0.8)
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(False)
    return figure


def links_picture(source: Sequence[str], target: Sequence[str], links: Sequence[tuple[int, int]]) -> plots.Figure:
    """The links between two texts as a matrix: a row for each token of the target, a column for each of the source.

    Args:
        source: tokens of the source.
        target: tokens of the target.
        links: pairs of indices of a token of the source and of one of the target.
    """
    weights = np.zeros((len(target), len(source)))
    for begin, end in links:
        weights[end, begin] = 1.0
    return weights_picture("word alignment", target, source, weights)


def tokens_picture(texts: Sequence[tuple[str, ScoredText]]) -> plots.Figure:
    """The tokens of one or more texts as bars of their probabilities, with what was most nearly written instead.

    A text from right to left begins on the left like any other: its tokens are shown in the order of writing.

    Args:
        texts: name and tokens of each text.
    """
    rows = [
        (f"{name}, log-probability {signed(f'{text.log_probability:.3f}')}" if not first else "", text, first)
        for name, text in texts
        for first in range(0, max(1, len(text.tokens)), _ROW_OF_TOKENS)
    ]
    every = [each.token.text for _, text in texts for each in text.tokens]
    every += [other.token for _, text in texts for each in text.tokens for other in each.alternatives[:1]]
    families = families_for(every)
    figure = new_figure((11.0, 0.3 + 1.85 * len(rows)))
    for axes, (title, text, first) in zip(figure.subplots(len(rows), 1, squeeze=False)[:, 0], rows, strict=True):
        _token_bars(axes, text, first, families)
        axes.set_title(title, loc="left", fontsize=11, parse_math=False)
    return figure


def _token_bars(axes: plots.Axes, text: ScoredText, first: int, families: list[str]) -> None:
    tokens = text.tokens[first : first + _ROW_OF_TOKENS]
    shares = [math.exp(token.log_probability) for token in tokens]
    colours = [
        BLUE if token.rank == 1 and share >= 0.5 else VERMILLION for token, share in zip(tokens, shares, strict=True)
    ]
    axes.bar(range(len(tokens)), shares, width=0.62, color=colours)
    for place, (token, share) in enumerate(zip(tokens, shares, strict=True)):
        axes.text(place, share + 0.03, _percent(share), ha="center", fontsize=8)
        if token.alternatives:
            other = token.alternatives[0]
            # On a line of its own, a number keeps its order beside a token from right to left.
            said = f"{_short(other.token, 11)}\n{_percent(math.exp(other.log_probability))}"
            axes.text(
                place,
                -0.3,
                said,
                ha="center",
                va="top",
                fontsize=7.5,
                color="#5a5f67",
                family=families,
                parse_math=False,
            )
    labels = [plain(_short(token.token.text, 13)) for token in tokens]
    axes.set_xticks(range(len(tokens)), labels, fontsize=10, family=families)
    axes.set_yticks([0, 0.5, 1], ["0", "", "1"], fontsize=8)
    axes.set_ylim(0, 1.2)
    axes.set_xlim(-0.6, _ROW_OF_TOKENS - 0.4)
    axes.tick_params(length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)


def _shades(axes: plots.Axes, weights: Float[np.ndarray, "T S"], aspect: Literal["auto", "equal"]) -> None:
    """The weights from 0 to 1 as shades of blue; small ones stay visible."""
    shades = plots.LinearSegmentedColormap.from_list("weights", ["#f1f0ec", BLUE])
    scale = plots.PowerNorm(_GAMMA, vmin=0, vmax=1)
    axes.imshow(weights, cmap=shades, norm=scale, aspect=aspect, interpolation="nearest")


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.005 else "<1 %"


def _short(token: str, longest: int) -> str:
    """The token without the sign of its space, and not longer than ``longest``."""
    text = token.removeprefix("▁") or token
    return text if len(text) <= longest else f"{text[: longest - 1]}…"

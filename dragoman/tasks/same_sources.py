"""Whether two models, each with its own encoding of inputs, are given the same inputs."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64

from dragoman.contracts import Rows
from dragoman.contracts.expect import expect
from dragoman.data.columns.picture import PictureColumn
from dragoman.fields.columns import CategoricalColumn
from dragoman.fields.row import RowField
from dragoman.tasks.assessment import HeldOut

_LOOKED_AT = 50
_ROUNDING = 1e-4
"""Rounding error of a standardised number in float32, in standard deviations."""


def same_sources(one: HeldOut, other: HeldOut) -> bool:
    """Whether the sources of two splits are equal: texts; the values of the columns of a table that both models read;
    the pixels of pictures that both prepare alike, of which some are looked at; and the fonts and the noise of rendered
    ones, whose seed may differ.

    Pictures that are prepared in two ways cannot be told apart here: their targets must do.
    """
    if len(one.examples) != len(other.examples):
        return False
    if one.examples.has_source_texts:
        return bool(one.examples.source_texts() == other.examples.source_texts())
    if isinstance(one.source, RowField):
        return _same_rows(one, other)
    mine, theirs = (expect(split.examples.source, PictureColumn) for split in (one, other))
    if mine.rendering is not None or theirs.rendering is not None:
        return _looks(mine) == _looks(theirs)
    return mine.preparation != theirs.preparation or _same_pixels(mine, theirs)


def _looks(column: PictureColumn) -> tuple[object, ...] | None:
    """The appearance of rendered pictures; None for pictures that are not rendered."""
    rendering = column.rendering
    return None if rendering is None else (rendering.fonts, rendering.without_fonts, rendering.noisy)


def _same_pixels(mine: PictureColumn, theirs: PictureColumn) -> bool:
    count = len(mine.lengths)
    looked_at = np.unique(np.linspace(0, count - 1, min(count, _LOOKED_AT)).astype(np.int64)).tolist()
    return all(np.array_equal(mine.pixels(place), theirs.pixels(place)) for place in looked_at)


def _same_rows(one: HeldOut, other: HeldOut) -> bool:
    mine, theirs = _columns(one), _columns(other)
    for name in mine.keys() & theirs.keys():
        (values, scale), (others, other_scale) = mine[name], theirs[name]
        if values.dtype != others.dtype:
            continue
        if values.dtype == np.float64:
            known = ~(np.isnan(values) | np.isnan(others))
            near = _ROUNDING * np.maximum(1, np.abs(values) / scale) * max(scale, other_scale)
            if (np.abs(values - others) > near)[known].any():
                return False
        elif ((values != others) & (values != "") & (others != "")).any():
            return False
    return True


def _columns(split: HeldOut) -> dict[str, tuple[np.ndarray, float]]:
    """The values of each column, with the standard deviation of numbers. An unknown value is not a number, or is an
    empty text."""
    field = expect(split.source, RowField)
    rows = expect(split.examples.batch(np.arange(len(split.examples))).source, Rows)
    numbers, categories = rows.numbers.numpy().astype(np.float64), rows.categories.numpy()
    found: dict[str, tuple[np.ndarray, float]] = {}
    number = category = 0
    for column in field.columns:
        if isinstance(column, CategoricalColumn):
            names = np.array([*column.values, *[""] * (column.size - len(column.values))], dtype=np.str_)
            found[column.name] = names[categories[:, category]], 1.0
            category += 1
        else:
            # Zero, the mean, stands for what is missing.
            standardised: Float64[np.ndarray, " n"] = np.where(numbers[:, number] == 0, np.nan, numbers[:, number])
            found[column.name] = standardised * column.deviation + column.mean, column.deviation
            number += column.width
    return found

"""Whatever a model reads, in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Int

from dragoman.contracts import Packed, Pictures, Rows, Source
from dragoman.contracts.expect import expect
from dragoman.data.bucketing import in_order
from dragoman.fields.field import Field
from dragoman.fields.picture import AnyPicture, PictureField
from dragoman.fields.place import TablePlace
from dragoman.fields.row import RowField
from dragoman.predict.given import refuse_what_is_no_text
from dragoman.recipe import Recipe
from dragoman.text.codec import Codec, masks_for
from dragoman.text.normalization import UNICODE_FORMS, normalize
from dragoman.text.vocabulary import END

SourceBatch = tuple[Int[np.ndarray, " B"], Source]
"""The places of some inputs, and the batch of them."""

_COLUMNS = 40_000
"""Columns of pictures that are computed together."""
_ROWS = 4096


def source_batches(
    field: Field,
    recipe: Recipe,
    inputs: Any,
    tell: Callable[[str], None],
    table: TablePlace | None = None,
) -> Iterator[SourceBatch]:
    """All inputs, each in one batch, from long to short where they differ in length.

    Args:
        field: what the model reads.
        recipe: of the model.
        inputs: texts; pictures; or rows: a DataFrame, or a mapping from column to value for each row.
        tell: is given a sentence on what was missing, unknown or cut.
        table: that pictures or rows stand in, for errors.

    Raises:
        InputError: if an input cannot be read.
    """
    if isinstance(field, Codec):
        return _text_batches(field, recipe, inputs, tell)
    if isinstance(field, PictureField):
        return picture_batches(field, inputs, table)
    return _row_batches(expect(field, RowField), inputs, tell, table or TablePlace())


def picture_batches(
    field: PictureField, pictures: Sequence[AnyPicture], table: TablePlace | None = None
) -> Iterator[tuple[Int[np.ndarray, " B"], Pictures]]:
    """Pictures of similar widths together; ``table`` is what they stand in, for errors."""
    prepared = field.encode_all(pictures, table)
    widths = np.array([picture.shape[2] for picture in prepared], dtype=np.int64)
    for places in reversed(in_order(widths, widths, tokens=_COLUMNS) if len(widths) else []):
        yield places, Pictures.of([prepared[place] for place in places])


def _text_batches(codec: Codec, recipe: Recipe, texts: Any, tell: Callable[[str], None]) -> Iterator[SourceBatch]:
    refuse_what_is_no_text(texts)
    cleaning = recipe.cleaning
    form, collapse = UNICODE_FORMS[cleaning.unicode_form], cleaning.collapse_white_space
    normalized = [normalize(text, form, collapse_white_space=collapse) for text in texts]
    ids = codec.encode_batch(normalized, masks_for(normalized, codec, codec))
    most = min(cleaning.max_tokens, recipe.model.text_encoder.longest or cleaning.max_tokens) - 1
    long = sum(len(row) > most for row in ids)
    if long:
        tell(f"{long:,} texts have more than {most:,} tokens; only so many of each are read")
    rows = [[*row[:most], END] for row in ids]
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    for places in reversed(in_order(lengths, lengths, tokens=recipe.search.batch_tokens) if len(rows) else []):
        yield places, Packed.of([rows[place] for place in places])


def _row_batches(field: RowField, rows: Any, tell: Callable[[str], None], table: TablePlace) -> Iterator[SourceBatch]:
    import pandas as pd

    frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))
    encoded = field.encode(frame.reset_index(drop=True), file=table.file, lines=table.lines)
    for remark in encoded.report.describe():
        tell(remark)
    for begin in range(0, len(frame), _ROWS):
        places = np.arange(begin, min(begin + _ROWS, len(frame)))
        numbers, categories = (torch.from_numpy(part[places]) for part in (encoded.numbers, encoded.categories))
        yield places, Rows(numbers, categories)

"""Pictures in batches, for whatever reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Int

from dragoman.contracts import Pictures
from dragoman.data.bucketing import in_order
from dragoman.fields.picture import AnyPicture, PictureField
from dragoman.fields.place import TablePlace

_COLUMNS = 40_000
"""Columns of pictures that are computed together."""


def picture_batches(
    field: PictureField, pictures: Sequence[AnyPicture], table: TablePlace | None = None
) -> Iterator[tuple[Int[np.ndarray, " B"], Pictures]]:
    """The places of pictures of similar widths, and the pictures.

    Args:
        field: what encodes them.
        pictures: all that are to be read.
        table: what they stand in, for errors.

    Raises:
        InputError: if one cannot be read.
    """
    prepared = field.encode_all(pictures, table)
    widths = np.array([picture.shape[2] for picture in prepared], dtype=np.int64)
    for places in reversed(in_order(widths, widths, tokens=_COLUMNS) if len(widths) else []):
        yield places, Pictures.of([prepared[place] for place in places])

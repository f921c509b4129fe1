"""Batches of pictures of similar width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Int

from dragoman.contracts import Pictures
from dragoman.data.bucketing import in_order
from dragoman.fields.picture import AnyPicture, PictureField
from dragoman.fields.place import TablePlace

COLUMNS = 40_000
"""Most columns of pixels that are computed together."""


def picture_batches(
    field: PictureField, pictures: Sequence[AnyPicture], table: TablePlace | None = None
) -> Iterator[tuple[Int[np.ndarray, " B"], Pictures]]:
    """Yield the positions of pictures of similar width, with the pictures as a batch.

    Args:
        field: field that encodes them.
        pictures: the pictures to read.
        table: table that they stand in, for errors.

    Raises:
        InputError: if a picture cannot be read.
    """
    prepared = field.encode_all(pictures, table)
    widths = np.array([picture.shape[2] for picture in prepared], dtype=np.int64)
    for places in reversed(in_order(widths, widths, tokens=COLUMNS) if len(widths) else []):
        yield places, Pictures.of([prepared[place] for place in places])

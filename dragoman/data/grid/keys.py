"""By what examples count as having the same source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt64

from dragoman.data.grid.items import Items
from dragoman.data.keys import match_hashes
from dragoman.data.seen import hashes


def source_keys(items: Items, reads: str, *, exclude: str) -> UInt64[np.ndarray, " n"]:
    """64 bits for each example, equal for those whose sources are: texts but for case and punctuation at their ends,
    pictures byte by byte or by their path, those that will be rendered by their text, rows in all their columns.

    Args:
        items: the examples.
        reads: ``text``, ``picture`` or ``row``.
        exclude: the column of a table that is the target.
    """
    if reads == "text":
        return match_hashes(items.sources)
    if reads == "row":
        import pandas as pd

        assert items.rows is not None
        features = items.rows.loc[:, [str(name) != exclude for name in items.rows.columns]]
        plain = features.apply(lambda column: column.map(repr) if column.dtype == object else column)
        return pd.util.hash_pandas_object(plain, index=False).to_numpy(dtype=np.uint64)
    keys = hashes(map(_picture_key, items.sources))
    rendered = [row for row, source in enumerate(items.sources) if source is None]
    keys[rendered] = match_hashes([items.targets[row] for row in rendered])
    return keys


def _picture_key(picture: Any) -> str:
    if isinstance(picture, Path):
        return str(picture)
    if isinstance(picture, bytes):
        return picture.decode("latin1")
    return np.asarray(picture).tobytes().decode("latin1")

"""Text, stored with its ids."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import torch
from jaxtyping import Int

from dragoman.contracts import Layout, Packed
from dragoman.data.cells import Absent, Cells, lines_of
from dragoman.data.columns.column import Column
from dragoman.data.columns.encoded import Encoded, Whereabouts
from dragoman.data.columns.expected import ExpectedColumn
from dragoman.data.columns.ragged import ChainedColumn, RaggedColumn
from dragoman.data.rendering import Rendering
from dragoman.data.text_column import text_column
from dragoman.native.lines import Lines
from dragoman.text.codec import Codec
from dragoman.text.ragged import Ragged

IDS = pa.list_(pa.int32())
"""The Arrow type of a row of ids."""


class TextColumn(Column[Codec, Packed]):
    """Text, with its ids, each row ended by the end symbol; only their lengths are held in memory.

    Attributes:
        special: the special symbols of its vocabulary.
    """

    def __init__(self, table: pa.Table, side: str, field: Codec, rendering: Rendering | None) -> None:
        del rendering
        self.special = field.special
        self._ids = RaggedColumn(table.column(f"{side}_ids"))
        self.lengths: Int[np.ndarray, " n"] = self._ids.lengths

    @staticmethod
    def expected(side: str, field: Codec, *, rendered: bool) -> dict[str, ExpectedColumn]:
        """Texts and ids."""
        del rendered
        # The source of a text that a language model learns is empty.
        filled = side == "target"
        return {
            f"{side}_text": ExpectedColumn(pa.large_string()),
            f"{side}_ids": ExpectedColumn(IDS, below=field.size.symbols, filled=filled),
        }

    @staticmethod
    def encode(side: str, field: Codec, cells: Cells, where: Whereabouts) -> Encoded:
        """Texts and ids. What has no source has an empty text without any id."""
        if isinstance(cells, Absent):
            ids, texts = Ragged.of([[]] * len(cells)), Lines.of([""] * len(cells))
            written = ids
        else:
            texts = lines_of(cells)
            ids = field.encode_ragged(texts, where.masks)
            written = (ids if where.longest is None else ids.cut(where.longest - 1)).ended(field.special.end)
        return Encoded(text_columns(side, texts, written), ids=written)

    @property
    def tokens(self) -> ChainedColumn:
        """The ids of all texts end to end."""
        return ChainedColumn(self._ids)

    def batch(self, indices: Int[np.ndarray, " B"], generator: np.random.Generator | None = None) -> Packed:
        """The ids of these examples."""
        del generator
        values, lengths = self._ids.gather(indices)
        return Packed(torch.from_numpy(values), Layout.of(torch.from_numpy(lengths)))


def text_columns(side: str, texts: Lines, ids: Ragged) -> dict[str, pa.Array]:
    """What is written of texts and their ids, each row of which is ended by the end symbol."""
    rows = pa.ListArray.from_arrays(ids.offsets.astype(np.int32), ids.values, type=IDS)
    return {f"{side}_text": text_column(texts), f"{side}_ids": rows}

"""Text, stored with its ids."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import torch
from jaxtyping import Int

from dragoman.contracts import Layout, Packed
from dragoman.data.columns.column import Column
from dragoman.data.columns.expected import ExpectedColumn
from dragoman.data.columns.ragged import ChainedColumn, RaggedColumn
from dragoman.data.rendering import Rendering
from dragoman.text.codec import Codec, masks_for
from dragoman.text.vocabulary import END

IDS = pa.list_(pa.int32())
"""The Arrow type of a row of ids."""


class TextColumn(Column[Codec, Packed]):
    """Text, with its ids, each row ended by the end symbol; only their lengths are held in memory."""

    def __init__(self, table: pa.Table, side: str, field: Codec, rendering: Rendering | None) -> None:
        del field, rendering
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
            f"{side}_ids": ExpectedColumn(IDS, below=field.size, filled=filled),
        }

    @staticmethod
    def of(codec: Codec, side: str, texts: Sequence[str], most: int | None = None) -> dict[str, pa.Array]:
        """What is written of some texts: each row of ids is ended by the end symbol, and cut to ``most`` with it."""
        ids = codec.encode_batch(texts, masks_for(texts, codec, codec))
        rows = [[*(row if most is None else row[: most - 1]), END] for row in ids]
        return {f"{side}_text": pa.array(texts, pa.large_string()), f"{side}_ids": pa.array(rows, IDS)}

    @property
    def tokens(self) -> ChainedColumn:
        """The ids of all texts end to end."""
        return ChainedColumn(self._ids)

    def batch(self, indices: Int[np.ndarray, " B"], generator: np.random.Generator | None = None) -> Packed:
        """The ids of these examples."""
        del generator
        values, lengths = self._ids.gather(indices)
        return Packed(torch.from_numpy(values), Layout.of(torch.from_numpy(lengths)))

"""The tags of words, stored as numbers beside the places of the tokens that the words begin with."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import torch
from jaxtyping import Int

from dragoman.contracts import Layout, Tags
from dragoman.contracts.expect import expect
from dragoman.data.cells import Cells, lines_of
from dragoman.data.columns.column import Column
from dragoman.data.columns.encoded import Encoded, Whereabouts
from dragoman.data.columns.expected import ExpectedColumn
from dragoman.data.columns.ragged import ChainedColumn, RaggedColumn
from dragoman.data.columns.text import IDS
from dragoman.data.rendering import Rendering
from dragoman.errors import InputError
from dragoman.fields.tags import TagField
from dragoman.text.codec import Codec
from dragoman.text.ragged import Ragged
from dragoman.text.word_starts import word_starts


class TagColumn(Column[TagField, Tags]):
    """The tag of each word that is read of an example; only their number is held in memory."""

    def __init__(self, table: pa.Table, side: str, field: TagField, rendering: Rendering | None) -> None:
        del field, rendering
        self._tags = RaggedColumn(table.column(f"{side}_tags"))
        self._first = RaggedColumn(table.column(f"{side}_first"))
        self.lengths: Int[np.ndarray, " n"] = self._tags.lengths

    @staticmethod
    def expected(side: str, field: TagField, *, rendered: bool) -> dict[str, ExpectedColumn]:
        """The numbers of tags, and the places of tokens."""
        del rendered
        return {
            f"{side}_tags": ExpectedColumn(IDS, below=field.size.values, filled=True),
            f"{side}_first": ExpectedColumn(IDS, filled=True),
        }

    @staticmethod
    def encode(side: str, field: TagField, cells: Cells, where: Whereabouts) -> Encoded:
        """The numbers of the tags, and which tokens of the sources the words begin with. Where the end of a text is
        not read, the tags of its last words are left out.

        Raises:
            InputError: if training knows none of that name, or the tokens of a text are not those of its words.
        """
        assert where.sources is not None
        ids = where.sources.encoded.ids
        assert ids is not None
        first = word_starts(expect(where.sources.field, Codec).tokenizer.vocabulary, ids)
        tags = field.encode(lines_of(cells), where.places())
        missing = tags.lengths != first.lengths
        if where.longest is not None:
            missing &= ids.lengths < where.longest
        if missing.any():
            row = int(np.flatnonzero(missing)[0])
            file, line = where.places()[row]
            raise InputError(
                f"the vocabulary tells {first.lengths[row]:,} words apart, and there are {tags.lengths[row]:,}",
                file=file,
                line=line,
                cause="a tokenizer that was learnt elsewhere and changes spaces.",
                remedy="learn the vocabulary from these texts: leave `tokenizer.model` away.",
            )
        return Encoded({f"{side}_tags": _lists(tags.cut(first.lengths)), f"{side}_first": _lists(first)})

    @property
    def tags(self) -> ChainedColumn:
        """The tags of all words end to end."""
        return ChainedColumn(self._tags)

    def rows(self, indices: Int[np.ndarray, " B"]) -> Ragged:
        """The tags of these examples."""
        return Ragged.of_lengths(*self._tags.gather(indices))

    def batch(self, indices: Int[np.ndarray, " B"], generator: np.random.Generator | None = None) -> Tags:
        """The tags of these examples."""
        del generator
        values, lengths = self._tags.gather(indices)
        first, _ = self._first.gather(indices)
        return Tags(torch.from_numpy(values), torch.from_numpy(first), Layout.of(torch.from_numpy(lengths)))


def _lists(rows: Ragged) -> pa.Array:
    return pa.ListArray.from_arrays(rows.offsets.astype(np.int32), rows.values, type=IDS)

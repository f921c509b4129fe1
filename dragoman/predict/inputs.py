"""The inputs of a model that predicts: as the caller passes them, which of them are blank, and their batches."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from dragoman.contracts import Packed, Rows, Source
from dragoman.contracts.expect import expect
from dragoman.data.bucketing import in_order
from dragoman.fields.field import Field
from dragoman.fields.picture import PictureField
from dragoman.fields.place import TablePlace
from dragoman.fields.row import RowField
from dragoman.predict.given import PICTURES, ROWS, TEXTS, inputs_of
from dragoman.predict.picture_batches import picture_batches
from dragoman.recipe import Recipe
from dragoman.text.codec import Codec, masks_for
from dragoman.text.normalization import UNICODE_FORMS, is_visible, normalize

if TYPE_CHECKING:
    import pandas as pd

Given: TypeAlias = "list[Any] | pd.DataFrame"
"""Texts, pictures, or rows as mappings, one by one; or a table with a row for each."""
Log = Callable[[str], None]
_ROWS_TOGETHER = 4096


class SourceBatch(NamedTuple):
    """Some inputs that go through a model together.

    Attributes:
        places: where their outputs belong, among all.
        source: the inputs.
        rows: which rows of the decoder's output are these; None for all of them, in their order.
    """

    places: Int[np.ndarray, " K"]
    source: Source
    rows: Int[Tensor, " K"] | None = None


class Inputs(ABC):
    """A kind of input.

    Attributes:
        plural: plural name, such as ``pictures``.
        counted: plural name of what there is an output for.
    """

    plural: str
    counted = "inputs"

    def checked(self, given: Iterable[object]) -> Given:
        """What the caller passed, as a list; rows may also stay a DataFrame.

        Raises:
            InputError: if it is no list of such inputs.
        """
        return inputs_of(given, self.plural)

    def counts(self, given: Given) -> list[int]:
        """How many outputs each input has: one, unless more is predicted of it."""
        return [1] * len(given)

    def blank(self, given: Given) -> list[int]:
        """The positions of inputs that contain no information."""
        del given
        return []

    def facts(self, field: Field) -> dict[str, str]:
        """Facts on how inputs are read, by name, for a summary of the model."""
        del field
        return {}

    @abstractmethod
    def batches(
        self, field: Field, recipe: Recipe, given: Given, log: Log, table: TablePlace | None
    ) -> Iterator[SourceBatch]:
        """Yield all inputs in batches, each output in one, from long to short where they differ in length.

        Args:
            field: the field that encodes them.
            recipe: the model's recipe.
            given: the inputs.
            log: called with a sentence on what was missing, unknown or cut.
            table: table that pictures or rows stand in, for errors.

        Raises:
            InputError: if an input cannot be read.
        """


def longest_text(recipe: Recipe) -> int:
    """Tokens of the longest text that a model reads at once, without the end symbol."""
    most = recipe.cleaning.max_tokens
    return min(most, recipe.model.text_encoder.longest or most) - 1


class Texts(Inputs):
    """Texts; a text without visible characters is blank."""

    plural = TEXTS

    def blank(self, given: Given) -> list[int]:
        """The positions of texts without visible characters."""
        return [place for place, text in enumerate(given) if not is_visible(text)]

    def batches(
        self, field: Field, recipe: Recipe, given: Given, log: Log, table: TablePlace | None
    ) -> Iterator[SourceBatch]:
        """Batches of texts of similar length; of a text that is too long for the model only the beginning is read."""
        del table
        codec, cleaning = expect(field, Codec), recipe.cleaning
        form, collapse = UNICODE_FORMS[cleaning.unicode_form], cleaning.collapse_white_space
        normalized = [normalize(text, form, collapse_white_space=collapse) for text in expect(given, list)]
        ids = codec.encode_batch(normalized, masks_for(normalized, codec, codec))
        most = longest_text(recipe)
        long = sum(len(row) > most for row in ids)
        if long:
            log(f"{long:,} texts have more than {most:,} tokens; only so many of each are read")
        rows = [[*row[:most], codec.special.end] for row in ids]
        lengths = np.array([len(row) for row in rows], dtype=np.int64)
        for places in reversed(in_order(lengths, lengths, tokens=recipe.search.batch_tokens) if len(rows) else []):
            yield SourceBatch(places, Packed.of([rows[place] for place in places]))


class Pictures(Inputs):
    """Pictures: paths, bytes of files, arrays, or Pillow's images."""

    plural = PICTURES

    def batches(
        self, field: Field, recipe: Recipe, given: Given, log: Log, table: TablePlace | None
    ) -> Iterator[SourceBatch]:
        """Batches of pictures of similar width."""
        del recipe, log
        batches = picture_batches(expect(field, PictureField), expect(given, list), table)
        yield from (SourceBatch(*batch) for batch in batches)


class TableRows(Inputs):
    """Rows of a table: a DataFrame, or a list with a mapping from column to value for each."""

    plural = ROWS

    def facts(self, field: Field) -> dict[str, str]:
        """The names of the columns that are read."""
        return {"columns": ", ".join(column.name for column in expect(field, RowField).columns)}

    def batches(
        self, field: Field, recipe: Recipe, given: Given, log: Log, table: TablePlace | None
    ) -> Iterator[SourceBatch]:
        """Batches of some thousand rows, in their order."""
        import pandas as pd

        del recipe
        place = table or TablePlace()
        frame = given if isinstance(given, pd.DataFrame) else pd.DataFrame(list(given))
        encoded = expect(field, RowField).encode(frame.reset_index(drop=True), file=place.file, lines=place.lines)
        for remark in encoded.report.describe():
            log(remark)
        for begin in range(0, len(frame), _ROWS_TOGETHER):
            places = np.arange(begin, min(begin + _ROWS_TOGETHER, len(frame)))
            numbers, categories = (torch.from_numpy(part[places]) for part in (encoded.numbers, encoded.categories))
            yield SourceBatch(places, Rows(numbers, categories))

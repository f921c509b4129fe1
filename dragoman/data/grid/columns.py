"""What a split holds on disk of sources and targets: how it is written, and how batches are made of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pyarrow as pa
import torch
from jaxtyping import Float64, Int, Int64, UInt8

from dragoman.contracts import Labels, Layout, Numbers, Packed, Pictures, Rows
from dragoman.data.arrow import ChainedColumn, RaggedColumn
from dragoman.data.grid.items import Items
from dragoman.data.grid.rendering import Rendering
from dragoman.fields.label import LabelField
from dragoman.fields.number import NumberField
from dragoman.fields.picture import PictureField
from dragoman.fields.row import RowField
from dragoman.text.codec import Codec, masks_for
from dragoman.text.vocabulary import END

_IDS = pa.list_(pa.int32())


@runtime_checkable
class Column(Protocol):
    """One side of the examples of a split.

    Attributes:
        lengths: how much of a mini-batch each example takes: tokens, or 1.
    """

    lengths: Int[np.ndarray, " n"]

    def batch(self, indices: Int[np.ndarray, " B"], generator: np.random.Generator | None) -> Any:
        """These examples, as a model takes them.

        Args:
            indices: of the examples.
            generator: of what is random in training; None gives the same every time.
        """
        ...


class TextColumn:
    """Text, with its ids.

    Args:
        table: of a split.
        side: ``source`` or ``target``.
    """

    def __init__(self, table: pa.Table, side: str) -> None:
        self._ids = RaggedColumn(table.column(f"{side}_ids"))
        self.lengths: Int[np.ndarray, " n"] = self._ids.lengths

    @property
    def tokens(self) -> ChainedColumn:
        """The ids of all texts end to end."""
        return ChainedColumn(self._ids)

    @staticmethod
    def of(codec: Codec, side: str, texts: Sequence[str], most: int | None = None) -> dict[str, pa.Array]:
        """What is written of some texts: each row of ids is ended by the end symbol, and cut to ``most`` with it."""
        ids = codec.encode_batch(texts, masks_for(texts, codec, codec))
        rows = [[*(row if most is None else row[: most - 1]), END] for row in ids]
        return {f"{side}_text": pa.array(texts, pa.large_string()), f"{side}_ids": pa.array(rows, _IDS)}

    def batch(self, indices: Int[np.ndarray, " B"], generator: np.random.Generator | None) -> Packed:
        """The ids of these examples."""
        del generator
        values, lengths = self._ids.gather(indices)
        return Packed(torch.from_numpy(values), Layout.of(torch.from_numpy(lengths)))


class PictureColumn:
    """Prepared pictures, as the bytes of their pixels; where there is none, the example's own target is rendered
    whenever it is asked for: in training it looks different every time, else the same every time.

    Args:
        table: of a split.
        field: what becomes of pictures.
        rendering: how targets are rendered; None if every picture is stored.
    """

    def __init__(self, table: pa.Table, field: PictureField, rendering: Rendering | None) -> None:
        self._pixels = table.column("source_picture")
        self._texts = table.column("target_text") if rendering is not None else None
        self._preparation = field.preparation
        self._renderer = None if rendering is None else rendering.renderer(field)
        self._seed = 0 if rendering is None else rendering.seed
        self.lengths: Int[np.ndarray, " n"] = np.ones(table.num_rows, dtype=np.int64)

    @staticmethod
    def of(field: PictureField, items: Items, name: str) -> dict[str, pa.Array]:
        """What is written of some pictures; ``name`` is their column, for errors.

        Raises:
            InputError: if one cannot be read.
        """
        pixels = [
            None if source is None else field.encode(source, place, name).tobytes()
            for source, place in zip(items.sources, items.places, strict=True)
        ]
        return {"source_picture": pa.array(pixels, pa.large_binary())}

    def pixels(self, index: int, generator: np.random.Generator | None = None) -> UInt8[np.ndarray, "C H W"]:
        """One picture; see :meth:`Column.batch` for the generator."""
        stored = self._pixels[index]
        if stored.is_valid:
            shape = (self._preparation.channels, self._preparation.height, -1)
            return np.frombuffer(stored.as_buffer(), dtype=np.uint8).reshape(shape)
        assert self._renderer is not None
        assert self._texts is not None
        generator = generator or np.random.default_rng([self._seed, index])
        return self._preparation.prepare(self._renderer.render(self._texts[index].as_py(), generator))

    def batch(self, indices: Int[np.ndarray, " B"], generator: np.random.Generator | None) -> Pictures:
        """These pictures side by side."""
        return Pictures.of([self.pixels(index, generator) for index in indices.tolist()])


class RowColumn:
    """Rows of a table as numbers.

    Args:
        table: of a split.
        field: the columns.
    """

    def __init__(self, table: pa.Table, field: RowField) -> None:
        self._numbers = _matrix(table.column("source_numbers"), field.numbers, np.float32)
        self._categories = _matrix(table.column("source_categories"), len(field.category_sizes), np.int64)
        self.lengths: Int[np.ndarray, " n"] = np.ones(table.num_rows, dtype=np.int64)

    @staticmethod
    def of(field: RowField, items: Items) -> tuple[dict[str, pa.Array], list[str]]:
        """What is written of some rows, and what was missing or unknown in them.

        Raises:
            InputError: if a cell cannot be used.
        """
        assert items.rows is not None
        encoded = field.encode(items.rows, file=items.files[0] if items.files else None, lines=items.lines)
        columns = {
            "source_numbers": pa.array(list(encoded.numbers), pa.list_(pa.float32())),
            "source_categories": pa.array(list(encoded.categories), pa.list_(pa.int64())),
        }
        return columns, encoded.report.describe()

    def batch(self, indices: Int[np.ndarray, " B"], generator: np.random.Generator | None) -> Rows:
        """These rows."""
        del generator
        return Rows(torch.from_numpy(self._numbers[indices]), torch.from_numpy(self._categories[indices]))


class LabelColumn:
    """The class of each example.

    Args:
        table: of a split.
    """

    def __init__(self, table: pa.Table) -> None:
        self.values: Int64[np.ndarray, " n"] = table.column("target_label").to_numpy().astype(np.int64)
        self.lengths: Int[np.ndarray, " n"] = np.ones(table.num_rows, dtype=np.int64)

    @staticmethod
    def of(field: LabelField, items: Items) -> dict[str, pa.Array]:
        """What is written of some labels.

        Raises:
            InputError: if training knows none of that name.
        """
        return {"target_label": pa.array(field.encode(items.targets, items.places), pa.int64())}

    def batch(self, indices: Int[np.ndarray, " B"], generator: np.random.Generator | None) -> Labels:
        """The classes of these examples."""
        del generator
        return Labels(torch.from_numpy(self.values[indices]))


class NumberColumn:
    """A number for each example.

    Args:
        table: of a split.
        field: how they are standardised.
    """

    def __init__(self, table: pa.Table, field: NumberField) -> None:
        self.values: Float64[np.ndarray, " n"] = table.column("target_number").to_numpy()
        self._standardised = field.standardise(self.values).astype(np.float32)
        self.lengths: Int[np.ndarray, " n"] = np.ones(table.num_rows, dtype=np.int64)

    @staticmethod
    def of(values: Float64[np.ndarray, " n"]) -> dict[str, pa.Array]:
        """What is written of some numbers."""
        return {"target_number": pa.array(values, pa.float64())}

    def batch(self, indices: Int[np.ndarray, " B"], generator: np.random.Generator | None) -> Numbers:
        """The standardised numbers of these examples."""
        del generator
        return Numbers(torch.from_numpy(self._standardised[indices]))


def _matrix(column: pa.ChunkedArray, width: int, kind: type[np.generic]) -> np.ndarray:
    flat = column.combine_chunks().flatten() if column.num_chunks != 1 else column.chunk(0).flatten()
    return np.asarray(flat.to_numpy(zero_copy_only=False), dtype=kind).reshape(len(column), width)

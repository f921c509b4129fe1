"""A split of a dataset: its examples, as batches, as ids and as texts."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import torch
from jaxtyping import Float, Float32, Int
from torch import Tensor

from dragoman.contracts import Batch, SpecialSymbols, TextBatch
from dragoman.contracts.expect import expect
from dragoman.data.columns.kinds import SOURCE_COLUMNS, TARGET_COLUMNS, SourceColumn, TargetColumn
from dragoman.data.columns.ragged import ChainedColumn
from dragoman.data.columns.text import TextColumn
from dragoman.data.example_weights import WEIGHT
from dragoman.data.rendering import Rendering
from dragoman.fields.field import Field


class Examples:
    """A split of a dataset: the training, validation or test set.

    Only lengths, labels and the numbers of rows are held in memory; ids, texts and pictures stay on the disk until they
    are asked for.

    >>> from pathlib import Path
    >>> from dragoman.data.dataset import Dataset
    >>> examples = Dataset.open(Path("runs/demo/dataset")).train
    >>> first = np.arange(3)
    >>> examples.source_texts(first) == examples.target_texts(first)  # a task of copying
    True
    >>> examples.batch(first).target.layout.lengths.tolist() == examples.target_lengths[first].tolist()
    True

    Args:
        table: content of the split's file.
        source: the field that encoded the sources.
        target: the field that encoded the targets.
        rendering: settings by which the targets become pictures, if the sources are pictures that are not stored.

    Attributes:
        source: the sources of all examples.
        target: the targets of all examples.
        corpora: the number of each example's corpus.
        weights: the weight of each example in the training loss; None where all weigh alike. Their mean, in which each
            example counts by its target's units, is 1, so that losses and learning rates mean what they mean without
            weights.
    """

    def __init__(self, table: pa.Table, source: Field, target: Field, rendering: Rendering | None = None) -> None:
        self._table = table
        self._fields = (source, target, rendering)
        self.source: SourceColumn = SOURCE_COLUMNS[type(source)](table, "source", source, rendering)
        self.target: TargetColumn = TARGET_COLUMNS[type(target)](table, "target", target, rendering)
        has_corpora = "corpus" in table.column_names
        self.corpora: Int[np.ndarray, " n"] = (
            table.column("corpus").to_numpy() if has_corpora else np.zeros(len(self), dtype=np.int16)
        )
        self.weights: Float32[np.ndarray, " n"] | None = (
            _with_mean_one(table.column(WEIGHT).to_numpy(), self.target_lengths)
            if WEIGHT in table.column_names
            else None
        )

    def take(self, indices: Int[np.ndarray, " k"]) -> Examples:
        """The examples ``indices`` alone, in that order, held in memory."""
        return Examples(self._table.take(pa.array(indices)).combine_chunks(), *self._fields)

    def spread(self, count: int) -> Examples:
        """Examples that are evenly spread over the split, in their order, held in memory.

        Args:
            count: number of examples, from 1 to the size of the split.
        """
        return self.take(np.linspace(0, len(self) - 1, count).round().astype(np.int64))

    def followed_by(self, other: Examples) -> Examples:
        """These examples, and behind them those of another split of the same dataset."""
        return Examples(pa.concat_tables([self._table, other._table]), *self._fields)

    def __len__(self) -> int:
        return self._table.num_rows

    @property
    def stored(self) -> pa.Table:
        """The content of the split's file: what each example was encoded to, its texts, and where it came from."""
        return self._table

    @property
    def source_lengths(self) -> Int[np.ndarray, " n"]:
        """The number of tokens of each source, with the end symbol; 1 if sources are not text."""
        return self.source.lengths

    @property
    def target_lengths(self) -> Int[np.ndarray, " n"]:
        """The number of tokens of each target, with the end symbol; 1 if targets are not text."""
        return self.target.lengths

    def batch(self, indices: Int[np.ndarray, " B"], generator: np.random.Generator | None = None) -> Batch:
        """A batch of the examples ``indices``, in that order.

        Args:
            indices: numbers of the examples in the split.
            generator: random generator for training, which looks of rendered pictures are drawn from; None gives the
                same batch every time.
        """
        source, target = self.source.batch(indices, generator), self.target.batch(indices, generator)
        return Batch(source, target, torch.from_numpy(indices), self.weights_of(indices))

    def text_batch(self, indices: Int[np.ndarray, " B"]) -> TextBatch:
        """A batch of the targets of these examples for a language model, each a sequence of its own."""
        target = expect(self.target, TextColumn).batch(indices)
        inputs = target.shifted(self.target_symbols.start)
        return TextBatch(inputs, target, False, torch.from_numpy(indices), self.weights_of(indices))

    def weights_of(self, indices: Int[np.ndarray, " B"]) -> Float[Tensor, " B"] | None:
        """The weights of examples ``indices`` in a batch; None where all weigh alike."""
        return None if self.weights is None else torch.from_numpy(self.weights[indices])

    @property
    def target_symbols(self) -> SpecialSymbols:
        """The special symbols of the targets' vocabulary."""
        return expect(self.target, TextColumn).special

    @property
    def target_tokens(self) -> ChainedColumn:
        """The token ids of all targets end to end."""
        return expect(self.target, TextColumn).tokens

    def ids(self, indices: Int[np.ndarray, " B"]) -> tuple[list[list[int]], list[list[int]]]:
        """The ids of the sources and of the targets of these examples, each row ended by the end symbol."""
        rows = pa.array(indices)
        return (
            self._table.column("source_ids").take(rows).to_pylist(),
            self._table.column("target_ids").take(rows).to_pylist(),
        )

    def target_ids(self) -> list[list[int]]:
        """The ids of all targets, each ended by the end symbol."""
        return self._table.column("target_ids").to_pylist()

    @property
    def has_source_texts(self) -> bool:
        """Whether sources are text."""
        return "source_text" in self._table.column_names

    def source_texts(self, indices: Int[np.ndarray, " B"] | None = None) -> list[str]:
        """The source texts of these examples, or of all."""
        return self._texts("source_text", indices)

    def target_texts(self, indices: Int[np.ndarray, " B"] | None = None) -> list[str]:
        """The target texts of these examples, or of all."""
        return self._texts("target_text", indices)

    def places(self, indices: Int[np.ndarray, " B"]) -> list[tuple[int, int]]:
        """The number of the file, and the line there, that each of these examples came from."""
        rows = pa.array(indices)
        lines = self._table.column("line").take(rows).to_pylist()
        has_files = "file" in self._table.column_names
        files = self._table.column("file").take(rows).to_pylist() if has_files else [0] * len(lines)
        return list(zip(files, lines, strict=True))

    def _texts(self, name: str, indices: Int[np.ndarray, " B"] | None) -> list[str]:
        column = self._table.column(name)
        return (column if indices is None else column.take(pa.array(indices))).to_pylist()


def _with_mean_one(weights: Float32[np.ndarray, " n"], units: Int[np.ndarray, " n"]) -> Float32[np.ndarray, " n"]:
    """Weights whose mean over all units is 1; unchanged if all are 0, as in a part of a dataset they may be."""
    total = float(weights.astype(np.float64) @ units)
    return weights if total == 0 else (weights * (units.sum() / total)).astype(np.float32)

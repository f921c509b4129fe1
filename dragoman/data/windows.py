"""The targets of a split as one running text, in windows."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Int

from dragoman.contracts import AnyBatch
from dragoman.data.examples import Examples
from dragoman.data.partition import Window, window_batch


@runtime_checkable
class Partition(Protocol):
    """Cuts a text of so many tokens into the windows of one pass."""

    def __call__(self, tokens: int, *, rows: int, length: int, generator: np.random.Generator) -> list[Window]:
        """The windows in the order in which they are trained on."""
        ...


class Windows:
    """Passes over the lines of a split end to end.

    Args:
        examples: the split.
        rows: pieces in a batch.
        length: tokens of each.
        partition: how the text is cut.
    """

    def __init__(self, examples: Examples, *, rows: int, length: int, partition: Partition) -> None:
        self._examples = examples
        lengths: Int[np.ndarray, " n"] = examples.target_lengths.astype(np.int64)
        self._begins = np.cumsum(lengths) - lengths
        self._size = int(lengths.sum())
        self._rows = rows
        self._length = length
        self._partition = partition

    def plan(self, generator: np.random.Generator) -> list[Window]:
        """The windows of a pass."""
        return self._partition(self._size, rows=self._rows, length=self._length, generator=generator)

    def tokens(self, planned: Window) -> int:
        """Tokens of a window."""
        return planned.length * len(planned.begins)

    def batch(self, planned: Window, generator: np.random.Generator) -> AnyBatch:
        """The tokens of a window, with the symbol before each."""
        del generator
        return window_batch(self._examples.target_tokens, self._begins, planned, self._examples.target_symbols)

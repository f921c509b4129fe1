"""A long text cut into windows for a language model, in two ways.

Both are the textbook's (Zhang et al., *Dive into Deep Learning*, on data for language models): *sequential*
partitioning keeps the order, so that the state after one window is the right one before the next; *random*
partitioning shuffles the windows, so that batches are more alike and every window begins anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Int

from dragoman.contracts import AnyBatch, Layout, Packed, SpecialSymbols, TextBatch
from dragoman.data.examples import Examples


@dataclass(frozen=True, slots=True)
class Window:
    """A batch of equally long pieces of a stream.

    Attributes:
        begins: where each piece begins.
        length: tokens of each.
        follows: whether every piece goes on where that of the window before ended.
    """

    begins: Int[np.ndarray, " R"]
    length: int
    follows: bool


def sequential_windows(tokens: int, *, rows: int, length: int, generator: np.random.Generator) -> list[Window]:
    """The text as ``rows`` strands of equal length, side by side; the last window may be shorter.

    A pass begins at a random place among the first ``length`` tokens, so that windows end elsewhere in every pass. The
    tokens before it, and fewer than ``rows`` at the end, are left out.

    Args:
        tokens: of the text.
        rows: strands; fewer if the text is too short for so many.
        length: tokens of a window.
        generator: draws the beginning.
    """
    rows = max(min(rows, tokens // (2 * length)), 1)
    offset = int(generator.integers(min(length, max(tokens // 2, 1))))
    strand = (tokens - offset) // rows
    strands = offset + np.arange(rows) * strand
    return [
        Window(strands + begin, min(length, strand - begin), follows=begin > 0) for begin in range(0, strand, length)
    ]


def random_windows(tokens: int, *, rows: int, length: int, generator: np.random.Generator) -> list[Window]:
    """The text in windows that do not overlap, ``rows`` at a time in random order.

    A pass begins at a random place among the first ``length`` tokens; the tokens before it, and fewer than ``length``
    at the end, are left out.

    Args:
        tokens: of the text.
        rows: windows in a batch; the last batch may have fewer.
        length: tokens of a window; less if the text is shorter.
        generator: draws the beginning and the order.
    """
    length = min(length, max(tokens // 2, 1))
    offset = int(generator.integers(length))
    begins = generator.permutation(np.arange(offset, tokens - length + 1, length))
    return [Window(begins[first : first + rows], length, follows=False) for first in range(0, len(begins), rows)]


@runtime_checkable
class Stream(Protocol):
    """Token ids, looked up by place."""

    def __getitem__(self, places: Int[np.ndarray, " m"]) -> Int[np.ndarray, " m"]:
        """The ids at these places."""
        ...


def window_batch(
    stream: Stream, line_begins: Int[np.ndarray, " n"], window: Window, special: SpecialSymbols
) -> TextBatch:
    """The tokens of a window, and before each the symbol that the model reads: the one that stands there, or the start
    symbol at the beginning of a line.

    Args:
        stream: the text's ids, each line ended by the end symbol.
        line_begins: where each line begins.
        window: which tokens.
        special: the special symbols of the text's vocabulary.
    """
    places = (window.begins[:, None] + np.arange(window.length)).reshape(-1)
    target = stream[places]
    before = np.where(places == 0, special.end, stream[np.maximum(places - 1, 0)])
    inputs = np.where(before == special.end, special.start, before)
    layout = Layout.of([window.length] * len(window.begins))
    lines = np.searchsorted(line_begins, window.begins, side="right") - 1
    return TextBatch(
        Packed(torch.from_numpy(inputs), layout),
        Packed(torch.from_numpy(target), layout),
        window.follows,
        torch.from_numpy(lines),
    )


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

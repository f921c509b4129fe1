"""The windows of a long text that a language model is trained on, cut in one of two ways.

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
        begins: index of each piece's first token in the stream.
        length: number of tokens of each piece.
        follows: whether every piece continues that of the previous window.
    """

    begins: Int[np.ndarray, " R"]
    length: int
    follows: bool


def sequential_windows(tokens: int, *, rows: int, length: int, generator: np.random.Generator) -> list[Window]:
    """The text as ``rows`` strands of equal length, side by side; the last window may be shorter.

    A pass begins at a random place among the first ``length`` tokens, so that windows end elsewhere in every pass. The
    tokens before it, and fewer than ``rows`` at the end, are left out.

    >>> for window in sequential_windows(20, rows=2, length=4, generator=np.random.default_rng(0)):
    ...     print(window.begins, window.length, window.follows)
    [ 3 11] 4 False
    [ 7 15] 4 True

    Args:
        tokens: number of tokens of the text.
        rows: number of strands; there are fewer if the text is too short for so many.
        length: number of tokens of a window.
        generator: random generator that draws the beginning.
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

    >>> for window in random_windows(20, rows=2, length=4, generator=np.random.default_rng(0)):
    ...     print(window.begins, window.length, window.follows)
    [11  3] 4 False
    [ 7 15] 4 False

    Args:
        tokens: number of tokens of the text.
        rows: number of windows in a batch; the last batch may have fewer.
        length: number of tokens of a window; it is less if the text is shorter.
        generator: random generator that draws the beginning and the order.
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
    """The tokens of a window as targets, with the symbol before each as input, which at the beginning of a line is the
    start symbol.

    Args:
        stream: token ids of the text, in which the end symbol ends each line.
        line_begins: index of each line's first token.
        window: the window.
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
    """A function that cuts a text into the windows of one pass."""

    def __call__(self, tokens: int, *, rows: int, length: int, generator: np.random.Generator) -> list[Window]:
        """The windows in the order in which they are trained on."""
        ...


class Windows:
    """The batch sampler of language models on running text: the lines of a split end to end, cut into windows.

    Args:
        examples: the split of the dataset.
        rows: number of pieces in a batch.
        length: number of tokens of each piece.
        partition: function that cuts the text, such as :func:`sequential_windows`.
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
        """The number of tokens of a window."""
        return planned.length * len(planned.begins)

    def batch(self, planned: Window, generator: np.random.Generator) -> AnyBatch:
        """The tokens of a window, with the symbol before each."""
        del generator
        return window_batch(self._examples.target_tokens, self._begins, planned, self._examples.target_symbols)

"""What passes between rooms.

Notation, the same everywhere: ``B`` batch, ``S`` source length, ``T`` target length, ``L`` the longest row of a
batch, ``N`` all tokens of a batch laid end to end, ``D`` model width, ``H`` heads, ``V`` vocabulary, ``R`` rows of a
search (hypotheses).

Text is ragged, and it crosses rooms **packed**: the rows of a batch lie end to end in one tensor whose first axis is
``N``, and a :class:`Layout` says where each begins. Position-wise layers, the output layer and the loss then never
compute on padding. What needs a rectangle (attention, convolution) asks the layout to :meth:`~Layout.pad` and
:meth:`~Layout.unpad`; nothing else converts. A mask is boolean and ``True`` means a real position.

Pictures are ragged in their width, and cross rooms in the same way: their columns lie end to end
(:class:`Pictures`). Rows of a table all have the same columns (:class:`Rows`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, Shaped, UInt8
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the rows of a packed tensor begin and end.

    Build it with :meth:`of`; the index tensors are then shared by every layer that handles the batch.

    Attributes:
        lengths: tokens in each row.
        starts: index in ``N`` of each row's first token.
        rows: the row of each token.
        positions: the place of each token in its row, from 0.
        longest: the length ``L`` of the longest row.
    """

    lengths: Int[Tensor, " B"]
    starts: Int[Tensor, " B"]
    rows: Int[Tensor, " N"]
    positions: Int[Tensor, " N"]
    longest: int

    @classmethod
    def of(cls, lengths: Sequence[int] | Int[Tensor, " B"], device: torch.device | str = "cpu") -> Layout:
        """The layout of rows with these lengths (each at least 1).

        Raises:
            ValueError: if there is no row, or a row is empty.
        """
        sizes = torch.as_tensor(lengths, dtype=torch.int64)
        if sizes.numel() == 0 or int(sizes.min()) < 1:
            raise ValueError(f"a layout needs rows of at least one token, got lengths {sizes.tolist()[:8]}")
        starts = sizes.cumsum(0) - sizes
        # PyTorch's own repeating and indexing would wake all threads, in the loader's thread a second set of them.
        rows = torch.from_numpy(np.repeat(np.arange(len(sizes)), sizes.numpy()))
        positions = torch.arange(len(rows)) - torch.from_numpy(np.repeat(starts.numpy(), sizes.numpy()))
        return cls(sizes.to(device), starts.to(device), rows.to(device), positions.to(device), int(sizes.max()))

    @property
    def batch(self) -> int:
        """The number of rows, B."""
        return self.lengths.shape[0]

    @property
    def tokens(self) -> int:
        """The number of tokens, N."""
        return self.rows.shape[0]

    @property
    def rectangular(self) -> bool:
        """Whether all rows have the same length, so that padding is a change of shape only."""
        return self.tokens == self.batch * self.longest

    @property
    def mask(self) -> Bool[Tensor, "B L"]:
        """``True`` at real positions of the padded form."""
        return torch.arange(self.longest, device=self.lengths.device) < self.lengths[:, None]

    def pad(self, packed: Shaped[Tensor, N * rest]) -> Shaped[Tensor, "B L *rest"]:
        """Rows side by side, zeros behind the shorter ones."""
        rest = packed.shape[1:]
        if not self.rectangular:
            flat = packed.new_zeros((self.batch * self.longest, *rest))
            packed = flat.index_copy(0, self.rows * self.longest + self.positions, packed)
        return packed.view(self.batch, self.longest, *rest)

    def unpad(self, padded: Shaped[Tensor, "B L *rest"]) -> Shaped[Tensor, N * rest]:
        """The inverse of :meth:`pad`; what stood on padding is dropped."""
        flat = padded.flatten(0, 1)
        if self.rectangular:
            return flat
        return flat.index_select(0, self.rows * self.longest + self.positions)

    def mean(self, packed: Float[Tensor, "N D"]) -> Float[Tensor, "B D"]:
        """The mean of each row."""
        if self.rectangular:
            return packed.view(self.batch, self.longest, -1).mean(1)
        sums = packed.new_zeros((self.batch, packed.shape[1])).index_add(0, self.rows, packed)
        return sums / self.lengths[:, None].to(packed.dtype)

    def to(self, device: torch.device | str) -> Layout:
        """The same layout on another device."""
        parts = (self.lengths, self.starts, self.rows, self.positions)
        lengths, starts, rows, positions = (part.to(device, non_blocking=True) for part in parts)
        return Layout(lengths, starts, rows, positions, self.longest)


@dataclass(frozen=True, slots=True)
class Packed:
    """Token ids of several rows laid end to end."""

    values: Int[Tensor, " N"]
    layout: Layout

    @classmethod
    def of(cls, rows: Sequence[Sequence[int]], device: torch.device | str = "cpu") -> Packed:
        """Pack lists of ids.

        Raises:
            ValueError: if there is no row, or a row is empty.
        """
        layout = Layout.of([len(row) for row in rows], device)
        flat = [token for row in rows for token in row]
        return cls(torch.tensor(flat, dtype=torch.int64, device=device), layout)

    def rows(self) -> list[list[int]]:
        """The ids as one list per row."""
        return [part.tolist() for part in torch.split(self.values, self.layout.lengths.tolist())]

    @property
    def units(self) -> int:
        """What a loss over them is the mean of: tokens."""
        return self.layout.tokens

    @property
    def layouts(self) -> list[Layout]:
        """Of all that would be padded."""
        return [self.layout]

    def shifted(self, start: int) -> Packed:
        """Each row moved one place to the right behind the symbol ``start``: what a decoder reads to predict it."""
        values = self.values.roll(1)
        values[self.layout.starts] = start
        return Packed(values, self.layout)

    def to(self, device: torch.device | str) -> Packed:
        """The same rows on another device."""
        return Packed(self.values.to(device, non_blocking=True), self.layout.to(device))


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures of one height, laid end to end.

    Attributes:
        values: C channels (1 grey, or 3 for red, green and blue), H rows, and the columns of all pictures side by side;
            each from 0, black, to 255.
        layout: where each picture's columns lie; a token is a column.
    """

    values: UInt8[Tensor, "C H N"]
    layout: Layout

    @classmethod
    def of(cls, pictures: Sequence[UInt8[np.ndarray, "C H _"]]) -> Pictures:
        """Lay pictures of one height, and of any widths, end to end."""
        return cls(torch.from_numpy(np.concatenate(pictures, axis=2)), Layout.of([p.shape[2] for p in pictures]))

    @property
    def layouts(self) -> list[Layout]:
        """Nothing of pictures is padded: they stay side by side."""
        return []

    def to(self, device: torch.device | str) -> Pictures:
        """The same pictures on another device."""
        return Pictures(self.values.to(device, non_blocking=True), self.layout.to(device))


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a table.

    Attributes:
        numbers: the numeric columns, standardised.
        categories: the number of each categorical column's value.
    """

    numbers: Float[Tensor, "B n"]
    categories: Int[Tensor, "B c"]

    @property
    def layouts(self) -> list[Layout]:
        """Nothing of a table is padded."""
        return []

    def to(self, device: torch.device | str) -> Rows:
        """The same rows on another device."""
        return Rows(self.numbers.to(device, non_blocking=True), self.categories.to(device, non_blocking=True))


@dataclass(frozen=True, slots=True)
class Labels:
    """The number of each example's class, from 0."""

    values: Int[Tensor, " B"]

    @property
    def units(self) -> int:
        """What a loss over them is the mean of: examples."""
        return len(self.values)

    @property
    def layouts(self) -> list[Layout]:
        """Nothing of them is padded."""
        return []

    def to(self, device: torch.device | str) -> Labels:
        """The same labels on another device."""
        return Labels(self.values.to(device, non_blocking=True))


@dataclass(frozen=True, slots=True)
class Numbers:
    """A number for each example, standardised."""

    values: Float[Tensor, " B"]

    @property
    def units(self) -> int:
        """What a loss over them is the mean of: examples."""
        return len(self.values)

    @property
    def layouts(self) -> list[Layout]:
        """Nothing of them is padded."""
        return []

    def to(self, device: torch.device | str) -> Numbers:
        """The same numbers on another device."""
        return Numbers(self.values.to(device, non_blocking=True))


Source = Packed | Pictures | Rows
"""What an encoder reads."""


@dataclass(frozen=True, slots=True)
class PictureSize:
    """What an encoder of pictures must know before it sees one.

    Attributes:
        channels: 1 or 3.
        height: in pixels.
        width: in pixels; None where pictures differ in it.
    """

    channels: int
    height: int
    width: int | None


@dataclass(frozen=True, slots=True)
class RowSize:
    """What an encoder of rows must know before it sees one.

    Attributes:
        numbers: numeric columns.
        categories: values of each categorical column; the last stands for all that training has not seen.
    """

    numbers: int
    categories: tuple[int, ...]


SourceSize = int | PictureSize | RowSize
"""Of a text the symbols of its vocabulary."""

Target = Packed | Labels | Numbers
"""What a decoder shall say."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some examples. Rows of text end with the end symbol; a start symbol is never stored.

    Attributes:
        source: what the encoder reads.
        target: what the decoder shall write.
        examples: the index of each row in its split of the dataset, so that a batch can be traced to its lines.
    """

    source: Source
    target: Target
    examples: Int[Tensor, " B"]

    @property
    def layouts(self) -> list[Layout]:
        """Of all that would be padded."""
        return [*self.source.layouts, *self.target.layouts]

    def to(self, device: torch.device | str) -> Batch:
        """The same batch on another device."""
        return Batch(self.source.to(device), self.target.to(device), self.examples)


@dataclass(frozen=True, slots=True)
class TextBatch:
    """Pieces of text for a language model.

    Attributes:
        inputs: the symbol before each of ``target``; at the beginning of a line the start symbol.
        target: what shall be predicted, in the same layout.
        follows: whether every row goes on where that of the batch before ended, so that a state can be carried over.
        examples: the index of the line that each row begins in, so that a batch can be traced to its lines.
    """

    inputs: Packed
    target: Packed
    follows: bool
    examples: Int[Tensor, " B"]

    @property
    def layouts(self) -> list[Layout]:
        """Of all that would be padded."""
        return [self.target.layout]

    def to(self, device: torch.device | str) -> TextBatch:
        """The same batch on another device."""
        return TextBatch(self.inputs.to(device), self.target.to(device), self.follows, self.examples)


AnyBatch = Batch | TextBatch

Carried = tuple[Shaped[Tensor, "..."], ...]
"""What the loss of a batch hands to that of the next, without a gradient: the state of a recurrent language model,
and nothing for everything else."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What an encoder hands to a decoder.

    Attributes:
        states: a hidden state for each place of the input.
        layout: where each row's states lie.
        final: each row in one vector, whatever its length: what a decoder without attention starts from.
    """

    states: Float[Tensor, "N D"]
    layout: Layout
    final: Float[Tensor, "B F"]


Same = TypeVar("Same")


@runtime_checkable
class DecoderState(Protocol):
    """All that a decoder knows after some steps. Decoders return it; no module stores it."""

    def select(self: Same, rows: Int[Tensor, " K"]) -> Same:
        """The state of hypotheses ``rows`` (on the processor), in that order; a row may be repeated or left out."""
        ...


State = TypeVar("State", bound=DecoderState)


@runtime_checkable
class StepFunction(Protocol[State]):
    """All that a search knows of a model."""

    def __call__(self, tokens: Int[Tensor, " R"], state: State) -> tuple[Float[Tensor, "R V"], State]:
        """The unnormalised scores of each next symbol after ``tokens``, and the state after them.

        ``tokens`` are on the processor; a model moves them to where it computes."""
        ...


@runtime_checkable
class RankingStep(StepFunction[State], Protocol[State]):
    """A :class:`StepFunction` that can find the best symbols without laying out the scores of all."""

    def best(
        self, tokens: Int[Tensor, " R"], state: State, count: int
    ) -> tuple[Float[Tensor, "R k"], Int[Tensor, "R k"], Float[Tensor, " R"], State]:
        """Of the scores of each row the ``count`` largest (or all, if there are fewer), from large to small; their
        symbols; log Σ exp of all scores of the row; and the state after ``tokens``."""
        ...


@runtime_checkable
class Encoder(Protocol):
    """Any encoder: of text, pictures or rows of a table."""

    def __call__(self, source: Any) -> Memory:
        """The hidden states of an input: of every token, of every place across a picture, or of a row the only one."""
        ...


@runtime_checkable
class Decoder(Protocol):
    """Any decoder of a memory, into text, labels or numbers."""

    def loss(self, target: Any, memory: Memory, smoothing: float) -> Float[Tensor, ""]:
        """What training makes small, summed over the units of ``target``.

        Args:
            target: what shall be said, one row per row of the memory.
            memory: of the encoder.
            smoothing: share of the probability that is spread over everything that could be said.
        """
        ...

    def measured_loss(self, target: Any, memory: Memory) -> Float[Tensor, " M"]:
        """The same without smoothing, for measuring: of each token, or of each example where its tokens have no loss of
        their own. Without a gradient."""
        ...


@runtime_checkable
class WritingDecoder(Decoder, Protocol):
    """Any decoder whose output a search puts together symbol by symbol."""

    def start(self, memory: Memory) -> Any:
        """The state before the first token: one hypothesis per row of the memory."""
        ...

    def step(self, tokens: Int[Tensor, " R"], state: Any) -> tuple[Float[Tensor, "R V"], Any]:
        """The unnormalised scores of each next token after ``tokens``, and the state after them."""
        ...


@runtime_checkable
class TextDecoder(WritingDecoder, Protocol):
    """Any decoder of text that predicts each token from those before it.

    Attributes:
        output: hidden state to vocabulary.
    """

    output: nn.Linear

    def __call__(self, inputs: Packed, memory: Memory) -> Float[Tensor, "N D"]:
        """What ``output`` reads to predict each next token, for whole rows at once.

        Args:
            inputs: the targets shifted right behind the start symbol.
            memory: of the encoder, one row per row of ``inputs``.
        """
        ...


@runtime_checkable
class LanguageDecoder(Protocol):
    """Any decoder of text that needs no memory.

    Attributes:
        output: hidden state to vocabulary.
    """

    output: nn.Linear

    def __call__(self, inputs: Packed, carried: Carried) -> tuple[Float[Tensor, "N D"], Carried]:
        """What ``output`` reads to predict each next token, and what a batch that follows goes on from.

        Args:
            inputs: the symbol before each that shall be predicted.
            carried: by the batch before; empty if none is followed.
        """
        ...

    def start(self, rows: int) -> Any:
        """The state of ``rows`` texts before their first token."""
        ...

    def step(self, tokens: Int[Tensor, " R"], state: Any) -> tuple[Float[Tensor, "R V"], Any]:
        """The unnormalised scores of each next token after ``tokens``, and the state after them."""
        ...


class Ending(Enum):
    """Why a hypothesis is no longer."""

    COMPLETE = "complete"
    LENGTH = "length limit"
    REPETITION = "repetition cut"


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One finished output of a search.

    Attributes:
        tokens: ids without start and end symbol.
        log_probability: natural logarithm of the probability of the tokens, the end symbol included if complete.
        score: what the search ranked it by (``log_probability`` after the length penalty).
        ending: whether the model ended it, or the search had to.
    """

    tokens: list[int]
    log_probability: float
    score: float
    ending: Ending

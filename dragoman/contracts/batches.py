"""Some examples, as they go through training together."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Int, Shaped
from torch import Tensor

from dragoman.contracts.layout import Layout
from dragoman.contracts.packed import Packed
from dragoman.contracts.sides import Source, Target


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

    def select(self, rows: Int[Tensor, " K"]) -> Batch:
        """Examples ``rows`` (at least one), in that order."""
        return Batch(self.source.select(rows), self.target.select(rows), self.examples[rows])

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

    def select(self, rows: Int[Tensor, " K"]) -> TextBatch:
        """Rows ``rows`` (at least one), in that order; what is carried on to them has to be selected as well."""
        target = self.target.select(rows)
        inputs = Packed(self.inputs.select(rows).values, target.layout)
        return TextBatch(inputs, target, self.follows, self.examples[rows])

    def to(self, device: torch.device | str) -> TextBatch:
        """The same batch on another device."""
        return TextBatch(self.inputs.to(device), self.target.to(device), self.follows, self.examples)


AnyBatch = Batch | TextBatch

Carried = tuple[Shaped[Tensor, "..."], ...]
"""What the loss of a batch hands to that of the next, without a gradient: the state of a recurrent language model,
and nothing for everything else."""

"""Mini-batches of training examples."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor

from dragoman.contracts.inputs_outputs import Source, Target
from dragoman.contracts.layout import Layout
from dragoman.contracts.links import Links
from dragoman.contracts.packed import Packed


@dataclass(frozen=True, slots=True)
class Batch:
    """A mini-batch of examples. Rows of text end with the end symbol; a start symbol is never stored.

    >>> batch = Batch(Packed.of([[5, 3], [6, 7, 3]]), Packed.of([[8, 3], [9, 3]]), torch.tensor([0, 1]))
    >>> batch.units, batch.select(torch.tensor([1])).source.rows()
    (4, [[6, 7, 3]])

    Attributes:
        source: what the encoder reads.
        target: what the decoder is trained to predict.
        examples: the index of each row in its split of the dataset, so that a batch can be traced to its lines.
        weights: weight of each example in the training loss: with 2, the summed loss is as if the batch held the
            example twice; with 0, as if it did not hold it. None for 1 each. No weight is negative.
        links: links of target tokens to source tokens, for guided alignment; None without it.
    """

    source: Source
    target: Target
    examples: Int[Tensor, " B"]
    weights: Float[Tensor, " B"] | None = None
    links: Links | None = None

    @property
    def follows(self) -> bool:
        """Whether a state is carried over from the batch before: never, as examples stand alone."""
        return False

    @property
    def sides(self) -> dict[str, Source | Target]:
        """The inputs and the targets, by name."""
        return {"source": self.source, "target": self.target}

    @property
    def layouts(self) -> list[Layout]:
        """The layouts of everything that layers may pad."""
        return [*self.source.layouts, *self.target.layouts]

    @property
    def units(self) -> int:
        """The number of units, target tokens, labels or numbers, by which the summed loss is divided.

        Weights do not change it, so that an example counts by its own weight and not by those of the examples that it
        happens to stand beside. Divided by its sum of weights, a batch of examples that all weigh little, such as one
        of long sentences where short ones are wanted, would count as much as any other.
        """
        return self.target.units

    def twice(self) -> Batch:
        """Each example two times: rows b and b + B are the same example."""
        return self.select(_twice(len(self.examples)))

    def select(self, rows: Int[Tensor, " K"]) -> Batch:
        """Examples ``rows`` (at least one), in that order."""
        source, target = self.source.select(rows), self.target.select(rows)
        links = None if self.links is None else self.links.select(rows)
        return Batch(source, target, self.examples[rows], _selected(self.weights, rows), links)

    def to(self, device: torch.device | str) -> Batch:
        """The same batch on another device."""
        source, target = self.source.to(device), self.target.to(device)
        links = None if self.links is None else self.links.to(device)
        return Batch(source, target, self.examples, _moved(self.weights, device), links)


@dataclass(frozen=True, slots=True)
class TextBatch:
    """A mini-batch of pieces of text for a language model.

    >>> line = Packed.of([[5, 6, 3]])  # 3 ends a line, 2 is the start symbol
    >>> batch = TextBatch(line.shifted(2), line, follows=False, examples=torch.tensor([0]))
    >>> batch.inputs.rows(), batch.target.rows()
    ([[2, 5, 6]], [[5, 6, 3]])

    Attributes:
        inputs: the symbol before each symbol of ``target``; at the beginning of a line the start symbol.
        target: the symbols to be predicted, in the same layout.
        follows: whether every row continues where the same row of the batch before ended, so that a state can be
            carried over.
        examples: the index of the line that each row begins in, so that a batch can be traced to its lines.
        weights: weight of each row in the training loss, as in :class:`Batch`.
    """

    inputs: Packed
    target: Packed
    follows: bool
    examples: Int[Tensor, " B"]
    weights: Float[Tensor, " B"] | None = None

    @property
    def sides(self) -> dict[str, Source | Target]:
        """The inputs and the targets, by name."""
        return {"inputs": self.inputs, "target": self.target}

    @property
    def layouts(self) -> list[Layout]:
        """The layouts of everything that layers may pad."""
        return [self.target.layout]

    @property
    def units(self) -> int:
        """The number of target tokens, by which the summed loss is divided whatever the weights, as in
        :class:`Batch`."""
        return self.target.units

    def twice(self) -> TextBatch:
        """Each row two times: rows b and b + B are the same."""
        return self.select(_twice(len(self.examples)))

    def select(self, rows: Int[Tensor, " K"]) -> TextBatch:
        """Rows ``rows`` (at least one), in that order; a state that is carried over to them has to be selected as
        well."""
        target = self.target.select(rows)
        inputs = Packed(self.inputs.select(rows).values, target.layout)
        return TextBatch(inputs, target, self.follows, self.examples[rows], _selected(self.weights, rows))

    def to(self, device: torch.device | str) -> TextBatch:
        """The same batch on another device."""
        weights = _moved(self.weights, device)
        return TextBatch(self.inputs.to(device), self.target.to(device), self.follows, self.examples, weights)


AnyBatch = Batch | TextBatch

Carried = tuple[Shaped[Tensor, "..."], ...]
"""What the loss of one batch hands to the loss of the next, without a gradient: the state of a recurrent language
model; empty for all other models."""


def _twice(rows: int) -> Int[Tensor, " K"]:
    return torch.arange(rows).repeat(2)


def _selected(weights: Float[Tensor, " B"] | None, rows: Int[Tensor, " K"]) -> Float[Tensor, " K"] | None:
    return None if weights is None else weights[rows.to(weights.device)]


def _moved(weights: Float[Tensor, " B"] | None, device: torch.device | str) -> Float[Tensor, " B"] | None:
    return None if weights is None else weights.to(device)

"""What encoders hand to decoders, and what both promise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, runtime_checkable

from jaxtyping import Float, Int
from torch import Tensor, nn

from dragoman.contracts.batches import Carried
from dragoman.contracts.layout import Layout
from dragoman.contracts.packed import Packed


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

    def loss(self, target: Any, memory: Memory, weights: Float[Tensor, " B"] | None = None) -> Float[Tensor, ""]:
        """What training minimises: Σ_b w_b ℓ_b, where ℓ_b is the loss of example b summed over its target tokens.

        Smoothing and class weights, where a decoder has them, were given to its constructor and are part of ℓ_b. What
        the sum is divided by says :func:`~dragoman.contracts.batches.weighted_units`.

        Args:
            target: what shall be predicted, one row per row of the memory.
            memory: what the encoder made of the input.
            weights: w_b of each example, without a gradient; None for 1 each.
        """
        ...

    def token_losses(self, target: Any, memory: Memory) -> Float[Tensor, " M"]:
        """The loss of each target token, or of each example if the decoder has no loss by token. It is for measuring:
        there is no smoothing, no weight and no gradient."""
        ...


@runtime_checkable
class WritingDecoder(Decoder, Protocol):
    """Any decoder whose output a search puts together symbol by symbol."""

    def start(self, memory: Memory) -> DecoderState:
        """The state before the first token: one hypothesis per row of the memory."""
        ...

    def step(self, tokens: Int[Tensor, " R"], state: Any) -> tuple[Float[Tensor, "R V"], DecoderState]:
        """The unnormalised scores of each next token after ``tokens``, and the state after them."""
        ...


@runtime_checkable
class TextDecoder(WritingDecoder, Protocol):
    """Any decoder of text that predicts each token from those before it."""

    @property
    def output(self) -> nn.Linear:
        """From hidden states to the vocabulary."""
        ...

    def states(self, target: Packed, memory: Memory) -> Float[Tensor, "N D"]:
        """What ``output`` reads to predict each token of ``target``: :meth:`__call__` behind the start symbol."""
        ...

    def __call__(self, inputs: Packed, memory: Memory) -> Float[Tensor, "N D"]:
        """What ``output`` reads to predict each next token, for whole rows at once.

        Args:
            inputs: the targets shifted right behind the start symbol.
            memory: of the encoder, one row per row of ``inputs``.
        """
        ...


@runtime_checkable
class LanguageDecoder(Protocol):
    """Any decoder of text that needs no memory."""

    @property
    def output(self) -> nn.Linear:
        """From hidden states to the vocabulary."""
        ...

    def __call__(self, inputs: Packed, carried: Carried) -> tuple[Float[Tensor, "N D"], Carried]:
        """What ``output`` reads to predict each next token, and what a batch that follows goes on from.

        Args:
            inputs: the symbol before each that shall be predicted.
            carried: by the batch before; empty if none is followed.
        """
        ...

    def loss(
        self, inputs: Packed, target: Packed, carried: Carried, weights: Float[Tensor, " B"] | None = None
    ) -> tuple[Float[Tensor, ""], Carried]:
        """What training minimises: Σ_b w_b ℓ_b, where ℓ_b is the loss of row b summed over its tokens; and what a batch
        that follows goes on from.

        Args:
            inputs: the symbol before each of ``target``.
            target: the symbols that shall be predicted.
            carried: by the batch before; empty if none is followed.
            weights: w_b of each row, without a gradient; None for 1 each.
        """
        ...

    def token_losses(self, inputs: Packed, target: Packed) -> Float[Tensor, " N"]:
        """The loss of each token, where every row begins anew. It is for measuring: there is no smoothing, no weight
        and no gradient."""
        ...

    def start(self, rows: int) -> DecoderState:
        """The state of ``rows`` texts before their first token."""
        ...

    def step(self, tokens: Int[Tensor, " R"], state: Any) -> tuple[Float[Tensor, "R V"], DecoderState]:
        """The unnormalised scores of each next token after ``tokens``, and the state after them."""
        ...

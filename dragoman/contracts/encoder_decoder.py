"""The interfaces of encoders and decoders, and what encoders hand to decoders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, runtime_checkable

from jaxtyping import Float, Int
from torch import Tensor, nn

from dragoman.contracts.alignments import Alignments
from dragoman.contracts.batches import Carried
from dragoman.contracts.layout import Layout
from dragoman.contracts.packed import Packed


@dataclass(frozen=True, slots=True)
class Memory:
    """What an encoder hands to a decoder.

    >>> import torch
    >>> from dragoman.contracts import Layout
    >>> states, layout = torch.randn(5, 8), Layout.of([3, 2])  # two sentences of 3 and 2 tokens
    >>> Memory(states, layout, final=layout.mean(states)).final.shape
    torch.Size([2, 8])

    Attributes:
        states: a hidden state for each position of the input.
        layout: where each row's states lie.
        final: one vector for each row, whatever its length, from which a decoder without attention starts.
    """

    states: Float[Tensor, "N D"]
    layout: Layout
    final: Float[Tensor, "B F"]


Same = TypeVar("Same")


@runtime_checkable
class DecoderState(Protocol):
    """The state of a decoder after some steps. Decoders return it; no module stores it."""

    def select(self: Same, rows: Int[Tensor, " K"]) -> Same:
        """The state of hypotheses ``rows`` (on the CPU), in that order; a row may be repeated or left out."""
        ...


State = TypeVar("State", bound=DecoderState)


@runtime_checkable
class StepFunction(Protocol[State]):
    """The function by which a search asks a model for scores."""

    def __call__(self, tokens: Int[Tensor, " R"], state: State) -> tuple[Float[Tensor, "R V"], State]:
        """The unnormalised scores of each next symbol after ``tokens``, and the state after them.

        ``tokens`` are on the CPU; a model moves them to its own device."""
        ...


@runtime_checkable
class RankingStep(StepFunction[State], Protocol[State]):
    """A :class:`StepFunction` that can find the best symbols without writing down the scores of all."""

    def best(
        self, tokens: Int[Tensor, " R"], state: State, count: int
    ) -> tuple[Float[Tensor, "R k"], Int[Tensor, "R k"], Float[Tensor, " R"], State]:
        """The ``count`` largest scores of each row (or all, if there are fewer), from large to small; their symbols;
        log Σ exp of all scores of the row; and the state after ``tokens``."""
        ...


@runtime_checkable
class Encoder(Protocol):
    """Any encoder: of text, pictures or rows of a table."""

    @property
    def numbers(self) -> Callable[[Any], Tensor]:
        """The function from an input to the real numbers that all hidden states are computed from: the embeddings of
        tokens [N E], the ink of pixels ([B C H W], or [N C H] where pictures may have any width), the numbers of rows
        [B n]. The examples of a batch lie end to end along the first axis."""
        ...

    def __call__(self, source: Any) -> Memory:
        """The hidden states of an input: one per token, one per position across a picture, or one for a row."""
        ...


@runtime_checkable
class LineEncoder(Encoder, Protocol):
    """Any encoder of pictures whose hidden states stand side by side from left to right."""

    @property
    def stride(self) -> int:
        """The number of a picture's columns for each hidden state: state s is centred on column s · stride."""
        ...


@runtime_checkable
class Decoder(Protocol):
    """Any decoder of a memory, into text, labels or numbers."""

    def loss(self, target: Any, memory: Memory, weights: Float[Tensor, " B"] | None = None) -> Float[Tensor, ""]:
        """What training minimises: Σ_b w_b ℓ_b, where ℓ_b is the loss of example b summed over its target tokens.

        Smoothing and class weights, where a decoder has them, are given to its constructor and are part of ℓ_b. The sum
        is then divided by the number of units of all examples (:attr:`~dragoman.contracts.batches.Batch.units`).

        Args:
            target: what is to be predicted, one row per row of the memory.
            memory: the encoder's hidden states of the input.
            weights: weight w_b of each example, without a gradient; None for 1 each.
        """
        ...

    def token_losses(self, target: Any, memory: Memory) -> Float[Tensor, " M"]:
        """Unsmoothed loss per target token, or per example if the decoder has no loss per token; for measuring, without
        weights or gradients."""
        ...

    def outputs(self, target: Any, memory: Memory) -> Float[Tensor, "*outputs"]:
        """The outputs that the loss compares with the target: unnormalised scores of symbols or classes, or numbers."""
        ...


@runtime_checkable
class PairedDecoder(Decoder, Protocol):
    """Any decoder whose loss is the cross-entropy of one softmax for each token, label or tag, so that the predictions
    of two passes over an example can be compared."""

    def paired_loss(
        self, target: Any, memory: Memory, weights: Float[Tensor, " M"] | None, consistency: float
    ) -> Float[Tensor, ""]:
        """What training by R-Drop minimises: Σ_b w_b ℓ_b, where ℓ_b is the loss of
        :func:`~dragoman.layers.paired_cross_entropy.paired_losses`, summed over the target tokens of example b.

        Args:
            target: what is to be predicted, of M = 2 B rows: rows b and b + B are the same example.
            memory: the encoder's hidden states of the input, which both passes differ in by dropout.
            weights: weight of each row, without a gradient, that of b + B the same as that of b; None for 1 each.
            consistency: strength α of what brings the two predictions together.
        """
        ...


@runtime_checkable
class TaggingDecoder(Decoder, Protocol):
    """Any decoder that gives a tag to each word of a text, from scores of every tag at every word."""

    def best(
        self, scores: Float[Tensor, "M K"], words: Layout, count: int = 1
    ) -> tuple[Int[Tensor, "M n"], Float[Tensor, "B n"]]:
        """The ``count`` most probable sequences of tags of each text, the best first, and the natural logarithm of the
        probability of each; −∞ where a text has fewer sequences.

        Args:
            scores: what the decoder says of each word, the words of all texts end to end.
            words: where the words of each text lie.
            count: number of sequences, n.
        """
        ...

    def probabilities(self, scores: Float[Tensor, "M K"], words: Layout) -> Float[Tensor, "M K"]:
        """The probability of each tag at each word, whatever the tags of the other words are."""
        ...

    def log_odds(self, scores: Float[Tensor, "B W K"], word: int, tag: int) -> Float[Tensor, " B"]:
        """ln p / (1 − p), where p is the probability of a tag at one word, of B texts of W words each; with a
        gradient."""
        ...

    def nats(self, scores: Float[Tensor, "M K"], words: Layout, tags: Int[Tensor, " M"]) -> Float[Tensor, " M"]:
        """−ln of the probability of each word's tag, given the tags before it; over a text they sum up to −ln of the
        probability of all its tags."""
        ...


@runtime_checkable
class WritingDecoder(Decoder, Protocol):
    """Any decoder whose output a search writes symbol by symbol."""

    def start(self, memory: Memory) -> DecoderState:
        """The state before the first token: one hypothesis per row of the memory."""
        ...

    def step(self, tokens: Int[Tensor, " R"], state: Any) -> tuple[Float[Tensor, "R V"], DecoderState]:
        """The unnormalised scores of each next token after ``tokens``, and the state after them."""
        ...


@runtime_checkable
class AligningDecoder(WritingDecoder, Protocol):
    """Any decoder whose text is the sum over alignments with the positions of the memory."""

    def align(self, target: Packed, memory: Memory) -> Alignments:
        """The most probable alignment of each text; without a gradient."""
        ...

    def log_probabilities(self, memory: Memory) -> Float[Tensor, "N V"]:
        """The natural logarithm of the probability of every symbol at each position of the memory."""
        ...


@runtime_checkable
class TextDecoder(WritingDecoder, Protocol):
    """Any decoder of text that predicts each token from those before it."""

    @property
    def output(self) -> nn.Linear:
        """The output layer, from hidden states to the vocabulary."""
        ...

    def states(self, target: Packed, memory: Memory) -> Float[Tensor, "N D"]:
        """The hidden states from which ``output`` predicts each token of ``target``."""
        ...

    def __call__(self, inputs: Packed, memory: Memory) -> Float[Tensor, "N D"]:
        """The hidden states from which ``output`` predicts each next token, for whole rows at once.

        Args:
            inputs: the targets shifted right behind the start symbol.
            memory: the encoder's hidden states, one row per row of ``inputs``.
        """
        ...


@runtime_checkable
class AttendingDecoder(TextDecoder, Protocol):
    """Any decoder of text that attends to the memory."""

    def states_and_scores(
        self, target: Packed, memory: Memory, layer: int, heads: int
    ) -> tuple[Float[Tensor, "N D"], Float[Tensor, "B H T S"]]:
        """The hidden states of :meth:`states`, and the scores of the first heads of one layer's attention to the
        memory, from one pass.

        Args:
            target: the targets; a query of the attention is the position that predicts one of their tokens.
            memory: the encoder's hidden states, one row per row of ``target``.
            layer: number of the layer, from 0.
            heads: number of heads H whose scores are asked for.
        """
        ...

    def loss_of(
        self, states: Float[Tensor, "N D"], target: Packed, weights: Float[Tensor, " B"] | None
    ) -> Float[Tensor, ""]:
        """The loss of :meth:`loss` from the hidden states of :meth:`states`."""
        ...

    def paired_loss_of(
        self, states: Float[Tensor, "N D"], target: Packed, weights: Float[Tensor, " B"] | None, consistency: float
    ) -> Float[Tensor, ""]:
        """The loss of :meth:`PairedDecoder.paired_loss` from the hidden states of :meth:`states`."""
        ...


@runtime_checkable
class LanguageDecoder(Protocol):
    """Any decoder of text that needs no memory."""

    @property
    def output(self) -> nn.Linear:
        """The output layer, from hidden states to the vocabulary."""
        ...

    def __call__(self, inputs: Packed, carried: Carried) -> tuple[Float[Tensor, "N D"], Carried]:
        """The hidden states from which ``output`` predicts each next token, and the state for a batch that follows.

        Args:
            inputs: the symbol before each symbol to be predicted.
            carried: the state that the batch before returned; empty if this batch follows none.
        """
        ...

    def loss(
        self, inputs: Packed, target: Packed, carried: Carried, weights: Float[Tensor, " B"] | None = None
    ) -> tuple[Float[Tensor, ""], Carried]:
        """What training minimises: Σ_b w_b ℓ_b, where ℓ_b is the loss of row b summed over its tokens; and the state
        for a batch that follows.

        Args:
            inputs: the symbol before each symbol of ``target``.
            target: the symbols to be predicted.
            carried: the state that the batch before returned; empty if this batch follows none.
            weights: weight w_b of each row, without a gradient; None for 1 each.
        """
        ...

    def paired_loss(
        self, inputs: Packed, target: Packed, carried: Carried, weights: Float[Tensor, " B"] | None, consistency: float
    ) -> tuple[Float[Tensor, ""], Carried]:
        """The loss of :meth:`PairedDecoder.paired_loss`, where rows b and b + B / 2 of all are the same row; and the
        state of all B rows for a batch that follows."""
        ...

    def token_losses(self, inputs: Packed, target: Packed) -> Float[Tensor, " N"]:
        """Unsmoothed loss per token, where every row begins anew; for measuring, without weights or gradients."""
        ...

    def start(self, rows: int) -> DecoderState:
        """The state of ``rows`` texts before their first token."""
        ...

    def step(self, tokens: Int[Tensor, " R"], state: Any) -> tuple[Float[Tensor, "R V"], DecoderState]:
        """The unnormalised scores of each next token after ``tokens``, and the state after them."""
        ...

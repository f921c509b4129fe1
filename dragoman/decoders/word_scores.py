"""What all decoders share that give a tag to each word."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from dragoman.contracts import Layout, Memory, Tags
from dragoman.layers.initialization import xavier_uniform


class WordScores(nn.Module, ABC):
    """Scores of every tag for each word, w_k · h_{i(m)} + b_k, where i(m) is the position of the first token of word m.

    The first token stands for its word as in Devlin et al. 2019, section 5.3.

    Args:
        width: width of the hidden states h.
        tags: number of tags K.
    """

    def __init__(self, width: int, tags: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(tags, width))
        self.bias = nn.Parameter(torch.zeros(tags))
        xavier_uniform(self.weight.data)

    def forward(self, memory: Memory) -> Float[Tensor, "N K"]:
        """The unnormalised scores of every tag at every position of the input."""
        return F.linear(memory.states.to(self.weight.dtype), self.weight, self.bias)

    def outputs(self, target: object, memory: Memory) -> Float[Tensor, "N K"]:
        """The unnormalised scores of every tag at every position; the loss uses those where words begin."""
        del target
        return self(memory)

    def scores(self, target: Tags, memory: Memory) -> Float[Tensor, "M K"]:
        """The unnormalised scores of every tag for each word.

        Args:
            target: the positions where words begin; its tags are ignored.
            memory: the encoder's hidden states, one row per row of ``target``.
        """
        states = memory.states.index_select(0, target.places(memory.layout))
        return F.linear(states.to(self.weight.dtype), self.weight, self.bias)

    def token_losses(self, target: Tags, memory: Memory) -> Float[Tensor, " M"]:
        """−ln p of each word's tag, given the tags before it, in nats."""
        with torch.no_grad():
            return self.nats(self.scores(target, memory), target.layout, target.values)

    @abstractmethod
    def loss(self, target: Tags, memory: Memory, weights: Float[Tensor, " B"] | None = None) -> Float[Tensor, ""]:
        """Σ_b w_b · the loss of the tags of text b, in nats."""

    @abstractmethod
    def best(
        self, scores: Float[Tensor, "M K"], words: Layout, count: int = 1
    ) -> tuple[Int[Tensor, "M n"], Float[Tensor, "B n"]]:
        """The ``count`` most probable sequences of tags of each text, and the logarithm of the probability of each."""

    @abstractmethod
    def probabilities(self, scores: Float[Tensor, "M K"], words: Layout) -> Float[Tensor, "M K"]:
        """The probability of each tag at each word."""

    @abstractmethod
    def log_odds(self, scores: Float[Tensor, "B W K"], word: int, tag: int) -> Float[Tensor, " B"]:
        """ln p / (1 − p) of a tag at one word of texts of W words each, with a gradient."""

    @abstractmethod
    def nats(self, scores: Float[Tensor, "M K"], words: Layout, tags: Int[Tensor, " M"]) -> Float[Tensor, " M"]:
        """−ln p of each word's tag, given the tags before it, in nats."""


def at_least_float32(scores: Float[Tensor, "M K"]) -> Float[Tensor, "M K"]:
    """The scores in float32, or in float64 if they are."""
    return scores.to(torch.promote_types(scores.dtype, torch.float32))

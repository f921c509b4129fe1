"""A decoder that predicts the tags of a text together."""

from __future__ import annotations

from jaxtyping import Float, Int
from torch import Tensor

from dragoman.contracts import AllowedTransitions, Layout, Memory, Tags
from dragoman.decoders.word_scores import WordScores, at_least_float32
from dragoman.layers.conditional_random_field import (
    best_sequences,
    log_partition,
    marginals,
    sequence_loss,
    tag_log_odds,
    tag_nats,
)
from dragoman.layers.transition_scores import TransitionScores


class RandomFieldDecoder(WordScores):
    r"""A linear-chain conditional random field over the words of a text (Lample et al. 2016, section 2.2).

    .. math:: p(y) \propto \exp\Bigl(a_{y_1} + \sum_m (w_{y_m} \cdot h_{i(m)} + b_{y_m})
        + \sum_{m>1} A_{y_{m-1}, y_m} + z_{y_M}\Bigr)

    where i(m) is the position of the first token of word m, and a, A and z are the scores of beginning with a tag, of
    one tag behind another, and of ending with a tag. Tags of neighbouring words so depend on each other, and
    transitions that are not allowed never occur.

    >>> import torch
    >>> states = torch.randn(7, 8)
    >>> memory = Memory(states, Layout.of([5, 2]), torch.randn(2, 8))
    >>> target = Tags.of([[2, 0], [1]], first=[[0, 3], [0]])
    >>> decoder = RandomFieldDecoder(8, tags=4)
    >>> decoder(memory).shape, decoder.token_losses(target, memory).shape
    (torch.Size([7, 4]), torch.Size([3]))

    Args:
        width: width of the hidden states h.
        tags: number of tags K.
        allowed: which tags may stand beside each other; None for all. It is no part of the weights.
    """

    def __init__(self, width: int, tags: int, allowed: AllowedTransitions | None = None) -> None:
        super().__init__(width, tags)
        self.transitions = TransitionScores(tags, allowed)

    def loss(self, target: Tags, memory: Memory, weights: Float[Tensor, " B"] | None = None) -> Float[Tensor, ""]:
        """Σ_b w_b · −ln p(y_b) of the tags of example b, in nats."""
        scores = self.scores(target, memory)
        return sequence_loss(scores, target.layout, self.transitions(), target.values, weights)

    def best(
        self, scores: Float[Tensor, "M K"], words: Layout, count: int = 1
    ) -> tuple[Int[Tensor, "M n"], Float[Tensor, "B n"]]:
        """The most probable sequences of tags of each text, by the Viterbi algorithm."""
        transitions = self.transitions()
        found = best_sequences(scores, words, transitions, count)
        return found.tags, found.scores - log_partition(scores, words, transitions)[:, None]

    def probabilities(self, scores: Float[Tensor, "M K"], words: Layout) -> Float[Tensor, "M K"]:
        """The marginal probability of each tag at each word, summed over all tags of the other words."""
        return marginals(scores, words, self.transitions())

    def log_odds(self, scores: Float[Tensor, "B W K"], word: int, tag: int) -> Float[Tensor, " B"]:
        """ln of the sum over all sequences with the tag at the word, less that over all other sequences."""
        return tag_log_odds(scores, self.transitions(), word, tag)

    def nats(self, scores: Float[Tensor, "M K"], words: Layout, tags: Int[Tensor, " M"]) -> Float[Tensor, " M"]:
        """−ln p(tag | tags before it) of each word, in nats; their sum over a text is −ln p(all its tags)."""
        return tag_nats(scores, words, self.transitions(), tags).to(at_least_float32(scores).dtype)

"""A decoder that predicts a tag for each word by itself."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from dragoman.contracts import Layout, Memory, Tags
from dragoman.decoders.word_scores import WordScores, at_least_float32
from dragoman.layers.conditional_random_field import Transitions, best_sequences
from dragoman.layers.paired_cross_entropy import paired_losses


class TagDecoder(WordScores):
    r"""Softmax regression on the hidden state of the token that each word begins with.

    .. math:: p(y_m = k) \propto \exp(w_k \cdot h_{i(m)} + b_k)

    where i(m) is the position of the first token of word m. Words are tagged independently of each other, given the
    hidden states of all of them (Collobert et al. 2011, section 3.3.1, the word-level log-likelihood).

    >>> states = torch.randn(7, 8)
    >>> memory = Memory(states, Layout.of([5, 2]), torch.randn(2, 8))
    >>> target = Tags.of([[2, 0], [1]], first=[[0, 3], [0]])
    >>> decoder = TagDecoder(8, tags=4, smoothing=0.1)
    >>> decoder(memory).shape, decoder.token_losses(target, memory).shape
    (torch.Size([7, 4]), torch.Size([3]))

    Args:
        width: width of the hidden states h.
        tags: number of tags K.
        smoothing: share of the target probability that the loss spreads evenly over all tags (Szegedy et al. 2016,
            section 7).
    """

    def __init__(self, width: int, tags: int, smoothing: float = 0.0) -> None:
        super().__init__(width, tags)
        self.smoothing = smoothing

    def loss(self, target: Tags, memory: Memory, weights: Float[Tensor, " B"] | None = None) -> Float[Tensor, ""]:
        """Σ_b w_b · the cross-entropy of the words of example b with smoothing, in nats."""
        logits = at_least_float32(self.scores(target, memory))
        nats = F.cross_entropy(logits, target.values, reduction="none", label_smoothing=self.smoothing)
        return nats.sum() if weights is None else nats @ weights.to(nats.dtype).index_select(0, target.layout.rows)

    def paired_loss(
        self, target: Tags, memory: Memory, weights: Float[Tensor, " B"] | None, consistency: float
    ) -> Float[Tensor, ""]:
        """The loss of R-Drop; see :class:`~dragoman.contracts.encoder_decoder.PairedDecoder`."""
        words = target.units // 2
        logits = at_least_float32(self.scores(target, memory))
        nats = paired_losses(logits, target.values[:words], self.smoothing, consistency)
        return nats.sum() if weights is None else nats @ weights.to(nats.dtype)[target.layout.rows[:words]]

    def best(
        self, scores: Float[Tensor, "M K"], words: Layout, count: int = 1
    ) -> tuple[Int[Tensor, "M n"], Float[Tensor, "B n"]]:
        """The most probable tags of each text; the probability of a sequence is the product of those of its tags."""
        with torch.no_grad():
            log_p = torch.log_softmax(at_least_float32(scores), 1)
            return best_sequences(log_p, words, Transitions.zero(log_p), count)

    def probabilities(self, scores: Float[Tensor, "M K"], words: Layout) -> Float[Tensor, "M K"]:
        """The softmax of each word's scores."""
        del words
        with torch.no_grad():
            return torch.softmax(at_least_float32(scores), 1)

    def log_odds(self, scores: Float[Tensor, "B W K"], word: int, tag: int) -> Float[Tensor, " B"]:
        """The score of the tag, less ln Σ exp of those of the others."""
        own = at_least_float32(scores[:, word])
        others = own.index_fill(1, torch.tensor(tag, device=own.device), float("-inf"))
        return own[:, tag] - torch.logsumexp(others, 1)

    def nats(self, scores: Float[Tensor, "M K"], words: Layout, tags: Int[Tensor, " M"]) -> Float[Tensor, " M"]:
        """−ln p(tag) of each word, in nats."""
        del words
        return F.cross_entropy(at_least_float32(scores), tags, reduction="none")

"""A decoder that predicts a tag for each word."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from dragoman.contracts import Memory, Tags
from dragoman.layers.initialization import xavier_uniform


class TagDecoder(nn.Module):
    r"""Softmax regression on the hidden state of the token that each word begins with.

    .. math:: p(y_m = k) \propto \exp(w_k \cdot h_{i(m)} + b_k)

    where i(m) is the position of the first token of word m. Words are tagged independently of each other, given the
    hidden states of all of them (Collobert et al. 2011, section 3.3.1, the word-level log-likelihood; the first token
    stands for its word as in Devlin et al. 2019, section 5.3).

    >>> from dragoman.contracts import Layout
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
        super().__init__()
        self.smoothing = smoothing
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

    def loss(self, target: Tags, memory: Memory, weights: Float[Tensor, " B"] | None = None) -> Float[Tensor, ""]:
        """Σ_b w_b · the cross-entropy of the words of example b with smoothing, in nats."""
        logits = _exact(self.scores(target, memory))
        nats = F.cross_entropy(logits, target.values, reduction="none", label_smoothing=self.smoothing)
        return nats.sum() if weights is None else nats @ weights.to(nats.dtype).index_select(0, target.layout.rows)

    def token_losses(self, target: Tags, memory: Memory) -> Float[Tensor, " M"]:
        """−log p(tag) of each word, in nats."""
        with torch.no_grad():
            return F.cross_entropy(_exact(self.scores(target, memory)), target.values, reduction="none")


def _exact(logits: Float[Tensor, "M K"]) -> Float[Tensor, "M K"]:
    """The logits in float32, or in float64 if they are."""
    return logits.to(torch.promote_types(logits.dtype, torch.float32))

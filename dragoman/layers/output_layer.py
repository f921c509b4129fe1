"""The output layer, from hidden states to the symbols of a vocabulary, with its loss."""

from __future__ import annotations

from jaxtyping import Float, Int
from torch import Tensor, nn

from dragoman.layers.cross_entropy import cross_entropy, token_cross_entropy
from dragoman.layers.paired_cross_entropy import paired_cross_entropy


class OutputLayer(nn.Linear):
    """p(v) ∝ exp(w_v · h + b_v): a linear layer, whose softmax is the probability of each symbol.

    >>> import torch
    >>> layer = OutputLayer(8, 100, smoothing=0.1)
    >>> states, targets = torch.randn(5, 8), torch.tensor([3, 14, 15, 92, 65])
    >>> layer(states).shape
    torch.Size([5, 100])
    >>> layer.loss(states, targets).shape
    torch.Size([])

    Args:
        width: width of the hidden states.
        symbols: size of the vocabulary.
        smoothing: share ε of the target probability that the loss spreads evenly over all symbols (Szegedy et al. 2016,
            section 7). It is no part of the weights.
        bias: whether there is a bias b.
    """

    def __init__(self, width: int, symbols: int, smoothing: float = 0.0, *, bias: bool = False) -> None:
        super().__init__(width, symbols, bias)
        self.smoothing = smoothing

    def loss(
        self, states: Float[Tensor, "N D"], targets: Int[Tensor, " N"], weights: Float[Tensor, " N"] | None = None
    ) -> Float[Tensor, ""]:
        """Cross-entropy in nats, smoothing included, summed over tokens; each counts as much as its weight says.

        Args:
            states: a hidden state for each token.
            targets: the symbol to be predicted from each state.
            weights: how much each token counts; None for 1 each.
        """
        return cross_entropy(states, self.weight, self.bias, targets, self.smoothing, weights)

    def paired_loss(
        self,
        states: Float[Tensor, "M D"],
        targets: Int[Tensor, " N"],
        consistency: float,
        weights: Float[Tensor, " N"] | None = None,
    ) -> Float[Tensor, ""]:
        """The loss of :func:`~dragoman.layers.paired_cross_entropy.paired_losses`, smoothing included, summed over
        pairs; each counts as much as its weight says.

        Args:
            states: a hidden state of the first pass for each token, and below them those of the second: M = 2 N.
            targets: the symbol to be predicted from each pair of states.
            consistency: strength α of what brings the two predictions together.
            weights: how much each pair counts; None for 1 each.
        """
        return paired_cross_entropy(states, self.weight, self.bias, targets, self.smoothing, consistency, weights)

    def token_losses(self, states: Float[Tensor, "N D"], targets: Int[Tensor, " N"]) -> Float[Tensor, " N"]:
        """−log p(target) of each token in nats, without smoothing or gradient."""
        return token_cross_entropy(states, self.weight, self.bias, targets)

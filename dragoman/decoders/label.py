"""A decoder that predicts a label."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from dragoman.contracts import Labels, Memory
from dragoman.layers.initialization import xavier_uniform
from dragoman.layers.paired_cross_entropy import paired_losses


class LabelDecoder(nn.Module):
    """Softmax regression on the encoder's final vector: p(k) ∝ exp(w_k · f + b_k).

    >>> from dragoman.contracts import Layout
    >>> final = torch.randn(3, 8)
    >>> decoder, memory = LabelDecoder(8, classes=4, smoothing=0.1), Memory(final, Layout.of([1] * 3), final)
    >>> decoder(memory).shape, decoder.token_losses(Labels(torch.tensor([0, 3, 1])), memory).shape
    (torch.Size([3, 4]), torch.Size([3]))

    Args:
        width: width of the final vector f.
        classes: number of classes K.
        smoothing: share ε of the target probability that the loss spreads evenly over all classes (Szegedy et al. 2016,
            section 7).
        class_weights: how much each class counts in the training loss, best with a mean of 1 over the training
            examples, so that the loss keeps its scale; None for 1 each. They are not saved with the model.
    """

    class_weights: Float[Tensor, " K"] | None

    def __init__(
        self, width: int, classes: int, smoothing: float = 0.0, class_weights: Float[Tensor, " K"] | None = None
    ) -> None:
        super().__init__()
        self.smoothing = smoothing
        self.weight = nn.Parameter(torch.empty(classes, width))
        self.bias = nn.Parameter(torch.zeros(classes))
        self.register_buffer("class_weights", class_weights, persistent=False)
        xavier_uniform(self.weight.data)

    def forward(self, memory: Memory) -> Float[Tensor, "B K"]:
        """The unnormalised scores of every class."""
        return F.linear(memory.final.to(self.weight.dtype), self.weight, self.bias)

    def outputs(self, target: object, memory: Memory) -> Float[Tensor, "B K"]:
        """The unnormalised scores of every class, whatever the target."""
        del target
        return self(memory)

    def loss(self, target: Labels, memory: Memory, weights: Float[Tensor, " B"] | None = None) -> Float[Tensor, ""]:
        """Σ_b w_b · v_{y_b} · the cross-entropy of example b with smoothing, in nats, where v are the class weights and
        w those of the examples."""
        nats = F.cross_entropy(_exact(self(memory)), target.values, reduction="none", label_smoothing=self.smoothing)
        return self._weighted_sum(nats, target.values, weights)

    def paired_loss(
        self, target: Labels, memory: Memory, weights: Float[Tensor, " B"] | None, consistency: float
    ) -> Float[Tensor, ""]:
        """The loss of R-Drop, whose both parts the class weights multiply; see
        :class:`~dragoman.contracts.encoder_decoder.PairedDecoder`."""
        labels = target.values[: target.units // 2]
        nats = paired_losses(_exact(self(memory)), labels, self.smoothing, consistency)
        return self._weighted_sum(nats, labels, None if weights is None else weights[: len(labels)])

    def _weighted_sum(
        self, nats: Float[Tensor, " B"], labels: Int[Tensor, " B"], weights: Float[Tensor, " B"] | None
    ) -> Float[Tensor, ""]:
        if self.class_weights is not None:
            nats = nats * self.class_weights.to(nats.dtype).index_select(0, labels)
        return nats.sum() if weights is None else nats @ weights.to(nats.dtype)

    def token_losses(self, target: Labels, memory: Memory) -> Float[Tensor, " B"]:
        """−log p(label) of each example, in nats, whatever the weights of the classes."""
        with torch.no_grad():
            return F.cross_entropy(_exact(self(memory)), target.values, reduction="none")


def _exact(logits: Float[Tensor, "B K"]) -> Float[Tensor, "B K"]:
    """The logits in float32, or in float64 if they are."""
    return logits.to(torch.promote_types(logits.dtype, torch.float32))

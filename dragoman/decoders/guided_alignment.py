"""Guided alignment: a decoder's attention to the source is taught to look where links lie."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from dragoman.contracts import AttendingDecoder, GuidedAlignment, Links, Memory, Packed
from dragoman.layers.alignment_loss import alignment_loss


def guided_loss(
    decoder: AttendingDecoder,
    target: Packed,
    memory: Memory,
    links: Links,
    guide: GuidedAlignment,
    weights: Float[Tensor, " B"] | None = None,
    consistency: float | None = None,
) -> Float[Tensor, ""]:
    """The decoder's loss plus λ times the loss of :mod:`~dragoman.layers.alignment_loss`, from one pass; both are sums
    over the target's tokens, so they are divided by the same number of units.

    Args:
        decoder: the decoder.
        target: the targets; links are of their tokens as they are written, not as they are read.
        memory: the encoder's hidden states.
        links: the links of each row.
        guide: which attention is guided, and how strongly.
        weights: weight of each example; None for 1 each.
        consistency: strength of R-Drop, where all of them hold each example twice
            (:class:`~dragoman.contracts.encoder_decoder.PairedDecoder`); the loss of alignment is then the mean of
            both passes. None where they hold each example once.
    """
    states, scores = decoder.states_and_scores(target, memory, guide.layer, guide.heads)
    aligned = alignment_loss(scores, links, weights)
    if consistency is None:
        return decoder.loss_of(states, target, weights) + guide.weight * aligned
    return decoder.paired_loss_of(states, target, weights, consistency) + guide.weight / 2 * aligned

"""What a model would have written in the place of each token of a given output: one teacher-forced pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Float64, Int, Int64
from torch import Tensor

from dragoman.contracts import AnyBatch
from dragoman.model.build import Model
from dragoman.model.taps import evaluating


@dataclass(frozen=True, slots=True)
class TokenChoices:
    """The probabilities of the T tokens of an output, and of the k most probable other tokens in their places.

    Attributes:
        log_probabilities: natural logarithm of the probability of each token, given all before it.
        ranks: rank of each token among all that may be written; 1 is the most probable.
        alternatives: ids of the most probable other tokens, best first.
        alternative_log_probabilities: natural logarithms of their probabilities.
    """

    log_probabilities: Float64[Tensor, " T"]
    ranks: Int64[Tensor, " T"]
    alternatives: Int64[Tensor, "T k"]
    alternative_log_probabilities: Float64[Tensor, "T k"]


def token_choices(model: Model, batch: AnyBatch, targets: Sequence[int], never: Sequence[int], k: int) -> TokenChoices:
    """The choices at each token of one output, which the model reads while it predicts it (teacher forcing).

    Args:
        model: a model that writes text token by token; it computes in evaluation mode and is left as it was.
        batch: one source and one output; of the output, the last tokens are looked at.
        targets: the last tokens of the output.
        never: ids that are never written; they are no alternatives, and have no rank.
        k: number of alternatives.
    """
    with torch.inference_mode(), evaluating(model):
        logits = model.outputs(batch)  # type: ignore[arg-type]  # a batch of the kind that the model takes
    return choices_of(logits[-len(targets) :], torch.tensor(targets), never, k)


def choices_of(logits: Float[Tensor, "T V"], targets: Int[Tensor, " T"], never: Sequence[int], k: int) -> TokenChoices:
    """The choices at each of T tokens, by the model's scores of all V symbols there.

    >>> found = choices_of(torch.tensor([[0.5, 0.3, 0.2]]).log(), torch.tensor([1]), never=[], k=1)
    >>> found.ranks, found.alternatives
    (tensor([2]), tensor([[0]]))
    """
    log_p = torch.log_softmax(logits.cpu().double(), 1)
    chosen = log_p.gather(1, targets[:, None])
    others = log_p.scatter(1, targets[:, None], float("-inf"))
    others[:, list(never)] = float("-inf")
    values, ids = others.topk(min(k, others.shape[1]), dim=1)
    return TokenChoices(chosen[:, 0], (others > chosen).sum(1) + 1, ids, values)

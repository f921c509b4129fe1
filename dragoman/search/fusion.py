"""Shallow fusion: a language model of the target language adds its scores at every step of a search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from dragoman.contracts import StepFunction
from dragoman.errors import UnsupportedError
from dragoman.search.scores import log_normalizer


@dataclass(frozen=True, slots=True)
class FusedState:
    """The states of both models."""

    model: Any
    language_model: Any

    def select(self, rows: Int[Tensor, " K"]) -> FusedState:
        """The states of hypotheses ``rows`` in both models."""
        return FusedState(self.model.select(rows), self.language_model.select(rows))


@dataclass(frozen=True, slots=True)
class FusedStep:
    """score(y) = log p(y | source, before) + λ · log p_LM(y | before) (Gulcehre et al. 2015, section 4.1).

    The scores are not the logarithm of a distribution and must not be normalised again: give the search
    :func:`~dragoman.search.scores.unnormalized`. Both terms are at most 0, so a longer hypothesis never scores higher
    and the bound of beam search holds.

    >>> import torch
    >>> from dragoman.contracts import Nothing
    >>> def constant(scores):
    ...     return lambda tokens, state: (torch.tensor([scores]).expand(len(tokens), -1), state)
    >>> step = FusedStep(constant([1.0, 1.0]), constant([0.0, 2.0]), weight=0.5)
    >>> scores, _ = step(torch.tensor([0]), FusedState(Nothing(1), Nothing(1)))
    >>> scores
    tensor([[-1.7566, -0.7566]])

    Attributes:
        model: the step function of the translation model.
        language_model: the step function of the language model, over the same symbols.
        weight: weight λ of the language model, at least 0.
    """

    model: StepFunction[Any]
    language_model: StepFunction[Any]
    weight: float

    def __call__(self, tokens: Int[Tensor, " R"], state: FusedState) -> tuple[Float[Tensor, "R V"], FusedState]:
        """The fused scores of each next symbol, and the states of both models after ``tokens``.

        Raises:
            UnsupportedError: if the models have vocabularies of different sizes.
        """
        one, after = self.model(tokens, state.model)
        other, after_language_model = self.language_model(tokens, state.language_model)
        if one.shape != other.shape:
            raise UnsupportedError(
                f"the translator writes {one.shape[1]:,} symbols and the language model {other.shape[1]:,}",
                remedy="train the language model with the translator's vocabulary: --set tokenizer.model=TRANSLATOR.",
            )
        scores = _log_probabilities(one) + self.weight * _log_probabilities(other).to(one.device)
        return scores, FusedState(after, after_language_model)


def _log_probabilities(logits: Float[Tensor, "R V"]) -> Float[Tensor, "R V"]:
    exact = logits.to(torch.promote_types(logits.dtype, torch.float32))
    return exact - log_normalizer(logits)[:, None]

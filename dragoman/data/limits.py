"""How long the texts of a dataset may be."""

from __future__ import annotations

from dataclasses import dataclass

from dragoman.data.kinds import input_and_output
from dragoman.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Limits:
    """How long texts may be, in tokens with the end symbol.

    Attributes:
        source: the longest source for training and validation; None for any.
        target: the longest target; None for any.
        cut: what of a longer source of a test set is read, as in use; None for all of it.
    """

    source: int | None
    target: int | None
    cut: int | None


def limits_of(recipe: Recipe) -> Limits:
    """The longest texts that training takes, which have to fit into a mini-batch too. Where the output is no text a
    mini-batch counts examples, and a text that is longer than what is read is cut in a test set, as it is in use."""
    most = recipe.cleaning.max_tokens
    together = min(most, recipe.training.batch.tokens)
    _, output = input_and_output(recipe.model)
    return Limits(together, together, None) if output.is_text else Limits(most, None, most)

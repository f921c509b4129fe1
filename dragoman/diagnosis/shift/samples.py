"""The two samples that are compared: each input once where training data has no duplicates, and none without text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int64

from dragoman.data.keys import pair_hashes
from dragoman.data.seen import SeenBefore
from dragoman.recipe import Recipe
from dragoman.text.normalization import is_visible

_DECIMALS = 4
"""Decimals in which the features of equal inputs agree, whichever mini-batches they were computed in."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Which of the given inputs are compared.

    Attributes:
        rows: numbers of the inputs that are, from 0.
        copies: number of inputs that are left out, since an earlier one is the same.
        blank: number of inputs that are left out, since there is nothing to read in them.
    """

    rows: Int64[np.ndarray, " m"]
    copies: int = 0
    blank: int = 0


def kept_texts(texts: Sequence[str], recipe: Recipe) -> Kept:
    """The texts that are compared with a reference: those with visible characters, and each once if the recipe drops
    duplicates of training examples.

    >>> from dragoman.recipe import load_recipe
    >>> kept = kept_texts(["Save", "", "Open", "Save"], load_recipe("tiny"))
    >>> kept.rows.tolist(), kept.copies, kept.blank
    ([0, 2], 1, 1)

    Args:
        texts: the texts.
        recipe: recipe of the model.
    """
    visible = np.array([place for place, text in enumerate(texts) if is_visible(text)], dtype=np.int64)
    shown = [texts[place] for place in visible.tolist()]
    is_copy: Bool[np.ndarray, " n"] = np.zeros(len(shown), dtype=bool)
    # As cleaning tells duplicates of training examples.
    for asked, keys in zip(
        (recipe.cleaning.drop_duplicates, recipe.cleaning.drop_near_duplicates), pair_hashes(shown, shown), strict=True
    ):
        if asked:
            is_copy |= SeenBefore().add(keys)
    return Kept(visible[~is_copy], int(is_copy.sum()), len(texts) - len(shown))


def first_of_each(values: Float[np.ndarray, "n d"]) -> Int64[np.ndarray, " m"]:
    """The numbers of the first examples with their features, in order: inputs with equal features count as equal."""
    _, first = np.unique(values.round(_DECIMALS), axis=0, return_index=True)
    return np.sort(first).astype(np.int64)

"""What is seen of a prepared corpus before a recipe is chosen for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

import numpy as np

from dragoman.data.dataset import Dataset
from dragoman.errors import InputError
from dragoman.recipe import Recipe
from dragoman.text.language import writes_spaces

_SAMPLE = 5_000
"""Pairs whose targets are looked at for what they are."""
_FEWEST = 50
"""Pairs from which it can be told that targets are labels."""
_LABELS = 50
"""Different targets at most, where they are labels."""
_TIMES_EACH = 10
"""Pairs for each different target at the least, where they are labels."""
_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp"})


@dataclass(frozen=True, slots=True)
class CorpusSeen:
    """A corpus of sentence pairs, as far as a choice depends on it.

    Attributes:
        pairs: training pairs that cleaning left.
        source_tokens: tokens of their sources, end symbols counted.
        target_tokens: tokens of their targets, end symbols counted.
        mean_length: tokens of a target, on average.
        long_length: tokens that 95 % of the targets do not exceed.
        validation_pairs: pairs of the validation set.
        validation_tokens: tokens of their targets.
        test_pairs: pairs of the test set; 0 if there is none.
        spaced: whether source and target are written with spaces between words.
    """

    pairs: int
    source_tokens: int
    target_tokens: int
    mean_length: float
    long_length: float
    validation_pairs: int
    validation_tokens: int
    test_pairs: int
    spaced: tuple[bool, bool]

    @property
    def phrase(self) -> str:
        """The corpus in a phrase."""
        written = {(True, True): "", (True, False): ", the target without spaces between words"}
        written |= {(False, True): ", the source without spaces between words", (False, False): ", without spaces"}
        return (
            f"{self.pairs:,} pairs, {self.mean_length:.1f} target tokens each, 95 % of them at most "
            f"{self.long_length:.0f}{written[self.spaced]}"
        )


def look_at(recipe: Recipe, dataset: Dataset) -> CorpusSeen:
    """What is seen of a dataset of sentence pairs.

    Raises:
        InputError: if its targets are labels or numbers, or its sources pictures, for which other presets are made.
    """
    train, validation = dataset.train, dataset.validation
    rows = np.linspace(0, len(train) - 1, min(len(train), _SAMPLE)).astype(np.int64)
    refuse_other_kinds(train.source_texts(rows), train.target_texts(rows))
    languages = (recipe.data.source_language, recipe.data.target_language)
    return CorpusSeen(
        pairs=len(train),
        source_tokens=int(train.source_lengths.sum()),
        target_tokens=int(train.target_lengths.sum()),
        mean_length=float(train.target_lengths.mean()),
        long_length=float(np.percentile(train.target_lengths, 95)),
        validation_pairs=len(validation),
        validation_tokens=int(validation.target_lengths.sum()),
        test_pairs=0 if dataset.test is None else len(dataset.test),
        spaced=(writes_spaces(languages[0]), writes_spaces(languages[1])),
    )


def refuse_other_kinds(sources: Sequence[str], targets: Sequence[str]) -> None:
    """Make sure that pairs are of sentences, as a translator learns from.

    >>> refuse_other_kinds(["A dog runs.", "A cat."], ["Ein Hund rennt.", "Eine Katze."])

    Raises:
        InputError: naming the preset to use if they are of another kind.
    """
    if all(PurePath(source).suffix.lower() in _PICTURES for source in sources):
        raise _of_another_kind("sources", "names of pictures", "reader, or picture-label")
    if len(targets) < _FEWEST:
        return
    if all(map(_is_number, targets)):
        raise _of_another_kind("targets", "numbers", "text-number")
    different = len(set(targets))
    if different <= _LABELS and different * _TIMES_EACH <= len(targets):
        shown = ", ".join(sorted(set(targets))[:3])
        raise _of_another_kind("targets", f"{different} different texts in all, such as {shown}", "text-label")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _of_another_kind(side: str, what: str, preset: str) -> InputError:
    return InputError(
        f"the {side} of these pairs are {what}, and `auto` chooses a recipe for a translator",
        cause="the model that is wanted does not write sentences.",
        remedy=f"train with the preset for such data: {preset}. If a translator is meant, name its preset: tiny.",
    )

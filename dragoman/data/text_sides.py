"""Which sides of examples are text, and so are cleaned."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import UInt64

from dragoman.data.cells import Absent, lines_of
from dragoman.data.chunk import Chunk
from dragoman.data.keys import pair_hashes
from dragoman.native.lines import Lines
from dragoman.recipe.data import CleaningRecipe

DUPLICATE, NEAR_DUPLICATE = "duplicate", "near-duplicate"
"""The rules that go by hashes, in their order."""

_MIXER = np.uint64(0x9E3779B97F4A7C15)
_PAIRS_ALONE = {"copies": False, "language": False, "numbers": False, "placeholders": False}
"""Rules that compare two sides."""


@dataclass(frozen=True, slots=True)
class TextSides:
    """The sides of examples that are text. A single one is judged as a pair of itself, so that every rule on texts
    serves both.

    Attributes:
        source: whether sources are.
        target: whether targets are.
        spelt: whether no-break spaces of the target may be spelling that the model is to write.
        near: whether texts that differ in case, white space or punctuation alone are the same; a reader of pictures
            has to tell them apart.
    """

    source: bool = True
    target: bool = True
    spelt: bool = True
    near: bool = True

    @property
    def are_pairs(self) -> bool:
        """Whether both are."""
        return self.source and self.target

    def rules(self, recipe: CleaningRecipe) -> CleaningRecipe:
        """The rules that apply: those on two texts only where there are two."""
        if self.are_pairs:
            return recipe
        spaces = {} if self.spelt else {"no_break_spaces": False}
        return recipe.model_copy(update={**_PAIRS_ALONE, **spaces})

    def of(self, chunk: Chunk) -> tuple[Lines, Lines] | None:
        """The texts of a chunk as pairs; None if it has none."""
        if not self.source and not self.target:
            return None
        source = lines_of(chunk.sources if self.source else chunk.targets)
        return source, lines_of(chunk.targets) if self.target else source

    def put(self, chunk: Chunk, pairs: tuple[Lines, Lines]) -> Chunk:
        """A chunk with other texts."""
        sources, targets = pairs[0] if self.source else chunk.sources, pairs[1] if self.target else chunk.targets
        return replace(chunk, sources=sources, targets=targets)

    def hashes(self, chunk: Chunk) -> dict[str, UInt64[np.ndarray, " n"]]:
        """64 bits for each example by which the rules on duplicates go, by the name of the rule.

        Pictures and rows are no duplicates of each other, but lines are that are to be rendered.
        """
        if self.are_pairs:
            exact, near = pair_hashes(lines_of(chunk.sources), lines_of(chunk.targets))
        elif self.source:
            texts, targets = lines_of(chunk.sources), lines_of(chunk.targets)
            exact, alike = pair_hashes(texts, targets)[0], pair_hashes(texts, texts)[1]
            said = pair_hashes(targets, targets)[0]
            near = np.maximum(alike * _MIXER ^ said, np.uint64(1))
        elif self.target and isinstance(chunk.sources, Absent):
            exact, near = pair_hashes(lines_of(chunk.targets), lines_of(chunk.targets))
        else:
            return {}
        return {DUPLICATE: exact, **({NEAR_DUPLICATE: near} if self.near else {})}


PAIRS = TextSides()
"""Sentence pairs."""

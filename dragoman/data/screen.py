"""A look at many pairs at once that spares most of them the rules on single pairs.

It never decides against a pair: what it does not pass is judged by the rules, which are the definition. What it passes
is shown to break none of them from counts over its characters (see ``text_screen.h``), so that results are the same
with and without it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, UInt8

from dragoman.native import text as native
from dragoman.native.lines import Lines
from dragoman.recipe.data import CleaningRecipe
from dragoman.text.characters import character_tables, foreign_table, unchanged_form
from dragoman.text.placeholders import LEGACY_SYNTAX, PlaceholderSyntax
from dragoman.text.rules.script import foreign_letters


class Screen:
    """The rules of a recipe, as far as whole chunks can be seen to keep them.

    Args:
        recipe: which rules apply, and their limits.
        foreign: 1 for each letter of another script than the source's and the target's.
        placeholders: what counts as a placeholder; a text that may hold one is not passed.
    """

    def __init__(
        self,
        recipe: CleaningRecipe,
        foreign: tuple[UInt8[np.ndarray, " 65536"], UInt8[np.ndarray, " 65536"]],
        placeholders: PlaceholderSyntax = LEGACY_SYNTAX,
    ) -> None:
        self._tables = character_tables(unchanged_form(recipe.unicode_form))
        self._foreign = foreign
        self._triggers = placeholders.triggers
        self._limits = native.ScreenLimits(
            recipe.max_characters,
            recipe.max_word_characters,
            recipe.max_ratio,
            native.white_space(collapse=recipe.collapse_white_space, no_break=False),
            native.white_space(collapse=recipe.collapse_white_space, no_break=recipe.no_break_spaces),
            recipe.copies,
        )

    @classmethod
    def of(
        cls,
        recipe: CleaningRecipe,
        source_language: str,
        target_language: str,
        placeholders: PlaceholderSyntax = LEGACY_SYNTAX,
    ) -> Screen | None:
        """The screen for two languages; None where the native library is missing."""
        if not native.available():
            return None
        languages = (source_language, target_language)
        source, target = (foreign_table(foreign_letters(code) if recipe.script else None) for code in languages)
        return cls(recipe, (source, target), placeholders)

    def surely_pass(self, sources: Sequence[str], targets: Sequence[str]) -> Bool[np.ndarray, " n"]:
        """For each pair whether it surely breaks no rule and is normalised already."""
        sides = (Lines.of(sources), Lines.of(targets))
        return native.screen(self._tables, self._limits, *sides, self._foreign, self._triggers)

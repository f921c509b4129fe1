"""Normalising many texts at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool

from dragoman.native import text as native
from dragoman.native.lines import Lines
from dragoman.text.characters import character_tables, unchanged_form
from dragoman.text.normalization import UNICODE_FORMS, normalize

_CHANGED, _LEFT = 1, 2


def normalize_lines(
    texts: Sequence[str], unicode_form: str, *, collapse_white_space: bool, no_break_spaces: bool = False
) -> tuple[Lines, Bool[np.ndarray, " n"]]:
    """Normalise each text by :func:`~dragoman.text.normalization.normalize`.

    Args:
        texts: texts to normalise.
        unicode_form: a name in ``UNICODE_FORMS``.
        collapse_white_space: whether white space is normalised.
        no_break_spaces: whether no-break spaces that spelling requires are kept.

        Returns:
        The normalised texts, and for each whether it changed.

    >>> lines, changed = normalize_lines(["two  spaces", "one space"], "NFC", collapse_white_space=True)
    >>> list(lines), changed.tolist()
    (['two spaces', 'one space'], [True, False])
    """
    lines = Lines.of(texts)
    form = UNICODE_FORMS[unicode_form]
    wishes = {"collapse_white_space": collapse_white_space, "no_break_spaces": no_break_spaces}
    if not native.available():
        normalized = [normalize(text, form, **wishes) for text in lines]
        differ = [before != after for before, after in zip(lines, normalized, strict=True)]
        return Lines.of(normalized), np.array(differ, dtype=bool)
    tables = character_tables(unchanged_form(unicode_form))
    collapsed, states = native.collapse(
        tables, lines, native.white_space(collapse=collapse_white_space, no_break=no_break_spaces)
    )
    changed = states == _CHANGED
    rest = np.flatnonzero(states == _LEFT)
    if not len(rest):
        return collapsed, changed
    left = [lines[row] for row in rest.tolist()]
    others = [normalize(text, form, **wishes) for text in left]
    changed[rest] = [before != after for before, after in zip(left, others, strict=True)]
    return collapsed.replaced(rest, others), changed

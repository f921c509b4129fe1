"""Where words end, in scripts that separate words by spaces and in those that do not."""

from __future__ import annotations

from functools import lru_cache

import regex

_UNSPACED = "".join(
    rf"\p{{scx={script}}}"
    for script in ("Hani", "Hira", "Kana", "Bopo", "Hang", "Thai", "Laoo", "Khmr", "Mymr", "Tibt")
)
_IN_WORD = regex.compile(rf"(?V1)[[\p{{L}}\p{{M}}\p{{N}}_\u200c\u200d]--[{_UNSPACED}]]")


@lru_cache(maxsize=1 << 16)
def is_in_word(character: str) -> bool:
    """Whether a character is part of a word that ends only where another kind of character follows.

    Letters, marks, digits, the underscore and the joiners of Persian and Indic scripts are. Characters of scripts that
    write words without spaces between them (Han, Kana, Thai …) are not: a word may end behind any of them. Neither are
    those of Hangul, where particles are written onto words.

    >>> [is_in_word(character) for character in "aé7_ -中の학"]
    [True, True, True, True, False, False, False, False, False]
    """
    return _IN_WORD.match(character) is not None

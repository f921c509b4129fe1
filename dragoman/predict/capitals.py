"""Sources in capital letters: their translations are in capitals too, whatever casing the model knows."""

from __future__ import annotations

import regex

from dragoman.predict.translation import Concern, ConcernKind
from dragoman.text.casing import Casing
from dragoman.text.truecasing import detruecase, is_in_capitals

_LONGER = 1.5
"""Ratio of a text's length in symbols in capitals to that in small letters, from which a model hardly saw capitals."""
_ONE_WORD = regex.compile(r"(?<![\p{L}\p{M}])[\p{Lu}\p{M}]{5,}(?![\p{L}\p{M}])")
"""A word in capitals that is too long for an acronym."""
_WITHOUT_CASE = regex.compile(r"(?V1)[\p{Lo}--ªº]")

CAPITALS = Concern(ConcernKind.CAPITALS, "written in capitals, which the model hardly saw; translated in small letters")
RESTORED = Concern(ConcernKind.CAPITALS, "written in capitals, and the model answered in small letters")


class Capitals:
    """Turns texts in capitals into small letters, and translations back.

    Args:
        languages: language codes of source and target.

    >>> capitals = Capitals(("en", "de"))
    >>> capitals.in_small_letters("STOP THE TRAIN")
    'Stop the train'
    >>> capitals.restored("haltet den Zug an")
    'HALTET DEN ZUG AN'
    """

    def __init__(self, languages: tuple[str, str]) -> None:
        self._source, self._target = map(Casing, languages)

    def in_small_letters(self, text: str) -> str | None:
        """``text``, with placeholders hidden, as a sentence in small letters; None if it is not in capitals.

        One word by itself is in capitals if it is too long for an acronym. Among letters that have no case, as in
        Japanese, capitals are names.
        """
        if not text.isupper() or _WITHOUT_CASE.search(text):
            return None
        if not is_in_capitals(text) and not _ONE_WORD.search(text):
            return None
        return detruecase(self._source.lower(text), self._source)

    def answered(self, text: str) -> str:
        """The small letters from which :meth:`restored` gives a translation in capitals; other text is unchanged.

        >>> Capitals(("en", "de")).answered("HALTET DEN ZUG AN")
        'Haltet den zug an'
        """
        return detruecase(self._target.lower(text), self._target) if text.isupper() else text

    def is_hardly_known(self, capitals: int, small: int) -> bool:
        """Whether a model hardly saw capitals, from the number of symbols of one text in capitals and in small
        letters."""
        return capitals > _LONGER * small

    def restored(self, text: str) -> str:
        """A translation, with placeholders hidden, put in capitals."""
        return self._target.upper(text)

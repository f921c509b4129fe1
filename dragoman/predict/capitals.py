"""Sources in capitals, where a model hardly saw any: they are translated in small letters and written in capitals."""

from __future__ import annotations

from dragoman.predict.concern import Concern, ConcernKind
from dragoman.text.casing import Casing
from dragoman.text.truecasing import detruecase, is_in_capitals

_LONGER = 1.5
"""By how much a text in capitals is longer in symbols than in small letters where a model hardly saw capitals."""

CAPITALS = Concern(ConcernKind.CAPITALS, "written in capitals, which the model hardly saw; translated in small letters")


class Capitals:
    """Turns texts in capitals into small letters, and translations back.

    Args:
        languages: the codes of source and target.
    """

    def __init__(self, languages: tuple[str, str]) -> None:
        self._source, self._target = map(Casing, languages)

    def in_small_letters(self, text: str) -> str | None:
        """``text``, with placeholders hidden, as a sentence in small letters; None if it is not in capitals."""
        return detruecase(self._source.lower(text), self._source) if is_in_capitals(text) else None

    def is_hardly_known(self, capitals: int, small: int) -> bool:
        """Whether a model hardly saw capitals, by how many symbols one text has in either form."""
        return capitals > _LONGER * small

    def restored(self, text: str) -> str:
        """A translation, with placeholders hidden, in capitals."""
        return self._target.upper(text)

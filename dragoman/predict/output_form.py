"""The forms in which translations are written: one line each, a table of several, or JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

from dragoman.predict.translation import Translation


@runtime_checkable
class OutputForm(Protocol):
    """Turns translations into lines of text.

    Attributes:
        heading: text above all lines.
    """

    heading: str

    def lines(self, first: int, found: Sequence[Sequence[Translation]]) -> Iterator[str]:
        """The lines for the translations of consecutive inputs, which ``first`` inputs precede."""
        ...


class BestOnly:
    """The best translation, one line for each input.

    >>> from dragoman.contracts.hypothesis import Ending
    >>> found = [[Translation("Good morning.", -0.1, -0.3, Ending.COMPLETE, 3)]]
    >>> list(BestOnly().lines(0, found))
    ['Good morning.']
    """

    heading = ""

    def lines(self, first: int, found: Sequence[Sequence[Translation]]) -> Iterator[str]:
        """The texts of the best translations."""
        del first
        return (_one_line(translations[0].text) for translations in found)


class NBestTable:
    """Every translation with its scores, in columns separated by tabs.

    >>> from dragoman.contracts.hypothesis import Ending
    >>> found = [[Translation("Good morning.", -0.1, -0.3, Ending.COMPLETE, 3)]]
    >>> print(*NBestTable().lines(0, found))
    1  1  -0.1000  -0.3000  complete  yes  Good morning.
    """

    heading = "line\trank\tscore\tlog_probability\tending\tplaceholders_kept\tconcerns\ttext\n"

    def lines(self, first: int, found: Sequence[Sequence[Translation]]) -> Iterator[str]:
        """The rows of the table, the best of an input first; inputs are numbered from 1."""
        for number, translations in enumerate(found, start=first + 1):
            for rank, t in enumerate(translations, start=1):
                numbers = f"{number}\t{rank}\t{t.score:.4f}\t{t.log_probability:.4f}"
                kept = "yes" if t.placeholders_kept else "no"
                concerns = ",".join(dict.fromkeys(concern.kind.value for concern in t.concerns))
                yield f"{numbers}\t{t.ending.value}\t{kept}\t{concerns}\t{_one_line(t.text)}"


class JsonLines:
    """Every translation as a JSON object on a line of its own: ``line``, ``rank``, ``text``, ``score``,
    ``log_probability``, ``ending`` and ``concerns``, a list of objects with ``kind`` and ``message``.

    >>> from dragoman.contracts.hypothesis import Ending
    >>> found = [[Translation("Good morning.", -0.1, -0.3, Ending.COMPLETE, 3)]]
    >>> print(*JsonLines().lines(0, found))
    {"line": 1, "rank": 1, "text": "Good morning.", "score": -0.1, ... "concerns": []}
    """

    heading = ""

    def lines(self, first: int, found: Sequence[Sequence[Translation]]) -> Iterator[str]:
        """The JSON objects, the best of an input first; inputs are numbered from 1."""
        for number, translations in enumerate(found, start=first + 1):
            for rank, t in enumerate(translations, start=1):
                content = {
                    "line": number,
                    "rank": rank,
                    "text": t.text,
                    "score": round(t.score, 6),
                    "log_probability": round(t.log_probability, 6),
                    "ending": t.ending.value,
                    "concerns": [{"kind": concern.kind.value, "message": concern.message} for concern in t.concerns],
                }
                yield json.dumps(content, ensure_ascii=False)


def written(form: OutputForm, first: int, found: Sequence[Sequence[Translation]]) -> bytes:
    """The lines in UTF-8, each with its line break."""
    return "".join(f"{line}\n" for line in form.lines(first, found)).encode()


def _one_line(text: str) -> str:
    """Remove line breaks and tabs, which a model may write, so that lines and columns can be counted."""
    return " ".join(text.splitlines()).replace("\t", " ")

"""The forms in which translations are written: one line each, a table of several, or JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Protocol, runtime_checkable

from dragoman.predict.translation import Translation


@runtime_checkable
class OutputForm(Protocol):
    """Turns translations into lines of text."""

    @property
    def heading(self) -> str:
        """Text above all lines."""
        ...

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


@dataclass(frozen=True, slots=True)
class NBestTable:
    """Every translation with its scores, in columns separated by tabs.

    >>> from dragoman.contracts.hypothesis import Ending
    >>> found = [[Translation("Good morning.", -0.1, -0.3, Ending.COMPLETE, 3)]]
    >>> print(*NBestTable().lines(0, found))
    1  1  -0.1000  -0.3000  complete  yes  Good morning.

    Attributes:
        proofs: whether there is the column ``bound_leaves`` of exact search: how much higher the score of an output
            that was not found may be, 0 if it is proved that there is none.
    """

    proofs: bool = False

    @property
    def heading(self) -> str:
        """The names of the columns."""
        left = "\tbound_leaves" if self.proofs else ""
        return f"line\trank\tscore\tlog_probability\tending{left}\tplaceholders_kept\tconcerns\ttext\n"

    def lines(self, first: int, found: Sequence[Sequence[Translation]]) -> Iterator[str]:
        """The rows of the table, the best of an input first; inputs are numbered from 1."""
        for number, translations in enumerate(found, start=first + 1):
            for rank, t in enumerate(translations, start=1):
                numbers = f"{number}\t{rank}\t{t.score:.4f}\t{t.log_probability:.4f}"
                kept = "yes" if t.placeholders_kept else "no"
                concerns = ",".join(dict.fromkeys(concern.kind.value for concern in t.concerns))
                left = f"\t{t.gap or 0.0:.4f}" if self.proofs else ""
                yield f"{numbers}\t{t.ending.value}{left}\t{kept}\t{concerns}\t{_one_line(t.text)}"


class JsonLines:
    """Every translation as a JSON object on a line of its own: ``line``, ``rank``, ``text``, ``score``,
    ``log_probability``, ``ending`` and ``concerns``, a list of objects with ``kind`` and ``message``. After exact
    search also ``proof``: an object with ``proved``, ``bound``, ``gap`` (how much higher the bound is than this score)
    and ``expansions``.
    Where the source has terms of a terminology also ``terms``, a list of objects with ``source``, ``targets``,
    ``excluded`` and ``kept``.

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
                    **_proof(t),
                    **({"terms": [asdict(term) for term in t.terms]} if t.terms else {}),
                }
                yield json.dumps(content, ensure_ascii=False)


def written(form: OutputForm, first: int, found: Sequence[Sequence[Translation]]) -> bytes:
    """The lines in UTF-8, each with its line break."""
    return "".join(f"{line}\n" for line in form.lines(first, found)).encode()


def _proof(translation: Translation) -> dict[str, object]:
    """What exact search has proved; a bound of −∞, where there is no other output at all, is null."""
    proof, gap = translation.proof, translation.gap
    if proof is None or gap is None:
        return {}
    bound = round(proof.bound, 6) if math.isfinite(proof.bound) else None
    content = {"proved": gap == 0, "bound": bound, "gap": round(gap, 6), "expansions": proof.expansions}
    return {"proof": content}


def _one_line(text: str) -> str:
    """Remove line breaks and tabs, which a model may write, so that lines and columns can be counted."""
    return " ".join(text.splitlines()).replace("\t", " ")

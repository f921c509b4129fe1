"""A terminology: how words and phrases of one language are to be translated into another, and how they are not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from dragoman.text.casing import Casing
from dragoman.text.word_edges import is_in_word


@dataclass(frozen=True, slots=True)
class Term:
    """A term of the source language and its translations.

    Attributes:
        source: the term as its entry writes it.
        targets: the translations of which one is to be used; none if only some are not to be.
        excluded: translations that are not to be used.
        line: number of the line of its file that it begins on.
    """

    source: str
    targets: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    line: int | None = None

    def with_more(self, other: Term) -> Term:
        """The term with the translations of another entry for it."""
        targets, excluded = (
            tuple(dict.fromkeys([*ours, *theirs]))
            for ours, theirs in ((self.targets, other.targets), (self.excluded, other.excluded))
        )
        return Term(self.source, targets, excluded, self.line)


class Terminology:
    """Finds the terms of a list in lines of text.

    A term is found as a whole word or as several, where no letter stands beside it; in scripts without spaces between
    words, anywhere. Of terms that overlap the longer one counts, of equally long ones the first. Its case does not
    matter if its entry has no capital; if it has, the line must have them too, or be in capitals: ``US`` is not found
    in ``tell us``.

    >>> terms = Terminology([Term("brake", ("Bremse",)), Term("brake disc", ("Bremsscheibe",))])
    >>> [term.targets for term in terms.find("Brake discs: a brake disc, a brake")]
    [('Bremse',), ('Bremsscheibe',)]

    Args:
        terms: the terms; entries for the same term are one.
        language: code of the source language, for upper and lower case.
        name: what the list is called, such as the name of its file.
    """

    def __init__(self, terms: Iterable[Term], language: str = "", name: str = "a terminology") -> None:
        self.name = name
        self._casing = Casing(language)
        self._terms: dict[str, dict[str, Term]] = {}
        for term in terms:
            of_key = self._terms.setdefault(self._folded(term.source), {})
            of_key[term.source] = of_key[term.source].with_more(term) if term.source in of_key else term
        self._lengths: dict[str, list[int]] = {}
        for key in self._terms:
            lengths = self._lengths.setdefault(key[0], [])
            if len(key) not in lengths:
                lengths.append(len(key))
        for lengths in self._lengths.values():
            lengths.sort(reverse=True)

    @property
    def terms(self) -> list[Term]:
        """All terms, each once."""
        return [term for of_key in self._terms.values() for term in of_key.values()]

    def __len__(self) -> int:
        return len(self.terms)

    def find(self, text: str) -> list[Term]:
        """The terms in a text, each once, in their order."""
        folded = self._folded(text)
        found: dict[str, Term] = {}
        place = 0
        while place < len(folded):
            term, end = self._at(text, folded, place)
            if term is not None:
                found.setdefault(term.source, term)
            place = end
        return list(found.values())

    def _at(self, text: str, folded: str, place: int) -> tuple[Term | None, int]:
        """The longest term that begins at a place, and where the next one may begin."""
        if not _is_edge(folded, place):
            return None, place + 1
        for length in self._lengths.get(folded[place], ()):
            end = place + length
            for term in (
                self._terms.get(folded[place:end], {}).values() if end <= len(folded) and _is_edge(folded, end) else ()
            ):
                if self._has_case(term.source, text[place:end], text):
                    return term, end
        return None, place + 1

    def _has_case(self, source: str, found: str, text: str) -> bool:
        return source == found or source == self._folded(source) or text.isupper()

    def _folded(self, text: str) -> str:
        """Small letters, as many as there are characters."""
        lower = self._casing.lower(text)
        if len(lower) == len(text):
            return lower
        each = ((self._casing.lower(character), character) for character in text)
        return "".join(small if len(small) == 1 else character for small, character in each)


@dataclass(frozen=True, slots=True)
class AppliedTerm:
    """A term that was found in a source, and whether its translation keeps to it.

    Attributes:
        source: the term in the source language.
        targets: the translations of which one was to be used.
        excluded: translations that were not to be used.
        kept: whether the translation has one of the former and none of the latter.
    """

    source: str
    targets: tuple[str, ...]
    excluded: tuple[str, ...] = field(default=())
    kept: bool = True


def _is_edge(text: str, place: int) -> bool:
    """Whether a word may begin or end there."""
    return place in (0, len(text)) or not (is_in_word(text[place - 1]) and is_in_word(text[place]))

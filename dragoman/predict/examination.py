"""Checks that compare a translation with its source."""

from __future__ import annotations

import itertools

import regex

from dragoman.predict.translation import Concern, ConcernKind
from dragoman.text.casing import Casing
from dragoman.text.codec import Codec
from dragoman.text.language import primary_language, script_of
from dragoman.text.numbers_and_emoji import changed_emoji, changed_numbers
from dragoman.text.rules.copied import is_copied

_MOST_COPIED = 4
"""Words of a source that may stay as they are because they may be names or loan words."""
_LETTER = regex.compile(r"\p{L}")
_SHOWN = 10
_FEWEST_LETTERS = 3
"""Fewest letters of another script that are not taken for symbols of a formula."""
_LOUD = regex.compile(r"(?<![\p{L}\p{M}\p{N}_])\p{Lu}{5,}(?![\p{L}\p{M}\p{N}_])")
"""A word in capitals that is too long for most acronyms."""
_SPELT_OUT = 3
"""Fewest symbols of a word in capitals that the model does not know as a word."""
_LATIN = regex.compile(r"\p{Script=Latn}")
_PARTS = {"Hans": ("Hani",), "Hant": ("Hani",), "Jpan": ("Hani", "Hira", "Kana"), "Kore": ("Hang", "Hani")}
"""The scripts that ISO 15924's names for several scripts together stand for."""


class Examination:
    """Checks translations from one language into another.

    Args:
        source: codec of the source, whose vocabulary holds the characters that the model has seen.
        languages: language codes of source and target.
    """

    def __init__(self, source: Codec, languages: tuple[str, str]) -> None:
        self._placeholders = source.placeholders
        self._seen = frozenset(itertools.chain.from_iterable(source.tokenizer.vocabulary.of_text))
        self._tokenizer = source.tokenizer
        self._of_source, self._of_target = map(_letters_of, languages)
        self._lower = Casing(languages[0]).lower
        self._translates = primary_language(languages[0]) != primary_language(languages[1])

    def of_source(self, text: str) -> list[Concern]:
        """Concerns about a source that the model cannot translate well."""
        text = self._placeholders.without(text)
        found = []
        if unknown := self._unknown(text):
            shown = "".join(unknown[:_SHOWN]) + ("…" if len(unknown) > _SHOWN else "")
            message = f"holds characters that the model hardly or never saw: {shown}"
            found.append(Concern(ConcernKind.CHARACTERS, message))
        elif self._is_of_target(text):
            message = "written in the letters of the language that is translated into"
            found.append(Concern(ConcernKind.CHARACTERS, message))
        if loud := self._hardly_known_in_capitals(text):
            message = f"holds words in capitals that the model hardly saw: {', '.join(loud[:_SHOWN])}"
            found.append(Concern(ConcernKind.CAPITALS, message))
        return found

    def of_output(self, source: str, output: str) -> list[Concern]:
        """Concerns about an output whose numbers or emoji differ from the source's, or that copies the source."""
        found = []
        changed = changed_numbers(self._placeholders.without(source), self._placeholders.without(output))
        if any(changed):
            found.append(Concern(ConcernKind.NUMBERS, f"numbers differ from the source's ({changed})"))
        lost, invented = changed_emoji(source, output)
        if lost or invented:
            parts = ["lost: " + " ".join(lost)] if lost else []
            parts += ["not in the source: " + " ".join(invented)] if invented else []
            found.append(Concern(ConcernKind.EMOJI, f"emoji differ from the source's ({'; '.join(parts)})"))
        if self._translates and is_copied(source, output, _MOST_COPIED):
            found.append(Concern(ConcernKind.COPY, "the same as the source"))
        return found

    def _unknown(self, text: str) -> list[str]:
        """Letters that the vocabulary lacks, in their order."""
        return [
            letter
            for letter in dict.fromkeys(text)
            if letter not in self._seen and _LETTER.match(letter) and not {letter.lower(), letter.upper()} & self._seen
        ]

    def _is_of_target(self, text: str) -> bool:
        """Whether all letters belong to the target language and none to the source language. Latin letters occur in
        texts of any language."""
        if self._of_source is None or self._of_target is None:
            return False
        letters = _LETTER.findall(text)
        return (
            len(letters) >= _FEWEST_LETTERS
            and not any(self._of_source.match(letter) for letter in letters)
            and all(self._of_target.match(letter) for letter in letters)
            and not any(_LATIN.match(letter) for letter in letters)
        )

    def _hardly_known_in_capitals(self, text: str) -> list[str]:
        """Words in capitals inside a sentence that take several symbols, and one symbol in small letters."""
        words = list(dict.fromkeys(_LOUD.findall(text)))
        if not words or text.isupper():
            return []
        loud, small = (self._tokenizer.encode_batch(forms) for forms in (words, [self._lower(word) for word in words]))
        pairs = zip(words, loud, small, strict=True)
        return [word for word, many, one in pairs if len(one) == 1 and len(many) >= _SPELT_OUT]


def _letters_of(language: str) -> regex.Pattern[str] | None:
    """A pattern of the letters of a language's scripts; None if its scripts are unknown."""
    script = script_of(language) if language else None
    if script is None:
        return None
    try:
        return regex.compile("|".join(rf"\p{{Script={part}}}" for part in _PARTS.get(script, (script,))))
    except regex.error:
        return None

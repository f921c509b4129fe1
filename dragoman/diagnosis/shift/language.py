"""Whether new texts are in the language that a model reads."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import regex

from dragoman.optional import languages
from dragoman.optional.extra import LANGUAGES
from dragoman.reports.text import percent_text
from dragoman.tasks.card import language_name
from dragoman.text.language import primary_language, script_of
from dragoman.text.prose import without_markup

_MOST_TEXTS = 2_000
"""Texts that are looked at, spread over all."""
_LETTERS = 200
"""Letters that are judged together: single words and short lines look like several languages."""
_FEWEST_LETTERS = 60
_MOST_PASSAGES = 50
_SURE = 0.9
_LETTER = regex.compile(r"\p{L}")
_LATIN = "LATIN"
_SCRIPTS = {"Latn": _LATIN, "Cyrl": "CYRILLIC", "Grek": "GREEK", "Arab": "ARABIC", "Hebr": "HEBREW", "Hang": "HANGUL"}
"""The first words of Unicode's names of letters, by the scripts (ISO 15924) that have one such word alone."""


@dataclass(frozen=True, slots=True)
class OtherLanguage:
    """Texts in another language than a model's.

    Attributes:
        found: the language, such as ``French``, or where it is not known the letters, such as ``Cyrillic letters``.
        expected: the model's language, such as ``English``.
        share: share of the passages that are in another language.
        passages: number of passages that were judged, each of some lines.
    """

    found: str
    expected: str
    share: float
    passages: int

    def __str__(self) -> str:
        return (
            f"{percent_text(self.share)} of the new text is in {self.found}, and this model reads {self.expected}"
            if self.share < 1
            else f"the new text is in {self.found}, and this model reads {self.expected}"
        )


def other_language(texts: Sequence[str], code: str) -> OtherLanguage | None:
    """The language of texts, if some of them are surely in another one than ``code``; None if not, or if it cannot be
    told.

    Letters of another script show it at once. Languages of the same script are told apart by Lingua, where the extra
    ``languages`` is installed and it knows the model's language, in passages of some lines each.

    Args:
        texts: the texts.
        code: language code of the model.
    """
    passages = list(_passages(texts))
    if not passages:
        return None
    others = [_other_letters(passage, code) for passage in passages]
    same = [passage for passage, other in zip(passages, others, strict=True) if other is None]
    named = _told_apart(same, primary_language(code))
    found = [*named, *(other for other in others if other is not None)]
    if not found:
        return None
    most = Counter(found).most_common(1)[0][0]
    return OtherLanguage(most, language_name(code), len(found) / len(passages), len(passages))


def can_tell_languages() -> bool:
    """Whether languages of the same script can be told apart on this machine."""
    return not LANGUAGES.missing()


def _passages(texts: Sequence[str]) -> Iterator[str]:
    """Passages of consecutive lines with enough letters to be judged, at most :data:`_MOST_PASSAGES`."""
    chosen = np.linspace(0, max(len(texts) - 1, 0), min(len(texts), _MOST_TEXTS)).round().astype(int)
    found: list[str] = []
    parts: list[str] = []
    letters = 0
    for place in chosen.tolist():
        plain = without_markup(texts[place])
        parts.append(plain)
        letters += len(_LETTER.findall(plain))
        if letters >= _LETTERS:
            found.append(" ".join(parts))
            parts, letters = [], 0
    if letters >= _FEWEST_LETTERS:
        found.append(" ".join(parts))
    kept = np.unique(np.linspace(0, len(found) - 1, min(len(found), _MOST_PASSAGES)).round().astype(int))
    yield from (found[place] for place in kept.tolist())


def _other_letters(passage: str, code: str) -> str | None:
    """The letters that most of a passage is written in, if the language has others; Latin letters only if there are no
    others at all, since they occur in texts of every language."""
    own = _SCRIPTS.get(script_of(code) or "")
    if own is None:
        return None
    scripts = Counter(unicodedata.name(letter, "?").split()[0] for letter in _LETTER.findall(passage))
    most, count = scripts.most_common(1)[0]
    if most == own or scripts[own] >= count / 2 or (most == _LATIN and scripts[own]):
        return None
    return "Chinese characters" if most == "CJK" else f"{most.title()} letters"


def _told_apart(passages: Sequence[str], code: str) -> list[str]:
    """The names of the languages of those passages that are surely not in the language ``code``."""
    if not passages or not can_tell_languages():
        return []
    if code not in {language.iso_code_639_1.name.lower() for language in languages.Language.all()}:
        return []
    detector = languages.LanguageDetectorBuilder.from_all_languages().with_low_accuracy_mode().build()
    found = detector.compute_language_confidence_values_in_parallel(list(passages))
    best = [values[0] for values in found if values]
    return [
        one.language.name.title()
        for one in best
        if one.value >= _SURE and one.language.iso_code_639_1.name.lower() != code
    ]

"""Truecasing: the first word of a sentence as it is written inside sentences (Lita et al. 2003).

"The dog" and "the dog" then begin with one word, which helps where there is little text. The first letter of each
sentence gets its capital again afterwards.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import regex

from dragoman.errors import DamagedFileError
from dragoman.text.casing import Casing

_WORD = regex.compile(r"\p{L}[\p{L}\p{M}\p{N}'’-]*")
_MOST_WORDS = 1_000_000
_FEWEST_IN_CAPITALS = 2
# The beginning, or the white space after the end of a sentence; then brackets and quotation marks may stand.
_START = regex.compile(r"(?:^|(?<=[.!?…][\"'”’»)\]]*)\s+)[\p{P}\p{Z}]*\K\p{L}[\p{L}\p{M}\p{N}'’-]*")


class Truecaser:
    """Converts the first word of a sentence to its usual case, and back.

    >>> truecaser = Truecaser.train(["We saw the dog.", "Then the dog saw Rome."])
    >>> truecaser.truecase("The dog saw Rome."), truecaser.detruecase("the dog saw Rome.")
    ('the dog saw Rome.', 'The dog saw Rome.')

    Args:
        usual: usual form of each word, keyed by its lower-cased form.
        language: language whose casing is used; with the empty text, Unicode's mappings are used, as in old truecasers.
    """

    def __init__(self, usual: Mapping[str, str], language: str = "") -> None:
        self._usual = dict(usual)
        self._casing = Casing(language)
        self._folded: dict[str, str] = {}
        if language:
            # In capitals `Straße` is STRASSE, which is found here only if there is no word `strasse`.
            for form in self._usual.values():
                for key in self._casing.keys(form)[1:]:
                    self._folded.setdefault(key, form)

    @classmethod
    def train(cls, texts: Iterable[str], language: str = "") -> Truecaser:
        """Learn the usual case of words: their most frequent form inside sentences.

        Texts in capitals are ignored. Of equally frequent forms the one with fewer capitals is taken.
        """
        casing = Casing(language)
        counts: Counter[str] = Counter()
        for text in texts:
            if not is_in_capitals(text):
                starts = {match.start() for match in _START.finditer(text)}
                counts.update(match.group() for match in _WORD.finditer(text) if match.start() not in starts)
            if len(counts) > _MOST_WORDS:
                counts = Counter(dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[: _MOST_WORDS // 2]))
        usual: dict[str, str] = {}
        for form, _ in sorted(counts.items(), key=lambda item: (-item[1], sum(map(str.isupper, item[0])), item[0])):
            usual.setdefault(casing.lower(form), form)
        return cls(usual, language)

    def truecase(self, text: str) -> str:
        """The text with the first word of each sentence in its usual case; in a text in capitals, all words.

        A word that was never seen inside a sentence keeps its case.
        """
        if is_in_capitals(text):
            return _WORD.sub(self._usual_form, text)
        return _START.sub(self._usual_form, text)

    def _usual_form(self, match: regex.Match[str]) -> str:
        word: str = match.group()
        lower = self._casing.lower(word)
        fallback = self._folded.get(lower, word) if word.isupper() else word
        return self._usual.get(lower, fallback)

    def detruecase(self, text: str) -> str:
        """The text with a capital at the beginning of each sentence, as the language writes it."""
        return detruecase(text, self._casing)

    def save(self, path: Path) -> None:
        """Write the truecaser to a JSON file."""
        content = {"language": self._casing.language, "usual": self._usual}
        path.write_text(json.dumps(content, ensure_ascii=False, sort_keys=True, indent=0) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Truecaser:
        """Read a truecaser that :meth:`save` wrote, or an old file with only a list of words.

        Raises:
            DamagedFileError: if the file is missing or no such file.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise _damaged(path, f"the casing of words cannot be read: {error}") from error
        usual, language = content, ""
        if isinstance(content, dict) and isinstance(content.get("usual"), dict):
            usual, language = content["usual"], content.get("language", "")
        known = isinstance(usual, dict) and all(isinstance(form, str) for form in usual.values())
        if not known or not isinstance(language, str):
            raise _damaged(path, "this is not a list of words with their casing")
        return cls(usual, language)


_UNICODE = Casing()


def detruecase(text: str, casing: Casing = _UNICODE) -> str:
    """The text with a capital at the beginning of each sentence.

    >>> detruecase("the dog. it barks.")
    'The dog. It barks.'
    """
    return _START.sub(lambda match: _capitalized(match.group(), casing), text)


def is_in_capitals(text: str) -> bool:
    """Whether all letters are capitals, in at least two words of several letters.

    >>> is_in_capitals("STOP THE TRAIN"), is_in_capitals("NATO")
    (True, False)
    """
    if not text.isupper():
        return False
    words = [word for word in _WORD.findall(text) if len(word) > 1 and word.lower() != word.upper()]
    return len(words) >= _FEWEST_IN_CAPITALS


def _capitalized(word: str, casing: Casing) -> str:
    # A word with a capital inside, such as iPhone, is written so on purpose.
    return word if any(map(str.isupper, word)) else casing.capitalized(word)


def _damaged(path: Path, what: str) -> DamagedFileError:
    return DamagedFileError(what, file=path, remedy="copy the folder anew from where it was made, or train anew.")

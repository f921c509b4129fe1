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

_WORD = regex.compile(r"\p{L}[\p{L}\p{M}\p{N}'’-]*")
_MOST_WORDS = 1_000_000
_FEWEST_IN_CAPITALS = 2
# The beginning, or the white space after the end of a sentence; then brackets and quotation marks may stand.
_START = regex.compile(r"(?:^|(?<=[.!?…][\"'”’»)\]]*)\s+)[\p{P}\p{Z}]*\K\p{L}[\p{L}\p{M}\p{N}'’-]*")


class Truecaser:
    """Knows the usual casing of words.

    Args:
        usual: the usual form of each word, by its lower-cased form.
    """

    def __init__(self, usual: Mapping[str, str]) -> None:
        self._usual = dict(usual)

    @classmethod
    def train(cls, texts: Iterable[str]) -> Truecaser:
        """Count how words are written inside sentences; the most frequent form is the usual one.

        Texts in capitals tell nothing and are left out. Of equally frequent forms the one with fewer capitals counts.
        """
        counts: Counter[str] = Counter()
        for text in texts:
            if not _is_in_capitals(text):
                starts = {match.start() for match in _START.finditer(text)}
                counts.update(match.group() for match in _WORD.finditer(text) if match.start() not in starts)
            if len(counts) > _MOST_WORDS:
                counts = Counter(dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[: _MOST_WORDS // 2]))
        usual: dict[str, str] = {}
        for form, _ in sorted(counts.items(), key=lambda item: (-item[1], sum(map(str.isupper, item[0])), item[0])):
            usual.setdefault(form.lower(), form)
        return cls(usual)

    def truecase(self, text: str) -> str:
        """``text`` with the first word of each sentence in its usual casing; of a text in capitals, all words.

        A word that was never seen inside a sentence keeps its casing.
        """
        if _is_in_capitals(text):
            return _WORD.sub(self._usual_form, text)
        return _START.sub(self._usual_form, text)

    def _usual_form(self, match: regex.Match[str]) -> str:
        word: str = match.group()
        return self._usual.get(word.lower(), word)

    def save(self, path: Path) -> None:
        """Write one JSON file."""
        path.write_text(json.dumps(self._usual, ensure_ascii=False, sort_keys=True, indent=0) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Truecaser:
        """Read what :meth:`save` wrote.

        Raises:
            DamagedFileError: if the file is missing or is something else.
        """
        try:
            usual = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise _damaged(path, f"the casing of words cannot be read: {error}") from error
        if not isinstance(usual, dict) or not all(isinstance(form, str) for form in usual.values()):
            raise _damaged(path, "this is not a list of words with their casing")
        return cls(usual)


def detruecase(text: str) -> str:
    """``text`` with a capital at the beginning of each sentence."""
    return _START.sub(lambda match: _capitalized(match.group()), text)


def _capitalized(word: str) -> str:
    # A word with a capital inside, such as iPhone, is written so on purpose.
    return word if any(map(str.isupper, word)) else word[0].title() + word[1:]


def _is_in_capitals(text: str) -> bool:
    if not text.isupper():
        return False
    words = [word for word in _WORD.findall(text) if len(word) > 1 and word.lower() != word.upper()]
    return len(words) >= _FEWEST_IN_CAPITALS


def _damaged(path: Path, what: str) -> DamagedFileError:
    return DamagedFileError(what, file=path, remedy="copy the folder anew from where it was made, or train anew.")

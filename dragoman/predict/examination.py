"""What can be seen of a translation by comparing it with its source."""

from __future__ import annotations

import itertools

import regex

from dragoman.predict.concern import Concern, ConcernKind
from dragoman.text.changed_numbers import changed_numbers
from dragoman.text.codec import Codec
from dragoman.text.emoji import changed_emoji
from dragoman.text.language import primary_language
from dragoman.text.rules.copied import is_copied
from dragoman.text.tokenizer import BYTE_SYMBOLS
from dragoman.text.vocabulary import SPECIAL_SYMBOLS

_MOST_COPIED = 4
"""Words of a source that may be names or loan words and stay as they are."""
_LETTER = regex.compile(r"\p{L}")
_SHOWN = 10


class Examination:
    """Looks at translations from one language into another.

    Args:
        source: the codec of the source; the vocabulary tells which characters its model has seen.
        languages: the codes of source and target.
    """

    def __init__(self, source: Codec, languages: tuple[str, str]) -> None:
        self._placeholders = source.placeholders
        symbols = source.tokenizer.vocabulary.symbols[len(SPECIAL_SYMBOLS) + len(BYTE_SYMBOLS) :]
        self._seen = frozenset(itertools.chain.from_iterable(symbols))
        self._translates = primary_language(languages[0]) != primary_language(languages[1])

    def of_source(self, text: str) -> list[Concern]:
        """What makes a source one that the model cannot translate well."""
        unknown = self._unknown(self._placeholders.without(text))
        if not unknown:
            return []
        shown = "".join(unknown[:_SHOWN]) + ("…" if len(unknown) > _SHOWN else "")
        return [Concern(ConcernKind.CHARACTERS, f"holds characters that the model hardly or never saw: {shown}")]

    def of_output(self, source: str, output: str) -> list[Concern]:
        """Whether numbers or emoji differ from the source's, or nothing does."""
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
        """Letters without a symbol, in their order."""
        return [
            letter
            for letter in dict.fromkeys(text)
            if letter not in self._seen and _LETTER.match(letter) and not {letter.lower(), letter.upper()} & self._seen
        ]

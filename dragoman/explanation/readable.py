"""Symbols of a vocabulary as a reader sees them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from dragoman.explanation.scored_text import SPACE, Token
from dragoman.text.placeholders import UNITS
from dragoman.text.token_words import token_words
from dragoman.text.vocabulary import BYTE_SYMBOLS, Vocabulary

_LONGEST_CHARACTER = 4


class Readable:
    """Turns the ids of outputs into tokens for people.

    >>> from dragoman.contracts import SpecialSymbols
    >>> ids = {"</s>": 0, "<s>": 1, " dog": 2, "s": 3, "<0xC3>": 4, "<0xA9>": 5}
    >>> vocabulary = Vocabulary.of(ids, SpecialSymbols(None, None, start=1, end=0))
    >>> readable = Readable(vocabulary, {}, spaced=True)
    >>> [token.text for token in readable.tokens([2, 3, 4, 5, 0])]
    ['▁dog', 's', 'é<0xC3>', 'é<0xA9>', '</s>']
    >>> [token.begins_word for token in readable.tokens([2, 3, 2, 0])]
    [True, False, True, True]

    Args:
        vocabulary: the vocabulary of the ids.
        placeholders: the placeholder that each unit stands for.
        spaced: whether the language writes spaces between words; where it does not, every token counts as a word.
    """

    def __init__(self, vocabulary: Vocabulary, placeholders: Mapping[str, str], *, spaced: bool) -> None:
        self._vocabulary = vocabulary
        self._bytes = {vocabulary.ids[name]: value for value, name in enumerate(BYTE_SYMBOLS) if name in vocabulary.ids}
        self._spaced = spaced
        self._names = {unit: f"[placeholder {number}]" for number, unit in enumerate(UNITS, start=1)}
        self._names.update(placeholders)

    def symbol(self, id: int) -> str:
        """The text of one symbol by itself, where a byte that is no whole character stays a byte."""
        value = self._bytes.get(id)
        if value is not None:
            return self._shown(chr(value)) if value < 0x80 and chr(value).isprintable() else f"<0x{value:02X}>"
        return self._shown(self._vocabulary.symbols[id])

    def tokens(self, ids: Sequence[int]) -> tuple[Token, ...]:
        """The tokens of an output, of which bytes are shown with the character that they spell together."""
        spelt = dict(self._characters(ids))
        texts = [spelt[place][0] if place in spelt else self.symbol(id) for place, id in enumerate(ids)]
        if self._spaced:
            begins = self._begins_of_words(ids)
        else:
            begins = [place not in spelt or spelt[place][1] for place in range(len(ids))]
        return tuple(map(Token, texts, begins))

    def _begins_of_words(self, ids: Sequence[int]) -> list[bool]:
        """Whether a word begins with each token; each special symbol is one by itself."""
        special, symbols = frozenset(self._vocabulary.special.all), self._vocabulary.symbols
        begins: list[bool] = []
        for is_special, run in groupby(ids, key=special.__contains__):
            tokens = list(run)
            words = range(len(tokens)) if is_special else token_words([symbols[id] for id in tokens])
            begins += [place == 0 or words[place] != words[place - 1] for place in range(len(tokens))]
        return begins

    def _characters(self, ids: Sequence[int]) -> Iterator[tuple[int, tuple[str, bool]]]:
        """For each byte of a character of several bytes: its place, its text, and whether it is the character's
        first."""
        place = 0
        while place < len(ids):
            size = self._size(ids, place)
            if size > 1:
                character = self._decoded(ids, place, size)
                for offset in range(size):
                    yield place + offset, (f"{character}<0x{self._bytes[ids[place + offset]]:02X}>", offset == 0)
            place += size

    def _size(self, ids: Sequence[int], place: int) -> int:
        """The number of bytes of the character that begins here; 1 if none does."""
        sizes = range(2, _LONGEST_CHARACTER + 1)
        return next((size for size in sizes if self._decoded(ids, place, size)), 1)

    def _decoded(self, ids: Sequence[int], place: int, size: int) -> str:
        """The one character that these ids spell; empty if they do not."""
        part = ids[place : place + size]
        if len(part) < size or any(id not in self._bytes for id in part):
            return ""
        text = bytes(self._bytes[id] for id in part).decode("utf-8", "ignore")
        return text if len(text) == 1 and len(text.encode()) == size else ""

    def _shown(self, symbol: str) -> str:
        return "".join(self._names.get(sign) or _sign(sign) for sign in symbol)


def _sign(sign: str) -> str:
    if sign == " ":
        return SPACE
    return sign if sign.isprintable() or ord(sign) > 0xFFFF else f"<U+{ord(sign):04X}>"

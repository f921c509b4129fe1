"""How the symbols of a vocabulary spell text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int

from dragoman.text.phrases import sentence_category
from dragoman.text.vocabulary import BYTE_SYMBOLS, Vocabulary
from dragoman.text.word_edges import is_in_word

_ASCII = 0x80


@dataclass(frozen=True, slots=True)
class Spelling:
    """The characters of all symbols of a vocabulary.

    >>> symbols = {"<p>": 0, "<u>": 1, "<s>": 2, "</s>": 3, "ab": 4, "b": 5, "<0x41>": 6, "<0xC3>": 7}
    >>> spelling = Spelling.of(Vocabulary.of(symbols))
    >>> spelling.characters, spelling.places[4:].tolist()
    ({'A': 0, 'a': 1, 'b': 2}, [[1, 2], [2, 3], [0, 3], [3, 3]])

    Attributes:
        vocabulary: the vocabulary.
        characters: the number of each character that occurs.
        places: the number of each character of each symbol, and the count of characters behind the last one; the
            symbol of an ASCII byte has one character, those of other bytes and special symbols have none.
        bytes: the byte of each symbol that is one of a longer character of UTF-8; otherwise −1.
        in_word: whether each character is part of a word.
        categories: what each character means for where sentences begin.
    """

    vocabulary: Vocabulary
    characters: Mapping[str, int]
    places: Int[np.ndarray, "V L"]
    bytes: Int[np.ndarray, " V"]
    in_word: Bool[np.ndarray, " c"]
    categories: Int[np.ndarray, " c"]

    @classmethod
    def of(cls, vocabulary: Vocabulary) -> Spelling:
        """The spelling of a vocabulary."""
        byte_of = {symbol: byte for byte, symbol in enumerate(BYTE_SYMBOLS)}
        special = frozenset(vocabulary.special.all)
        texts, values = [], np.full(len(vocabulary), -1)
        for id, symbol in enumerate(vocabulary.symbols):
            byte = byte_of.get(symbol, 0)
            if byte >= _ASCII:
                values[id] = byte
            spelt = symbol not in byte_of or byte < _ASCII
            texts.append((chr(byte) if symbol in byte_of else symbol) if spelt and id not in special else "")
        characters = {character: number for number, character in enumerate(sorted(set("".join(texts))))}
        places = np.full((len(texts), max(map(len, texts), default=0)), len(characters))
        for id, text in enumerate(texts):
            places[id, : len(text)] = [characters[character] for character in text]
        words = np.array([is_in_word(character) for character in characters], dtype=bool)
        categories = np.array([sentence_category(character) for character in characters], dtype=np.int64)
        return cls(vocabulary, characters, places, values, words, categories)

"""Tokenizers: text to ids and back, without loss."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import tokenizers
from jaxtyping import Int
from tokenizers import decoders

from dragoman.errors import DamagedFileError, InputError
from dragoman.native import text as native
from dragoman.storage.json import JsonObject
from dragoman.text.corpus_counts import CODE_POINTS, WordCounts, count_characters, frequent_characters
from dragoman.text.placeholders import UNITS
from dragoman.text.ragged import Ragged
from dragoman.text.tokenizer_file import check_tokenizer_file
from dragoman.text.tokenizers.bpe import train_bpe, train_bpe_on_words
from dragoman.text.tokenizers.characters import train_characters
from dragoman.text.tokenizers.extension import extended
from dragoman.text.tokenizers.pretokenization import pattern
from dragoman.text.tokenizers.unigram import train_unigram
from dragoman.text.tokenizers.words import train_words
from dragoman.text.vocabulary import BYTE_SYMBOLS, Vocabulary
from dragoman.text.word_encoder import WordEncoder

SPECIAL_NAMES = ("<pad>", "<unk>", "<s>", "</s>")
"""Names of our vocabularies' special symbols, in the order of their ids:
:data:`~dragoman.contracts.DEFAULT_SYMBOLS`."""
_FIXED_SYMBOLS = (*SPECIAL_NAMES, *BYTE_SYMBOLS)
KINDS: Mapping[str, Callable[..., tokenizers.Tokenizer]] = MappingProxyType(
    {"bpe": train_bpe, "unigram": train_unigram, "words": train_words, "characters": train_characters}
)
"""The training function of each kind of tokenizer."""

_CHUNK = 10_000
_ALPHABET_SHARE = 0.5
_MIN_COUNT = 2
_MOST_NEW = 0.1
_PROBE = " a  B\t<0x41></s>\0▁e\u0301ﬁ☃ "


class Tokenizer:
    """Text to ids by byte-pair encoding, a unigram model, words or characters; everything else is spelt in UTF-8 bytes.

    >>> tokenizer = Tokenizer.train(["low lower lowest"] * 3, vocabulary_size=300)
    >>> tokenizer.decode(tokenizer.encode("lower than low"))
    'lower than low'

    ``decode(encode(text)) == text`` for every text. A space belongs to the symbol that follows it, as itself, and one
    space is put before the text while it is encoded, so that a word has one form at the beginning and inside a
    sentence. Special symbols and bytes stand in the vocabulary but cannot come from text: no symbol of several
    characters holds anything but letters, marks and spaces, or digits.
    """

    def __init__(self, backend: tokenizers.Tokenizer) -> None:
        self._backend = backend
        self.vocabulary = Vocabulary.of(backend.get_vocab())
        self._by_words = self._word_encoder()

    @classmethod
    def train(
        cls,
        texts: Iterable[str],
        *,
        vocabulary_size: int,
        kind: str = "bpe",
        single_digits: bool = True,
        units: Sequence[str] = (),
    ) -> Tokenizer:
        """Learn symbols from ``texts``. The same texts give the same tokenizer, whatever the machine and its threads.

        Rare text gets no symbol (what occurs only once), so a small corpus gives a smaller vocabulary than asked for.

        Args:
            texts: texts to learn from, which are read several times and never held in memory.
            vocabulary_size: most symbols, including the 4 special ones and the 256 bytes.
            kind: one of :data:`KINDS`.
            single_digits: whether each digit is a symbol of its own.
            units: private characters that get a symbol however rare they are.

        Raises:
            InputError: if a text has a lone surrogate.
            TypeError: if ``texts`` can be iterated only once.
            ValueError: if there is no such kind, or ``vocabulary_size`` is too small for the symbols that every
                vocabulary has.
        """
        if kind not in KINDS:
            raise ValueError(f"no kind of tokenizer is called {kind}; there are {', '.join(KINDS)}")
        if iter(texts) is texts:
            raise TypeError("the texts are gone through several times; give a list, not an iterator")
        fixed = (*SPECIAL_NAMES, *BYTE_SYMBOLS, *units)
        room = vocabulary_size - len(fixed)
        if room < 0:
            raise ValueError(f"a vocabulary needs at least {len(fixed)} symbols, got {vocabulary_size}")
        words = _word_counts(texts, single_digits) if kind == "bpe" and native.available() else None
        counts = _count_characters(texts) if words is None else words.characters()
        counts[[ord(unit) for unit in units]] = 0
        most = room if kind == "characters" else int(room * _ALPHABET_SHARE)
        # The library chooses among equally frequent characters by the order of a hash table, so they are chosen here.
        alphabet = [*units, *frequent_characters(counts, most=most, min_count=_MIN_COUNT)]
        first = (*SPECIAL_NAMES, *BYTE_SYMBOLS)
        if words is not None:
            backend = train_bpe_on_words(words, first, alphabet, vocabulary_size, _MIN_COUNT, single_digits)
        else:
            spaced = _WithSpace(texts)
            backend = KINDS[kind](spaced, first, alphabet, vocabulary_size, _MIN_COUNT, single_digits)
        backend.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
        return cls(_without_added_tokens(backend))

    def extended(self, texts: Iterable[str], units: Sequence[str] = ()) -> Tokenizer:
        """The tokenizer with symbols behind its own for ``units`` and for characters of ``texts`` that it spells in
        bytes; every text that it could spell without them is cut into the same ids.

        Characters get a symbol if they occur more than once, at most a tenth as many as there are symbols, the most
        frequent first.

        >>> tokenizer = Tokenizer.train(["low lower lowest"] * 3, vocabulary_size=300)
        >>> more = tokenizer.extended(["Löwe", "Löwe"])
        >>> more.vocabulary.symbols[tokenizer.size :]
        ('L', 'ö')
        >>> more.encode("low lower") == tokenizer.encode("low lower")
        True

        Args:
            texts: texts of which some characters may have no symbol.
            units: private characters that get a symbol however rare they are.

        Raises:
            InputError: if a text has a lone surrogate.
        """
        counts = _count_characters(texts)
        characters = [symbol for symbol in self.vocabulary.of_text if len(symbol) == 1]
        counts[[ord(character) for character in (*characters, *UNITS)]] = 0
        new = [unit for unit in units if unit not in self.vocabulary.ids]
        new += frequent_characters(counts, most=int(self.size * _MOST_NEW), min_count=_MIN_COUNT)
        return Tokenizer(extended(self._backend, new)) if new else self

    @property
    def suffix(self) -> str:
        """The ending of the name of its file."""
        return ".json"

    @property
    def kind(self) -> str:
        """The name of its kind in :data:`KINDS`; a BPE model without merges counts as one of characters."""
        model = json.loads(self._backend.to_str())["model"]
        if model["type"] == "Unigram":
            return "unigram"
        return "words" if model["ignore_merges"] else "bpe" if model["merges"] else "characters"

    @property
    def content(self) -> JsonObject:
        """The whole tokenizer as JSON values in the format of the library."""
        return json.loads(self._backend.to_str())

    @property
    def size(self) -> int:
        """Number of symbols in the vocabulary."""
        return len(self.vocabulary)

    def encode(self, text: str) -> list[int]:
        """The ids of ``text``, without start and end symbol; none for the empty text.

        Raises:
            InputError: if the text has a lone surrogate, which is no character.
        """
        return self.encode_batch([text])[0]

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text, computed in parallel.

        Raises:
            InputError: if a text has a lone surrogate.
        """
        try:
            encodings = self._backend.encode_batch_fast([text and " " + text for text in texts])
        except (TypeError, UnicodeError) as error:
            if any(has_surrogate(text) for text in texts):
                raise surrogate_error(texts) from None
            raise error
        return [encoding.ids for encoding in encodings]

    def encode_ragged(self, texts: Sequence[str]) -> Ragged:
        """The ids of each text, as :meth:`encode_batch` gives them, but faster for many texts of natural language.

        Raises:
            InputError: if a text has a lone surrogate.
        """
        if self._by_words is None:
            return Ragged.of(self.encode_batch(texts))
        try:
            return self._by_words.encode(texts)
        except InputError:
            # Of the texts that were encoded apart; its number is that among all.
            raise surrogate_error(texts) from None

    def _word_encoder(self) -> WordEncoder | None:
        """The encoder by words; None for kinds that cut text otherwise, or without the native library."""
        cut = self.content["pre_tokenizer"]["pattern"]["Regex"]
        digits = next((single for single in (True, False) if cut == pattern(single_digits=single)), None)
        if digits is None or not native.available():
            return None

        def encode_parts(parts: Sequence[str]) -> list[list[int]]:
            return [encoding.ids for encoding in self._backend.encode_batch_fast(list(parts))]

        return WordEncoder(encode_parts, self.encode_batch, single_digits=digits)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ``ids``; special symbols are left out, and bytes that are not UTF-8 become U+FFFD."""
        return self.decode_batch([ids])[0]

    def decode_batch(self, rows: Sequence[Sequence[int]]) -> list[str]:
        """The text of each row of ids."""
        plain = [[token for token in row if token >= len(SPECIAL_NAMES)] for row in rows]
        return [text.removeprefix(" ") for text in self._backend.decode_batch(plain, skip_special_tokens=False)]

    def save(self, path: Path) -> None:
        """Write one self-contained JSON file."""
        path.write_text(self._backend.to_str(), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Tokenizer:
        """Read a tokenizer that :meth:`save` wrote.

        Raises:
            DamagedFileError: if the file is missing or no such tokenizer.
        """
        remedy = "give a tokenizer that Dragoman wrote, or train anew."
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise DamagedFileError(f"the tokenizer cannot be read: {error}", file=path, remedy=remedy) from error
        try:
            check_tokenizer_file(json.loads(text))
            found = cls(tokenizers.Tokenizer.from_str(text))
        except Exception as error:  # the library raises bare exceptions
            raise DamagedFileError(f"not a tokenizer: {error}", file=path, remedy=remedy) from error
        if found.vocabulary.symbols[: len(_FIXED_SYMBOLS)] != _FIXED_SYMBOLS:
            raise DamagedFileError(
                "not a tokenizer of ours: its first ids are not the special symbols and the bytes",
                file=path,
                remedy=remedy,
            )
        if found.decode(found.encode(_PROBE)) != _PROBE:
            raise DamagedFileError("not a tokenizer of ours: it loses characters", file=path, remedy=remedy)
        return found


def has_surrogate(text: str) -> bool:
    """Whether the text has half a surrogate pair, which is no character and cannot be written as UTF-8.

    >>> has_surrogate("\\ud800"), has_surrogate("a")
    (True, False)
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


@dataclass(frozen=True, slots=True)
class _WithSpace:
    """Texts with a space before each."""

    texts: Iterable[str]

    def __iter__(self) -> Iterator[str]:
        return (" " + text for text in self.texts)


def _count_characters(texts: Iterable[str]) -> Int[np.ndarray, " 1114112"]:
    """The count of each code point; the space before each text counts too."""
    counts = np.zeros(CODE_POINTS, dtype=np.int64)
    remaining = iter(texts)
    while part := list(itertools.islice(remaining, _CHUNK)):
        try:
            counts += count_characters(part)
        except UnicodeEncodeError:
            raise surrogate_error(part) from None
        counts[ord(" ")] += len(part)
    return counts


def _word_counts(texts: Iterable[str], single_digits: bool) -> WordCounts:
    try:
        return WordCounts.of(texts, single_digits=single_digits)
    except UnicodeEncodeError:
        _count_characters(texts)  # says which text it is
        raise


def _without_added_tokens(backend: tokenizers.Tokenizer) -> tokenizers.Tokenizer:
    """The tokenizer with special symbols in its model only, so that text cannot match them."""
    content = json.loads(backend.to_str())
    content["added_tokens"] = []
    return tokenizers.Tokenizer.from_str(json.dumps(content, ensure_ascii=False))


def surrogate_error(texts: Sequence[str]) -> InputError:
    """An error that names the first text with a lone surrogate."""
    number = next(number for number, text in enumerate(texts, start=1) if has_surrogate(text))
    return InputError(
        f"text {number} has a lone surrogate, which is half a character",
        cause="text that was cut in the middle of a character, or decoded with errors='surrogateescape'.",
        remedy="decode it as UTF-8 without that option, or remove the character.",
    )

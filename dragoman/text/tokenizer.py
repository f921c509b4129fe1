"""Text to ids and back, without loss."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import tokenizers
from tokenizers import Regex, decoders, models, pre_tokenizers, trainers

from dragoman.errors import DamagedFileError, InputError
from dragoman.text.alphabet import count_characters, frequent_characters
from dragoman.text.vocabulary import SPECIAL_SYMBOLS, UNKNOWN, Vocabulary

BYTE_SYMBOLS = tuple(f"<0x{byte:02X}>" for byte in range(256))
_FIXED_SYMBOLS = (*SPECIAL_SYMBOLS, *BYTE_SYMBOLS)
_ALPHABET_SHARE = 0.5
_MIN_COUNT = 2
_DIGITS = {True: r" ?\p{N}", False: r" ?\p{N}+"}
_PROBE = " a  B\t<0x41></s>\0▁e\u0301ﬁ☃ "


class Tokenizer:
    """Byte-pair encoding (Sennrich et al. 2016) with byte fallback: other characters are spelt in UTF-8 bytes.

    ``decode(encode(text)) == text`` for every text. A space belongs to the symbol that follows it, as itself, and one
    space is put before the text while it is encoded, so that a word has one form at the beginning and inside a
    sentence. Special symbols and bytes stand in the vocabulary but cannot come from text: no merge leads to them.
    """

    def __init__(self, backend: tokenizers.Tokenizer) -> None:
        self._backend = backend
        self.vocabulary = Vocabulary.of(backend.get_vocab())

    @classmethod
    def train(cls, texts: Iterable[str], *, vocabulary_size: int, single_digits: bool = True) -> Tokenizer:
        """Learn merges from ``texts``. The same texts give the same tokenizer, whatever the machine and its threads.

        What occurs only once gets no symbol, so a small corpus gives a smaller vocabulary than asked for. Characters
        take at most half of what the bytes leave; the rest are merges.

        Args:
            texts: what to learn from; held in memory.
            vocabulary_size: symbols at most, the 4 special ones and the 256 bytes included.
            single_digits: whether each digit is a symbol of its own.

        Raises:
            InputError: if a text has a lone surrogate.
            ValueError: if ``vocabulary_size`` has no room for the 260 symbols that every vocabulary has.
        """
        room = vocabulary_size - len(_FIXED_SYMBOLS)
        if room < 0:
            raise ValueError(f"a vocabulary needs at least {len(_FIXED_SYMBOLS)} symbols, got {vocabulary_size}")
        texts = list(texts)
        try:
            counts = count_characters(texts)
        except UnicodeEncodeError:
            raise _surrogate(texts) from None
        counts[ord(" ")] += len(texts)
        # The library chooses among equally frequent characters by the order of a hash table, so they are chosen here.
        alphabet = frequent_characters(counts, most=int(room * _ALPHABET_SHARE), min_count=_MIN_COUNT)
        trainer = trainers.BpeTrainer(
            vocab_size=vocabulary_size,
            special_tokens=list(_FIXED_SYMBOLS),
            initial_alphabet=alphabet,
            limit_alphabet=len(alphabet),
            min_frequency=_MIN_COUNT,
            show_progress=False,
        )
        backend = _untrained(single_digits)
        backend.train_from_iterator((" " + text for text in texts), trainer, length=len(texts))
        return cls(_without_added_tokens(backend))

    @property
    def size(self) -> int:
        """Symbols in the vocabulary."""
        return len(self.vocabulary)

    def encode(self, text: str) -> list[int]:
        """The ids of ``text``, without start and end symbol; none for the empty text.

        Raises:
            InputError: if it has a lone surrogate, which is no character.
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
                raise _surrogate(texts) from None
            raise error
        return [encoding.ids for encoding in encodings]

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ``ids``; special symbols are left out, bytes that are no UTF-8 become U+FFFD."""
        return self.decode_batch([ids])[0]

    def decode_batch(self, rows: Sequence[Sequence[int]]) -> list[str]:
        """The text of each row of ids."""
        plain = [[token for token in row if token >= len(SPECIAL_SYMBOLS)] for row in rows]
        return [text.removeprefix(" ") for text in self._backend.decode_batch(plain, skip_special_tokens=False)]

    def save(self, path: Path) -> None:
        """Write one self-contained JSON file."""
        path.write_text(self._backend.to_str(), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Tokenizer:
        """Read what :meth:`save` wrote.

        Raises:
            DamagedFileError: if the file is missing or is something else.
        """
        remedy = "give a tokenizer that Dragoman wrote, or train anew."
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise DamagedFileError(f"the tokenizer cannot be read: {error}", file=path, remedy=remedy) from error
        try:
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
    """Whether ``text`` has half a surrogate pair, which is no character and cannot be written as UTF-8."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def _untrained(single_digits: bool) -> tokenizers.Tokenizer:
    backend = tokenizers.Tokenizer(models.BPE(unk_token=SPECIAL_SYMBOLS[UNKNOWN], byte_fallback=True))
    # Letters with their combining marks; digits; other visible characters one by one, so that no merge can spell a
    # byte such as <0x41>; white space, of which a last space is left to what follows it.
    pattern = rf" ?\p{{L}}[\p{{L}}\p{{M}}]*|{_DIGITS[single_digits]}| ?[^\s\p{{L}}\p{{N}}]|\s+(?!\S)|\s+"
    backend.pre_tokenizer = pre_tokenizers.Split(Regex(pattern), "isolated")
    backend.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    return backend


def _without_added_tokens(backend: tokenizers.Tokenizer) -> tokenizers.Tokenizer:
    """The same tokenizer with special symbols in its model only, where text does not match them."""
    content = json.loads(backend.to_str())
    content["added_tokens"] = []
    return tokenizers.Tokenizer.from_str(json.dumps(content, ensure_ascii=False))


def _surrogate(texts: Sequence[str]) -> InputError:
    number = next(number for number, text in enumerate(texts, start=1) if has_surrogate(text))
    return InputError(
        f"text {number} has a lone surrogate, which is half a character",
        cause="text that was cut in the middle of a character, or decoded with errors='surrogateescape'.",
        remedy="decode it as UTF-8 without that option, or remove the character.",
    )

"""Text to ids and back, without loss."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import tokenizers
from tokenizers import Regex, decoders, models, pre_tokenizers, trainers

from dragoman.errors import DamagedFileError, InputError
from dragoman.text.vocabulary import SPECIAL_SYMBOLS, UNKNOWN, Vocabulary

BYTE_SYMBOLS = tuple(f"<0x{byte:02X}>" for byte in range(256))
_ALPHABET_SHARE = 0.25
_DIGITS = {True: r" ?\p{N}", False: r" ?\p{N}+"}


class Tokenizer:
    """Byte-pair encoding (Sennrich et al. 2016) with byte fallback: other characters are spelt in UTF-8 bytes.

    ``decode(encode(text)) == text`` for every text. A space belongs to the symbol that follows it, as itself, and one
    space is put before the text while it is encoded, so that a word has one form at the beginning and inside a
    sentence. Special symbols stand in the vocabulary but cannot come from text: no merge leads to them.
    """

    def __init__(self, backend: tokenizers.Tokenizer) -> None:
        self._backend = backend
        self.vocabulary = Vocabulary.of(backend.get_vocab())

    @classmethod
    def train(cls, texts: Iterable[str], *, vocabulary_size: int, single_digits: bool = True) -> Tokenizer:
        """Learn merges from ``texts``; a small corpus gives a smaller vocabulary than asked for.

        Args:
            texts: what to learn from.
            vocabulary_size: symbols at most, the 4 special ones and the 256 bytes included.
            single_digits: whether each digit is a symbol of its own.
        """
        special = [*SPECIAL_SYMBOLS, *BYTE_SYMBOLS]
        backend = tokenizers.Tokenizer(models.BPE(unk_token=SPECIAL_SYMBOLS[UNKNOWN], byte_fallback=True))
        # Letters with their combining marks, digits, other visible characters one by one, runs of white space.
        pattern = rf" ?\p{{L}}[\p{{L}}\p{{M}}]*|{_DIGITS[single_digits]}| ?[^\s\p{{L}}\p{{N}}]|\s+"
        backend.pre_tokenizer = pre_tokenizers.Split(Regex(pattern), "isolated")
        backend.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
        trainer = trainers.BpeTrainer(
            vocab_size=vocabulary_size,
            special_tokens=special,
            limit_alphabet=max(int((vocabulary_size - len(special)) * _ALPHABET_SHARE), 1),
            show_progress=False,
        )
        backend.train_from_iterator((" " + text for text in texts), trainer)
        return cls(_without_added_tokens(backend))

    @property
    def size(self) -> int:
        """Symbols in the vocabulary."""
        return len(self.vocabulary)

    def encode(self, text: str) -> list[int]:
        """The ids of ``text``, without start and end symbol."""
        return self.encode_batch([text])[0]

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text, computed in parallel.

        Raises:
            InputError: if a text has a lone surrogate, which is no character.
        """
        try:
            encodings = self._backend.encode_batch_fast([" " + text for text in texts], add_special_tokens=False)
        except (TypeError, UnicodeError):
            raise _surrogate(texts) from None
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
            DamagedFileError: if the file is something else.
        """
        remedy = "give a tokenizer that Dragoman wrote."
        try:
            backend = tokenizers.Tokenizer.from_str(path.read_text(encoding="utf-8"))
        except Exception as error:  # the library raises bare exceptions
            raise DamagedFileError(f"not a tokenizer: {error}", file=path, remedy=remedy) from error
        found = cls(backend)
        if found.vocabulary.symbols[: len(SPECIAL_SYMBOLS)] != SPECIAL_SYMBOLS:
            raise DamagedFileError("its special symbols are not ours", file=path, remedy=remedy)
        return found


def _without_added_tokens(backend: tokenizers.Tokenizer) -> tokenizers.Tokenizer:
    """The same tokenizer with special symbols in its model only, where text does not match them."""
    import json

    content = json.loads(backend.to_str())
    content["added_tokens"] = []
    return tokenizers.Tokenizer.from_str(json.dumps(content, ensure_ascii=False))


def _surrogate(texts: Sequence[str]) -> InputError:
    index = next(i for i, text in enumerate(texts) if any("\ud800" <= c <= "\udfff" for c in text))
    return InputError(
        f"text {index + 1} has a lone surrogate, which is half a character",
        cause="text that was cut in the middle of a character, or decoded with errors='surrogateescape'.",
        remedy="decode it as UTF-8 without that option, or remove the character.",
    )

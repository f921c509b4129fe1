"""The words of a text as a model reads them, each with its tokens."""

from __future__ import annotations

from collections.abc import Sequence

import regex

from dragoman.text.codec import Codec
from dragoman.text.vocabulary import BYTE_SYMBOLS

_UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}ー\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
_BEGINS_UNSPACED, _ENDS_UNSPACED = regex.compile(rf" ?{_UNSPACED}"), regex.compile(rf"{_UNSPACED}$")
_SPACE = BYTE_SYMBOLS[ord(" ")]
_INSIDE_A_CHARACTER = frozenset(BYTE_SYMBOLS[0x80:0xC0])


def word_tokens(symbols: Sequence[str]) -> list[slice]:
    """The tokens of each word: a word begins with a space; where scripts put no spaces, every token is a word.

    >>> word_tokens([" red", " ap", "ples", "苹果", "很", "好"])
    [slice(0, 1, None), slice(1, 3, None), slice(3, 4, None), slice(4, 5, None), slice(5, 6, None)]

    Args:
        symbols: symbols of the text, without end symbol.
    """
    begins = [place for place in range(len(symbols)) if place == 0 or _begins(symbols[place - 1], symbols[place])]
    return [slice(begin, end) for begin, end in zip(begins, [*begins[1:], len(symbols)], strict=True)]


def _begins(before: str, symbol: str) -> bool:
    """Whether a word begins with a symbol that follows another one."""
    if symbol in _INSIDE_A_CHARACTER:
        return False
    spaced = symbol[:1] == " " or symbol == _SPACE
    return spaced or bool(_BEGINS_UNSPACED.match(symbol)) or bool(_ENDS_UNSPACED.search(before))


def words_of(codec: Codec, ids: Sequence[int], text: str) -> list[tuple[str, slice]]:
    """The words of a text, each with its tokens.

    Args:
        codec: codec of the text.
        ids: ids of the symbols that are read, without end symbol.
        text: the text, normalised; its words are taken as they stand there if they can be told apart.
    """
    symbols = [codec.tokenizer.vocabulary.symbols[id] for id in ids]
    tokens = word_tokens(symbols)
    words = text.split()
    if len(words) != len(tokens):
        decoded = codec.decode_hidden([ids[part] for part in tokens])
        words = [word.strip() or "".join(symbols[part]) for word, part in zip(decoded, tokens, strict=True)]
    return list(zip(words, tokens, strict=True))

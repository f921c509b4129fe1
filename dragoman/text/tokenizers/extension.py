"""Symbols that are added to a tokenizer without changing how it cuts any text that has none of them."""

from __future__ import annotations

import json
from collections.abc import Sequence

import tokenizers


def extended(backend: tokenizers.Tokenizer, symbols: Sequence[str]) -> tokenizers.Tokenizer:
    """The same tokenizer with further symbols of one character each, whose ids follow those of its own.

    A text without these characters is cut as before. In byte-pair encoding a new symbol is part of no merge, so that
    all others merge as they did. In a unigram model it is as improbable as the most improbable piece so far: the
    penalty of unknown characters hangs on that one, and stays. Of a text with such characters only their bytes are
    replaced by the symbol.

    Args:
        backend: the tokenizer.
        symbols: the characters, none of which is a symbol yet.

    Raises:
        ValueError: if a symbol has more than one character, or is there already.
    """
    content = json.loads(backend.to_str())
    model = content["model"]
    ids = backend.get_vocab()
    for symbol in symbols:
        if len(symbol) != 1 or symbol in ids:
            raise ValueError(f"{symbol!r} is no single character that has no symbol yet")
    if model["type"] == "Unigram":
        lowest = min(score for _, score in model["vocab"])
        model["vocab"] += [[symbol, lowest] for symbol in dict.fromkeys(symbols)]
    else:
        model["vocab"] |= {symbol: len(ids) + place for place, symbol in enumerate(dict.fromkeys(symbols))}
    return tokenizers.Tokenizer.from_str(json.dumps(content, ensure_ascii=False))

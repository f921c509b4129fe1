"""Symbols that are added to a tokenizer leave every text as it was that has none of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dragoman.text.placeholders import UNITS
from dragoman.text.tokenizer import KINDS, Tokenizer

SYLLABLES = ["ka", "lo", "mi", "re", "sun", "tor", "vé", "öl"]
NEW = ["ß", "字", "ж", "🙂"]
"""Characters that the first tokenizer knows nothing of."""


def texts(count: int, seed: int, extra: list[str] | None = None) -> list[str]:
    random = np.random.default_rng(seed)
    words = ["".join(random.choice(SYLLABLES, random.integers(1, 4))) for _ in range(200)]
    found = [
        " ".join(random.choice([*words, "12", "a,b", *(extra or [])], random.integers(1, 9))) for _ in range(count)
    ]
    return [*found, "  x  ", "q\tq", ""]


@pytest.mark.parametrize("kind", KINDS)
def test_known_texts_have_the_very_same_ids(kind: str, tmp_path: Path) -> None:
    learnt = Tokenizer.train(texts(400, seed=1), vocabulary_size=360, kind=kind, units=UNITS[:2])
    words = [f"ka{character}lo" for character in NEW] + NEW
    more = learnt.extended(texts(300, seed=2, extra=words), units=UNITS[:4])
    added = more.vocabulary.symbols[learnt.size :]
    assert more.vocabulary.symbols[: learnt.size] == learnt.vocabulary.symbols
    assert set(added) == {*NEW, *UNITS[2:4]}
    known = [*texts(200, seed=3), *texts(50, seed=4, extra=["☃", f"mi{UNITS[1]}"])]
    assert more.encode_batch(known) == learnt.encode_batch(known)
    mixed = texts(200, seed=5, extra=[*words, "☃", "字字"])
    restored = [[*_in_bytes(row, learnt, more)] for row in more.encode_batch(mixed)]
    assert restored == learnt.encode_batch(mixed)
    assert more.decode_batch(more.encode_batch(mixed)) == mixed
    more.save(tmp_path / "tokenizer.json")
    again = Tokenizer.load(tmp_path / "tokenizer.json")
    assert again.kind == learnt.kind
    assert again.encode_batch(mixed) == [list(row) for row in more.encode_ragged(mixed).to_lists()]


def _in_bytes(row: list[int], before: Tokenizer, after: Tokenizer) -> list[int]:
    """The ids with those of new symbols spelt in bytes."""
    found: list[int] = []
    for symbol in row:
        text = after.vocabulary.symbols[symbol].encode()
        found += [symbol] if symbol < before.size else [before.vocabulary.byte_ids[byte] for byte in text]
    return found


def test_nothing_new_gives_the_same_tokenizer_and_rare_characters_stay_bytes() -> None:
    learnt = Tokenizer.train(texts(100, seed=1), vocabulary_size=300)
    assert learnt.extended(texts(50, seed=1)) is learnt
    assert learnt.extended(["once: ß"]) is learnt
    many = [chr(0x4E00 + number) * 2 for number in range(500)]
    assert learnt.extended(many).size - learnt.size == learnt.size // 10

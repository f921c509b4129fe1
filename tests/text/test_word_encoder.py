"""Encoding and learning by words give what the library gives for whole texts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dragoman.errors import InputError
from dragoman.native import text as native
from dragoman.text import word_encoder
from dragoman.text.ragged import Ragged
from dragoman.text.tokenizer import KINDS, Tokenizer

pytestmark = pytest.mark.skipif(not native.available(), reason="the native library is not built")

UNIT = "\U000f0000"
CORPUS = [
    "The dog ran over the meadow, 1234 times.",
    "the dogs' meadows – the dogs ran and ran!",
    "Über die Wiese läuft der größte Hund.",
    f"{UNIT} costs 99,95 € ①²",
    "de\u0301ja\u0300 中文字 かな カナー 한국",
] * 3
NASTY = st.text(
    st.one_of(
        st.sampled_from("thedogsran  ÜüßÄ .,0129①²中かカー한\u0301\u00a0\u2028\t\n<>▁" + UNIT),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=60,
)


@pytest.fixture(scope="module", params=sorted(KINDS))
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    return Tokenizer.train(CORPUS, vocabulary_size=340, kind=request.param, units=[UNIT])


@given(texts=st.lists(NASTY, max_size=8))
@settings(deadline=None)
def test_the_same_ids(tokenizer: Tokenizer, texts: list[str]) -> None:
    for _ in range(2):
        assert tokenizer.encode_ragged([*texts, *CORPUS]).to_lists() == tokenizer.encode_batch([*texts, *CORPUS])


def learnt(texts: list[str], size: int, single_digits: bool, *, by_words: bool) -> object:
    with pytest.MonkeyPatch.context() as patch:
        if not by_words:
            patch.setattr(native, "available", lambda: False)
        return Tokenizer.train(texts, vocabulary_size=size, single_digits=single_digits, units=[UNIT]).content


@given(st.lists(st.one_of(st.sampled_from(CORPUS), NASTY, st.text("ab ", max_size=30)), max_size=30), st.booleans())
@example(["\U0003d000", "A\U0003d000"], False)  # a mark to newer Unicode databases only
@settings(deadline=None)
def test_the_same_merges(texts: list[str], single_digits: bool) -> None:
    for size in (264, 300, 600):
        assert learnt(texts, size, single_digits, by_words=True) == learnt(texts, size, single_digits, by_words=False)


def test_many_different_words_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_encoder, "_MOST_WORDS", 10)
    tokenizer = Tokenizer.train(CORPUS, vocabulary_size=340)
    for text in [f"word{number} {'x' * number}y" for number in range(40)]:
        assert tokenizer.encode_ragged([text]).to_lists() == tokenizer.encode_batch([text])


def test_half_a_character_is_named() -> None:
    tokenizer = Tokenizer.train(CORPUS, vocabulary_size=340)
    with pytest.raises(InputError, match="text 2 has a lone surrogate"):
        tokenizer.encode_ragged(["fine", "half \ud800"])


@given(st.lists(st.lists(st.integers(0, 9), max_size=5), max_size=8), st.data())
def test_ragged_rows_are_lists(rows: list[list[int]], data: st.DataObject) -> None:
    ragged = Ragged.of(rows)
    assert ragged.to_lists() == rows
    assert ragged.ended(3).to_lists() == [[*row, 3] for row in rows]
    chosen = data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=9)) if rows else []
    assert ragged.select(np.array(chosen, dtype=np.int64)).to_lists() == [rows[row] for row in chosen]

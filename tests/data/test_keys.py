"""Keys made by native code are those of their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.data.keys import match_hashes, pair_hashes, words
from dragoman.data.seen import hashes
from dragoman.native import text as native
from dragoman.text.characters import character_tables
from dragoman.text.normalization import UNICODE_FORMS, match_key

TEXTS = st.lists(
    st.text(
        st.one_of(
            st.sampled_from(
                "aZ ß\u1e9eİıſσςÄéﬁ½²Ａ　\u00a0\u2028.,:/-−%?؟¿€5٣Ⅷ\u0301\u0345\u1fb3가\u1161\u11a8中ー\n\x1c\0"
            ),
            st.characters(),
            st.characters(min_codepoint=0xD800, max_codepoint=0xDFFF, categories=["Cs"]),
        ),
        max_size=300,
    ),
    max_size=8,
)


@given(TEXTS)
@settings(deadline=None)
def test_hashes_are_those_of_the_keys(texts: list[str]) -> None:
    assert match_hashes(texts).tolist() == hashes(map(match_key, texts)).tolist()
    others = texts[::-1]
    exact, of_words = pair_hashes(texts, others)
    both = list(zip(texts, others, strict=True))
    assert exact.tolist() == hashes(f"{source}\0{target}" for source, target in both).tolist()
    assert of_words.tolist() == hashes(f"{words(source)}\0{words(target)}" for source, target in both).tolist()


@pytest.mark.skipif(not native.available(), reason="the native library is not built")
def test_running_text_needs_no_help() -> None:
    texts = ["The “café” costs 5,50 € – naïve!", "Größe: 3 × 4 m²", "你好，世界", "Ещё раз?", "안녕"]
    found = native.match_hashes(character_tables("NFC"), native.Lines.of(texts))
    assert found.tolist() == hashes(map(match_key, texts)).tolist()


@pytest.mark.parametrize("form", ["NFC", "NFKC"])
def test_simple_characters_are_changed_by_nothing_around_them(form: str) -> None:
    simple = [chr(code) for code in np.flatnonzero(character_tables(form).flags & 1)]
    random = np.random.default_rng(0)
    for _ in range(20):
        text = "".join(random.permutation(simple))
        assert UNICODE_FORMS[form](text) == text

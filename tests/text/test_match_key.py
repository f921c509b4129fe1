"""What counts as the same sentence, and what counts as nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.text.corpus_counts import count_characters, frequent_characters
from dragoman.text.normalization import is_visible, match_key
from dragoman.text.rules.length import is_empty
from dragoman.text.vocabulary import Vocabulary


@pytest.mark.parametrize(
    ("one", "other"),
    [("की", "का"), ("นำ", "น"), ("C++", "C"), ("5 €", "5 $"), ("não", "nao"), ("我是。", "我事。"), ("a b", "ab")],
)
def test_different_sentences_stay_different(one: str, other: str) -> None:
    """Vowel signs at the end are part of a word, and symbols are no punctuation."""
    assert match_key(one) != match_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("STRASSE", "straße"),
        ("Ünder", "u\u0308NDER"),
        ("¿Qué?", "qué"),
        ("„Ja!“ ", "ja"),
        ("ＡＢＣ１", "abc1"),
        ("你好！", "你好"),
        ("ΣΟΦΌΣ", "σοφός"),
        ("a\u00a0\tb", "A b …"),
    ],
)
def test_the_same_sentence_has_one_key(one: str, other: str) -> None:
    assert match_key(one) == match_key(other)


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_the_key_of_a_key_is_itself(text: str) -> None:
    assert match_key(match_key(text)) == match_key(text)


@pytest.mark.parametrize("nothing", ["", " ", "\u200b", "\ufeff \t", "\u00ad\u200e", "\0"])
def test_what_cannot_be_seen_is_empty(nothing: str) -> None:
    assert not is_visible(nothing)
    assert is_empty(nothing, "a")
    assert is_empty("a", nothing)
    assert not is_empty(f"{nothing}.", "a")


@settings(deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_characters_are_counted(texts: list[str]) -> None:
    counts = count_characters(texts)
    assert counts.sum() == sum(map(len, texts))
    assert all(counts[ord(character)] == "".join(texts).count(character) for character in set("".join(texts)))


def test_the_most_frequent_come_first_and_ties_by_code_point() -> None:
    counts = np.zeros(0x110000, dtype=np.int64)
    for character, count in {"z": 5, "b": 3, "a": 3, "\U0010ffff": 3, "q": 1}.items():
        counts[ord(character)] = count
    assert frequent_characters(counts, most=10, min_count=2) == ["z", "a", "b", "\U0010ffff"]
    assert frequent_characters(counts, most=2, min_count=1) == ["z", "a"]
    assert frequent_characters(counts, most=0, min_count=1) == []


def test_a_vocabulary_has_no_gaps() -> None:
    vocabulary = Vocabulary.of({"b": 1, "a": 0})
    assert (vocabulary.symbols, len(vocabulary), vocabulary.ids["b"]) == (("a", "b"), 2, 1)
    for ids in ({"a": 1}, {"a": 0, "b": 2}, {"a": 0, "b": 0}):
        with pytest.raises(ValueError, match="without gaps"):
            Vocabulary.of(ids)

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.text.normalization import UNICODE_FORMS, match_key, normalize
from dragoman.text.rules.length import is_empty, is_overlong, is_uneven


def test_white_space_of_every_kind_becomes_one_space() -> None:
    text = normalize(" a\u00a0\u202fb\t c\u2028d ", UNICODE_FORMS["NFC"], collapse_white_space=True)
    assert text == "a b c d"


def test_forms() -> None:
    assert normalize("e\u0301 ﬁ", UNICODE_FORMS["NFC"], collapse_white_space=False) == "é ﬁ"
    assert normalize("ﬁ", UNICODE_FORMS["NFKC"], collapse_white_space=False) == "fi"
    assert normalize("e\u0301 ", UNICODE_FORMS["none"], collapse_white_space=False) == "e\u0301 "


@settings(deadline=None)
@given(
    st.text(st.one_of(st.sampled_from("ab1.,:«»?\u00a0\u202f "), st.characters())),
    st.sampled_from(sorted(UNICODE_FORMS)),
    st.booleans(),
    st.booleans(),
)
def test_normalizing_twice_changes_nothing(text: str, form: str, collapse: bool, no_break: bool) -> None:
    once = normalize(text, UNICODE_FORMS[form], collapse_white_space=collapse, no_break_spaces=no_break)
    assert normalize(once, UNICODE_FORMS[form], collapse_white_space=collapse, no_break_spaces=no_break) == once


@pytest.mark.parametrize(
    "text",
    [
        "Quoi\u202f?",
        "«\u00a0Bonjour\u00a0»",
        "Titre\u00a0: essai",
        "5\u202f000\u00a0€",
        "10\u00a0%",
        "3\u00a0km",
        "z.\u00a0B. so",
        "J.\u202fR. Tolkien",
        "§\u00a0a und Nr.\u00a05",
        "v\u00a0Praze",
        "Seite\u00a012",
        "–\u00a0Oui",
    ],
)
def test_a_no_break_space_that_is_spelling_is_kept_where_that_is_wished(text: str) -> None:
    form = UNICODE_FORMS["NFC"]
    assert normalize(text, form, collapse_white_space=True, no_break_spaces=True) == text
    assert normalize(text, form, collapse_white_space=True) == text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    "text",
    [
        "one\u00a0word",
        "An end.\u00a0Another",
        "«\u00a0 two",
        "\u00a0ends 5\u00a0",
        "a:\u00a0word",
        "x \u202f?",
        "a\u00a0\u202f?",
    ],
)
def test_a_no_break_space_that_is_no_spelling_becomes_a_plain_one(text: str) -> None:
    found = normalize(text, UNICODE_FORMS["NFC"], collapse_white_space=True, no_break_spaces=True)
    assert found == " ".join(text.split())


@pytest.mark.parametrize("variant", ["Hello world", "hello  WORLD!", "“Hello world.”", "ｈello world", " hello world…"])
def test_match_key_joins_what_is_the_same(variant: str) -> None:
    assert match_key(variant) == match_key("Hello world.")


def test_match_key_keeps_apart_what_differs() -> None:
    assert len({match_key(text) for text in ("a", "b", "a b", "?", "!", "")}) == 6


def test_rules() -> None:
    assert is_empty("a", " \u3000")
    assert not is_empty("a", "b")
    assert is_overlong("abc", "a", 2)
    assert not is_overlong("ab", "a", 2)
    assert is_uneven("a" * 79, "b" * 12, 2.5)
    assert not is_uneven("OK", "Einverstanden", 2.5)
    assert not is_uneven("ACT", "Territoire de la capitale australienne (ACT)", 2.5)
    assert not is_uneven("Min QP", "Минимальный коэффициент квантования (QP)", 2.5)
    assert is_uneven("Diffuser les flux audio.", "Choose whether the audio stream should be redirected. " * 3, 2.5)
    # 110 / 44: the limit itself passes, and order does not matter.
    assert not is_uneven("a" * 78, "b" * 12, 2.5)
    assert is_uneven("b" * 12, "a" * 79, 2.5)


def test_characters_that_say_more_are_longer() -> None:
    assert not is_uneven("The weather is very nice today, isn't it?", "今天天气很好，不是吗？", 2.0)

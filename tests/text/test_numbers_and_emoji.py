"""Numbers that change are seen; other ways to write a number are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.text.numbers_and_emoji import changed_numbers, emoji_of


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("1,000.5", "1 000,5"),
        ("1,000", "1000"),
        ("1234567", "1.234.567"),
        ("at 3 pm", "um 15 Uhr"),
        ("9 a.m.", "09:00"),
        ("the 20th century", "XX век"),
        ("20,000 people", "2万人"),
        ("10,000", "10 Tausend"),
        ("$5.00", "5 $"),
        ("0.50", "0,5"),
        ("٤٧ and １２", "47 und 12"),
        ("2020-05-12", "12.5.2020"),
        ("the '90s", "die 1990er"),
        ("2 men", "zwei Männer"),
        ("the 3 men, a 3-year-old", "drei Männer, ein Dreijähriger"),
        ("0 errors", "keine Fehler"),
        ("1st and 2nd", "1. und 2."),
        ("", ""),
    ],
)
def test_the_same_number_otherwise(source: str, target: str) -> None:
    assert not any(changed_numbers(source, target))


@pytest.mark.parametrize(
    ("source", "target", "lost", "invented"),
    [
        ("part 4711", "Teil 471", ("4711",), ("471",)),
        ("7 of 21", "9 von 21", ("7",), ("9",)),
        ("2020-05-12", "13.5.2020", ("12",), ("13",)),
        ("21 songs", "Lieder", ("21",), ()),
        ("songs", "8 Lieder", (), ("8",)),
        ("Page 8 was found.", "Seite wurde gefunden.", ("8",), ()),
        ("Step 2: wait", "Schritt: warten", ("2",), ()),
        ("see page 3", "siehe Seite", ("3",), ()),
        ("7 of 21", "21 von 21", ("7",), ()),
        ("page 100", "Seite 10", ("100",), ("10",)),
        ("1,000 m", "1 m", ("000",), ()),
        ("1,000.5", "1000.6", ("5",), ("6",)),
    ],
)
def test_changes(source: str, target: str, lost: tuple[str, ...], invented: tuple[str, ...]) -> None:
    assert changed_numbers(source, target) == (lost, invented)


@given(st.text("0123456789.,: -a万Ⅳ²٣IV"))
def test_nothing_changes_between_equal_texts(text: str) -> None:
    assert not any(changed_numbers(text, text))
    changed_numbers(text, text[::-1])


def test_emoji_are_whole() -> None:
    assert set(emoji_of("👍🏽 ❤️ 🇩🇪 👨‍👩‍👧 1️⃣ 1 # © é")) == {"👍🏽", "❤", "🇩🇪", "👨‍👩‍👧", "1\u20e3"}

"""What is carried over: found, hidden behind units, shown again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.text.placeholder_mask import Mask, units_in
from dragoman.text.placeholders import LEGACY_SYNTAX, UNITS, VARIABLES

ALL = frozenset(UNITS)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Hello {name}, you have %d of %(total)s.", ["{name}", "%d", "%(total)s"]),
        ("${x} $name #{y} %{z} {{ a.b }} {0} {}", ["${x}", "$name", "#{y}", "%{z}", "{{ a.b }}", "{0}", "{}"]),
        ("<b>bold</b> &amp; &#x20AC;<br/>", ["<b>", "</b>", "&amp;", "&#x20AC;", "<br/>"]),
        ('<a href="https://a.b/c">here</a>', ['<a href="https://a.b/c">', "</a>"]),
        ("See https://example.org/a?b=c. Or (www.example.org).", ["https://example.org/a?b=c", "www.example.org"]),
        ("见https://example.org/路。", ["https://example.org/路"]),
        ("„https://a.b/c“ or [x](http://y.z/?q=%22a%22).", ["https://a.b/c", "http://y.z/?q=%22a%22"]),
        ("begins with `http://` or „https://“ (e.g. http://...)", []),
        ("%1$s %-5.2f %lu %@ %%", ["%1$s", "%-5.2f", "%lu", "%@", "%%"]),
        ("$t(key.other) <0>text</0>", ["$t(key.other)", "<0>", "</0>"]),
        ("100% sure, 5% discount, 20%discount, 5 $US", []),
        ("a < b and c > d; AT&T; R&D; {two words}; 5 $; I <3 you", []),
        ("", []),
    ],
)
def test_what_counts_as_a_placeholder(text: str, found: list[str]) -> None:
    assert LEGACY_SYNTAX.find(text) == found


PARTS = st.sampled_from(
    ["{a}", "{b}", "%s", "%d", "<b>", "</b>", "<i>", "&amp;", "https://x.org/y", " word ", "！", " "]
)


@given(st.lists(PARTS).map("".join), st.lists(PARTS).map("".join))
def test_hidden_and_shown_again_is_the_same(source: str, target: str) -> None:
    mask = Mask.of(source, ALL)
    assert mask.reveal(mask.hide(source)).text == source
    assert mask.reveal(mask.hide(target)).text == target


@given(st.text())
def test_any_text_survives(text: str) -> None:
    mask = Mask.of(text, ALL)
    assert mask.reveal(mask.hide(text)).text == text


def test_equal_placeholders_share_a_unit_and_kinds_are_counted_apart() -> None:
    mask = Mask.of("{a} <b>{b} {a}</b>", ALL)
    hidden = mask.hide("{a} <b>{b} {a}</b>")
    assert [character for character in hidden if character in ALL] == [
        UNITS[0],
        UNITS[8],
        UNITS[1],
        UNITS[0],
        UNITS[12],
    ]
    assert units_in([hidden]) == {UNITS[0], UNITS[1], UNITS[8], UNITS[12]}


def test_what_has_no_unit_stays_text() -> None:
    many = " ".join(f"{{v{number}}}" for number in range(len(VARIABLES) + 2))
    mask = Mask.of(many, ALL)
    assert mask.hide(many).endswith("{v8} {v9}")
    assert Mask.of("{a}", frozenset()).hide("{a}") == "{a}"


def test_an_invented_unit_is_left_out() -> None:
    assert Mask.of("no placeholder", ALL).reveal(f"a{UNITS[3]}b").text == "ab"


@pytest.mark.parametrize(
    ("source", "target", "same"),
    [
        ("{a} and {b}", "{b} und {a}", True),
        ("{a} and {a}", "{a}", False),
        ("{a}", "{A}", False),
        ("plain", "schlicht", True),
        ("plain", "{a}", False),
    ],
)
def test_same_placeholders(source: str, target: str, same: bool) -> None:
    assert LEGACY_SYNTAX.same(source, target) is same

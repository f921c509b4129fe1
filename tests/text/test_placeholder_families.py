"""Families of placeholders: what each takes and leaves, which of two comes first, in linear time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.native import text as native
from dragoman.native.lines import Lines
from dragoman.text.placeholder_families import FAMILIES, Family
from dragoman.text.placeholder_mask import Mask
from dragoman.text.placeholders import LEGACY_SYNTAX, SURE_SYNTAX, UNITS, PlaceholderSyntax
from dragoman.text.rules.length import has_overlong_word
from dragoman.text.rules.numbers import differs_in_numbers

ALL = PlaceholderSyntax(FAMILIES)
SYNTAXES = [ALL, SURE_SYNTAX, LEGACY_SYNTAX, PlaceholderSyntax.of("qt"), PlaceholderSyntax.of("url", "at", "bbcode")]


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_each_finds_its_example_and_needs_one_of_its_triggers(family: Family) -> None:
    syntax = PlaceholderSyntax((family,))
    (found,) = syntax.find(f"x {family.example} y")
    assert family.example.startswith(found)
    assert list(syntax.find_with_family(family.example)) == [(found, family.name)]
    assert not syntax.find(f"x {family.example} y".translate({ord(trigger): "" for trigger in f"{family.triggers}w"}))


@pytest.mark.parametrize(
    "text",
    [
        "5 % de réduction, 100% sure, 20%discount, 5 $US",
        "20 %d'intérêt, 5 %de plus, 100 %-ige Sicherheit, 50%s, 50 %ig",
        "%20e my%20car foo%20es %2F %C3%A4 a%2C%20b",
        "a<b and c>d, I <3 you, x < y; <no name>, <not set yet>",
        "AT&T; R&D; {two words}",
        "at 10:30 :) 5:D a:b; user@ @ home; he said @!, 3@x",
        "[sic] [1] [...] [ok]",
        "Hello! well",
        "$5.50, $100, US$5, 5$",
    ],
)
def test_ordinary_text_is_left(text: str) -> None:
    assert ALL.find(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("%1$sRead%2$s %d%% %5.2f %-5s %lu %@ %*d %.1f%%", "%1$s %2$s %d %% %5.2f %-5s %lu %@ %*d %.1f %%"),
        ("%sMore %dpx %3d %5s", "%s %d %3d %5s"),
        ("{count, number} {0,10} {0:N2} {} {a.b!r:>10}", "{count, number}|{0,10}|{0:N2}|{}|{a.b!r:>10}"),
        ("{0:dd MMM} { $user-name } { -brand } { NUMBER($x) }", "{0:dd MMM}|{ $user-name }|{ -brand }|{ NUMBER($x) }"),
        ("{{ a.b }} {{{c}}} %{x} ${y} #{z}", "{{ a.b }}|{{{c}}}|%{x}|${y}|#{z}"),
        ("<%= a > b %>{% if x %}<?php echo 1 ?>", "<%= a > b %>|{% if x %}|<?php echo 1 ?>"),
        ('<a href="%s" target=_blank>x</a><br/><0>y</0>', '<a href="%s" target=_blank>|</a>|<br/>|<0>|</0>'),
        ('<a href=\\"x\\"> <input disabled> <x:g id="1"/>', '<a href=\\"x\\">|<input disabled>|<x:g id="1"/>'),
        ("mail a.b+c@ex-ample.org. now", "a.b+c@ex-ample.org"),
        ("(see http://[::1]/x) [x](https://a.b/c_(d)).", "http://[::1]/x https://a.b/c_(d"),
        ("$t(a.b) $(ARG1) $name得 %(n)s %<n>d", "$t(a.b) $(ARG1) $name %(n)s %<n>d"),
    ],
)
def test_unmistakable_ones_are_found_in_any_corpus(text: str, found: str) -> None:
    assert SURE_SYNTAX.find(text) == found.split("|" if "|" in found else " ")


@pytest.mark.parametrize(
    ("families", "text", "found"),
    [
        (["qt", "printf"], "%1s of %2, %n %L1%3 %1$s %5.2f", "%1 %2 %n %L1 %3 %1$s %5.2f"),
        (["percent-name", "printf"], "on %date% %d %s%%", "%date% %d %s %%"),
        (
            ["libreoffice", "printf", "percent-name", "hash-name"],
            "%PRODUCTNAME #ARG1# $[officename] %NAMEs",
            "%PRODUCTNAME #ARG1# $[officename]",
        ),
        (["percent-word", "glued-printf", "printf"], "%title by %s", "%title %s"),
        (["chrome", "dollar-name", "dollar-number"], "$NAME$ $x$ $y $1.", "$NAME$ $x$ $y $1"),
        (["colon"], "The :attribute is :max; at 10:30 :smile:", ":attribute :max"),
        (["at", "email", "exclamation"], "@count of !link a@b.org (@user)", "@count !link a@b.org @user"),
        (["escape"], r"one\ntwo\tthree C:\new \\n", r"\n \t"),
        (["bbcode", "url"], "[url=http://a.b/c]x[/url] [B]y[/B] [sic]", "[url=http://a.b/c] [/url] [B] [/B]"),
        (["element", "tag"], "<filename>%1</filename> <b>", "<filename> </filename> <b>"),
    ],
)
def test_doubtful_ones_are_found_where_they_are_asked_for(families: list[str], text: str, found: str) -> None:
    assert PlaceholderSyntax.of(*families).find(text) == found.split()


def test_the_order_is_that_of_precedence_whatever_the_order_of_names() -> None:
    assert PlaceholderSyntax.of("printf", "qt") == PlaceholderSyntax.of("qt", "printf")
    assert PlaceholderSyntax.from_dict(ALL.to_dict()) == ALL
    with pytest.raises(ValueError, match="no family of placeholders gtk; there are url, email"):
        PlaceholderSyntax.of("gtk")


CHARACTERS = st.text(st.sampled_from("aAd1 sn%{}<>$&@:!#[]()\\/.-w=;\"'\n€\U0001f600" + UNITS[0]), max_size=30)


@given(st.lists(CHARACTERS, max_size=5))
@settings(deadline=None, max_examples=40)
def test_native_code_passes_over_no_placeholder(texts: list[str]) -> None:
    if not native.available():
        pytest.skip("the native library is not built")
    texts = [*texts, *(family.example for family in FAMILIES)]
    for syntax in SYNTAXES:
        may = native.may_hold_placeholders(Lines.of(texts), syntax.triggers)
        assert may.tolist() == [syntax.may_hold(text) for text in texts]


@given(CHARACTERS)
@settings(deadline=None)
def test_what_the_pattern_finds_has_a_trigger_and_survives(text: str) -> None:
    for syntax in SYNTAXES:
        found = syntax._pattern.findall(text)
        assert syntax.find(text) == found
        assert [part for part, _ in syntax.find_with_family(text)] == [part for part in found if part not in UNITS]
        mask = Mask.of(text, frozenset(UNITS), syntax)
        assert mask.reveal(mask.hide(text)).text == text


def test_triggers_are_ascii_characters() -> None:
    assert np.flatnonzero(LEGACY_SYNTAX.triggers == 1).tolist() == sorted(map(ord, "{<%&$"))
    assert np.flatnonzero(LEGACY_SYNTAX.triggers == 2).tolist() == sorted(map(ord, "/."))


HOSTILE = (
    "<a ",
    '<a x="',
    "{{",
    "{%",
    "<%a%",
    "%(",
    "%<a",
    "&#",
    "a@b.",
    "a.",
    "www.",
    "http://[",
    "[b=",
    "%a-",
    "$a",
    "%0",
)


@pytest.mark.parametrize("part", HOSTILE)
def test_hostile_text_takes_linear_time(part: str) -> None:
    """If a pattern looked at all that follows from each place on, this would not end."""
    text = part * (50_000 // len(part)) + "!"
    assert ALL.replace(text, str) == SURE_SYNTAX.replace(text, str) == text


def test_cleaning_rules_look_past_what_counts() -> None:
    pair = ("Rows %2, %3 and %4 of 7", "7 Zeilen")
    assert differs_in_numbers(*pair)
    assert not differs_in_numbers(*pair, PlaceholderSyntax.of("qt"))
    long = (f"%{'A' * 61}", "x", 60)
    assert has_overlong_word(*long)
    assert not has_overlong_word(*long, PlaceholderSyntax.of("libreoffice"))

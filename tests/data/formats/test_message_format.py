"""Messages in ICU's format: a pair for each wording, whose arguments alone are placeholders."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.data.chunk import Entry, Pair, Skip
from dragoman.data.formats.message_format import expand_messages


def expanded(source: str, target: str, languages: tuple[str, str] = ("en", "de")) -> list[tuple[str, str]]:
    entries = list(expand_messages([Pair(source, target, "f", 7)], *languages))
    assert {entry[-2:] for entry in entries} <= {("f", 7)}
    return [(entry.source, entry.target) for entry in entries if isinstance(entry, Pair)]


@pytest.mark.parametrize(
    ("source", "target", "languages", "pairs"),
    [
        (
            "{count, plural, one {# article} other {# articles}}",
            "{count,plural,one{# Artikel}other{# Artikel}}",
            ("en", "de"),
            [("{count} article", "{count} Artikel"), ("{count} articles", "{count} Artikel")],
        ),
        (
            "{kind, select, guest {Visitor} member {Member} other {Somebody}} signed in",
            "{kind, select, guest {Ein Gast} other {Jemand}} hat sich angemeldet",
            ("en", "de"),
            [
                ("Visitor signed in", "Ein Gast hat sich angemeldet"),
                ("Member signed in", "Jemand hat sich angemeldet"),
                ("Somebody signed in", "Jemand hat sich angemeldet"),
            ],
        ),
        (
            "{n, plural, =0 {Nothing} one {# file} other {# files}}",
            "{n, plural, =0 {Ничего} one {# файл} few {# файла} many {# файлов} other {# файла}}",
            ("en", "ru"),
            [
                ("Nothing", "Ничего"),
                ("{n} file", "{n} файл"),
                ("{n} files", "{n} файла"),
                ("{n} files", "{n} файлов"),
            ],
        ),
        (
            "{n, plural, one {# day} other {# days}} left",
            "残り{n, plural, other {#日}}",
            ("en", "ja"),
            [("{n} day left", "残り{n}日"), ("{n} days left", "残り{n}日")],
        ),
        (
            "{n, plural, one {# day} other {# days}}",
            "{n}日",
            ("en", "ja"),
            [("{n} day", "{n}日"), ("{n} days", "{n}日")],
        ),
        (
            "{n, selectordinal, one {#st} two {#nd} few {#rd} other {#th}} of {d, date, short}",
            "{n, selectordinal, other {#.}} vom {d, date, short}",
            ("en", "de"),
            [
                (f"{{n}}{ending} of {{d, date, short}}", "{n}. vom {d, date, short}")
                for ending in ("st", "nd", "rd", "th")
            ],
        ),
        (
            "{g, select, male {He {n, plural, one {a} other {# b}}} other {They {n, plural, one {a} other {# b}}}}",
            "{g, select, male {Er {n, plural, one {c} other {# d}}} other {Sie {n, plural, one {c} other {# d}}}}",
            ("en", "de"),
            [("He a", "Er c"), ("He {n} b", "Er {n} d"), ("They a", "Sie c"), ("They {n} b", "Sie {n} d")],
        ),
        (
            "{n, plural, offset:1 =0 {Nobody} =1 {{who}} one {{who} and # other} other {{who} and # others}}",
            "{n, plural, offset:1 =0 {Niemand} =1 {{who}} one {{who} und # anderer} other {{who} und # andere}}",
            ("en", "de"),
            [
                ("Nobody", "Niemand"),
                ("{who}", "{who}"),
                ("{who} and {n} other", "{who} und {n} anderer"),
                ("{who} and {n} others", "{who} und {n} andere"),
            ],
        ),
        ("{n, plural, one {a day} other {# days}}", "{n}日", ("en", "ja"), [("{n} days", "{n}日")]),
        (
            "{n, plural, other {it''s '{#}' #}}",
            "{n, plural, other {'#' l'an #}}",
            ("en", "fr"),
            [("it's {#} {n}", "# l'an {n}")],
        ),
        (
            '{VAR, plural, one {a <x id="I"/> {{ b }}} other {as}}',
            '{VAR, plural, one {un <x id="I"/> {{ b }}} other {des}}',
            ("en", "fr"),
            [('a <x id="I"/> {{ b }}', 'un <x id="I"/> {{ b }}'), ("as", "des")],
        ),
    ],
)
def test_each_wording_is_a_pair(
    source: str, target: str, languages: tuple[str, str], pairs: list[tuple[str, str]]
) -> None:
    assert expanded(source, target, languages) == pairs


@pytest.mark.parametrize(
    "text",
    [
        "Good day {first}, nice to see you",
        "{n, plural, one {a} other {b}",
        "{n, plural, one {a}}",
        "{n, plural, one a other b}",
        "{n, plural, other {a}} }",
        "{n, plural, other {a {b c} }}",
        "{a, select, other {" * 30 + "x" + "}}" * 30,
        "{n, plural, other {a}}" + "x" * 30_000,
    ],
)
def test_what_is_no_message_stays_as_it_is(text: str) -> None:
    assert expanded(text, text) == [(text, text)]


def test_a_wording_that_one_side_leaves_empty_is_counted() -> None:
    pair = Pair("{n, plural, =0 {} one {a} other {as}}", "{n, plural, =0 {} one {} other {an}}", "f", 1)
    assert list(expand_messages([pair], "en", "de")) == [
        Skip("untranslated", "a", "", "f", 1),
        Pair("as", "an", "f", 1),
    ]


def test_what_is_skipped_stays_skipped() -> None:
    entry: Entry = Skip("fuzzy", "{n, plural, other {a}}", "{n, plural, other {b}}", "f", 1)
    assert list(expand_messages([entry], "en", "de")) == [entry]


def test_many_choices_are_varied_one_at_a_time() -> None:
    text = " ".join(f"{{a{place}, select, x {{x{place}}} other {{y{place}}}}}" for place in range(20))
    found = expanded(text, text)
    assert len(found) == 21
    assert {f"x{place}" for place in range(20)} <= {word for pair in found for word in pair[0].split()}


@given(st.text("{}',#= anplurseco1", max_size=60))
def test_no_message_raises(text: str) -> None:
    message = f"{{n, plural, one {{{text}}} other {{b}}}}"
    for source, target in ((message, "{n, select, other {x}}"), ("{n, plural, other {#}}", message)):
        assert len(list(expand_messages([Pair(source, target, "f", 1)], "en", "ru"))) >= 1

"""Which families a corpus uses: what both sides agree in, often enough and alone."""

from __future__ import annotations

import pytest

from dragoman.text.learn_placeholders import LEAST_PAIRS, Evidence, learn_placeholders
from dragoman.text.placeholders import SURE_SYNTAX

Pairs = list[tuple[str, str]]


def pairs(source: str, target: str, count: int = LEAST_PAIRS, first: int = 0) -> Pairs:
    """Pairs that differ in a number outside of placeholders, if there is an № to put it in."""
    return [tuple(text.replace("№", chr(97 + first + k)) for text in (source, target)) for k in range(count)]  # type: ignore[misc]


def doubtful(found: Pairs) -> set[str]:
    return set(learn_placeholders(found).syntax.names) - set(SURE_SYNTAX.names)


@pytest.mark.parametrize(
    ("source", "target", "families"),
    [
        ("File № %1 of %2", "Datei № %1 von %2", {"qt"}),
        ("%n file(s) №", "%n Datei(en) №", {"qt"}),
        ("Start %PRODUCTNAME №", "%PRODUCTNAME № starten", {"libreoffice"}),
        ("on %date% №", "am %date% №", {"percent-name"}),
        ("The :attribute № is bad.", "Das :attribute № ist schlecht.", {"colon"}),
        ("@count of №", "@count von №", {"at"}),
        (r"one №\ntwo", r"eins №\nzwei", {"escape"}),
        ("a [b]bold[/b] №", "ein [b]fetter[/b] №", {"bbcode"}),
        ("the $1 of №", "die $1 von №", {"dollar-number"}),
        ("the $NAME$ of №", "der $NAME$ von №", {"chrome"}),
        ("<filename>№</filename>: bad", "<filename>№</filename>: schlecht", {"element"}),
        ("it costs $5 or $7, №", "es kostet $5 oder $7, №", set()),
        ("usage: № <file>", "Aufruf: № <Datei>", set()),
        ("hello № :smile and $1", "hallo №", set()),
        ("{name} of %s, № <b>", "{name} von %s, № <b>", set()),
        ("№ &amp; &lt;x&gt;", "№ &amp; &lt;x&gt;, ja", {"entity"}),
        ("it&#8217;s №", "es ist №", set()),
    ],
)
def test_what_both_sides_have_is_learnt(source: str, target: str, families: set[str]) -> None:
    assert doubtful(pairs(source, target)) == families
    assert doubtful(pairs(source, target, LEAST_PAIRS - 1)) == set()


def test_a_fifth_may_differ_and_no_more() -> None:
    same, other = pairs("see № %1", "siehe № %1", 8), pairs("see № %1", "siehe №", 3, first=9)
    assert doubtful(same + other[:2]) == {"qt"}
    assert doubtful(same + other) == set()


def test_copies_and_pairs_that_come_again_say_nothing() -> None:
    assert doubtful(pairs("see № %1", "see № %1", 20)) == set()
    assert doubtful(pairs("see %1", "siehe %1", 20)) == set()


def test_of_two_families_the_first_in_order_keeps_what_both_could_take() -> None:
    assert doubtful(pairs("the %site of №", "die %site von №")) == {"percent-word"}
    found = pairs("on %date% №", "am %date% №") + pairs("the %site of №", "die %site von №")
    assert doubtful(found) == {"percent-name", "percent-word"}
    assert learn_placeholders(found).syntax.find("%date% %site %d") == ["%date%", "%site", "%d"]


def test_it_does_not_depend_on_the_order_of_pairs() -> None:
    found = pairs("№ %1 %date%", "№: %1 %date%") + pairs(":name №", "der :name №") + pairs("<x> №", "№ <y>")
    assert learn_placeholders(found) == learn_placeholders(found[::-1])


def test_the_line_names_what_is_used_and_what_is_taken_for_text() -> None:
    learnt = learn_placeholders(pairs("№: %s %1", "%s %1, №") + pairs("№ <file>", "№ <Datei>"))
    assert learnt.as_text() == (
        "placeholders: qt (%1), printf (%s); taken for text: element (<filename>, 0 of 5 pairs agree)"
    )
    assert learnt.evidence["qt"] == Evidence(pairs=5, agreeing=5, first=5)
    assert learnt.to_dict()["seen"]["element"] == {"pairs": 5, "agreeing": 0}
    assert learn_placeholders([]).as_text() == "placeholders: none seen"

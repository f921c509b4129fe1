"""Placeholders that differ in spelling alone are counterparts, and the pair is spelt alike; all else is caught."""

from __future__ import annotations

import pytest

from dragoman.text.placeholders import LEGACY_SYNTAX
from dragoman.text.rules.placeholders import align_placeholders, differs_in_placeholders

SAME = [
    ("Edit %s", "%1$s bearbeiten", "Edit %s", "%s bearbeiten"),
    ("Edit %1$s", "%s bearbeiten", "Edit %1$s", "%1$s bearbeiten"),
    ("%s of %s", "%2$s: %1$s", "%1$s of %2$s", "%2$s: %1$s"),
    ("%d of %s", "%1$d von %2$s", "%d of %s", "%d von %s"),
    ("By %s", "%1$s (%1$s)", "By %1$s", "%1$s (%1$s)"),
    ("%s files", "%d Dateien", "%s files", "%s Dateien"),
    ("Size: %5d", "Größe: %d", "Size: %5d", "Größe: %5d"),
    ("{0:N2} left", "noch {0}", "{0:N2} left", "noch {0:N2}"),
    ("{name}, you", "{name}, {name} du", "{name}, you", "{name}, {name} du"),
    ("<em>now</em>", "<strong>今</strong>", "<em>now</em>", "<em>今</em>"),
    (
        '<a href="%s" title="More">x</a> %s',
        '<a href="%1$s" title="Mehr">y</a> %2$s',
        '<a href="%s" title="More">x</a> %s',
        '<a href="%s" title="More">y</a> %s',
    ),
    ("Use the option", "Über <em>Optionen</em> geht das", None, "Über Optionen geht das"),
    ("One<br />two <b>%s</b>", "Eins zwei %s", "One two %s", None),
    ("<em>No <strong>%s</strong></em>", "Kein <strong>%s</strong>", "No %s", "Kein %s"),
    ("as {a=b},{...}", "als {a=c},{…}", None, "als {a=b},{…}"),
    ("See <abbr title='x'>URL</abbr> and <i>y</i>", "siehe <em>y</em>", "See URL and <i>y</i>", "siehe <i>y</i>"),
    ("{None}", "{Keiner}", None, "{None}"),
    ("as {name=a,time=b}", "als {nom=a,heure=b}", None, "als {name=a,time=b}"),
    ("run {COMMAND}", "starte {BEFEHL}", None, "starte {COMMAND}"),
    ("PARTLABEL=<label>", "PARTLABEL=<Bezeichnung>", None, "PARTLABEL=<label>"),
    ("<a-b>: <time>", "<x>: <Zeit>", None, "<a-b>: <time>"),
    ("4{interface} or %E{key}", "4{Schnittstelle} oder %E{Schlüssel}", None, "4{interface} oder %E{key}"),
    ("--follow[={name|descriptor}]", "--follow[={Name|Deskriptor}]", None, "--follow[={name|descriptor}]"),
    ("see https://en.example.org/a", "siehe https://de.example.org/b", None, "siehe https://en.example.org/a"),
    ("It&#8217;s &amp; was", "C&rsquo;est &amp; c'était &laquo;&nbsp;x&nbsp;&raquo;", None, None),
    ("100%% &copy;", "100 % ©", None, None),
    ("plain", "schlicht", None, None),
    ("%d: %s", "%s (%d)", None, None),
]

OTHER = [
    ("Hello {name}", "Hallo {nam}"),
    ("%d files", "Dateien"),
    ("<strong>To search</strong>", "<stron>Pour chercher</strong>"),
    ("the <b> and <label>", "der <Zeit>"),
    ("Use <br> now", "Nun <Umbruch>"),
    ("%s and %s", "%s"),
    ("%d and %s", "%d"),
    ("%1$s and %2$s", "%1$s"),
    ("<b>x</b>", "</b>x</b>"),
    ("x", "<code>y"),
    ("x", "<code>y</code></code>"),
    ("x", '<span class="%s">y</span>'),
    ('<a href="a">x</a>', "x"),
    ('<a href="%s">x</a>', '<a href="#">x</a>'),
    ("see https://example.org", "siehe dort"),
    ("{} of {}", "{}"),
    ("%(count)d files", "%(anzahl)d Dateien"),
]


@pytest.mark.parametrize(("source", "target", "left", "right"), SAME)
def test_counterparts_are_spelt_as_in_the_source(source: str, target: str, left: str | None, right: str | None) -> None:
    found = align_placeholders(source, target, LEGACY_SYNTAX)
    assert found == (left or source, right or target)
    # What is spelt alike has the same placeholders, for whoever compares them one by one.
    assert align_placeholders(*found, LEGACY_SYNTAX) == found


@pytest.mark.parametrize(("source", "target"), OTHER)
def test_a_placeholder_without_counterpart_is_caught_on_either_side(source: str, target: str) -> None:
    assert differs_in_placeholders(source, target, LEGACY_SYNTAX)
    assert differs_in_placeholders(target, source, LEGACY_SYNTAX)

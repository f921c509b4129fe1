"""Terminologies of every form, and what is wrong with those that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from dragoman.data.terminology import read_terminology
from dragoman.errors import InputError
from dragoman.text.terminology import Term, Terminology

VERSION_3 = """<?xml version="1.0"?>
<tbx type="TBX-Basic" style="{style}" xml:lang="en" xmlns="urn:iso:std:iso:30042:ed-2"><text><body>
<conceptEntry id="1"><langSec xml:lang="en-US"><termSec><term>brake <hi>disc</hi></term></termSec></langSec>
<langSec xml:lang="de"><termSec><term>Bremsscheibe</term>{preferred}</termSec>
<termSec><term>Bremsteller</term>{deprecated}</termSec></langSec></conceptEntry></body></text></tbx>"""
NOTE = '<termNote type="administrativeStatus">{}Term-admn-sts</termNote>'
ELEMENT = '<min:administrativeStatus xmlns:min="x">{}Term-admn-sts</min:administrativeStatus>'
VERSION_2 = """<?xml version="1.0"?><!DOCTYPE martif SYSTEM "TBXBasiccoreStructV02.dtd">
<martif type="TBX-Basic" xml:lang="en"><text><body><termEntry><langSet xml:lang="en"><ntig><termGrp>
<term>brake disc</term></termGrp></ntig></langSet><langSet xml:lang="de"><tig><term>Bremsscheibe</term></tig><tig>
<term>Bremsteller</term><termNote type="normativeAuthorization">deprecatedTerm</termNote></tig></langSet></termEntry>
</body></text></martif>"""
TERM = ("brake disc", ("Bremsscheibe",), ("Bremsteller",))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "source,target,status\nbrake disc,Bremsscheibe,preferred\nbrake disc,Bremsteller,forbidden\n"),
        ("a.csv", "brake disc;Bremsscheibe;\nbrake disc;Bremsteller;deprecated\n"),
        ("a.tsv", "de\ten\tstatus\nBremsscheibe\tbrake  disc\t\nBremsteller\tbrake disc\tForbidden\n"),
        ("a.tbx", VERSION_2),
        (
            "a.xml",
            VERSION_3.format(style="dca", preferred=NOTE.format("preferred"), deprecated=NOTE.format("deprecated")),
        ),
        ("a.tbx", VERSION_3.format(style="dct", preferred="", deprecated=ELEMENT.format("superseded"))),
    ],
)
def test_every_form_gives_the_same_terms(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    (term,) = read_terminology(path, "en", "de").terms
    assert (term.source, term.targets, term.excluded) == TERM


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"", "an empty file"),
        ("a.xlsx", b"PK\x03\x04 xl/workbook.xml", "no terminology that can be read"),
        ("a.json", b'{"brake": "Bremse"}', "a JSON document"),
        ("a.html", b"<html><body>brake</body></html>", "no terminology that can be read"),
        ("a.csv", b"source,target\n", "has no terms"),
        ("a.csv", b"a,b,what\n", "a.csv:1: the status is .what."),
        ("a.csv", b"source,target\na,b\nc,\n", "a.csv:3: the target is empty"),
        ("a.csv", b"brake\ndisc\n", "a.csv:1: 1 column,"),
        ("a.csv", b"a,b,,x\n", "a.csv:1: 4 columns"),
        ("a.csv", b"phone,Handy-Telefon,\nphone,Handy,forbidden\n", "a.csv:1: .phone. is to be translated as .Handy-T"),
        ("a.tbx", VERSION_2.replace('"de"', '"fr"').encode(), "no entry has a term in de; there are: en, fr"),
        ("a.tbx", VERSION_2[:-20].encode(), "not well-formed XML"),
        ("a.tbx", VERSION_2.replace(' SYSTEM "TBXBasiccoreStructV02.dtd"', ' [<!ENTITY a "b">]').encode(), "DOCTYPE"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=words):
        read_terminology(path, "en", "de")


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ("A brake disc and a BRAKE.", ["brake disc", "brake"]),
        ("brakes, handbrake", []),
        ("Tell us of the US", ["US"]),
        ("TELL US", ["US"]),
        ("brake-disc", ["brake"]),
        ("我吃苹果。", ["苹果"]),
        ("İstanbul brake", ["brake"]),
        ("", []),
    ],
)
def test_terms_are_found_as_words_the_longest_first(text: str, sources: list[str]) -> None:
    terms = Terminology([Term(source, ("x",)) for source in ("brake", "brake disc", "US", "苹", "苹果")])
    assert [term.source for term in terms.find(text)] == sources

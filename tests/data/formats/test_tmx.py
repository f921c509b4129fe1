"""TMX as translation programs export it, and as they should not."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dragoman.data.chunk import Entry, Pair, Skip
from dragoman.data.formats.tmx import read_tmx
from dragoman.errors import InputError

MEMORY = """<?xml version="1.0" encoding="utf-8"?>
<tmx version="1.4">
  <header creationtool="x" creationtoolversion="1" segtype="sentence" o-tmf="x" adminlang="en" srclang="*all*"
          datatype="plaintext"><note>a header</note></header>
  <body>
    <tu tuid="1">
      <note>seen by the customer</note>
      <prop type="domain">legal</prop>
      <tuv xml:lang="fr-FR"><note>n</note>
        <seg>Ouvrir <bpt i="1">&lt;b&gt;</bpt>le fichier<ept i="1">&lt;/b&gt;</ept></seg></tuv>
      <tuv xml:lang="en-US"><prop type="p">p</prop>
        <seg>Open <bpt i="1">&lt;b&gt;</bpt>the file<ept i="1">&lt;/b&gt;</ept></seg></tuv>
      <tuv xml:lang="de-DE"><seg>Datei öffnen</seg></tuv>
    </tu>
    <tu><tuv xml:lang="en-US"><seg>Save</seg></tuv><tuv xml:lang="de-DE"><seg>Speichern</seg></tuv></tu>
    <tu>
      <tuv xml:lang="en-US"><seg>Print</seg></tuv>
      <tuv xml:lang="fr-FR"><seg>  </seg></tuv>
    </tu>
  </body>
</tmx>
"""


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "memory.tmx"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def tmx(*units: str) -> str:
    return '<tmx version="1.4"><header/><body>' + "\n".join(units) + "</body></tmx>"


def tu(*variants: tuple[str, str]) -> str:
    return (
        "<tu>" + "".join(f"<tuv xml:lang={quoteattr(code)}><seg>{seg}</seg></tuv>" for code, seg in variants) + "</tu>"
    )


def read(folder: Path, text: str | bytes, source: str = "en", target: str = "fr") -> list[Entry]:
    return list(read_tmx(write(folder, text), source, target))


def test_a_memory_of_three_languages(tmp_path: Path) -> None:
    file = str(tmp_path / "memory.tmx")
    assert read(tmp_path, MEMORY) == [
        Pair("Open <b>the file</b>", "Ouvrir <b>le fichier</b>", file, 6),
        Skip("no translation", "Save", "", file, 15),
        Skip("untranslated", "Print", "  ", file, 16),
    ]
    assert [entry[:2] for entry in read(tmp_path, MEMORY, "de", "en")[:2]] == [
        ("Datei öffnen", "Open <b>the file</b>"),
        ("Speichern", "Save"),
    ]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_encodings_and_line_ends_change_nothing(tmp_path: Path, encoding: str, ending: str) -> None:
    declared = MEMORY.replace('"utf-8"', f'"{encoding.removesuffix("-sig")}"').replace("\n", ending)
    assert read(tmp_path, declared.encode(encoding), "en", "de") == read(tmp_path, MEMORY, "en", "de")


def test_older_versions_name_the_language_otherwise(tmp_path: Path) -> None:
    unit = '<tu><tuv lang="EN"><seg>a<ut>{\\b }</ut></seg></tuv><tuv lang="fr_CA"><seg>b</seg></tuv></tu>'
    assert [entry[:2] for entry in read(tmp_path, tmx(unit))] == [("a{\\b }", "b")]


def test_prefixed_elements(tmp_path: Path) -> None:
    plain = tmx(tu(("en", "a <ph>%s</ph>"), ("fr", "b")))
    prefixed = plain.replace("</", "</t:").replace("<t", "<t:t").replace("<seg", "<t:seg").replace("<ph", "<t:ph")
    prefixed = prefixed.replace("<body", "<t:body").replace("<header", "<t:header").replace("</t:/", "</t:")
    assert "<t:seg>a <t:ph>" in prefixed
    assert [entry[:2] for entry in read(tmp_path, prefixed)] == [("a %s", "b")]


@pytest.mark.parametrize(
    ("segment", "text"),
    [
        ("one <ph x='1'/>two", 'one <ph x="1"/>two'),
        ("one <ph>NAME</ph>two", "one <ph/>two"),
        ("one <ph>%s</ph> two", "one %s two"),
        ("<it pos='begin'>&lt;i&gt;</it>x", "<i>x"),
        ("<hi type='term'>a <hi>b</hi></hi> c", "a b c"),
        ("see <ph>&lt;a title='<sub>a subflow</sub>'&gt;</ph>", "see <a title=''>"),
        ("two\n  lines", "two\n  lines"),
        ("&lt;&amp;&#233;<![CDATA[<&]]>", "<&é<&"),
        (" space ", " space "),
    ],
)
def test_inline_elements(tmp_path: Path, segment: str, text: str) -> None:
    assert [entry[:2] for entry in read(tmp_path, tmx(tu(("en", segment), ("fr", "x"))))] == [(text, "x")]


@pytest.mark.parametrize(
    ("codes", "wanted", "chosen"),
    [
        (["en-GB", "en-US", "fr"], "en", "en-US"),
        (["en-GB", "en", "fr"], "en-GB", "en-GB"),
        (["zh-TW", "zh-CN", "fr"], "zh", "zh-CN"),
        (["zh-Hant", "zh-Hans", "fr"], "zh", "zh-Hans"),
        (["zh-CN", "zh-TW", "fr"], "zh-Hant", "zh-TW"),
    ],
)
def test_the_closest_language_is_chosen(tmp_path: Path, codes: list[str], wanted: str, chosen: str) -> None:
    entries = read(tmp_path, tmx(tu(*((code, code) for code in codes))), wanted, "fr")
    assert [entry[:2] for entry in entries if isinstance(entry, Pair)] == [(chosen, "fr")]


def test_further_variants_are_further_pairs_or_counted(tmp_path: Path) -> None:
    unit = tu(("en", "a"), ("fr", "b"), ("fr", "c"), ("en", "d"), ("fr-CA", "e"), ("en-GB", "f"), ("fr", ""))
    entries = read(tmp_path, tmx(unit))
    assert [entry[:2] for entry in entries if isinstance(entry, Pair)] == [("a", "b"), ("a", "c"), ("d", "b")]
    assert [entry[:3] for entry in entries if isinstance(entry, Skip)] == [
        ("untranslated", "a", ""),
        ("other variant", "", "e"),
        ("other variant", "f", ""),
    ]


@pytest.mark.parametrize(
    ("source", "target", "pair"),
    [
        (
            "<ph x='1'>%s</ph> of <ph x='2'/>",
            "<ph x='2'>N</ph> : <ph x='1'/>",
            ('%s of <ph x="2"/>', '<ph x="2"/> : %s'),
        ),
        (
            "<bpt i='1' x='7'>{\\b </bpt>a<ept i='1'>}</ept>",
            "<bpt i='3' x='7'/>b<ept i='3'/>",
            ("{\\b a}", "{\\b b}"),
        ),
        (
            "<bpt i='1'>&lt;b></bpt>a<ept i='1'>&lt;/b></ept><bpt i='2'>&lt;i></bpt>b<ept i='2'>&lt;/i></ept>",
            "<bpt i='1'>&lt;i></bpt>b<ept i='1'>&lt;/i></ept><bpt i='2'>&lt;b></bpt>a<ept i='2'>&lt;/b></ept>",
            ("<b>a</b><i>b</i>", "<i>b</i><b>a</b>"),
        ),
    ],
)
def test_codes_are_the_same_in_all_variants(tmp_path: Path, source: str, target: str, pair: tuple[str, str]) -> None:
    assert [entry[:2] for entry in read(tmp_path, tmx(tu(("en", source), ("fr", target))))] == [pair]


def test_another_region_is_remarked_once(tmp_path: Path) -> None:
    remarks: list[str] = []
    document = tmx(*[tu(("en", "a"), ("pt-PT", "b"))] * 2)
    list(read_tmx(write(tmp_path, document), "en", "pt-BR", remarks.append))
    assert remarks == ["memory.tmx: there is nothing in pt-BR itself; pt-PT is taken for it"]


def test_a_variant_is_no_translation_of_itself(tmp_path: Path) -> None:
    document = tmx(tu(("en", "a"), ("de", "b")), tu(("en-GB", "c"), ("en-US", "d")))
    first, second = read(tmp_path, document, "en-US", "en-GB")
    assert first == Skip("no translation", "a", "", first.file, 1)
    assert second == Pair("d", "c", first.file, 2)


@pytest.mark.parametrize(
    ("unit", "reason"),
    [
        (tu(("en", "a")), "no translation"),
        (tu(("fr", "a")), "no translation"),
        ("<tu/>", "no translation"),
        ("<tu><tuv><seg>a</seg></tuv><tuv xml:lang=''><seg>b</seg></tuv></tu>", "no translation"),
        (tu(("en", ""), ("fr", "b")), "untranslated"),
        (tu(("en", "a"), ("fr", "\n \n")), "untranslated"),
        (tu(("en", "a <ph>%s</ph>"), ("fr", "<ph>%s</ph>")), "untranslated"),
        ("<tu><tuv xml:lang='en'><seg>a</seg></tuv><tuv xml:lang='fr'/></tu>", "untranslated"),
    ],
)
def test_every_reason_to_skip(tmp_path: Path, unit: str, reason: str) -> None:
    good = tu(("en", "a"), ("fr", "b"))
    kept, skipped = read(tmp_path, tmx(good, unit))
    assert isinstance(kept, Pair)
    assert isinstance(skipped, Skip)
    assert (skipped.reason, skipped.line) == (reason, 2)


def test_languages_that_are_not_there_are_an_error_that_names_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"`zh`.*en, zh-TW"):
        read(tmp_path, tmx(tu(("en", "a"), ("zh-TW", "b"))), "en", "zh")
    assert read(tmp_path, tmx()) == []


def test_a_document_type_is_passed_over_unless_it_declares_something(tmp_path: Path) -> None:
    declared = MEMORY.replace("<tmx ", '<!DOCTYPE tmx SYSTEM "tmx14.dtd"><tmx ', 1)
    assert read(tmp_path, declared) == read(tmp_path, MEMORY)
    with pytest.raises(InputError, match=r"memory\.tmx:1: .*DOCTYPE tmx.*tmx14\.dtd.*nothing was fetched"):
        read(tmp_path, declared.replace('.dtd">', '.dtd" [<!ENTITY a "b">]>').replace("\n<!", "<!"))


def test_another_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"<xliff>, not <tmx>|<xliff>.*<tmx>"):
        read(tmp_path, "<xliff version='1.2'/>")


def test_a_file_cut_off_anywhere_is_an_error(tmp_path: Path) -> None:
    whole = tmx(tu(("en", "a <ph>é</ph>&amp;"), ("fr", "b")), *["<!-- c --><tu/><?d e?>"] * 2).encode()
    for length in range(len(whole)):
        with pytest.raises(InputError):
            read(tmp_path, whole[:length])
    assert len(read(tmp_path, whole)) == 3


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), min_size=1)


@given(st.lists(st.tuples(TEXT, TEXT), max_size=5))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_texts_come_back_as_they_were_written(tmp_path: Path, pairs: list[tuple[str, str]]) -> None:
    document = tmx(*(tu(("en", escape(source)), ("fr", escape(target))) for source, target in pairs))
    entries = read(tmp_path, document)
    assert [(entry.source, entry.target) for entry in entries] == pairs
    for entry, (source, target) in zip(entries, pairs, strict=True):
        assert isinstance(entry, Pair) == bool(source.strip() and target.strip())


@given(st.lists(st.tuples(st.integers(0, len(MEMORY.encode())), st.integers(0, 40), st.binary(max_size=8)), max_size=4))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_changed_documents_raise_nothing_else(tmp_path: Path, changes: list[tuple[int, int, bytes]]) -> None:
    data = MEMORY.encode()
    for start, length, new in changes:
        data = data[:start] + new + data[start + length :]
    try:
        entries = read(tmp_path, data)
    except InputError:
        return
    assert all(isinstance(entry, Pair | Skip) for entry in entries)

"""XLIFF of both major versions, as programs write it, and as they should not."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dragoman.data.chunk import Entry, Pair, Skip
from dragoman.data.formats.inline_codes import can_stand_in_text
from dragoman.data.formats.xliff import read_xliff
from dragoman.errors import InputError

FIRST = """<?xml version="1.0" encoding="utf-8"?>
<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">
  <file original="menu.html" source-language="en-US" target-language="fr-FR" datatype="html">
    <header><note>text of a note</note></header>
    <body>
      <trans-unit id="1" approved="yes">
        <source>Open <g id="1">the file</g></source>
        <seg-source><mrk mtype="seg" mid="1">not read</mrk></seg-source>
        <target state="translated">Ouvrir <g id="1">le fichier</g></target>
        <alt-trans><source>not read</source><target>not read</target></alt-trans>
      </trans-unit>
      <group id="g"><group translate="no">
        <trans-unit id="2"><source>v1</source><target>v1</target></trans-unit>
        <trans-unit id="3" translate="yes"><source>Save</source><target>Enregistrer</target></trans-unit>
      </group></group>
      <trans-unit id="4"><source>Print</source></trans-unit>
      <bin-unit id="5"><bin-source/></bin-unit>
    </body>
  </file>
</xliff>
"""

SECOND = """<?xml version="1.0" encoding="utf-8"?>
<xliff version="2.0" srcLang="en" trgLang="fr" xmlns="urn:oasis:names:tc:xliff:document:2.0">
  <file id="f">
    <notes><note>text of a note</note></notes>
    <group id="g">
      <unit id="1">
        <segment state="final">
          <source>Hello <ph id="1" dataRef="d1"/>, <pc id="2" dataRefStart="d2" dataRefEnd="d3">you</pc>!</source>
          <target>Bonjour <ph id="1" dataRef="d1"/>, <pc id="2" dataRefStart="d2" dataRefEnd="d3">vous</pc> !</target>
        </segment>
        <ignorable><source> </source><target> </target></ignorable>
        <segment>
          <source>Bye.</source>
          <target>Salut.</target>
        </segment>
        <originalData><data id="d1">%s</data><data id="d2">&lt;b></data><data id="d3">&lt;/b&gt;</data></originalData>
      </unit>
      <unit id="2" translate="no"><segment><source>v1</source><target>v1</target></segment></unit>
    </group>
    <unit id="3">
      <mtc:matches xmlns:mtc="urn:oasis:names:tc:xliff:matches:2.0">
        <mtc:match ref="#1"><source>not read</source><target>not read</target></mtc:match>
      </mtc:matches>
      <segment state="initial"><source>Print</source><target>Print</target></segment>
    </unit>
  </file>
</xliff>
"""


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "menu.xlf"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def read(folder: Path, text: str | bytes, source: str = "en", target: str = "fr") -> list[Entry]:
    return list(read_xliff(write(folder, text), source, target))


def first(*units: str, languages: str = 'source-language="en" target-language="fr"') -> str:
    return f'<xliff version="1.2"><file {languages}><body>' + "\n".join(units) + "</body></file></xliff>"


def unit(source: str, target: str = "<target>b</target>", attributes: str = "") -> str:
    return f"<trans-unit {attributes}><source>{source}</source>{target}</trans-unit>"


def second(*segments: str, data: str = "", languages: str = 'srcLang="en" trgLang="fr"') -> str:
    inner = "\n".join(segments)
    return f'<xliff version="2.1" {languages}><file id="f"><unit id="u">{data}{inner}</unit></file></xliff>'


def segment(source: str, target: str = "<target>b</target>", attributes: str = "") -> str:
    return f"<segment {attributes}><source>{source}</source>{target}</segment>"


def test_a_file_of_version_1(tmp_path: Path) -> None:
    file = str(tmp_path / "menu.xlf")
    assert read(tmp_path, FIRST) == [
        Pair('Open <g id="1">the file</g>', 'Ouvrir <g id="1">le fichier</g>', file, 6),
        Skip("not for translation", "v1", "v1", file, 13),
        Pair("Save", "Enregistrer", file, 14),
        Skip("untranslated", "Print", "", file, 16),
    ]


def test_a_file_of_version_2(tmp_path: Path) -> None:
    file = str(tmp_path / "menu.xlf")
    assert read(tmp_path, SECOND) == [
        Pair("Hello %s, <b>you</b>!", "Bonjour %s, <b>vous</b> !", file, 7),
        Pair("Bye.", "Salut.", file, 12),
        Skip("not for translation", "v1", "v1", file, 18),
        Skip("untranslated", "Print", "Print", file, 24),
    ]


@pytest.mark.parametrize("document", [FIRST, SECOND])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_encodings_and_line_ends_change_nothing(tmp_path: Path, document: str, encoding: str, ending: str) -> None:
    declared = document.replace('"utf-8"', f'"{encoding.removesuffix("-sig")}"').replace("\n", ending)
    assert read(tmp_path, declared.encode(encoding)) == read(tmp_path, document)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ('Hi <x id="1" equiv-text="{{name}}"/>!', "Hi {{name}}!"),
        ('Hi <x id="1"/>!', 'Hi <x id="1"/>!'),
        ('Hi <x id="1" equiv-text=""/>!', 'Hi <x id="1"/>!'),
        ('<g id="1">a <g id="2">b</g></g>', '<g id="1">a <g id="2">b</g></g>'),
        ('<bx id="1"/>a<ex id="2"/>', '<bx id="1"/>a<ex id="2"/>'),
        ('<bx id="1" equiv-text="&lt;b>"/>a<ex id="2" equiv-text="&lt;/b>"/>', "<b>a</b>"),
        ('<ph id="1">%s</ph> <ph id="2" equiv-text="{n}"/><ph id="3"/>.', '%s {n}<ph id="3"/>.'),
        ('Hi <x id="INTERPOLATION" equiv-text="NAME"/>you', 'Hi <x id="INTERPOLATION"/>you'),
        ('<bpt id="1">&lt;i></bpt>a<ept id="1">&lt;/i></ept><it id="2" pos="open">&lt;p></it>', "<i>a</i><p>"),
        ('<ph id="1">&lt;a title="<sub>a subflow</sub>"></ph>', '<a title="">'),
        ('<mrk mtype="term">a <mrk mtype="x">b</mrk></mrk> c', "a b c"),
        ("a\n  b", "a\n  b"),
    ],
)
def test_inline_elements_of_version_1(tmp_path: Path, source: str, text: str) -> None:
    assert [entry[:2] for entry in read(tmp_path, first(unit(source)))] == [(text, "b")]


@pytest.mark.parametrize(
    ("source", "target", "pair"),
    [
        ('a <x id="1" equiv-text="{{n}}"/>', 'b <x id="1"/>', ("a {{n}}", "b {{n}}")),
        ('a <x id="1"/>', 'b <x id="1" ctype="x" equiv-text="{{n}}"/>', ('a <x id="1"/>', 'b <x id="1"/>')),
        ('<bpt id="1">&lt;b></bpt>a<ept id="1">&lt;/b></ept>', '<bx id="1"/>b<ex id="1"/>', ("<b>a</b>", "<b>b</b>")),
        ('<ph id="1">%s</ph> a', 'b <ph id="2">%d</ph>', ("%s a", "b %d")),
    ],
)
def test_codes_of_one_id_are_the_same_on_both_sides(
    tmp_path: Path, source: str, target: str, pair: tuple[str, str]
) -> None:
    [entry] = read(tmp_path, first(unit(source, f"<target>{target}</target>")))
    assert entry[:2] == pair


def test_native_code_of_the_source_serves_the_target_in_version_2(tmp_path: Path) -> None:
    source = '<ph id="1" equiv="{n}"/> a <pc id="2" equivStart="[b]" equivEnd="[/b]">c</pc><sc id="3" equiv="&lt;i>"/>'
    target = '<pc id="2">d</pc> <ph id="1"/><sc id="3"/>'
    assert read(tmp_path, second(segment(source, f"<target>{target}</target>")))[0][:2] == (
        "{n} a [b]c[/b]<i>",
        "[b]d[/b] {n}<i>",
    )


def test_segments_that_are_marked_up_are_pairs_of_their_own(tmp_path: Path) -> None:
    source = "<source>Open it. Fill it. Close it.</source><seg-source>"
    source += "".join(
        f'<mrk mtype="seg" mid="{number}">{text}</mrk> '
        for number, text in enumerate(("Open it.", 'Fill <g id="1">it</g>.', "Close it.", "Go."))
    )
    target = '</seg-source><target><g id="9"><mrk mtype="seg" mid="1">Remplissez-<g id="1">le</g>.</mrk></g>\n'
    target += (
        '<mrk mtype="seg" mid="0">Ouvrez-le.</mrk><mrk mtype="seg" mid="2"/><mrk mtype="seg" mid="x">?</mrk></target>'
    )
    entries = read(tmp_path, first(f"<trans-unit>{source}{target}</trans-unit>"))
    assert [entry[:2] for entry in entries if isinstance(entry, Pair)] == [
        ("Open it.", "Ouvrez-le."),
        ('Fill <g id="1">it</g>.', 'Remplissez-<g id="1">le</g>.'),
    ]
    assert [entry[:3] for entry in entries if isinstance(entry, Skip)] == [
        ("untranslated", "Close it.", ""),
        ("untranslated", "Go.", ""),
        ("untranslated", "", "?"),
    ]


def test_native_code_that_the_target_repeats_is_bounded(tmp_path: Path) -> None:
    source = f'a<x id="1" equiv-text="{{{"n" * 100_000}}}"/>'
    with pytest.raises(InputError, match="1,000,000 characters"):
        read(tmp_path, first(unit(source, f"""<target>b{'<x id="1"/>' * 100}</target>""")))


DATA = """<originalData><data id="d1">%s</data><data id="d2">&lt;b></data><data id="d3">&lt;/b></data>
<data id="d4">[a<cp hex="0001"/>b</data><data id="d5"/></originalData>"""


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ('<ph id="1" dataRef="d1" equiv="e" disp="p"/>.', "%s."),
        ('<ph id="1" equiv="{e}" disp="p"/>.', "{e}."),
        ('<ph id="1" equiv="e" disp="p"/>.', '<ph id="1"/>.'),
        ('<ph id="1" dataRef="absent" disp="[p]"/>.', "[p]."),
        ('<ph id="1" dataRef="d5"/><ph id="2"/>.', '<ph id="1"/><ph id="2"/>.'),
        ('<pc id="1" dataRefStart="d2" dataRefEnd="d3">a <pc id="2">b</pc></pc>', '<b>a <pc id="2">b</pc></b>'),
        ('<pc id="1" equivStart="*" equivEnd="**">a</pc>', "*a**"),
        ('<pc id="1" dataRefStart="d2">a</pc>', '<pc id="1">a</pc>'),
        ('<sc id="1" dataRef="d2"/>a<ec startRef="1" dataRef="d3"/>', "<b>a</b>"),
        ('<sc id="1"/>a<ec startRef="1"/>', '<sc id="1"/>a<ec startRef="1"/>'),
        ('a<cp hex="001F"/><cp hex="1F600"/>', "a\x1f😀"),
        ('<ph id="1" dataRef="d4"/>', "[a\x01b"),
        ('<mrk id="1">a</mrk> <sm id="2"/>b<em startRef="2"/>', "a b"),
    ],
)
@pytest.mark.parametrize("place", ["before", "after"])
def test_inline_elements_of_version_2(tmp_path: Path, source: str, text: str, place: str) -> None:
    document = second(segment(source), data=DATA) if place == "before" else second(segment(source), DATA)
    assert [entry[:2] for entry in read(tmp_path, document)] == [(text, "b")]


@pytest.mark.parametrize("digits", ["D800", "DFFF", "110000", "", "x", "-1", "1_0", "0x41", "FFFFFFFFFF"])
def test_a_code_point_that_is_no_character_names_the_line(tmp_path: Path, digits: str) -> None:
    with pytest.raises(InputError, match="no character") as caught:
        read(tmp_path, second(segment("a"), segment(f'<cp hex="{digits}"/>')))
    assert caught.value.line == 2


@pytest.mark.parametrize(
    ("target", "attributes", "reason"),
    [
        ("", "", "untranslated"),
        ("<target/>", "", "untranslated"),
        ("<target>  \n</target>", "", "untranslated"),
        ('<target state="new">b</target>', "", "untranslated"),
        ('<target state="needs-translation">b</target>', "", "untranslated"),
        ('<target state="needs-review-translation">b</target>', "", "needs review"),
        ('<target state="needs-review-l10n">b</target>', "", "needs review"),
        ('<target state="needs-adaptation">b</target>', "", "needs review"),
        ('<target state="needs-l10n">b</target>', "", "needs review"),
        ("<target>b</target>", 'translate="no"', "not for translation"),
        ('<target state="translated" state-qualifier="rejected-grammar">b</target>', "", "needs review"),
        ('<target><g id="1"> <x id="2"/></g></target>', "", "untranslated"),
        ('<target><ph id="1">%s</ph></target>', "", "untranslated"),
        ('<target state="translated">b</target>', "", None),
        ('<target state="final">b</target>', "", None),
        ('<target state="signed-off">b</target>', "", None),
        ('<target state="x-own">b</target>', "", None),
    ],
)
def test_states_of_version_1(tmp_path: Path, target: str, attributes: str, reason: str | None) -> None:
    _, entry = read(tmp_path, first(unit("z"), unit("a", target, attributes)))
    assert (entry.reason if isinstance(entry, Skip) else None) == reason
    assert (entry.source, entry.line) == ("a", 2)


@pytest.mark.parametrize(
    ("target", "attributes", "reason"),
    [
        ("", "", "untranslated"),
        ("<target/>", 'state="final"', "untranslated"),
        ("<target>b</target>", 'state="initial"', "untranslated"),
        ("<target>b</target>", "", None),
        ("<target>b</target>", 'state="translated"', None),
        ("<target>b</target>", 'state="reviewed"', None),
    ],
)
def test_states_of_version_2(tmp_path: Path, target: str, attributes: str, reason: str | None) -> None:
    _, entry = read(tmp_path, second(segment("z"), segment("a", target, attributes)))
    assert (entry.reason if isinstance(entry, Skip) else None) == reason
    assert (entry.source, entry.line) == ("a", 2)


def test_files_in_other_languages_are_skipped(tmp_path: Path) -> None:
    document = FIRST.replace("</file>", '</file><file source-language="en" target-language="de"><body>'
    '<trans-unit><source>a</source><target>b</target></trans-unit></body></file>')  # fmt: skip
    *_, last = read(tmp_path, document)
    assert last[:3] == ("other language", "a", "b")
    assert [entry[:2] for entry in read(tmp_path, document, "en", "de") if isinstance(entry, Pair)] == [("a", "b")]


@pytest.mark.parametrize(
    ("document", "found"),
    [
        (first(unit("a")), "en → fr"),
        (first(unit("a"), languages='source-language="zh-TW"'), r"zh-TW → \?"),
        (first(unit("a", '<target xml:lang="de">b</target>'), languages='source-language="zh"'), "zh → de"),
        (second(segment("a"), languages='srcLang="fr" trgLang="zh"'), "fr → zh"),
    ],
)
def test_languages_that_are_not_there_are_an_error_that_names_those_that_are(
    tmp_path: Path, document: str, found: str
) -> None:
    entries = read_xliff(write(tmp_path, document), "zh", "en")
    assert next(entries)[0] == "other language"
    with pytest.raises(InputError, match=f"`zh` into `en`.*{found}"):
        list(entries)


@pytest.mark.parametrize(
    "document",
    [
        first(unit("a"), languages=""),
        first(unit("a"), languages='source-language="zh-CN"'),
        first(unit("a"), languages='source-language="zh-Hans" target-language="en_GB"'),
        second(segment("a"), languages='srcLang="cmn"'),
        second(segment("a"), languages='srcLang="zh" trgLang="en-AU"'),
    ],
)
def test_languages_that_fit_or_are_left_open(tmp_path: Path, document: str) -> None:
    assert [entry[:2] for entry in read(tmp_path, document, "zh", "en")] == [("a", "b")]


def test_prefixed_elements(tmp_path: Path) -> None:
    document = (
        '<s:xliff xmlns:s="urn:x" version="1.2"><s:file source-language="en"><s:body><s:trans-unit>'
        '<s:source>a<s:x id="1"/></s:source><s:target>b</s:target></s:trans-unit></s:body></s:file></s:xliff>'
    )
    assert [entry[:2] for entry in read(tmp_path, document)] == [('a<x id="1"/>', "b")]


@pytest.mark.parametrize("version", ["3.0", "0.9", "", "two", "12", " "])
def test_other_versions_are_refused(tmp_path: Path, version: str) -> None:
    with pytest.raises(InputError, match="version") as caught:
        read(tmp_path, f'<?xml version="1.0"?>\n<xliff version="{version}"/>')
    assert caught.value.line == 2


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2", "2.0", "2.1", "2.2"])
def test_a_file_without_units_has_no_entries(tmp_path: Path, version: str) -> None:
    assert read(tmp_path, f'<xliff version="{version}"><file><trans-unitary/></file></xliff>') == []


def test_native_code_that_multiplies_itself_is_refused(tmp_path: Path) -> None:
    long = f'<originalData><data id="d">{"a" * 100_000}</data></originalData>'
    with pytest.raises(InputError, match="1,000,000 characters") as caught:
        read(tmp_path, second(segment("a"), segment('<ph dataRef="d"/>' * 10_000), data=long))
    assert caught.value.line == 2
    doubling = "".join(f'<data id="{i}">{f"""<ph dataRef="{i - 1}"/>""" * 10}</data>' for i in range(1, 30))
    bomb = f'<originalData><data id="0">haha</data>{doubling}</originalData>'
    with pytest.raises(InputError, match="1,000,000 characters"):
        read(tmp_path, second(segment("a"), data=bomb))


def test_a_document_type_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the-secret")
    for document in (FIRST, SECOND):
        declared = document.replace("<xliff ", f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]>\n<xliff ', 1)
        with pytest.raises(InputError, match=r"menu\.xlf:2: .*nothing was fetched") as caught:
            read(tmp_path, declared.replace("Print", "&e;"))
        assert "the-secret" not in str(caught.value)


SHORT = [
    first(unit('a<x id="1"/>é&amp;'), "<!-- c -->", unit("z", "")),
    second(segment('a<ph id="1" dataRef="d"/>'), segment("z", ""), data='<originalData><data id="d"/></originalData>'),
]


@pytest.mark.parametrize("document", SHORT)
def test_a_file_cut_off_anywhere_is_an_error(tmp_path: Path, document: str) -> None:
    whole = document.encode()
    for length in range(len(whole)):
        with pytest.raises(InputError):
            read(tmp_path, whole[:length])
    assert len(read(tmp_path, whole)) == 2


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), min_size=1)


@given(st.lists(st.tuples(TEXT, TEXT, TEXT), min_size=1, max_size=4), st.sampled_from("12"))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_texts_come_back_as_they_were_written(tmp_path: Path, rows: list[tuple[str, str, str]], version: str) -> None:
    wrap = unit if version == "1" else segment
    name = "x" if version == "1" else "ph"
    equivalent = "equiv-text" if version == "1" else "equiv"
    units = [
        wrap(f"{escape(source)}<{name} {equivalent}={quoteattr(code)}/>", f"<target>{escape(target)}</target>")
        for source, code, target in rows
    ]
    entries = read(tmp_path, (first if version == "1" else second)(*units))
    shown = [code if can_stand_in_text(code) else f"<{name}/>" for _, code, _ in rows]
    assert [entry[-4:-2] for entry in entries] == [
        (source + code, target) for (source, _, target), code in zip(rows, shown, strict=True)
    ]


@given(
    st.sampled_from([FIRST, SECOND]),
    st.lists(st.tuples(st.integers(0, len(SECOND.encode())), st.integers(0, 40), st.binary(max_size=8)), max_size=4),
)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_changed_documents_raise_nothing_else(
    tmp_path: Path, document: str, changes: list[tuple[int, int, bytes]]
) -> None:
    data = document.encode()
    for start, length, new in changes:
        data = data[:start] + new + data[start + length :]
    try:
        entries = read(tmp_path, data)
    except InputError:
        return
    assert all(isinstance(entry, Pair | Skip) for entry in entries)

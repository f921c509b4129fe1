"""PO and MO files as programs write them, as they get broken, and as nobody should write them."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import write_po
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dragoman.data.chunk import Pair, Skip
from dragoman.data.formats.gettext import Message, parse_mo, parse_po
from dragoman.data.formats.gettext_pairs import read_mo, read_po
from dragoman.errors import InputError

HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\x04"), min_size=1, max_size=20)


def po(text: str) -> list[Message]:
    return parse_po(text.encode(), "a.po")


def fault(data: bytes | str) -> InputError:
    with pytest.raises(InputError) as caught:
        parse_po(data.encode() if isinstance(data, str) else data, "a.po")
    assert str(caught.value.file) == "a.po"
    return caught.value


def test_each_kind_of_message_becomes_the_entry_that_it_is(tmp_path: Path) -> None:
    path = tmp_path / "de.po"
    path.write_text(
        HEADER
        + 'msgid "Open"\nmsgstr "Öffnen"\n\n'
        + 'msgctxt "state"\nmsgid "Open"\nmsgstr "Offen"\n\n'
        + '#, c-format, fuzzy\nmsgid "Maybe"\nmsgstr "Vielleicht"\n'
        + 'msgid "Later"\nmsgstr ""\n\n'
        + '#~ msgid "Gone"\n#~ msgstr ""\n#~ "Fort"\n',
        encoding="utf-8",
    )
    file = str(path)
    assert list(read_po(path)) == [
        Pair("Open", "Öffnen", file, 4),
        Pair("Open", "Offen", file, 8),
        Skip("fuzzy", "Maybe", "Vielleicht", file, 12),
        Skip("untranslated", "Later", "", file, 14),
        Skip("obsolete", "Gone", "Fort", file, 17),
    ]


def pairs_of(text: str, tmp_path: Path) -> list[tuple[str, str]]:
    path = tmp_path / "x.po"
    path.write_text(text, encoding="utf-8")
    return [(entry.source, entry.target) for entry in read_po(path)]


def test_plural_forms_pair_with_singular_and_plural(tmp_path: Path) -> None:
    head = 'msgid "a file"\nmsgid_plural "files"\n'
    three = head + 'msgstr[0] "plik"\nmsgstr[1] "pliki"\nmsgstr[2] "plików"\n'
    assert pairs_of(three, tmp_path) == [("a file", "plik"), ("files", "pliki"), ("files", "plików")]
    assert pairs_of(head + 'msgstr[0] "文件"\n', tmp_path) == [("a file", "文件"), ("files", "文件")]


SLOVENIAN = (
    'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Language: sl\\n"\n'
    '"Plural-Forms: nplurals=4; plural=(n%100==1 ? 1 : n%100==2 ? 2 : n%100==3 || n%100==4 ? 3 : 0);\\n"\n\n'
    'msgid "%d photo"\nmsgid_plural "%d photos"\n'
    'msgstr[0] "%d fotografij"\nmsgstr[1] "%d fotografija"\nmsgstr[2] "%d fotografiji"\nmsgstr[3] "%d fotografije"\n'
)


def test_the_header_says_which_form_is_the_singular(tmp_path: Path) -> None:
    assert pairs_of(SLOVENIAN, tmp_path) == [
        ("%d photo", "%d fotografija"),
        ("%d photos", "%d fotografiji"),
        ("%d photos", "%d fotografije"),
        ("%d photos", "%d fotografij"),
    ]


def test_without_a_usable_header_the_language_says_it(tmp_path: Path) -> None:
    path = tmp_path / "lv.po"
    text = 'msgid "file"\nmsgid_plural "files"\nmsgstr[0] "failu"\nmsgstr[1] "fails"\nmsgstr[2] "faili"\n'
    path.write_text(text, encoding="utf-8")
    pairs = [("file", "fails"), ("files", "faili"), ("files", "failu")]
    assert [entry[:2] for entry in read_po(path, "lv")] == pairs
    # Without a rule of just as many forms, the first is taken for the singular, and no form is lost.
    assert [entry[:2] for entry in read_po(path, "de")] == [("file", "failu"), ("files", "fails"), ("files", "faili")]


def test_a_header_of_another_language_is_remarked(tmp_path: Path) -> None:
    path = tmp_path / "sl.po"
    path.write_text(SLOVENIAN, encoding="utf-8")
    remarks: list[str] = []
    for language in ("sl", "hr", None):
        list(read_po(path, language, remarks.append))
    assert remarks == ["sl.po says that its language is sl; it is read as hr all the same"]


def test_what_looks_like_a_key_is_text_unless_the_catalogue_has_keys(tmp_path: Path) -> None:
    texts = 'msgid "L_ocation:"\nmsgstr "_Ort:"\nmsgid "0.00"\nmsgstr "0,00"\nmsgid "iconv_open"\nmsgstr "aufrufen"\n'
    assert [row[0] for row in pairs_of(texts, tmp_path)] == ["L_ocation:", "0.00", "iconv_open"]
    keys = texts + "".join(f'msgid "label_{name}"\nmsgstr "{name}"\n' for name in ("a", "b", "c"))
    (tmp_path / "x.po").write_text(keys, encoding="utf-8")
    remarks: list[str] = []
    found = list(read_po(tmp_path / "x.po", "de", remarks.append))
    assert remarks == [
        "the msgid of x.po are keys; give the folder that has the source language's file too, by --catalogue"
    ]
    assert [entry.source for entry in found if isinstance(entry, Pair)] == ["L_ocation:", "0.00"]
    assert {entry.reason for entry in found if isinstance(entry, Skip)} == {"no source"}
    explained = texts + '#. Default: "Save"\nmsgid "label_save"\nmsgstr "Sichern"\n' * 2
    explained = explained.replace('msgid "label_save"', 'msgid "label_keep"', 1)
    (tmp_path / "x.po").write_text(explained, encoding="utf-8")
    pairs = [entry.source for entry in read_po(tmp_path / "x.po") if isinstance(entry, Pair)]
    assert pairs == ["L_ocation:", "0.00", "Save", "Save"]


def test_what_is_not_text_does_not_matter() -> None:
    odd = (
        'msgid ""\nmsgstr ""\n"PO-Revision-Date: YEAR-MO-DA HO:MI+ZONE\\n"\n"Language: xx-yy-zz@q\\n"\n'
        '"Content-Type: text/plain; charset=CHARSET\\n"\n"Plural-Forms: nplurals=INTEGER; plural=!!;\\n"\n\n'
        '#~| msgid "was"\n#~ msgid "old"\n#~ msgstr "alt"\n#| msgid "before"\n'
        'msgid\t"a"\nmsgstr "1"\nmsgid "a"\nmsgstr "2"'
    )
    assert [(m.singular, m.translations, m.obsolete) for m in po(odd)] == [
        ("old", ("alt",), True),
        ("a", ("1",), False),
        ("a", ("2",), False),
    ]


def test_escapes_and_strings_in_parts() -> None:
    [message] = po('msgid "a\\tb\\"c\\\\n" " and"\n"\\101\\x42"\nmsgstr "\\303\\244\\n"\n')
    assert (message.singular, message.translations) == ('a\tb"c\\n andAB', ("ä\n",))


def test_separators_that_unicode_knows_stay_in_the_text() -> None:
    [message] = parse_po('\ufeffmsgid "a\u2028b\x85c\0"\r\nmsgstr "x\x0cy"\r\n'.encode(), "a.po")
    assert (message.singular, message.translations, message.line) == ("a\u2028b\x85c\0", ("x\x0cy",), 1)


def test_the_default_comment_is_kept() -> None:
    first, second = po(
        '#. Default: "Say \\"hi\\""\nmsgid "label_hi"\nmsgstr "x"\n\n#. Default: "over\n#. two"\nmsgid "b"\nmsgstr "y"'
    )
    assert (first.default, second.default) == ('Say "hi"', "over two")


def test_the_header_says_the_character_set() -> None:
    text = HEADER.replace("UTF-8", "ISO-8859-1") + 'msgid "a"\nmsgstr "ä\\344"\n'
    assert parse_po(text.encode("latin1"), "a.po")[0].translations == ("ää",)
    # A message that speaks of character sets is no header.
    assert po('msgid "Content-Type: text/html; charset=latin1"\nmsgstr "ä"')[0].translations == ("ä",)
    japanese = HEADER.replace("UTF-8", "Shift_JIS") + 'msgid "a"\nmsgstr "表示"\n'
    assert parse_po(japanese.encode("shift_jis"), "a.po")[0].translations == ("表示",)


@pytest.mark.parametrize("charset", ["UTF-16", "nonsense", "rot13", "hex", "unicode_escape", "utf-7", "idna", "cp037"])
def test_a_character_set_that_cannot_be_is_named(charset: str) -> None:
    assert f"`{charset}`" in fault(HEADER.replace("UTF-8", charset) + 'msgid "a"\nmsgstr "b"\n').what


def test_bytes_that_do_not_fit_are_named_with_their_line() -> None:
    error = fault(HEADER.encode() + b'msgid "a"\nmsgstr "\xe4"\n')
    assert (error.line, "0xe4" in error.what) == (5, True)
    assert fault('msgid "a"\nmsgstr "b"\n'.encode("utf-16")).line == 1
    assert fault('msgid "a"\nmsgstr "\\xe4"').line == 2
    assert fault('msgid "a"\nmsgstr "\\777"').line == 2
    assert fault(b'msgid "a"\nmsgstr "\xed\xa0\x80"').line == 2


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('msgid a\nmsgstr "b"\n', 1),
        ('\nmsgid "a\nmsgstr "b"\n', 2),
        ('msgid "a"b"\nmsgstr "b"\n', 1),
        ('msgid "a" junk\nmsgstr "b"\n', 1),
        ('msgid "a"\n\nmsgid "b"\nmsgstr "c"\n', 3),
        ('msgid "a"\nmsgstr "c"\n\nmsgid "b"\n', 4),
        ('msgctxt "a"\nmsgstr "c"\n', 2),
        ('msgctxt "a"\n', 1),
        ('"a"\n', 1),
        ('msgid "a"\nmsgstr "b"\nmsgstr "c"\n', 3),
        ('msgid "a"\nmsgid_plural "b"\nmsgstr "c"\n', 3),
        ('msgid "a"\nmsgstr[0] "c"\n', 2),
        ('msgid "a"\nmsgid_plural "b"\nmsgstr[1] "c"\n', 3),
        ('msgid "a"\nmsgid_plural "b"\nmsgstr[x] "c"\n', 3),
        ('msgid "a"\nmsgid_plural "b"\nmsgstr[99999999999999999999] "c"\n', 3),
        ('msgid[0] "a"\nmsgstr "b"\n', 1),
        ('msgid "a"\nmsgstr "b"\n<<<<<<< HEAD\n', 3),
        ('msgid "a"\rmsgstr "b"\r', 1),
    ],
)
def test_broken_syntax_is_named_with_its_line(text: str, line: int) -> None:
    assert fault(text).line == line


def test_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    for read in (read_po, read_mo):
        with pytest.raises(InputError, match="no such file"):
            read(tmp_path / "none")
        with pytest.raises(InputError, match="cannot be read"):
            read(tmp_path)


def mo(rows: list[tuple[bytes, bytes]], order: str = "<") -> bytes:
    strings, tables, place = b"", ([], []), 28 + 16 * len(rows)
    for row in rows:
        for side in range(2):
            tables[side].extend((len(row[side]), place + len(strings)))
            strings += row[side] + b"\0"
    count = len(rows)
    head = struct.pack(f"{order}7I", 0x950412DE, 0, count, 28, 28 + 8 * count, 0, 28 + 16 * count)
    return head + struct.pack(f"{order}{4 * count}I", *tables[0], *tables[1]) + strings


ROWS = [
    (b"", b"Content-Type: text/plain; charset=ISO-8859-1\n"),
    (b"file\0files", "Stück\0Stücke".encode("latin1")),
    (b"state\x04Open", b"Offen"),
]


@pytest.mark.parametrize("order", ["<", ">"])
def test_mo_of_both_byte_orders(order: str, tmp_path: Path) -> None:
    path = tmp_path / "a.mo"
    path.write_bytes(mo(ROWS, order))
    messages = parse_mo(path.read_bytes(), "a.mo")
    assert [(m.context, m.singular, m.plural, m.translations, m.line) for m in messages] == [
        (None, "file", "files", ("Stück", "Stücke"), 2),
        ("state", "Open", None, ("Offen",), 3),
    ]
    assert [(entry.source, entry.target) for entry in read_mo(path)] == [
        ("file", "Stück"),
        ("files", "Stücke"),
        ("Open", "Offen"),
    ]


def test_every_cut_of_an_mo_file_is_noticed() -> None:
    whole = mo(ROWS)
    for size in range(len(whole) - 1):
        with pytest.raises(InputError) as caught:
            parse_mo(whole[:size], "a.mo")
        assert str(caught.value.file) == "a.mo"


def test_mo_tables_that_promise_too_much_are_refused() -> None:
    huge = struct.pack("<7I", 0x950412DE, 0, 2**32 - 1, 28, 28, 0, 28)
    overlapping = struct.pack("<7I", 0x950412DE, 0, 1000, 28, 28, 0, 28) + struct.pack("<2I", 5000, 28) * 1000
    future = struct.pack("<7I", 0x950412DE, 5 << 16, 0, 28, 28, 0, 28)
    for data, what in (
        (huge, "4294967295 rows"),
        (overlapping, "longer than"),
        (future, "revision 5"),
        (b"PK", "begin"),
    ):
        with pytest.raises(InputError, match=what):
            parse_mo(data, "a.mo")
    with pytest.raises(InputError) as caught:
        parse_mo(mo([(b"", b""), (b"a", b"\xe4")]), "a.mo")
    assert caught.value.line == 2


@settings(max_examples=40)
@given(st.dictionaries(st.tuples(st.none() | TEXT, TEXT), TEXT, max_size=6))
@example({(None, 'a\\"\n\t\r\u2028 "'): "\\n\\\\"})
def test_what_babel_writes_is_read_back(texts: dict[tuple[str | None, str], str]) -> None:
    catalog = Catalog(charset="utf-8", fuzzy=False)
    for (context, source), target in texts.items():
        catalog.add(source, target, context=context)
    for write, parse in ((write_po, parse_po), (write_mo, parse_mo)):
        stream = io.BytesIO()
        write(stream, catalog)
        found = {(m.context, m.singular): m.translations[0] for m in parse(stream.getvalue(), "a")}
        assert found == texts


GOOD_PO = (
    HEADER + '#, fuzzy\nmsgctxt "c"\nmsgid "a\\n"\nmsgid_plural "b"\nmsgstr[0] "ä"\n#~ msgid "x"\n#~ msgstr "y"'
).encode()


@st.composite
def mutated(draw: st.DrawFn, good: bytes) -> bytes:
    data = bytearray(good)
    for _ in range(draw(st.integers(1, 4))):
        begin = draw(st.integers(0, len(data)))
        end = min(len(data), begin + draw(st.integers(0, 4)))
        data[begin:end] = draw(st.binary(max_size=4))
    return bytes(data)


@given(st.binary(max_size=80) | mutated(GOOD_PO), st.binary(max_size=80) | mutated(mo(ROWS)) | mutated(mo(ROWS, ">")))
def test_no_bytes_raise_anything_but_input_errors(po_data: bytes, mo_data: bytes) -> None:
    for parse, data in ((parse_po, po_data), (parse_mo, mo_data)):
        try:
            messages = parse(data, "a")
        except InputError as error:
            str(error).encode()
            continue
        for message in messages:
            "".join((message.context or "", message.singular, message.plural or "", *message.translations)).encode()


def test_a_plural_form_that_says_its_number_is_no_lesson(tmp_path: Path) -> None:
    rule = 'msgid ""\nmsgstr "Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n==2 ? 1 : 2);\\n"\n\n'
    forms = (
        'msgid "%s file"\nmsgid_plural "%s files"\nmsgstr[0] "one-file"\nmsgstr[1] "two-files"\nmsgstr[2] "%s-files"\n'
    )
    (tmp_path / "x.po").write_text(rule + forms)
    found = list(read_po(tmp_path / "x.po"))
    assert [entry.reason if isinstance(entry, Skip) else entry.target for entry in found] == [
        "number spelt out", "number spelt out", "%s-files"
    ]  # fmt: skip
    (tmp_path / "x.po").write_text('msgid "a file"\nmsgid_plural "all files"\nmsgstr[0] "x"\nmsgstr[1] "y"\n')
    assert all(isinstance(entry, Pair) for entry in read_po(tmp_path / "x.po"))

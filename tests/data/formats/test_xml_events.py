"""XML that is well-formed, broken, hostile, or in another encoding."""

from __future__ import annotations

import codecs
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.data.formats.xml_events import Element, Unit, read_units
from dragoman.errors import InputError

NAMES = frozenset({"unit"})


class Counted(io.BytesIO):
    """A stream that knows how much of it was asked for."""

    asked = 0
    mode = "rb"
    name = "memory.xml"

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size)
        self.asked += len(found)
        return found


class InMemory(type(Path())):  # type: ignore[misc]
    """A path whose file is a stream in memory."""

    stream: Counted

    def open(self, *_args: Any, **_options: Any) -> Counted:
        return self.stream


def in_memory(data: str | bytes) -> InMemory:
    path = InMemory("memory.xml")
    path.stream = Counted(data.encode() if isinstance(data, str) else data)
    return path


def read(data: str | bytes) -> list[Unit]:
    return list(read_units(in_memory(data), "root", NAMES))


def text(element: Element) -> str:
    return "".join(part if isinstance(part, str) else text(part) for part in element.content)


def texts(data: str | bytes) -> list[str]:
    return [text(unit.element) for unit in read(data)[1:]]


def failure(data: str | bytes) -> InputError:
    with pytest.raises(InputError) as caught:
        read(data)
    assert str(caught.value).startswith("memory.xml")
    assert caught.value.remedy
    return caught.value


def test_units_come_with_line_attributes_and_the_elements_around_them() -> None:
    root, first, second = read(
        '<root a="1">\n <file b="2">\n\n  <unit\n id="x">t<i k="v">u</i>w</unit><unit/></file></root>'
    )
    assert (root.element.name, root.element.attributes, root.ancestors) == ("root", {"a": "1"}, ())
    assert (first.element.line, first.element.attributes) == (4, {"id": "x"})
    assert [around.name for around in first.ancestors] == ["root", "file"]
    assert first.ancestors[1].attributes == {"b": "2"}
    assert first.ancestors[1].content == []
    before, inner, after = first.element.content
    assert (before, after) == ("t", "w")
    assert isinstance(inner, Element)
    assert (inner.name, inner.attributes, inner.content, inner.line) == ("i", {"k": "v"}, ["u"], 5)
    assert (second.element.line, second.element.content) == (5, [])
    assert first.element.child("i") is inner
    assert first.element.child("j") is None


def test_prefixes_do_not_matter_and_units_in_units_are_part_of_them() -> None:
    _, unit = read('<x:root xmlns:x="urn:x"><x:unit><unit>a</unit></x:unit></x:root>')
    assert unit.element.name == "unit"
    assert [inner.content for inner in unit.element.children("unit")] == [["a"]]


def test_references_and_cdata_are_text_and_comments_are_not() -> None:
    assert texts("<root><unit>&lt;&#233;<![CDATA[<b>&amp;]]><!-- no --><?no?>&amp;</unit></root>") == ["<é<b>&amp;&"]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_lines_are_counted_whatever_ends_them(ending: str) -> None:
    document = ending.join(
        ["<?xml version='1.0'?>", "<root>", *["<!-- x -->"] * 9_000, "<unit>a", "b</unit>", "</root>"]
    )
    unit = read(document)[1]
    assert unit.element.line == 9_003
    assert text(unit.element) == "a\nb"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252", "us-ascii"])
def test_encodings(encoding: str) -> None:
    word = "cafe" if encoding == "us-ascii" else "café"
    document = f'<?xml version="1.0" encoding="{encoding}"?><root><unit>{word}</unit></root>'
    assert texts(document.encode(encoding)) == [word]


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [(codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")],
)
def test_byte_order_marks(mark: bytes, encoding: str) -> None:
    assert texts(mark + "<root><unit>é€😀</unit></root>".encode(encoding)) == ["é€😀"]


@pytest.mark.parametrize("encoding", ["klingon", "utf-7", "shift_jis", "rot13", "hex", "undefined", "idna", "aliases"])
def test_encodings_that_cannot_be_read_are_named(encoding: str) -> None:
    error = failure(f'<?xml version="1.0" encoding="{encoding}"?><root/>')
    assert error.line == 1
    assert "encoding" in error.what
    assert "iconv" in error.remedy


@pytest.mark.parametrize(
    ("document", "line"),
    [
        ("<root>\n<unit>a & b</unit></root>", 2),
        ("<root>\n\n<unit>&nbsp;</unit></root>", 3),
        ("<root>\n<unit>a</root>", 2),
        ("<root>\n<unit a='1' a='2'/></root>", 2),
        ("<root>\n<unit>&#31;</unit></root>", 2),
        ("<root/>\n<root/>", 2),
        ("<root>\n", 2),
        ("just text", 1),
        (b"<root>\n<unit>caf\xe9</unit></root>", 2),
        ("   ", 1),
    ],
)
def test_malformed_documents_name_the_line(document: str | bytes, line: int) -> None:
    assert failure(document).line == line


def test_an_empty_file_and_another_root_are_told() -> None:
    assert "empty" in failure("").what
    error = failure("<!-- a page -->\n<html><body/></html>")
    assert "<html>" in error.what
    assert "<root>" in error.what
    assert error.line == 2


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        list(read_units(tmp_path / "absent.xml", "root", NAMES))
    with pytest.raises(InputError, match="cannot be read"):
        list(read_units(tmp_path, "root", NAMES))


LAUGHS = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE root [<!ENTITY x SYSTEM "{secret}">]>',
        '<!DOCTYPE root [<!ENTITY % x SYSTEM "{secret}"> %x;]>',
        f'<!DOCTYPE root [<!ENTITY l0 "ha"><!ENTITY x "&l9;">{LAUGHS}]>',
        f'<!DOCTYPE root [<!ENTITY x "{"a" * 50_000}">]>',
        '<!DOCTYPE root [<!ATTLIST unit a CDATA "filled in">]>',
    ],
)
def test_document_types_that_declare_are_refused_before_anything_is_followed(declaration: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the-secret")
    document = "<?xml version='1.0'?>\n" + declaration.replace("{secret}", secret.as_uri())
    error = failure(f"{document}\n<root><unit>{'&x;' * 1000}</unit></root>")
    assert error.line == 2
    assert "nothing was fetched" in error.what
    assert "delete" in error.remedy
    assert "the-secret" not in str(error)


def test_a_refused_document_type_yields_nothing_first() -> None:
    with pytest.raises(InputError):
        next(read_units(in_memory("<!DOCTYPE root [ ]><root><unit/></root>"), "root", NAMES))


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE root SYSTEM "tmx14.dtd">',
        '<!DOCTYPE root PUBLIC "-//LISA//DTD" "http://127.0.0.1:9/tmx14.dtd">',
        '<!DOCTYPE root SYSTEM "file:///dev/zero">',
        "<!DOCTYPE root>",
    ],
)
def test_a_document_type_that_declares_nothing_is_passed_over(declaration: str) -> None:
    assert texts(f"{declaration}\n<root><unit>a&amp;&#98;</unit></root>") == ["a&b"]
    # What only the file that is not fetched could define does not vanish without a word.
    error = failure(f"{declaration}\n<root>\n<unit>a&nbsp;b</unit></root>")
    assert error.line == 3
    assert "character itself" in f"{error.cause} {error.remedy}"


def test_deep_nesting_is_refused() -> None:
    deepest = "<root>" + "<unit>" * 99 + "</unit>" * 99 + "</root>"
    assert len(read(deepest)) == 2
    error = failure("<root>\n" + "<unit>" * 100_000)
    assert "100 elements" in error.what
    assert error.line == 2


def test_a_long_unit_is_read_and_a_longer_one_refused() -> None:
    assert texts(f"<root><unit>{'a' * 999_984}</unit></root>") == ["a" * 999_984]
    for unit in (
        f"<unit>{'a' * 999_985}</unit>",
        f"<unit>\n{'<i/>' * 62_500}</unit>",
        f"<unit b='{'c' * 1_000_000}'/>",
    ):
        error = failure(f"<root>\n<unit/>\n{unit}</root>")
        assert "longer than 1,000,000" in error.what
        assert error.line == 3


def test_text_outside_of_units_has_no_limit() -> None:
    assert texts(f"<root><other>{'a' * 3_000_000}</other><unit>b</unit></root>") == ["b"]


@pytest.mark.parametrize("opening", ["<unit a='", "<!--", "<?", "<"])
def test_an_endless_token_is_refused_before_it_is_read_to_its_end(opening: str) -> None:
    path = in_memory(f"<root>\n{opening}{'a' * 20_000_000}")
    with pytest.raises(InputError, match="4,194,304 bytes") as caught:
        list(read_units(path, "root", NAMES))
    assert caught.value.line == 2
    assert path.stream.asked < 5_000_000


def test_an_endless_supply_of_names_is_refused() -> None:
    assert "different names" in failure("<root>" + "".join(f"<a{i}/>" for i in range(15_000)) + "</root>").what
    assert "different names" in failure("<root>" + "".join(f"<a b{i}=''/>" for i in range(15_000)) + "</root>").what
    assert len(read("<root>" + "<unit a='1'/>" * 15_000 + "</root>")) == 15_001


def test_units_are_yielded_while_the_file_is_being_read() -> None:
    path = in_memory("<root>" + "<unit>a</unit>\n" * 20_000 + "</root>")
    units = read_units(path, "root", NAMES)
    assert path.stream.asked == 0
    next(units)
    assert next(units).element.content == ["a"]
    assert 0 < path.stream.asked < 100_000
    assert sum(1 for _ in units) == 19_999
    assert path.stream.asked > 300_000


def test_the_file_is_closed_when_the_reader_is_left_early() -> None:
    path = in_memory("<root>" + "<unit>a</unit>\n" * 100_000 + "</root>")
    units = read_units(path, "root", NAMES)
    next(units)
    units.close()  # type: ignore[attr-defined]
    assert path.stream.closed


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_bytes_at_random_raise_nothing_else(data: bytes) -> None:
    try:
        units = read(data)
    except InputError:
        return
    assert units[0].element.name == "root"

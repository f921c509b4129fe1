"""Texts of nested JSON with the lines that they stand on."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dragoman.data.formats.nested_json import parse_nested_json
from dragoman.errors import InputError

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
LEAF = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
DOCUMENT = st.recursive(LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3))


def fault(data: bytes) -> InputError:
    with pytest.raises(InputError) as caught:
        parse_nested_json(data, "a.json")
    assert str(caught.value.file) == "a.json"
    str(caught.value).encode()
    return caught.value


def test_strings_with_keys_and_lines() -> None:
    text = '\ufeff{"a":\r\n {"b": "x\u2028y", "n": 1e5, "t": true, "z": null,\n\n'
    text += '"l": ["p",\n"\\ud83d\\ude00"]},\n"a.b": "\\u0000"}'
    assert parse_nested_json(text.encode(), "a.json") == {
        ("a", "b"): ("x\u2028y", 2),
        ("a", "l", "0"): ("p", 4),
        ("a", "l", "1"): ("😀", 5),
        ("a.b",): ("\0", 6),
    }


def test_the_last_of_two_equal_keys_counts() -> None:
    assert parse_nested_json(b'{"a": {"b": "x"},\n"a": "y",\n"c": "z", "c": 1}', "a.json") == {("a",): ("y", 2)}


def test_keys_that_describe_others_are_left_out() -> None:
    data = b'{"@@locale": "en", "hello": "Hi", "@hello": {"description": "greets"}, "@user": "At user"}'
    assert list(parse_nested_json(data, "app_en.arb")) == [("hello",)]
    assert list(parse_nested_json(data, "app_en.json")) == [("hello",), ("@user",)]
    wiki = b'{"$schema": "x", "@metadata": {"authors": ["Somebody"], "locale": "en"}, "a": "A"}'
    assert list(parse_nested_json(wiki, "en.json")) == [("a",)]


@pytest.mark.parametrize(
    ("document", "texts"),
    [
        (
            {"name": {"message": "A $B$", "description": "no text", "placeholders": {"b": {"content": "$1"}}}},
            {("name", "message"): "A $B$"},
        ),
        ({"a": {"string": "A", "developer_comment": "no text", "context": "x"}}, {("a", "string"): "A"}),
        ({"a": {"defaultMessage": "A", "description": "no text"}}, {("a", "defaultMessage"): "A"}),
        ([{"id": "a", "defaultMessage": "A", "description": "no text"}], {("a", "defaultMessage"): "A"}),
        (
            {"a": {"one": "A", "other": "As", "description": "no text", "hash": "1"}, "b": "B"},
            {("a", "one"): "A", ("a", "other"): "As", ("b",): "B"},
        ),
        ([{"id": "a", "text": "A"}, {"id": "b", "text": "B"}], {("a", "text"): "A", ("b", "text"): "B"}),
        ([{"id": "a", "text": "A"}, {"id": "a", "text": "B"}], None),
        ({"a": {"message": "A", "description": "Ein Text", "title": "T"}}, None),
        ({"a": {"message": "A", "description": "Ein Text"}, "b": {"c": "C"}}, None),
    ],
)
def test_notes_for_developers_are_no_texts(document: object, texts: dict[tuple[str, ...], str] | None) -> None:
    found = {key: text for key, (text, _) in parse_nested_json(json.dumps(document).encode(), "a.json").items()}
    assert found == (leaves(document) if texts is None else texts)


def test_numbers_of_any_length_do_not_matter() -> None:
    data = b'{"a": ' + b"9" * 5000 + b', "b": NaN, "c": -Infinity, "d": "x"}'
    assert parse_nested_json(data, "a.json") == {("d",): ("x", 1)}


@pytest.mark.parametrize(
    ("data", "line", "what"),
    [
        (b"", 1, "not JSON"),
        (b'{"a":\n"b",\n}', 3, "not JSON"),
        (b'{"a": "b"}\n{}', 2, "not JSON"),
        (b'{"a": "b\0"}', 1, "not JSON"),
        (b'{"a": "line\nbreak"}', 1, "not JSON"),
        (b'{\n"a": "\xe4"}', 2, "byte 0xe4 (byte 7 of the line)"),
        ('{"a": "b"}'.encode("utf-16"), 1, "not UTF-8"),
        (b'{"ok": "fine",\n"a": "x\\udc00"}', 2, "\\udc00"),
        (b'{"ok": "fine",\n"\\ud800": "x"}', 2, "\\ud800"),
        (b'{"a": "\xed\xa0\x80"}', 1, "not UTF-8"),
    ],
)
def test_bad_files_are_named_with_the_line(data: bytes, line: int, what: str) -> None:
    error = fault(data)
    assert error.line == line
    assert what in error.what


@pytest.mark.parametrize("part", [b"[", b'{"a":', b'[{"a":'])
def test_depth_without_end_is_refused(part: bytes) -> None:
    assert "deeply" in fault(part * 100_000).what


def leaves(value: object, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], str]:
    if isinstance(value, str):
        return {path: value}
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {key: text for name, item in inner for key, text in leaves(item, (*path, str(name))).items()}


@given(DOCUMENT, st.sampled_from([None, 0, 2]), st.booleans())
def test_what_json_writes_is_read_back(document: object, indent: int | None, ascii: bool) -> None:
    data = json.dumps(document, indent=indent, ensure_ascii=ascii)
    found = parse_nested_json(data.encode(), "a.json")
    assert {key: text for key, (text, _) in found.items()} == leaves(document)
    for text, line in found.values():
        assert json.dumps(text, ensure_ascii=ascii) in data.split("\n")[line - 1]


@given(st.text('{}[]":,\\ u0d8e1-.tfn\n\t', max_size=30).map(str.encode) | st.binary(max_size=30))
@example(b"01")
@example(b"-")
@example("\u0661".encode())
def test_exactly_what_json_accepts_is_accepted(data: bytes) -> None:
    try:
        expected = leaves(json.loads(data.decode("utf-8-sig")))
        "".join("".join((*key, text)) for key, text in expected.items()).encode()
    except ValueError:
        expected = None
    try:
        found = {key: text for key, (text, _) in parse_nested_json(data, "a.json").items()}
    except InputError:
        found = None
    assert found == expected

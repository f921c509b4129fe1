"""JSON lines of every shape, and lines that are none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.data.chunk import Pair
from dragoman.data.formats.json_lines import read_json_lines
from dragoman.errors import InputError

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def write(folder: Path, data: str | bytes) -> Path:
    path = folder / "x.jsonl"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def fault(folder: Path, data: str | bytes, source: str = "en", target: str = "de") -> InputError:
    path = write(folder, data)
    with pytest.raises(InputError) as caught:
        list(read_json_lines(path, source, target))
    assert caught.value.file == path
    str(caught.value).encode()
    return caught.value


def test_pairs_with_their_lines(tmp_path: Path) -> None:
    path = write(
        tmp_path, '\ufeff{"en": "a\u2028b", "de": "ä"}\r\n\n  \n{"de": null, "x": [1], "en": "\\ud83d\\ude00\\u0000"}'
    )
    assert list(read_json_lines(path, "en", "de")) == [
        Pair("a\u2028b", "ä", str(path), 1),
        Pair("😀\0", "", str(path), 4),
    ]


@pytest.mark.parametrize(
    ("record", "text"),
    [
        ({"translation": {"en": "x"}}, "x"),
        ({"translation.en": "flat", "translation": {"en": "nested"}}, "flat"),
        ({"translation": None}, ""),
        ({"translation": {"en": None}}, ""),
    ],
)
def test_dotted_names_reach_into_objects(record: object, text: str, tmp_path: Path) -> None:
    path = write(tmp_path, json.dumps(record))
    assert next(read_json_lines(path, "translation.en", "translation.en")).source == text


def test_dotted_keys_inside_objects(tmp_path: Path) -> None:
    path = write(tmp_path, '{"a.b": {"c.d": "x"}, "a": {"b": 1}}')
    assert next(read_json_lines(path, "a.b.c.d", "a.b.c.d")).target == "x"


def test_a_missing_key_is_answered_with_those_there_are(tmp_path: Path) -> None:
    error = fault(
        tmp_path, '{"en": "", "de": ""}\n{"en": "", "translation": {"de": "", "fr": ""}}', "en", "translation.dee"
    )
    assert error.line == 1
    error = fault(tmp_path, '{"en": "", "de": ""}\n{"en": "", "translation": {"de": "", "fr": ""}}')
    assert (error.line, "en, translation.de, translation.fr" in error.what) == (2, True)
    assert (
        "`translation.de`" in fault(tmp_path, '{"en": "", "translation": {"de": ""}}', target="translation.dee").remedy
    )
    assert "\\ud800" in fault(tmp_path, '{"en": "", "\\ud800": ""}').what


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('{"en": "a"', "not JSON at character"),
        ("{'en': 1}", "not JSON at character 2"),
        ('{"en": "a\0"}', "not JSON"),
        ('{"en": "a"} {"en": "b"}', "not JSON"),
        ("[1]", "a list"),
        ('"en"', "text"),
        ("null", "null"),
        ("12", "a number"),
        ('{"en": 5, "de": ""}', "`en` is a number"),
        ('{"en": "", "de": true}', "`de` is true or false"),
        ('{"en": "", "de": ["x"]}', "`de` is a list"),
        ('{"en": {"text": ""}, "de": ""}', "`en` is an object"),
        ('{"en": "' + "a" * 3 + '\\ud800", "de": ""}', r"\ud800, at character 4"),
        ("[" * 100_000, "too deeply"),
        ('{"en":' * 100_000, "too deeply"),
        ('{"en": ' + "9" * 5000 + "}", "`en` is a number"),
    ],
)
def test_bad_lines_are_named(line: str, what: str, tmp_path: Path) -> None:
    error = fault(tmp_path, '{"en": "", "de": ""}\n\n' + line)
    assert error.line == 3
    assert what in error.what


def test_other_encodings_are_named(tmp_path: Path) -> None:
    assert fault(tmp_path, b'{"en": "", "de": ""}\n{"en": "\xe4", "de": ""}').line == 2
    assert fault(tmp_path, '{"en": ""}'.encode("utf-16")).line == 1


@given(st.lists(st.tuples(TEXT, TEXT), max_size=5), st.booleans())
def test_what_json_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, texts: list[tuple[str, str]], ascii: bool
) -> None:
    lines = [json.dumps({"t": {"en": en, "de": de}}, ensure_ascii=ascii) for en, de in texts]
    path = write(tmp_path_factory.getbasetemp(), "\n".join(lines))
    assert [(entry.source, entry.target) for entry in read_json_lines(path, "t.en", "t.de")] == texts


@given(st.binary(max_size=60) | st.text('{}[]":,\\ udend8\n', max_size=40).map(str.encode))
def test_no_bytes_raise_anything_but_input_errors(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = write(tmp_path_factory.getbasetemp(), data)
    try:
        for entry in read_json_lines(path, "en", "d"):
            f"{entry.source}{entry.target}".encode()
    except InputError as error:
        str(error).encode()

"""What files seem to be, by how they begin and what they are called."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.data.formats.signatures import seems_to_be


def zipped(*names: str, first: bytes = b"x") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            archive.writestr(name, first)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "seems"),
    [
        ("a", zipped("[Content_Types].xml", "word/document.xml"), "a Word document (DOCX)"),
        ("a.bin", zipped("[Content_Types].xml", "xl/workbook.xml"), "an Excel workbook (XLSX)"),
        ("a", zipped("mimetype", first=b"application/vnd.oasis.opendocument.text"), "an OpenDocument text (ODT)"),
        ("a.zip", zipped("de.json"), "a zip archive"),
        ("a.txt", b"%PDF-1.7\n", "a PDF document"),
        ("a.tsv", b"\x1f\x8b\x08\0", "a file compressed by gzip"),
        ("a", b"SQLite format 3\0", "an SQLite database"),
        ("a.po", b"\x89PNG\r\n\x1a\n", "a picture (PNG)"),
        ("a.ts", b'<?xml version="1.0"?>\n<!DOCTYPE TS>\n<TS version="2.1">', "a Qt catalogue (TS)"),
        ("app.ts", b"import { Component } from 'x';\n", None),
        ("a.xml", b"<resources>\n<string", "an XML document"),
        ("strings.xml", b'<?xml version="1.0"?>\n<resources>\n', "a file of Android strings"),
        ("a.resx", b'<?xml version="1.0"?>\n<!-- a -->\n<root>\n', "a file of .NET resources (RESX)"),
        ("a", b'<?xml version="1.0"?>\n<office:things>\n', "an XML document (<office:things>)"),
        ("a", b"\xef\xbb\xbf<!doctype html>\n<html>", "a web page (HTML)"),
        ("a.txt", b"1\r\n00:00:01,000 --> 00:00:02,000\r\nHi\r\n", "subtitles (SRT)"),
        ("a.txt", b"WEBVTT\n\n", "subtitles (WebVTT)"),
        ("a.txt", b'# c\nmsgid ""\nmsgstr ""\n', "a gettext catalogue (PO)"),
        ("a.pot", b'msgid ""\nmsgstr ""\n', "a gettext template (POT), which holds no translations"),
        ("Localizable.strings", b'/* c */\n"a" = "b";\n', "a file of Apple strings (STRINGS)"),
        ("x", '"a" = "b";\n'.encode("utf-16"), "a file of Apple strings (STRINGS)"),
        ("de.yml", b"de:\n  a: b\n", "a YAML document"),
        ("m.properties", b"a=b\n", "a file of Java properties"),
        ("de.json", b'{\n  "a": "b"\n}', "a JSON document"),
        ("x", b'{"a": 1}\n{"a": 2}\n', "JSON lines"),
        ("x", bytes(range(32)) * 8, "a binary file of a kind unknown here"),
        ("x", b"", "an empty file"),
    ],
)
def test_what_files_seem_to_be(name: str, data: bytes, seems: str | None) -> None:
    assert seems_to_be(data, name) == seems


@pytest.mark.parametrize(
    "text",
    [
        "Hello world.\n",
        "<b>Note</b> that this is text.\n",
        "Note: a colon\nis no YAML\n",
        "1\nOne is a number.\n",
        '"Quoted" speech = speech.\n',
        "{name} signed in\n",
        "[1] A footnote\n",
        "--- he said\n",
        "msgid is a keyword\n",
        "Grüße\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "latin1", "utf-16"])
def test_sentences_are_nothing_in_particular(text: str, encoding: str) -> None:
    assert seems_to_be(text.encode(encoding), "a.txt") is None


@given(st.binary(max_size=60), st.text(max_size=8))
def test_no_bytes_are_too_odd(data: bytes, name: str) -> None:
    assert seems_to_be(data, name) != ""

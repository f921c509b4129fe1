"""Documents are no lines of text; lines of text are no documents."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from dragoman.data.corpora import read_corpus, read_corpus_chunks
from dragoman.data.formats.plain_text import checked_text, document_kind
from dragoman.errors import InputError
from dragoman.recipe.data import CorpusRecipe


def packed(*names: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return data.getvalue()


DOCUMENTS = [
    ("a.po", b'msgid ""\nmsgstr ""\n', "gettext catalogue"),
    ("a.pot", b"# only comments\n", "gettext template"),
    ("a.txt", b'#, fuzzy\nmsgid "a"\nmsgstr "b"\n', "gettext catalogue"),
    ("a.mo", b"\xde\x12\x04\x95\0\0\0\0", "compiled gettext catalogue"),
    ("a.srt", b"1\r\n00:00:01,000 --> 00:00:02,000\r\nHi\r\n", "subtitles"),
    ("a", b"\xef\xbb\xbf1\n00:00:01,000 --> 00:00:02,000\nHi\n", "subtitles"),
    ("a.vtt", b"WEBVTT\n\n", "subtitles"),
    ("a.ass", b"[Script Info]\n", "subtitles"),
    ("a.xlf", b"<?xml version='1.0'?><xliff version='1.2'>", "XLIFF"),
    ("a.sdlxliff", b"<?xml version='1.0'?><xliff version='1.2'>", "XLIFF"),
    ("a.tmx", b"<?xml version='1.0'?>\n<tmx version='1.4'>", "translation memory"),
    ("a.docx", packed("[Content_Types].xml", "word/document.xml"), "Word document"),
    ("a.txt", packed("xl/workbook.xml"), "Excel workbook"),
    ("a.pptx", packed("ppt/presentation.xml"), "PowerPoint"),
    ("a.zip", packed("a.txt"), "zip archive"),
    ("a.txt", b"%PDF-1.7\n", "PDF"),
    ("a.html", b"<p>a</p>\n", "web page"),
    ("a.txt", b"<!DOCTYPE html>\n<html>", "web page"),
    ("a.json", b'{"a": "b"}\n', "JSON document"),
    ("a.jsonl", b'{"a": "b"}\n{"a": "c"}\n', "JSON lines"),
    ("a.csv", b"a,b\n1,2\n", "table"),
    ("a.tsv.gz", b"a\tb\n1\t2\n", "table"),
    ("a.parquet", b"PAR1\0\0", "Parquet"),
    ("a.yml", b"a: b\n", "YAML"),
    ("a.properties", b"a=b\n", "properties"),
    ("a.strings", b'"a" = "b";\n', "Apple strings"),
    ("a.arb", b'{"a": "b"}', "JSON document|Flutter"),
    ("a.txt", bytes(range(32)) * 8, "binary"),
]


@pytest.mark.parametrize(("name", "data", "kind"), DOCUMENTS, ids=[f"{name} {kind}" for name, _, kind in DOCUMENTS])
def test_documents_are_refused_by_name_and_by_content(name: str, data: bytes, kind: str) -> None:
    stream = io.BytesIO(data)
    with pytest.raises(InputError, match=rf"{name}: this is no plain text: it seems to be .*({kind})"):
        checked_text(stream, Path("folder") / name)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.txt", b"Hello.\n"),
        ("a.de", b"1\nzwei\n"),
        ("a.md", b"---\ntitle: a\n---\n# Hello\n"),
        ("a.txt", b'{"a": "b"} is JSON\n'),
        ("a.txt", b"<b>Bold</b> beginnings\n"),
        ("a.txt", b"#! and other marks\n"),
        ("a.txt", b"a\tb\n"),
        ("a.arb", "مرحبا\n".encode()),
        ("a.txt", "Grüße\n".encode("latin-1")),
        ("a.txt", "Grüße\n".encode("utf-16")),
        ("a.po.txt", b"Po\n"),
        ("a.txt", b""),
        ("", b"msgid is a word\n"),
    ],
)
def test_text_is_text(name: str, data: bytes) -> None:
    assert document_kind(data, name) is None


def test_a_stream_is_given_back_as_it_was() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    for stream in (io.BytesIO(b"a\nb\n" * 5000), Pipe(b"a\nb\n" * 5000)):
        assert checked_text(stream, "standard input").read() == b"a\nb\n" * 5000
    with pytest.raises(InputError, match="standard input: this is no plain text: it seems to be a PDF"):
        checked_text(Pipe(b"%PDF-1.7\n"), "standard input")


@pytest.mark.parametrize("read", [read_corpus, read_corpus_chunks])
def test_nothing_learns_from_the_lines_of_a_document(tmp_path: Path, read) -> None:
    (tmp_path / "a.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nHi\n")
    (tmp_path / "a.de").write_text("1\n2\n3\n")
    for recipe in (
        CorpusRecipe(text=tmp_path / "a.srt"),
        CorpusRecipe(source=tmp_path / "a.de", target=tmp_path / "a.srt"),
    ):
        with pytest.raises(InputError, match=r"a\.srt: this is no plain text: it seems to be subtitles"):
            list(read(recipe, "en", "de"))

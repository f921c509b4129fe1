"""Text files that no one would want to be given."""

from __future__ import annotations

from pathlib import Path

import pytest

from dragoman.data import text_file
from dragoman.data.cleaning import Cleaner, CleaningReport
from dragoman.data.corpora import read_corpus
from dragoman.data.formats.detection import detect_format
from dragoman.data.line_pairs import read_line_chunks
from dragoman.errors import InputError
from dragoman.recipe.data import CleaningRecipe, CorpusRecipe


def files(folder: Path, source: bytes, target: bytes) -> tuple[Path, Path]:
    paths = folder / "a.en", folder / "a.de"
    for path, content in zip(paths, (source, target), strict=True):
        path.write_bytes(content)
    return paths


def test_a_line_of_a_megabyte_is_a_counted_drop(tmp_path: Path) -> None:
    long = b"word " * 200_000
    paths = files(tmp_path, b"fine\n" + long + b"\nalso fine\n", b"gut\n" + long + b"\nauch gut\n")
    report = CleaningReport()
    chunks = Cleaner(CleaningRecipe(), "en", "de").clean(read_line_chunks(*paths), report)
    kept = [pair for chunk in chunks for pair in chunk.pairs()]
    assert [pair.source for pair in kept] == ["fine", "also fine"]
    assert report.dropped == {"overlong": 1}
    assert len(report.examples["overlong"][0]["source"]) == 80


def test_a_file_without_lines_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_file, "_LONGEST_LINE", 1000)
    paths = files(tmp_path, b"a\n" + b"x" * 5000, b"b\ny\n")
    with pytest.raises(InputError, match=r"a\.en:2: a line of"):
        list(read_line_chunks(*paths))


def test_control_characters_and_separators(tmp_path: Path) -> None:
    source = "one\x00two\nfirst\u2028second\nthree\r\nfour\x85five\nsix\u202eseven\n"
    target = "eins\nzwei und drei\ndrei\nvier\nsieben\n"
    paths = files(tmp_path, source.encode(), target.encode())
    report = CleaningReport()
    chunks = Cleaner(CleaningRecipe(), "en", "de").clean(read_line_chunks(*paths), report)
    kept = [pair for chunk in chunks for pair in chunk.pairs()]
    assert [pair.source for pair in kept] == ["first second", "three", "four five"]
    assert report.dropped == {"control characters": 2}


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("a.tsv", b"", "table"),
        ("a.TMX", b"", "tmx"),
        ("a.whl", b"", "catalogue"),
        ("a", b"PAR1\x15", "parquet"),
        ("a", b"\xde\x12\x04\x95\0\0", "mo"),
        ("a", b"PK\x03\x04", "catalogue"),
        ("a", b'<?xml version="1.0"?>\n<tmx version="1.4">', "tmx"),
        ("a.xml", b'\xef\xbb\xbf<xliff version="2.0">', "xliff"),
        ("a.xml", '<?xml version="1.0" encoding="UTF-16"?><tmx>'.encode("utf-16"), "tmx"),
        ("a.json", b'{"source": "a", "target": "b"}\n', "json-lines"),
        ("a.txt", b'# comment\nmsgid ""\nmsgstr ""\n', "po"),
        ("a.txt", b"one\teins\ntwo\tzwei\n", "table"),
    ],
)
def test_formats_are_told_by_name_or_content(tmp_path: Path, name: str, content: bytes, found: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert detect_format(tmp_path / name) == found


@pytest.mark.parametrize(
    ("name", "content", "seems"),
    [
        ("a.dat", b"", "an empty file"),
        ("a.dat", b"plain text\n", "plain text"),
        ("a.dat", b"<html></html>", "a web page (HTML)"),
        ("a.dat", bytes(range(128, 256)), "plain text"),
        ("a.xlsx", b"PK\x03\x04", "an Excel workbook (XLSX)"),
        ("de.json", b'{\n"a": "b"}\n', "a JSON document"),
        ("de.yml", b"de:\n  a: b\n", "a YAML document"),
    ],
)
def test_what_is_no_file_of_pairs_is_named(tmp_path: Path, name: str, content: bytes, seems: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        detect_format(tmp_path / name)
    assert caught.value.what.endswith(f"it seems to be {seems}")
    assert "XLIFF, TMX" in (caught.value.remedy or "")
    advice = {"a.xlsx": "CSV", "de.json": "--catalogue", "de.yml": "PO or XLIFF"}
    assert advice.get(name, "") in (caught.value.remedy or "")
    # Given as a catalogue it is told in the same way.
    with pytest.raises(InputError, match="it seems to be"):
        read_corpus(CorpusRecipe(path=tmp_path / name, format="catalogue"), "en", "de")


def test_a_folder_is_a_catalogue_and_nothing_is_an_error(tmp_path: Path) -> None:
    assert detect_format(tmp_path) == "catalogue"
    with pytest.raises(InputError, match="no such file"):
        detect_format(tmp_path / "gone")


def test_a_table_without_a_header_line(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("x\tone\teins\ny\ttwo\tzwei\n", encoding="utf-8")

    def sides(left: str, right: str) -> list[tuple[str, str, int]]:
        recipe = CorpusRecipe(path=tmp_path / "a.tsv", source_column=left, target_column=right)
        return [(entry.source, entry.target, entry.line) for entry in read_corpus(recipe, "en", "de")]

    assert sides("2", "3") == [("one", "eins", 1), ("two", "zwei", 2)]
    assert sides("one", "eins") == [("two", "zwei", 2)]
    with pytest.raises(InputError, match="no column 4; the first row has 3 fields"):
        sides("1", "4")
    with pytest.raises(InputError, match="no column 0"):
        sides("0", "1")

"""Good input becomes pairs with their place; bad input becomes an error with file, line and remedy."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dragoman.data.corpora import read_corpus, read_frame, read_lines, read_table
from dragoman.errors import InputError
from dragoman.recipe.data import CorpusRecipe


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def sides(pairs) -> list[tuple[str, str]]:
    return [(pair.source, pair.target) for pair in pairs]


def test_lines(tmp_path: Path) -> None:
    source = write(tmp_path / "a.en", "\ufeffone\r\n\ntwo\u2028still two\nthree")
    target = write(tmp_path / "a.de", "eins\nleer\nzwei\ndrei\n")
    pairs = list(read_lines(source, target))
    assert sides(pairs) == [("one", "eins"), ("", "leer"), ("two\u2028still two", "zwei"), ("three", "drei")]
    assert [pair.line for pair in pairs] == [1, 2, 3, 4]
    assert pairs[0].file == str(source)


@pytest.mark.parametrize(("left", "right", "message"), [("a\nb\nc\n", "x\n", "1 .*3"), ("a\n", "x\ny\n", "1 .*2")])
def test_different_lengths(tmp_path: Path, left: str, right: str, message: str) -> None:
    source, target = write(tmp_path / "a.en", left), write(tmp_path / "a.de", right)
    with pytest.raises(InputError, match=message) as error:
        list(read_lines(source, target))
    assert "align" in error.value.remedy


def test_missing_file_and_folder(tmp_path: Path) -> None:
    here = write(tmp_path / "a.en", "a\n")
    with pytest.raises(InputError, match=r"gone\.de.*no such file"):
        list(read_lines(here, tmp_path / "gone.de"))
    with pytest.raises(InputError, match="cannot be read"):
        list(read_lines(here, tmp_path))


def test_not_utf8_names_line_and_byte(tmp_path: Path) -> None:
    source = write(tmp_path / "a.en", b"fine\ncaf\xe9\n")
    target = write(tmp_path / "a.de", "gut\nKaffee\n")
    with pytest.raises(InputError, match=r"a\.en:2: not UTF-8: byte 0xe9 at character 4") as error:
        list(read_lines(source, target))
    assert "iconv" in error.value.remedy


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.tsv", "en\tde\tnote\nhello, you\thallo\tx\n"),
        ("t.csv", 'note,en,de\nx,"hello, you",hallo\n'),
        ("t.csv", 'en;de\n"hello, you";hallo\n'),
        ("t.txt", "de\ten\nhallo\thello, you\n"),
    ],
)
def test_tables(tmp_path: Path, name: str, text: str) -> None:
    assert sides(read_table(write(tmp_path / name, text), "en", "de")) == [("hello, you", "hallo")]


def test_table_lines_are_those_of_the_file(tmp_path: Path) -> None:
    table = write(tmp_path / "t.csv", 'en,de\n"two\nlines",zwei\n\none,eins\n')
    assert [(pair.source, pair.line) for pair in read_table(table, "en", "de")] == [("two\nlines", 2), ("one", 5)]


def test_missing_column_names_the_nearest(tmp_path: Path) -> None:
    table = write(tmp_path / "t.tsv", "english\tgerman\na\tb\n")
    with pytest.raises(InputError, match="no column `germn`; there are: english, german") as error:
        list(read_table(table, "english", "germn"))
    assert "`german`" in error.value.remedy


def test_row_with_too_many_fields(tmp_path: Path) -> None:
    table = write(tmp_path / "t.csv", "en,de\na,b\nc,d,e\n")
    with pytest.raises(InputError, match=r"t\.csv:3: this row has 3 fields, and the header has 2"):
        list(read_table(table, "en", "de"))


@pytest.mark.parametrize("content", [b"", b"en,de\n"])
def test_table_without_rows(tmp_path: Path, content: bytes) -> None:
    table = write(tmp_path / "t.csv", content)
    if content:
        assert list(read_table(table, "en", "de")) == []
    else:
        with pytest.raises(InputError, match="no column `en`"):
            list(read_table(table, "en", "de"))


def test_table_that_is_not_utf8(tmp_path: Path) -> None:
    table = write(tmp_path / "t.csv", b"en,de\na,b\nc,\xff\n")
    with pytest.raises(InputError, match=r"t\.csv:3: not UTF-8"):
        list(read_table(table, "en", "de"))


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), min_size=1)


@settings(deadline=None)
@given(rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5), separator=st.sampled_from(["csv", "tsv"]))
def test_what_pandas_writes_is_read_back(tmp_path_factory: pytest.TempPathFactory, rows, separator: str) -> None:
    # A field with a tab and a line break in it looks like two rows of a file without quotes, and is read as these.
    assume(separator == "csv" or not any("\t" in cell and "\n" in cell for row in rows for cell in row))
    path = tmp_path_factory.mktemp("table") / f"t.{separator}"
    frame = pd.DataFrame(rows, columns=["en", "de"])
    frame.to_csv(path, sep="," if separator == "csv" else "\t", index=False, quoting=csv.QUOTE_MINIMAL)
    assert sides(read_table(path, "en", "de")) == rows


def test_frame() -> None:
    frame = pd.DataFrame({"en": ["a", None, float("nan")], "de": ["x", "y", "z"]}, index=[7, 8, 9])
    pairs = list(read_frame(frame, "en", "de"))
    assert sides(pairs) == [("a", "x"), ("", "y"), ("", "z")]
    assert [pair.line for pair in pairs] == [1, 2, 3]


def test_frame_with_numbers_or_without_column() -> None:
    frame = pd.DataFrame({"en": ["a", 5], "de": ["x", "y"]}, dtype=object)
    with pytest.raises(InputError, match=r"row 2 .* holds 5, which is int"):
        list(read_frame(frame, "en", "de"))
    with pytest.raises(InputError, match="no column `fr`"):
        list(read_frame(frame, "en", "fr"))


def test_read_corpus_takes_what_the_recipe_names(tmp_path: Path) -> None:
    lines = CorpusRecipe(source=write(tmp_path / "a", "a\n"), target=write(tmp_path / "b", "b\n"))
    table = CorpusRecipe(path=write(tmp_path / "t.tsv", "source\ttarget\na\tb\n"))
    assert sides(read_corpus(lines, "en", "de")) == sides(read_corpus(table, "en", "de")) == [("a", "b")]

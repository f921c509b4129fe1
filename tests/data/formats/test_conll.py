from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.data.formats.conll import read_conll
from dragoman.data.formats.detection import detect_format
from dragoman.errors import InputError

NEWS = """\
-DOCSTART- -X- O

# sentence 1
Anna NNP B-PER
sees VBZ O
# SYM O

# sentence 2

Rome NNP B-LOC
"""


def read(folder: Path, text: str) -> list[tuple[str, str, int]]:
    path = folder / "news.conll"
    path.write_text(text, encoding="utf-8", newline="")
    return [(pair.source, pair.target, pair.line) for pair in read_conll(path)]


def test_words_are_the_first_column_and_tags_the_last(tmp_path: Path) -> None:
    assert read(tmp_path, NEWS) == [("Anna sees #", "B-PER O O", 4), ("Rome", "B-LOC", 10)]
    assert detect_format(tmp_path / "news.conll") == "conll"


def test_tabs_part_columns_where_there_are_some(tmp_path: Path) -> None:
    assert read(tmp_path, "#\tO\r\nRome\tB-LOC\r\n \r\n\r\n") == [("# Rome", "O B-LOC", 1)]
    with pytest.raises(InputError, match=r"news.conll:2: the word `New York` has white space"):
        read(tmp_path, "Rome\tB-LOC\nNew York\tB-LOC\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A sentence\nof text\nalone\n", r":3: `alone` stands alone"),
        ("Anna NNP B-PER\nsees O\n", r":2: this line has 2 columns, and the first has 3"),
        ("Anna\tB-PER\nsees\t\n", r":2: `sees` stands alone"),
        ("a\tb\tO\n\tb\tO\n", r":2: this line has 2 columns"),
    ],
)
def test_bad_lines_are_named(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"news.conll{message}"):
        read(tmp_path, text)


@given(content=st.binary(max_size=60) | st.text("aO\t #\n\r", max_size=40).map(str.encode))
def test_nothing_but_sentences_or_an_error(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "any.conll"
    path.write_bytes(content)
    with contextlib.suppress(InputError):
        for pair in read_conll(path):
            assert len(pair.source.split()) == len(pair.target.split()) > 0

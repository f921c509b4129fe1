"""Input that real files and frames hold and no specification mentions."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.data.chunk import Pair, chunked
from dragoman.data.cleaning import Cleaner, CleaningReport
from dragoman.data.corpora import read_frame, read_lines
from dragoman.errors import InputError
from dragoman.recipe.data import CleaningRecipe


def clean(pairs: list[Pair], recipe: CleaningRecipe, report: CleaningReport) -> list[Pair]:
    return [pair for kept in Cleaner(recipe, "en", "de").clean(chunked(pairs), report) for pair in kept.pairs()]


def files(folder: Path, source: bytes, target: bytes) -> tuple[Path, Path]:
    paths = folder / "a.en", folder / "a.de"
    for path, content in zip(paths, (source, target), strict=True):
        path.write_bytes(content)
    return paths


LINES = st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\ufeff")), min_size=1)


@settings(deadline=None)
@given(LINES, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans())
def test_lines_are_read_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], end: str, mark: bool, ends: bool
) -> None:
    ends = ends or not lines[-1]
    content = end.join(lines) + (end if ends else "")
    data = (b"\xef\xbb\xbf" if mark else b"") + content.encode()
    pairs = list(read_lines(*files(tmp_path_factory.mktemp("lines"), data, content.encode())))
    assert [pair.source for pair in pairs] == [pair.target for pair in pairs] == lines
    assert [pair.line for pair in pairs] == list(range(1, len(lines) + 1))


@pytest.mark.parametrize("separator", ["\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
def test_only_line_feeds_end_lines(tmp_path: Path, separator: str) -> None:
    text = f"a{separator}b\nc\n".encode()
    assert len(list(read_lines(*files(tmp_path, text, text)))) == 2


def test_empty_files_are_empty_corpora(tmp_path: Path) -> None:
    assert list(read_lines(*files(tmp_path, b"", b"\xef\xbb\xbf"))) == []


def test_pairs_come_before_the_error_behind_them(tmp_path: Path) -> None:
    pairs = read_lines(*files(tmp_path, b"a\nb\n", b"x\n"))
    assert next(pairs).target == "x"
    with pytest.raises(InputError, match=r"a\.de has 1 and .*a\.en has 2"):
        next(pairs)


def test_utf_16_is_recognised(tmp_path: Path) -> None:
    pairs = read_lines(*files(tmp_path, "Hallo\n".encode("utf-16"), b"x\n"))
    with pytest.raises(InputError, match="not UTF-8") as caught:
        next(pairs)
    assert "utf-16" in caught.value.remedy
    assert caught.value.line == 1


def test_the_wrong_byte_is_found_behind_other_letters(tmp_path: Path) -> None:
    pairs = read_lines(*files(tmp_path, "ok\nüber ".encode() + b"\xfc\n", b"x\ny\n"))
    with pytest.raises(InputError, match=r"a\.en:2: .*0xfc at character 6 \(byte 7 of the line\)"):
        list(pairs)


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA, pd.NaT])
def test_every_missing_value_is_an_empty_side(missing: object) -> None:
    frame = pd.DataFrame({"source": pd.Series(["a", missing], dtype=object), "target": ["x", "y"]})
    assert [pair.source for pair in read_frame(frame, "source", "target")] == ["a", ""]


def test_string_columns_and_odd_headers() -> None:
    frame = pd.DataFrame([["a", "x"], [pd.NA, "y"]], columns=[0, 1]).astype("string")
    assert [pair[:2] for pair in read_frame(frame, "0", "1")] == [("a", "x"), ("", "y")]


def test_one_column_may_be_both_sides() -> None:
    frame = pd.DataFrame({"text": ["a", "b"]})
    assert [pair[:2] for pair in read_frame(frame, "text", "text")] == [("a", "a"), ("b", "b")]


def test_a_number_in_a_frame_is_named() -> None:
    frame = pd.DataFrame({"source": ["a", 7], "target": ["x", "y"]}, dtype=object)
    with pytest.raises(InputError, match="row 2 of column `source` holds 7, which is int"):
        list(read_frame(frame, "source", "target"))


def test_the_report_shows_the_first_five_of_each_rule_shortened() -> None:
    report = CleaningReport()
    pairs = [Pair("x" * 200, "", "file", line) for line in range(1, 9)]
    assert list(clean(pairs, CleaningRecipe(), report)) == []
    shown = report.to_dict()["examples"]["empty"]
    assert [example["line"] for example in shown] == [1, 2, 3, 4, 5]
    assert shown[0]["source"] == "x" * 79 + "…"
    assert report.as_text() == "kept 0 of 8 pairs; dropped 8 empty"


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["a", "b c", " a", "é", "e\u0301", ""]), st.sampled_from(["x", "y "]))))
def test_cleaning_what_is_clean_changes_nothing(sides: list[tuple[str, str]]) -> None:
    once = list(
        clean([Pair(*side, "f", line) for line, side in enumerate(sides, 1)], CleaningRecipe(), CleaningReport())
    )
    report = CleaningReport()
    assert list(clean(once, CleaningRecipe(), report)) == once
    assert (report.read, report.kept, report.changed, report.dropped) == (len(once), len(once), 0, {})

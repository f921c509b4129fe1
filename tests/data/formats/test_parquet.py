"""Parquet files with columns of every kind of text, and of none."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.data.chunk import Pair
from dragoman.data.formats.parquet import read_parquet
from dragoman.errors import InputError

TEXT = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def write(folder: Path, columns: dict[str, pa.Array], **options: object) -> Path:
    path = folder / "x.parquet"
    pq.write_table(pa.table(columns), path, **options)
    return path


def fault(path: Path, source: str = "en", target: str = "de") -> InputError:
    with pytest.raises(InputError) as caught:
        list(read_parquet(path, source, target))
    assert caught.value.file == path
    return caught.value


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string()), pa.string_view()]
)
def test_every_kind_of_string(kind: pa.DataType, tmp_path: Path) -> None:
    column = pa.array(["a\0b", None, "ä\u2028"]).cast(kind)
    path = write(tmp_path, {"id": pa.array([1, 2, 3]), "de": column, "en": column})
    assert list(read_parquet(path, "en", "de")) == [
        Pair("a\0b", "a\0b", str(path), 1),
        Pair("", "", str(path), 2),
        Pair("ä\u2028", "ä\u2028", str(path), 3),
    ]


def test_fields_of_structs_and_rows_that_are_null(tmp_path: Path) -> None:
    records = [{"en": "a", "de": "b"}, None, {"en": None, "de": "c"}]
    path = write(tmp_path, {"translation": pa.array(records), "other": pa.array([1, 2, 3])})
    found = [(entry.source, entry.target) for entry in read_parquet(path, "translation.en", "translation.de")]
    assert found == [("a", "b"), ("", ""), ("", "c")]


def test_names_with_dots_and_columns_that_are_null_throughout(tmp_path: Path) -> None:
    columns = {"a.b": pa.array(["flat"]), "a": pa.array([{"b": "nested"}]), "n": pa.nulls(1)}
    path = write(tmp_path, columns)
    assert next(read_parquet(path, "a.b", "n"))[:2] == ("flat", "")
    assert next(read_parquet(path, "a.b", "a.b"))[:2] == ("flat", "flat")


def test_rows_are_counted_over_groups_and_batches(tmp_path: Path) -> None:
    texts = [str(number) for number in range(20_000)]
    path = write(tmp_path, {"en": pa.array(texts), "de": pa.array(texts)}, row_group_size=7_000)
    entries = list(read_parquet(path, "en", "de"))
    assert [entry.line for entry in entries] == list(range(1, 20_001))
    assert [entry.source for entry in entries] == texts


def test_columns_that_are_missing_or_no_text(tmp_path: Path) -> None:
    path = write(tmp_path, {"en": pa.array([1]), "t": pa.array([{"de": "x", "fr": b"y"}]), "l": pa.array([["x"]])})
    assert "column `en` is of type int64" in fault(path).what
    assert "column `t.fr` is of type binary" in fault(path, "t.fr").what
    assert "column `l` is of type list" in fault(path, "l").what
    missing = fault(path, "t.de", "t.dee")
    assert "en, t.de, t.fr, l" in missing.what
    assert missing.remedy == "did you mean `t.de`?"
    assert "no column `t`" in fault(path, "t.de", "t").what


def test_bytes_that_are_no_text_are_named_with_their_row(tmp_path: Path) -> None:
    raw = pa.array([b"ok", b"ab\xe4"]).view(pa.string())
    error = fault(write(tmp_path, {"en": pa.array(["x", "y"]), "de": raw}))
    assert (error.line, "0xe4 (byte 3" in error.what, "`de`" in error.what) == (2, True, True)


def test_files_that_are_no_parquet(tmp_path: Path) -> None:
    assert fault(tmp_path / "none").what == "no such file"
    assert "cannot be read: Is a directory" in fault(tmp_path).what
    whole = write(tmp_path, {"en": pa.array(["x"] * 50), "de": pa.array(["y"] * 50)}).read_bytes()
    path = tmp_path / "cut.parquet"
    for data in (b"", b"en\tde\n", whole[:-1], whole[: len(whole) // 2], b"PAR1" * 5):
        path.write_bytes(data)
        assert "Parquet" in fault(path).what


@given(st.lists(st.tuples(TEXT, TEXT), max_size=5))
def test_what_arrow_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, texts: list[tuple[str | None, str | None]]
) -> None:
    sides = [pa.array([row[side] for row in texts], pa.string()) for side in range(2)]
    path = write(tmp_path_factory.getbasetemp(), {"en": sides[0], "de": sides[1]})
    found = [(entry.source, entry.target) for entry in read_parquet(path, "en", "de")]
    assert found == [(source or "", target or "") for source, target in texts]

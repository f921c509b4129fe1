"""A log is read once, row after row, whatever happens to it in between."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pandas as pd
import pytest

from dragoman.errors import InputError
from dragoman.monitoring.log import Log
from dragoman.monitoring.position import START, Position


def lines(*numbers: int) -> str:
    return "".join(json.dumps({"n": number}) + "\n" for number in numbers)


def read(log: Log, most: int = 2) -> list[object]:
    found: list[object] = []
    while len(rows := log.read(most)):
        found += [record["n"] for record in rows.records]
    return found


def read_on(path: Path, at: Position) -> tuple[list[object], Position, list[str]]:
    log = Log(path, at, grows=True)
    found = read(log)
    log.close()
    return found, log.position, log.remarks


def test_each_call_goes_on_where_the_last_ended(tmp_path: Path) -> None:
    """A line that is half written is left for the next time; blank lines count as lines."""
    log = tmp_path / "app.jsonl"
    log.write_text(lines(1, 2) + "\n" + lines(3) + '{"n": 4')
    found, at, remarks = read_on(log, START)
    assert (found, at.line, remarks) == ([1, 2, 3], 4, [])
    log.write_text(log.read_text() + "4}\n" + lines(5))
    assert read_on(log, at)[:2][0] == [44, 5]
    assert read(Log(log, at)) == [44, 5]


def test_a_line_without_an_end_counts_where_nothing_more_is_written(tmp_path: Path) -> None:
    log = tmp_path / "app.jsonl"
    log.write_text(lines(1) + '{"n": 2}')
    assert read(Log(log)) == [1, 2]


def test_rows_come_while_a_log_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_text(lines(1))
    log = Log(path, grows=True)
    assert read(log) == [1]
    with path.open("a") as stream:
        stream.write(lines(2)[:-4])
        stream.flush()
        assert read(log) == []
        stream.write(lines(2)[-4:])
    assert read(log) == [2]
    path.rename(tmp_path / "app.log.1")
    with (tmp_path / "app.log.1").open("a") as stream:
        stream.write(lines(3))
    path.write_text(lines(4, 5))
    assert read(log) == [3, 4, 5]
    assert "rotated or cut after line 3" in log.remarks[0]
    path.write_text(lines(6))
    assert read(log) == [6]


def test_a_log_that_was_rotated_between_calls_is_read_to_its_end_first(tmp_path: Path) -> None:
    path = tmp_path / "app.jsonl"
    path.write_text(lines(1, 2))
    _, at, _ = read_on(path, START)
    path.rename(tmp_path / "app.jsonl.1")
    with (tmp_path / "app.jsonl.1").open("a") as stream:
        stream.write(lines(3))
    path.write_text(lines(4))
    found, at, remarks = read_on(path, at)
    assert (found, at.line) == ([3, 4], 1)
    assert "the rest of" in remarks[0]


@pytest.mark.parametrize("now", [lines(7), lines(7, 8, 9)])
def test_a_log_that_was_cut_is_read_from_its_beginning(tmp_path: Path, now: str) -> None:
    path = tmp_path / "app.jsonl"
    path.write_text(lines(1, 2))
    _, at, _ = read_on(path, START)
    path.write_text(now)
    found, at, remarks = read_on(path, at)
    assert found == [json.loads(line)["n"] for line in now.splitlines()]
    assert at.line == len(found)
    assert "rotated or cut after line 2" in remarks[0]


def test_parquet_and_compressed_logs_go_on_too(tmp_path: Path) -> None:
    table, packed = tmp_path / "log.parquet", tmp_path / "log.jsonl.gz"
    pd.DataFrame({"n": [1, 2, 3]}).to_parquet(table)
    packed.write_bytes(gzip.compress(lines(1, 2, 3).encode()))
    for path in (table, packed):
        found, at, _ = read_on(path, START)
        assert found == [1, 2, 3]
        assert read_on(path, at) == ([], at, [])
        begun = Log(path)
        assert len(begun.read(2)) == 2
        assert read(Log(path, begun.position)) == [3]
    pd.DataFrame({"n": [1, 2, 3, 4]}).to_parquet(table)
    assert read_on(table, at if at.offset == 3 else Position(3, 3, _position(tmp_path)))[0] == [4]
    pd.DataFrame({"n": [9, 9, 9, 9]}).to_parquet(table)
    found, _, remarks = read_on(table, Position(3, 3, "another"))
    assert found == [9, 9, 9, 9]
    assert remarks


def _position(folder: Path) -> str:
    path = folder / "same.parquet"
    pd.DataFrame({"n": [1, 2, 3]}).to_parquet(path)
    return read_on(path, START)[1].before


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", lines(1) + "{oops}\n", r"a.jsonl:2: not JSON at character 2"),
        ("a.jsonl", "[1]\n", r"a.jsonl:1: this line is a list and no object"),
        ("a.jsonl", lines(1) + "\xff\n", r"a.jsonl:2: not UTF-8"),
        ("a.csv", "n\n1\n", r"a.csv: a log is a file of JSON lines or Parquet"),
        ("a.parquet", "n\n1\n", r"a.parquet: this cannot be read as a Parquet file"),
    ],
)
def test_what_is_no_log_is_refused(tmp_path: Path, name: str, content: str, message: str) -> None:
    (tmp_path / name).write_bytes(content.encode("latin1"))
    with pytest.raises(InputError, match=message):
        read(Log(tmp_path / name))

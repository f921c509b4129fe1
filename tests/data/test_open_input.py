"""Every way in which a file may come: plain, compressed, through a pipe, with the line ends of any machine."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dragoman.data import compressed, text_file
from dragoman.data.corpora import read_corpus
from dragoman.data.formats.detection import detect_format
from dragoman.data.line_ends import with_line_feeds
from dragoman.data.line_pairs import read_line_chunks
from dragoman.data.open_input import decompressed, open_input
from dragoman.data.pipes import remembering_pipes
from dragoman.data.text_file import read_text_lines
from dragoman.errors import InputError
from dragoman.recipe.data import CorpusRecipe

TABLE = b"source\ttarget\none\teins\ntwo\tzwei\n"
PAIRS = [("one", "eins"), ("two", "zwei")]


def _zstandard(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return bytes(sink.getvalue())


COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": _zstandard,
}


@contextmanager
def piped(path: Path, data: bytes) -> Iterator[Path]:
    """A named pipe through which something comes once."""
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(data,), daemon=True)
    writer.start()
    yield path
    writer.join(10)
    assert not writer.is_alive()


def pairs(path: Path, **more: object) -> list[tuple[str, str]]:
    recipe = CorpusRecipe.model_validate({"path": path, **more})
    return [(entry.source, entry.target) for entry in read_corpus(recipe, "en", "de")]


@pytest.mark.parametrize("ending", COMPRESS)
@pytest.mark.parametrize("name", ["t.tsv", "t"])
def test_compressed_files_are_read_by_what_they_are(tmp_path: Path, ending: str, name: str) -> None:
    path = tmp_path / (name + (ending if name == "t.tsv" else ""))
    path.write_bytes(COMPRESS[ending](TABLE))
    assert detect_format(path) == "table"
    assert pairs(path) == PAIRS


@pytest.mark.parametrize("ending", COMPRESS)
def test_several_members_are_one_file(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"t{ending}"
    path.write_bytes(COMPRESS[ending](TABLE[:20]) + COMPRESS[ending](TABLE[20:]))
    assert open_input(path).read() == TABLE


@pytest.mark.parametrize("ending", COMPRESS)
def test_one_that_was_cut_short_is_refused(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"t.txt{ending}"
    whole = COMPRESS[ending](os.urandom(20_000).hex().encode())
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="cannot be decompressed") as fault:
        list(read_text_lines(path))
    assert fault.value.file == path


@pytest.mark.parametrize("ending", COMPRESS)
def test_one_that_grows_without_measure_is_refused(
    tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compressed, "_RATIO_MATTERS_FROM", 1 << 16)
    path = tmp_path / f"t.txt{ending}"
    path.write_bytes(COMPRESS[ending](b"all the same\n" * 500_000))
    with pytest.raises(InputError, match="times as many"):
        list(read_text_lines(path))


def test_a_pipe_is_read_once_and_gives_all_of_it_to_everyone(tmp_path: Path) -> None:
    with piped(tmp_path / "pipe", TABLE) as path, remembering_pipes():
        assert detect_format(path) == "table"
        assert pairs(path) == PAIRS
        first, second = open_input(path), open_input(path)
        assert (first.read(3), second.read(), first.read()) == (TABLE[:3], TABLE, TABLE[3:])


def test_formats_that_have_their_index_at_the_end_come_through_pipes(tmp_path: Path) -> None:
    file = tmp_path / "t.parquet"
    pq.write_table(pa.table({"source": ["one", "two"], "target": ["eins", "zwei"]}), file)
    with piped(tmp_path / "pipe", gzip.compress(file.read_bytes())) as path, remembering_pipes():
        assert pairs(path, format="parquet") == PAIRS


def test_a_pipe_that_is_read_once_is_read_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    opened = os.open(path, os.O_RDWR)
    os.write(opened, b"one\n")
    with open_input(path, once=True) as stream:
        assert stream.readline() == b"one\n"
        os.write(opened, b"two\n")
        assert stream.readline() == b"two\n"
        os.close(opened)


class Dribble(io.RawIOBase):
    """A stream that gives one byte at a time."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:
        data = self._data.read(min(1, len(buffer)))
        buffer[: len(data)] = data
        return len(data)


@example(data=b"a\rb\r\nc\r")
@example(data=b"\r\r")
@given(data=st.lists(st.sampled_from([b"a", b"\r", b"\n", b"\r\n", "\x85".encode()]), max_size=9).map(b"".join))
def test_returns_alone_end_lines_where_no_line_feed_does(data: bytes) -> None:
    stream = decompressed(io.BufferedReader(Dribble(data)), "x")
    assert with_line_feeds(stream).read() == (data if b"\n" in data else data.replace(b"\r", b"\n"))


def test_old_files_of_either_side_stay_aligned(tmp_path: Path) -> None:
    left, right = tmp_path / "x.en", tmp_path / "x.de"
    left.write_bytes("one\u0085and\rtwo\rthree".encode())
    right.write_bytes("eins\r\nzwei\u2028und\r\ndrei\r\n".encode())
    found = [(pair.source, pair.target) for chunk in read_line_chunks(left, right) for pair in chunk.pairs()]
    assert found == [("one\u0085and", "eins"), ("two", "zwei\u2028und"), ("three", "drei")]


@pytest.mark.parametrize(
    ("mark", "name"), [("\u0085", "NEL"), ("\u2028", r"U\+2028"), ("\r", "CR"), ("\x0c", "form feed")]
)
def test_what_other_programs_take_for_line_ends_is_named(tmp_path: Path, mark: str, name: str) -> None:
    left, right = tmp_path / "x.en", tmp_path / "x.de"
    left.write_bytes(f"one\ntwo{mark}three\n".encode())
    right.write_bytes(b"eins\nzwei\ndrei\n")
    with pytest.raises(InputError, match=name) as fault:
        list(read_line_chunks(left, right))
    assert "x.en" in str(fault.value.cause)


def test_what_has_no_lines_is_refused_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_file, "_LONGEST_LINE", 1000)
    path = tmp_path / "x.txt"
    path.write_bytes(b"short\n" + b"x" * 200_000)
    asked: list[int] = []

    class Watched(io.BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            line = super().readline(size)
            asked.append(len(line))
            return line

    with pytest.raises(InputError, match="without a line feed") as fault:
        text_file.next_raw_lines(Watched(path.read_bytes()), path, 1, 10_000)
    assert fault.value.line == 2
    assert sum(asked) <= 17 * 1000


def test_long_lines_come_in_smaller_parts_that_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_file, "_MOST_BYTES", 64)
    monkeypatch.setattr(text_file, "_AT_ONCE", 2)
    left, right = tmp_path / "x.en", tmp_path / "x.de"
    lines = [f"{'long ' * (number % 7)}{number}" for number in range(50)]
    left.write_text("".join(f"{line}\n" for line in lines))
    right.write_text("".join(f"{line} {line} {line}\n" for line in lines))
    found = [(pair.source, pair.target, pair.line) for chunk in read_line_chunks(left, right) for pair in chunk.pairs()]
    assert found == [(line, f"{line} {line} {line}", number) for number, line in enumerate(lines, start=1)]

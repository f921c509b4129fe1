from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from dragoman.contracts import Ending
from dragoman.data.line_chunks import START, LineChunk, Place, chunks_of, read_chunks
from dragoman.errors import DamagedFileError, InputError, OutputError
from dragoman.predict.file_translation import FileTranslation, Setting, Translated
from dragoman.predict.output_form import BestOnly, NBestTable
from dragoman.predict.translation import Translation
from dragoman.storage.resumable_file import progress_of

LINES = [f"line {number}" for number in range(10)]
TEXT = "".join(f"{line}\n" for line in LINES).encode()


class Seen:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.began: list[Place] = []
        self.lines: list[int] = []

    def begin(self, place: Place) -> None:
        self.began.append(place)

    def on_chunk(self, chunk: LineChunk, found: object) -> None:
        self.lines.append(chunk.first + len(chunk.lines))


class StandIn:
    """Writes in capitals and says with which line a chunk began; stops before a chunk if told to."""

    def __init__(self, stop_before: int | None = None) -> None:
        self.stop_before = stop_before

    def __call__(self, chunks: Iterable[LineChunk]) -> Iterator[Translated]:
        for chunk in chunks:
            if chunk.first == self.stop_before:
                raise KeyboardInterrupt
            texts = [f"{line.upper()} ({chunk.first})" for line in chunk.lines]
            yield chunk, [[Translation(text, 0.0, -1.0, Ending.COMPLETE, 2)] for text in texts]


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dragoman.data.line_chunks.CHUNK_LINES", 4)


def run(
    output: Path,
    text: bytes = TEXT,
    *,
    stop_before: int | None = None,
    resume: bool = False,
    made_with: dict[str, Setting] | None = None,
    form: BestOnly | NBestTable | None = None,
) -> Seen:
    seen = Seen()
    job = FileTranslation(output, form or BestOnly(), StandIn(stop_before), made_with or {"model": "a", "beam": 5})
    job.run(io.BytesIO(text), "in.txt", seen, resume=resume)
    return seen


def interrupted(output: Path, stop_before: int = 8) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(output, stop_before=stop_before)
    assert not output.exists()


def test_the_output_is_there_when_it_is_whole(tmp_path: Path) -> None:
    seen = run(tmp_path / "deep" / "out.txt")
    assert seen.began == [START]
    assert seen.lines == [4, 8, 10]
    assert (tmp_path / "deep" / "out.txt").read_text().splitlines()[3:5] == ["LINE 3 (0)", "LINE 4 (4)"]
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["out.txt"]


@pytest.mark.parametrize("form", [BestOnly(), NBestTable()])
@pytest.mark.parametrize("stop_before", [4, 8])
def test_an_interrupted_one_goes_on_where_it_stopped(
    tmp_path: Path, form: BestOnly | NBestTable, stop_before: int
) -> None:
    run(tmp_path / "whole.txt", form=form)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "out.txt", form=form, stop_before=stop_before)
    seen = run(tmp_path / "out.txt", form=form, resume=True)
    assert [place.line for place in seen.began] == [stop_before]
    assert (tmp_path / "out.txt").read_bytes() == (tmp_path / "whole.txt").read_bytes()
    assert not list(tmp_path.glob(".*"))


def test_the_rest_of_the_input_may_have_changed(tmp_path: Path) -> None:
    interrupted(tmp_path / "out.txt")
    run(tmp_path / "out.txt", TEXT + b"one more\n", resume=True)
    assert (tmp_path / "out.txt").read_text().splitlines()[-1] == "ONE MORE (8)"


@pytest.mark.parametrize("text", [TEXT.replace(b"line 2", b"Line 2"), TEXT[:30], b""])
def test_another_beginning_of_the_input_is_refused(tmp_path: Path, text: bytes) -> None:
    interrupted(tmp_path / "out.txt")
    with pytest.raises(InputError, match="first 8 lines, 56 bytes, are not those that were read before"):
        run(tmp_path / "out.txt", text, resume=True)
    run(tmp_path / "out.txt", resume=True)


@pytest.mark.parametrize(
    ("made_with", "said"),
    [
        ({"model": "b", "beam": 5}, "model was a and is b"),
        ({"model": "a", "beam": 1}, "beam was 5 and is 1"),
        ({"model": "a", "beam": 5, "language model": "c"}, "language model was None and is c"),
    ],
)
def test_another_model_or_search_is_refused(tmp_path: Path, made_with: dict[str, Setting], said: str) -> None:
    interrupted(tmp_path / "out.txt")
    with pytest.raises(OutputError, match=said):
        run(tmp_path / "out.txt", resume=True, made_with=made_with)
    run(tmp_path / "out.txt", resume=True)


def test_what_is_unfinished_is_not_overwritten_unasked(tmp_path: Path) -> None:
    interrupted(tmp_path / "out.txt")
    with pytest.raises(OutputError, match="an unfinished one lies beside it"):
        run(tmp_path / "out.txt")
    run(tmp_path / "out.txt", resume=True)
    with pytest.raises(OutputError, match="nothing to resume"):
        run(tmp_path / "out.txt", resume=True)
    run(tmp_path / "out.txt")


def test_resuming_before_anything_was_kept_begins(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "out.txt", stop_before=0)
    assert not list(tmp_path.iterdir())
    assert run(tmp_path / "out.txt", resume=True).began == [START]


@pytest.mark.parametrize("damage", ["output", "gone", "not json", "no facts", "format"])
def test_what_was_kept_and_altered_is_refused(tmp_path: Path, damage: str) -> None:
    interrupted(tmp_path / "out.txt")
    unfinished, progress = tmp_path / ".out.txt.new", progress_of(tmp_path / "out.txt")
    said = json.loads(progress.read_text())
    if damage == "output":
        unfinished.write_bytes(b"x" + unfinished.read_bytes()[1:])
    elif damage == "gone":
        unfinished.unlink()
    elif damage == "not json":
        progress.write_text("{")
    elif damage == "no facts":
        progress.write_text(json.dumps({**said, "facts": {"lines": 8}}))
    else:
        progress.write_text(json.dumps({**said, "format": 99}))
    with pytest.raises(DamagedFileError, match="begin anew"):
        run(tmp_path / "out.txt", resume=True)


def test_a_line_that_cannot_be_read_keeps_what_stands_before_it(tmp_path: Path) -> None:
    bad = TEXT.replace(b"line 9", b"lin\xe9 9")
    with pytest.raises(InputError, match=r"in\.txt:10: not UTF-8"):
        run(tmp_path / "out.txt", bad)
    assert run(tmp_path / "out.txt", resume=True).lines == [10]
    run(tmp_path / "whole.txt")
    assert (tmp_path / "out.txt").read_bytes() == (tmp_path / "whole.txt").read_bytes()


def test_chunks_end_by_lines_and_by_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dragoman.data.line_chunks.CHUNK_CHARACTERS", 10)
    lines = ["a", "b" * 20, "", "c", "d", "e", "f"]
    expected = [["a", "b" * 20], ["", "c", "d", "e"], ["f"]]
    assert [chunk.lines for chunk in chunks_of(lines)] == expected
    read = list(read_chunks(io.BytesIO("\r\n".join(lines).encode()), "in.txt"))
    assert [chunk.lines for chunk in read] == expected
    assert [chunk.first for chunk in read] == [0, 2, 6]
    for chunk in read:
        assert chunk.end is not None
        again = read_chunks(io.BytesIO("\r\n".join(lines).encode()), "in.txt", chunk.end)
        assert list(again) == [other for other in read if other.first >= chunk.end.line]


def test_a_line_that_is_a_document_is_refused_with_its_place() -> None:
    text = b"short\n" + b"word " * 300_000 + b"\n"
    with pytest.raises(InputError, match=r"at most 1,048,576 are translated as one") as fault:
        list(read_chunks(io.BytesIO(text), "x.txt"))
    assert fault.value.line == 2

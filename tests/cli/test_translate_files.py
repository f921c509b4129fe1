"""``dragoman translate`` from file to file."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from dragoman.cli.translate import _write_translations
from dragoman.cli.translation_progress import TranslationProgress
from dragoman.contracts import Ending
from dragoman.data.line_chunks import LineChunk, Place
from dragoman.model.build import build
from dragoman.model.folder import LoadedModel, save_model
from dragoman.model.memory import Room
from dragoman.native.library import load
from dragoman.predict import engine_memory
from dragoman.predict.output_form import BestOnly
from dragoman.predict.translation import Translation
from dragoman.predict.translator import Translator
from dragoman.recipe import recipe_from
from dragoman.text.codec import Codec
from dragoman.text.tokenizer import Tokenizer

STACK = {"layers": 1, "width": 16, "feed_forward": 16, "heads": 2}
LINES = ["a b", "c", "", "a b", "d e f", "c", "g", "b a", "e", "a b"]


def save(folder: Path, seed: int) -> Path:
    """A model with random weights."""
    recipe = recipe_from({"model": {"encoder": STACK, "decoder": STACK}, "search": {"beam": 2, "max_length_extra": 3}})
    codec = Codec(Tokenizer.train(["a b c d e f g"] * 9, vocabulary_size=300))
    save_model(folder, LoadedModel(build(recipe.model, codec.size, codec.size, seed), recipe, codec, codec), {})
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("models") / "one", 1)


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("dragoman.data.line_chunks.CHUNK_LINES", 4)
    file = tmp_path / "in.txt"
    file.write_text("".join(f"{line}\n" for line in LINES))
    return file


@pytest.fixture
def interrupt_at(monkeypatch: pytest.MonkeyPatch):
    """Lets Ctrl-C strike at a chosen search."""
    search = Translator._translate

    def arm(number: int) -> None:
        calls = iter(range(1, 100))

        def interrupted(self: Translator, *rest: object, **more: object):
            if next(calls) == number:
                raise KeyboardInterrupt
            return search(self, *rest, **more)

        monkeypatch.setattr(Translator, "_translate", interrupted)

    return arm


@pytest.mark.parametrize("options", [[], ["--n-best", 2]])
def test_interrupted_and_resumed_is_as_never_interrupted(
    run, model: Path, source: Path, tmp_path: Path, interrupt_at, options: list[object]
) -> None:
    assert run("translate", model, "--input", source, "--output", "whole.txt", *options)[0] == 0
    command = ["translate", model, "--input", source, "--output", "out.txt", *options]
    interrupt_at(3)
    status, _, errors = run(*command)
    assert status == 130
    assert "8 lines are translated and kept; --resume goes on after them" in errors
    assert not (tmp_path / "out.txt").exists()
    interrupt_at(99)
    status, _, errors = run(*command, "--resume", "--progress")
    assert status == 0
    assert "going on after line 8" in errors
    assert "10 lines translated" in errors
    assert (tmp_path / "out.txt").read_bytes() == (tmp_path / "whole.txt").read_bytes()


@pytest.mark.parametrize("options", [[], ["--n-best", 2], ["--json-lines"]])
def test_standard_output_gets_what_a_file_gets(
    run, model: Path, source: Path, tmp_path: Path, options: list[object]
) -> None:
    command = ["translate", model, "--input", source, "--quiet", *options]
    assert run(*command, "--output", "out.txt")[0] == 0
    status, output, _ = run(*command)
    assert status == 0
    assert output == (tmp_path / "out.txt").read_text()


def test_lines_are_let_go_before_later_ones_are_translated() -> None:
    sink, seen = io.BytesIO(), []
    let_go = lambda: seen.append(sink.getvalue())  # noqa: E731
    sink.flush = let_go  # type: ignore[method-assign]

    def parts():
        yield [FINE, FINE]
        assert seen[-1] == b"x\nx\n"
        yield [FINE]

    with TranslationProgress(shown=False) as progress:
        _write_translations([(chunk(0, 3), parts())], BestOnly(), progress, sink)
    assert seen == [b"", b"x\nx\n", b"x\nx\nx\n"]


def test_only_what_was_begun_alike_is_gone_on_with(
    run, model: Path, source: Path, tmp_path: Path, interrupt_at
) -> None:
    command = ["--input", source, "--output", "out.txt"]
    interrupt_at(2)
    assert run("translate", model, *command)[0] == 130
    interrupt_at(99)
    other = save(tmp_path / "other", 2)
    status, _, errors = run("translate", other, *command, "--resume")
    assert status == 1
    assert "its first 4 lines were translated otherwise: model was" in errors
    assert (
        "search was Beam(width=2, length_penalty=1.0) and is Greedy()"
        in run("translate", model, *command, "--resume", "--beam", 1)[2]
    )
    assert "an unfinished one lies beside it" in run("translate", model, *command)[2]
    assert run("translate", model, *command, "--resume")[0] == 0


@pytest.mark.skipif(load("engine") is None, reason="the engine was not built")
@pytest.mark.parametrize(("room", "said"), [(1000, "for the model in int8"), (100_000, "for its thread")])
def test_a_search_that_memory_does_not_suffice_for_is_refused(
    run, model: Path, monkeypatch: pytest.MonkeyPatch, room: int, said: str
) -> None:
    monkeypatch.setattr(engine_memory, "free_room", lambda: Room(room, "what this container may still take"))
    status, output, errors = run("translate", model, "--compute", "int8", "--quiet", stdin=b"a b c\n")
    assert (status, output) == (1, "")
    assert "the native engine needs" in errors
    assert said in errors
    assert "what this container may still take" in errors
    assert "Remedy: " in errors


def test_standard_output_cannot_be_resumed(run, model: Path) -> None:
    status, _, errors = run("translate", model, "--resume", stdin=b"a\n")
    assert status == 1
    assert "standard output cannot be resumed" in errors


def test_a_pipe_is_resumed_when_it_begins_again(run, model: Path, source: Path, tmp_path: Path, interrupt_at) -> None:
    assert run("translate", model, "--input", source, "--output", "whole.txt")[0] == 0
    interrupt_at(2)
    assert run("translate", model, "--output", "out.txt", stdin=source.read_bytes())[0] == 130
    interrupt_at(99)
    status, _, errors = run("translate", model, "--output", "out.txt", "--resume", stdin=b"another text\n" * 10)
    assert status == 1
    assert "standard input: its first 4 lines" in errors
    assert run("translate", model, "--output", "out.txt", "--resume", stdin=source.read_bytes())[0] == 0
    assert (tmp_path / "out.txt").read_bytes() == (tmp_path / "whole.txt").read_bytes()


def test_quiet_names_no_lines(run, model: Path, source: Path) -> None:
    arguments = ["translate", model, "--input", source, "--output", "out.txt"]
    assert "line 1: " in run(*arguments)[2], "random weights hardly ever end an output"
    assert run(*arguments, "--quiet")[2] == ""


def chunk(first: int, count: int) -> LineChunk:
    end = first + count
    return LineChunk(first, ["x"] * count, Place(end, 2 * end, ""))


FINE = [Translation("x", 0.0, -1.0, Ending.COMPLETE, 1)]


@pytest.mark.parametrize("terminal", [False, True])
def test_the_rate_is_this_sessions_and_the_time_left_goes_by_bytes(terminal: bool) -> None:
    text, now = io.StringIO(), [0.0]
    console = Console(file=text, force_terminal=terminal, force_interactive=terminal, width=200, color_system=None)
    with TranslationProgress(2000, shown=True, console=console, clock=lambda: now[0]) as progress:
        progress.begin(Place(500, 1000, ""))
        now[0] = 20.0
        progress.on_chunk(chunk(500, 100), [FINE] * 100)
    for expected in ("going on after line 500", "600 lines  60.0%", "5 lines/s  0:00:20  left 0:01:20"):
        assert expected in text.getvalue()


def test_a_line_now_and_then_where_there_is_no_terminal() -> None:
    text, now = io.StringIO(), [0.0]
    console = Console(file=text, force_terminal=False)
    with TranslationProgress(None, shown=True, console=console, clock=lambda: now[0]) as progress:
        progress.begin()
        for first in range(0, 30):
            now[0] += 1.0
            progress.on_chunk(chunk(first, 1), [FINE])
        progress.end()
    assert text.getvalue().splitlines() == [
        "10 lines  1 lines/s  0:00:10",
        "20 lines  1 lines/s  0:00:20",
        "30 lines  1 lines/s  0:00:30",
        "30 lines translated  1 lines/s  0:00:30",
    ]

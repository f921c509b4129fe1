from __future__ import annotations

import io
import math
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from dragoman.recipe import changed, recipe_from
from dragoman.training.observer import RewindRecord, RunStart, Sample, SkipRecord, UpdateRecord, ValidationRecord
from dragoman.training.progress import TerminalProgress, one_line, shortened

UPDATE = UpdateRecord(1, 1, 5.5, 1e-3, 2.5, 4000, 0.1, 1.0)
VALIDATION = ValidationRecord(
    1, 1, 3.25, 25.79, {"bleu": 12.5, "chrf": 40.25}, True, 1.0, Sample("a cat", "eine Katze", "ein Hund")
)


class Clock:
    """Seconds that pass only when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def run_start(update: int = 0, updates: int = 100, **training: object) -> RunStart:
    recipe = recipe_from({"training": {"updates": updates, "schedule": {"warmup": 1}, **training}})
    return RunStart(Path("runs/[red]mine"), recipe, update, updates, 1234567, "cpu, float32")


def watch(progress: TerminalProgress, clock: Clock, updates: range, seconds: float = 1.0) -> None:
    for update in updates:
        clock.now += seconds
        progress.on_update(replace(UPDATE, update=update, seconds=update * seconds))


def piped(encoding: str = "utf-8") -> tuple[TerminalProgress, Clock, io.BytesIO]:
    data, clock = io.BytesIO(), Clock()
    file = io.TextIOWrapper(data, encoding=encoding, write_through=True)
    return TerminalProgress(Console(file=file, force_terminal=False), clock), clock, data


def on_terminal(encoding: str = "utf-8", width: int = 100) -> tuple[TerminalProgress, Clock, io.BytesIO]:
    data, clock = io.BytesIO(), Clock()
    file = io.TextIOWrapper(data, encoding=encoding, write_through=True)
    console = Console(file=file, force_terminal=True, force_interactive=True, width=width, color_system=None)
    return TerminalProgress(console, clock), clock, data


def test_a_pipe_gets_plain_lines_every_ten_seconds():
    progress, clock, data = piped()
    progress.on_start(run_start())
    watch(progress, clock, range(1, 36))
    progress.on_end("stopped early")
    lines = data.getvalue().decode().splitlines()
    assert lines[0] == "[red]mine: 1,234,567 parameters on cpu, float32"
    assert [line.split()[1] for line in lines if line.startswith("update")] == ["10/100", "20/100", "30/100"]
    assert lines[-1] == "ended after 0:00:35: stopped early"
    assert "\x1b" not in data.getvalue().decode()


def test_rate_loss_and_times_are_right():
    progress, clock, data = piped()
    progress.on_start(run_start())
    watch(progress, clock, range(1, 11))
    line = data.getvalue().decode().splitlines()[-1]
    for expected in ("4,000 tokens/s", "loss 5.500", "lr 1.0e-03", "0:00:10", "left 0:01:30"):
        assert expected in line


def test_time_left_counts_validation_and_the_rate_does_not():
    progress, clock, data = piped()
    progress.on_start(run_start())
    watch(progress, clock, range(1, 10))
    clock.now += 40
    progress.on_validation(replace(VALIDATION, update=9))
    clock.now += 10
    watch(progress, clock, range(10, 11))
    line = data.getvalue().decode().splitlines()[-1]
    assert "4,000 tokens/s" in line
    assert "left 0:09:00" in line


def test_time_left_ends_where_the_recipe_says():
    progress, clock, data = piped()
    progress.on_start(run_start(minutes=0.5))
    watch(progress, clock, range(1, 11))
    assert "left 0:00:20" in data.getvalue().decode()


def test_time_left_counts_the_mini_batches_of_a_batch_that_grows():
    """Ten of 100 updates had one of them; 40 more have one, 50 have two."""
    progress, clock, data = piped()
    start = run_start()
    batch = {"first_accumulation": 1, "accumulation": 2, "growth_until": 0.5}
    progress.on_start(replace(start, recipe=changed(start.recipe, {"training": {"batch": batch}})))
    watch(progress, clock, range(1, 11))
    assert "left 0:02:20" in data.getvalue().decode()


def test_a_resumed_run_says_so_and_its_pace_is_of_this_session():
    progress, clock, data = piped()
    progress.on_start(run_start(update=50))
    watch(progress, clock, range(51, 61))
    text = data.getvalue().decode()
    assert "going on after update 50" in text
    assert "left 0:00:40" in text
    assert "4,000 tokens/s" in text


def test_a_validation_is_a_row_under_its_heading_with_the_sample():
    progress, _, data = piped()
    progress.on_start(run_start())
    progress.on_update(replace(UPDATE, loss=6.0, target_tokens=300))
    progress.on_update(replace(UPDATE, update=2, loss=2.0, target_tokens=100))
    progress.on_validation(replace(VALIDATION, update=2, training_loss=2.5))
    heading, row, *sample = data.getvalue().decode().splitlines()[2:]
    assert heading.split() == ["update", "epoch", "train", "loss", "valid", "loss", "perplexity", "BLEU", "chrF"]
    assert row.split() == ["2", "1", "2.500", "3.250", "25.790", "12.50", "40.25", "best"]
    assert row.index("3.250") + 5 == heading.index("valid loss") + 10
    assert [line.split(maxsplit=1) for line in sample] == [
        ["source", "a cat"],
        ["reference", "eine Katze"],
        ["output", "ein Hund"],
    ]


def test_numbers_out_of_bounds_are_shown():
    progress, _, data = piped()
    progress.on_start(run_start())
    progress.on_update(replace(UPDATE, loss=math.nan))
    progress.on_validation(replace(VALIDATION, perplexity=1e30, loss=math.inf, training_loss=math.nan))
    row = data.getvalue().decode().splitlines()[3]
    assert row.split()[2:5] == ["nan", "inf", "1.00e+30"]


def test_brackets_and_escapes_are_shown_and_not_obeyed():
    progress, _, data = piped()
    progress.on_start(run_start())
    progress.on_validation(replace(VALIDATION, sample=Sample("[bold]x[/nope] :smile:", "\x1b[31mred\x07", "a\nb\rc")))
    text = data.getvalue().decode()
    for expected in ("[bold]x[/nope] :smile:", " [31mred ", "a b c"):
        assert expected in text
    assert "\x1b" not in text


@pytest.mark.parametrize("make", [piped, on_terminal, partial(on_terminal, width=40)])
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_no_character_is_too_odd_for_any_encoding(make, encoding):
    progress, clock, data = make(encoding)
    with progress:
        progress.on_start(run_start())
        watch(progress, clock, range(1, 3))
        progress.on_validation(replace(VALIDATION, sample=Sample("猫 🎩" * 99, "\ud800\u2028\u202e", "é\0\uffff")))
        watch(progress, clock, range(3, 5))
        progress.on_end("dönë 猫")
    assert b"ended after" in data.getvalue()


@settings(max_examples=40, deadline=None)
@given(text=st.text(alphabet=st.characters(codec=None, categories=None)))
def test_any_sample_can_be_shown(text):
    progress, _, data = piped()
    progress.on_start(run_start())
    progress.on_validation(replace(VALIDATION, sample=Sample(text, text, text)))
    assert len(data.getvalue().decode().split("\n")) == 8


def test_a_skipped_update_is_a_line_with_the_module_and_the_corpus_lines():
    progress, _, data = piped()
    progress.on_start(run_start())
    lines = tuple(f"train.tsv:{number}" for number in range(1, 6))
    progress.on_skip(SkipRecord(1234, math.nan, math.inf, "output", "encoder.norm", lines, None))
    progress.on_skip(SkipRecord(1235, 2.5, math.nan, None, None, (), None))
    assert data.getvalue().decode().splitlines()[2:] == [
        "update 1,234 was skipped: loss nan, gradient norm inf (first in the output of encoder.norm); "
        "from train.tsv:1, train.tsv:2, train.tsv:3 and 2 more",
        "update 1,235 was skipped: loss 2.5, gradient norm nan (not found again)",
    ]


def test_a_rewind_is_a_line():
    progress, clock, data = piped()
    progress.on_start(run_start())
    watch(progress, clock, range(1, 9))
    progress.on_rewind(RewindRecord(8, 4, "the loss blew up", 0.5))
    watch(progress, clock, range(5, 9))
    assert data.getvalue().decode().splitlines()[2] == (
        "after update 8 the loss blew up: going back to the weights of update 4, "
        "and on with the data that follow, with 0.5 of the learning rate"
    )


@pytest.mark.parametrize("width", [20, 80, 200])
def test_a_terminal_gets_a_bar_and_is_left_whole(width):
    progress, clock, data = on_terminal(width=width)
    progress.on_start(run_start())
    assert b"\x1b[?25l" in data.getvalue()
    watch(progress, clock, range(1, 101))
    progress.on_end("all 100 updates done")
    text = data.getvalue().decode()
    assert "4,000 tokens/s" in text
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")
    assert "0:01:40: all 100 updates done" in text.splitlines()[-1]


def test_at_80_columns_all_figures_of_the_bar_fit():
    progress, clock, data = on_terminal(width=80)
    progress.on_start(run_start())
    watch(progress, clock, range(1, 101))
    progress.on_end("done")
    bars = [line for line in data.getvalue().decode().replace("\r", "\n").splitlines() if "100/100" in line]
    assert bars
    for expected in ("4,000 tokens/s", "loss 5.500", "lr 1.0e-03", "0:01:40", "left 0:00:00"):
        assert expected in bars[-1]


def test_a_failing_run_gives_the_terminal_back():
    progress, clock, data = on_terminal()

    def fail() -> None:
        with progress:
            progress.on_start(run_start())
            watch(progress, clock, range(1, 3))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    text = data.getvalue().decode()
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")
    progress.close()


@given(st.text(), st.integers(0, 60))
def test_shortened_text_fits_and_says_that_it_was_cut(text, cells):
    found = shortened(text, cells)
    assert cell_len(found) <= cells
    assert found == text or found.endswith("..."[:cells])


@given(st.text())
def test_one_line_keeps_what_can_be_seen(text):
    found = one_line(text)
    assert len(found) == len(text)
    assert len(found.splitlines()) <= 1
    assert "\x1b" not in found

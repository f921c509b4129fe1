from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.errors import DamagedFileError, InputError, OutputError
from dragoman.recipe import Recipe
from dragoman.training.history import COLUMNS, History, put_back, read_history
from dragoman.training.observer import (
    RewindRecord,
    RunStart,
    Sample,
    SkipRecord,
    StabilityRecord,
    UpdateRecord,
    ValidationRecord,
)
from dragoman.training.stability_log import StabilityLog, read_stability

UPDATE = UpdateRecord(1, 1, 5.5, 1e-3, 2.5, 4000, 0.125, 1.5)
VALIDATION = ValidationRecord(
    1, 1, 3.25, 25.8, {"bleu": 12.5, "chrf": 40.25}, True, 1.5, Sample("a cat", "eine Katze", "ein Hund")
)


def begin(folder: Path, update: int = 0) -> History:
    history = History(folder)
    history.truncate(update)
    history.on_start(RunStart(folder, Recipe(), update, 100, 10, "cpu"))
    return history


def write(folder: Path, updates: range, validate_every: int = 3) -> None:
    history = begin(folder, updates.start - 1)
    for update in updates:
        history.on_update(replace(UPDATE, update=update, loss=10 / update))
        if update % validate_every == 0:
            history.on_validation(replace(VALIDATION, update=update))
    history.on_end("done")


def test_what_is_written_is_read_back(tmp_path):
    write(tmp_path, range(1, 8))
    frame = read_history(tmp_path)
    assert frame["event"].tolist().count("validation") == 2
    assert frame.loc[frame["event"] == "update", "update"].tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert frame["update"].tolist() == [1, 2, 3, 3, 4, 5, 6, 6, 7]
    first, validation = frame.iloc[0], frame.iloc[3]
    for name in ("epoch", "learning_rate", "gradient_norm", "target_tokens", "padding", "seconds"):
        assert first[name] == getattr(UPDATE, name)
    for name in ("loss", "perplexity", "best", "seconds"):
        assert validation[name] == getattr(VALIDATION, name)
    assert validation[["bleu", "chrf"]].to_dict() == VALIDATION.scores
    assert validation["sample_output"] == "ein Hund"


def test_columns_have_their_types_even_when_empty(tmp_path):
    write(tmp_path, range(1, 2))
    full = {name: str(kind) for name, kind in read_history(tmp_path).dtypes.items()}
    (tmp_path / "history.jsonl").write_bytes(b"")
    empty = read_history(tmp_path)
    assert full == {name: str(kind) for name, kind in empty.dtypes.items()} == dict(COLUMNS)
    assert len(empty) == 0


def test_pandas_opens_the_file_by_itself(tmp_path):
    write(tmp_path, range(1, 8))
    frame = pd.read_json(tmp_path / "history.jsonl", lines=True)
    assert frame["loss"].tolist() == pytest.approx(read_history(tmp_path)["loss"].tolist())


def test_numbers_that_are_not_finite_are_null_in_the_file_and_missing_in_the_frame(tmp_path):
    history = begin(tmp_path)
    for loss in (math.nan, math.inf, -math.inf):
        history.on_update(replace(UPDATE, loss=loss))
    history.on_validation(replace(VALIDATION, perplexity=math.inf, scores={}, sample=None))
    history.on_end("done")
    lines = (tmp_path / "history.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line, parse_constant=pytest.fail) for line in lines]
    assert [row["loss"] for row in rows] == [None, None, None, 3.25]
    assert read_history(tmp_path)[["loss", "perplexity", "bleu"]].isna().sum().tolist() == [3, 4, 4]


def test_every_row_is_there_although_the_run_never_ended(tmp_path):
    history = begin(tmp_path)
    for update in range(1, 6):
        history.on_update(replace(UPDATE, update=update))
        assert read_history(tmp_path)["update"].max() == update


def test_a_resumed_run_leaves_the_file_of_one_that_never_stopped(tmp_path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    whole.mkdir()
    parts.mkdir()
    write(whole, range(1, 13))
    write(parts, range(1, 9))
    with (parts / "history.jsonl").open("ab") as file:
        file.write(b'{"event": "update", "upd')
    write(parts, range(7, 13))
    assert (parts / "history.jsonl").read_bytes() == (whole / "history.jsonl").read_bytes()


def test_truncation_keeps_the_validation_of_the_last_update_kept(tmp_path):
    write(tmp_path, range(1, 8))
    History(tmp_path).truncate(6)
    frame = read_history(tmp_path)
    assert frame["update"].max() == 6
    assert frame.iloc[-1]["event"] == "validation"


def test_a_new_run_begins_with_an_empty_history(tmp_path):
    write(tmp_path, range(1, 8))
    write(tmp_path, range(1, 3))
    assert read_history(tmp_path)["update"].tolist() == [1, 2]


def test_truncating_without_a_file_does_nothing(tmp_path):
    History(tmp_path).truncate(5)
    assert not (tmp_path / "history.jsonl").exists()


@pytest.mark.parametrize("torn", [b'{"event": "update", "update": 8', b"{", b"\0\0\0\n", b"\xff\n", b"[1]\n", b"12"])
def test_a_torn_last_line_is_left_out(tmp_path, torn):
    write(tmp_path, range(1, 8))
    path = tmp_path / "history.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + torn)
    assert read_history(tmp_path)["update"].max() == 7
    History(tmp_path).truncate(100)
    assert path.read_bytes() == whole


@settings(max_examples=50, deadline=None)
@given(cut=st.integers(0, 10_000))
def test_a_file_torn_anywhere_can_be_gone_on_with(tmp_path_factory, cut):
    folder = tmp_path_factory.mktemp("run")
    write(folder, range(1, 8))
    path = folder / "history.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[: cut % (len(whole) + 1)])
    left = len(read_history(folder))
    assert left == path.read_bytes().count(b"\n")
    write(folder, range(1, 8))
    assert path.read_bytes() == whole


def test_damage_in_the_middle_is_reported_with_its_line(tmp_path):
    write(tmp_path, range(1, 8))
    path = tmp_path / "history.jsonl"
    lines = path.read_bytes().split(b"\n")
    lines[2] = lines[2][:-4]
    path.write_bytes(b"\n".join(lines))
    for attempt in (lambda: read_history(tmp_path), lambda: History(tmp_path).truncate(3)):
        with pytest.raises(DamagedFileError) as found:
            attempt()
        assert found.value.line == 3
    assert path.read_bytes() == b"\n".join(lines)


def test_no_history_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="no history"):
        read_history(tmp_path)


def test_a_folder_that_is_gone_is_an_output_error(tmp_path):
    with pytest.raises(OutputError, match="cannot be written"):
        begin(tmp_path / "gone")


@settings(max_examples=50, deadline=None)
@given(text=st.text(alphabet=st.characters(codec=None, categories=None), max_size=40))
def test_any_text_survives(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("run")
    history = begin(folder)
    history.on_validation(replace(VALIDATION, sample=Sample(text, text + "\n\u2028", "\ud800" + text)))
    history.on_end("done")
    (line,) = (folder / "history.jsonl").read_bytes().splitlines()
    row = json.loads(line)
    # Two halves of a surrogate pair are one character wherever JSON is read.
    written = [json.loads(json.dumps(part)) for part in (text, text + "\n\u2028", "\ud800" + text)]
    assert [row["sample_source"], row["sample_reference"], row["sample_output"]] == written


def test_skips_and_rewinds_are_rows(tmp_path):
    history = begin(tmp_path)
    history.on_skip(SkipRecord(1, math.nan, math.inf, "output", "encoder.norm", ("a.txt:3", "b.txt:7"), tmp_path))
    history.on_rewind(RewindRecord(9, 4, "the loss blew up", 0.5))
    history.on_end("done")
    skip, rewind = (row.dropna().to_dict() for _, row in read_history(tmp_path).iterrows())
    assert skip == {
        "event": "skip",
        "update": 1,
        "stage": "output",
        "module": "encoder.norm",
        "lines": "a.txt:3; b.txt:7",
    }
    assert rewind == {
        "event": "rewind",
        "update": 9,
        "back_to": 4,
        "reason": "the loss blew up",
        "learning_rate_factor": 0.5,
    }


def went_back(folder: Path) -> History:
    """To update 4 after update 8, with a skip at 6 and the best validation at 6."""
    write(folder, range(1, 5))
    saved = (folder / "history.jsonl").read_bytes()
    history = History(folder)
    for update in range(5, 9):
        history.on_update(replace(UPDATE, update=update))
    history.on_skip(SkipRecord(6, math.nan, math.nan, None, None, (), None))
    history.on_validation(replace(VALIDATION, update=6))
    history.on_validation(replace(VALIDATION, update=8, best=False))
    put_back(folder / "history.jsonl", saved)
    history.on_rewind(RewindRecord(8, 4, "the loss blew up", 0.5))
    return history


def test_what_was_given_up_is_gone_but_for_skips_and_the_best(tmp_path):
    history = went_back(tmp_path)
    history.on_update(replace(UPDATE, update=5))
    frame = read_history(tmp_path)
    assert frame["event"].tolist()[-4:] == ["skip", "validation", "rewind", "update"]
    assert frame["update"].tolist() == [1, 2, 3, 3, 4, 6, 6, 8, 5]


@pytest.mark.parametrize(("update", "rows"), [(5, 9), (4, 8), (3, 4), (100, 9)])
def test_truncation_after_a_rewind_keeps_what_led_to_it(tmp_path, update, rows):
    history = went_back(tmp_path)
    history.on_update(replace(UPDATE, update=5))
    history.truncate(update)
    assert len(read_history(tmp_path)) == rows


LOOK = StabilityRecord(
    50, {"a": 1.0}, {"a": 2.0}, {"a": 1e-3}, {"a.b": 0.5}, {}, {}, {"a": 3.0}, {"cell": (1.0, 0.5)}, {"cell": -0.7}
)


def log(folder: Path, update: int, *looks: StabilityRecord) -> None:
    watcher = StabilityLog(folder)
    watcher.on_start(RunStart(folder, Recipe(), update, 100, 10, "cpu"))
    for look in looks:
        watcher.on_stability(look)
    watcher.on_end("done")


def test_what_the_monitor_saw_is_read_back(tmp_path):
    assert read_stability(tmp_path) == []
    log(tmp_path, 0)
    assert not (tmp_path / "stability.jsonl").exists()
    log(tmp_path, 0, LOOK, replace(LOOK, update=100))
    assert read_stability(tmp_path) == [LOOK, replace(LOOK, update=100)]


def test_a_resumed_run_drops_the_looks_after_its_update(tmp_path):
    log(tmp_path, 0, LOOK, replace(LOOK, update=100))
    log(tmp_path, 60, replace(LOOK, update=110))
    assert [look.update for look in read_stability(tmp_path)] == [50, 110]


def test_a_look_with_numbers_that_are_not_finite_is_json(tmp_path):
    log(tmp_path, 0, replace(LOOK, activation={"a": math.inf}, through_time={"cell": (math.nan, 1.0)}))
    json.loads((tmp_path / "stability.jsonl").read_text(), parse_constant=pytest.fail)
    (look,) = read_stability(tmp_path)
    assert math.isnan(look.activation["a"])
    assert look.through_time["cell"][1] == 1.0

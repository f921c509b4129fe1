"""dragoman monitor: what it prints and writes, how it ends, and what it refuses."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "monitoring"))
from untrained import rows, save, write


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of rows, its reference, a log without drift and one with."""
    folder = tmp_path_factory.mktemp("monitor")
    save(folder, "rows")
    write(folder / "reference.jsonl", rows(120, seed=1))
    write(folder / "quiet.jsonl", rows(150, seed=9))
    write(folder / "drift.jsonl", rows(100, seed=9) + rows(100, seed=3, shift=3))
    return folder


def test_exit_status_tells_drift_from_none_and_from_mistakes(folder: Path, tmp_path: Path, run) -> None:
    command = ["monitor", folder / "rows", "--reference", folder / "reference.jsonl", "--window", 50]
    status, said, errors = run(*command, "--log", folder / "quiet.jsonl", "--state", "state.json")
    assert (status, errors) == (0, "")
    assert "no drift" in said
    assert "Next" not in said
    assert run(*command, "--log", folder / "quiet.jsonl", "--state", "state.json")[:2] == (0, said)
    status, said, errors = run(*command, "--log", folder / "drift.jsonl", "--picture", "drift.svg")
    assert (status, errors) == (2, "")
    assert "drift: size, standardised" in said
    assert "dragoman diagnose shift" in said
    assert (tmp_path / "drift.svg").stat().st_size > 0
    status, said, errors = run(*command, "--log", folder / "drift.jsonl", "--json")
    found = json.loads(said)
    assert (status, found["drift"], found["drifted"][0]) == (2, True, "size, standardised")
    assert found["features"][0]["since_line"] == pytest.approx(101, abs=15)
    status, said, errors = run(*command, "--log", folder / "drift.jsonl", "--state", "state.json")
    assert (status, said) == (1, "")
    assert "state.json: the state is of another log" in errors


def test_a_log_is_followed(folder: Path, run, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", interrupt)
    command = ["monitor", folder / "rows", "--reference", folder / "reference.jsonl", "--window", 50]
    status, said, errors = run(*command, "--log", folder / "drift.jsonl", "--follow", "--picture", "now.png")
    assert status == 2
    assert errors.startswith("window 4, line 200: drift")
    assert "200 rows, 4 windows" in said


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--log gone.jsonl", "gone.jsonl: there is no log here"),
        ("--log quiet.jsonl --field size", "leave --field away"),
        ("--log quiet.jsonl --documents session", "quiet.jsonl:1: no field `session`; there are: size, colour"),
        ("--log quiet.jsonl --state quiet.jsonl", "the same file as"),
        ("--log quiet.jsonl --picture a.txt", "PNG or an SVG"),
        ("--log quiet.jsonl --state a --picture a", "name the same file"),
        ("--log quiet.jsonl --reference gone.jsonl", "gone.jsonl: no such file"),
    ],
)
def test_bad_input_is_one_message(
    folder: Path, run, monkeypatch: pytest.MonkeyPatch, options: str, message: str
) -> None:
    given = [folder / word if (folder / word).exists() or "gone" in word else word for word in options.split()]
    if "--reference" not in given:
        given += ["--reference", folder / "reference.jsonl"]
    status, said, errors = run("monitor", folder / "rows", *given)
    assert (status, said) == (1, "")
    assert message in errors
    assert "Traceback" not in errors


def test_a_model_without_a_reference_says_what_to_give(folder: Path, run) -> None:
    status, _, errors = run("monitor", folder / "rows", "--log", folder / "quiet.jsonl")
    assert status == 1
    assert "keeps no reference" in errors
    assert "--reference FILE" in errors

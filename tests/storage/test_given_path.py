"""What is no path is refused by every function that takes one from Python, with one clear error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dragoman
from dragoman.errors import InputError
from dragoman.storage.given_path import given_path


def test_paths_are_paths() -> None:
    assert given_path("a/b", "the file") == given_path(Path("a/b"), "the file") == Path("a/b")


@pytest.mark.parametrize("value", [None, b"a", {"a": 1}, 7, ["a"], iter("a")])
@pytest.mark.parametrize(
    "call",
    [dragoman.load, dragoman.Writer.load, dragoman.Reader.load, dragoman.Predictor.load, dragoman.resume],
)
def test_what_is_no_path_is_refused(call: Callable[[Any], Any], value: Any) -> None:
    with pytest.raises(InputError, match=r"and no path\nRemedy: give a path"):
        call(value)


@pytest.mark.parametrize("value", [None, b"a", 7])
def test_training_names_what_was_no_path(value: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a recipe was given as"):
        dragoman.train(value, tmp_path / "run")
    with pytest.raises(InputError, match="the folder of a run was given as"):
        dragoman.train("tiny", value)

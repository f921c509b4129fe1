"""What is no path is refused with one clear error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dragoman.errors import InputError
from dragoman.storage.given import given_path


def test_paths_are_paths() -> None:
    assert given_path("a/b", "the file") == given_path(Path("a/b"), "the file") == Path("a/b")


@pytest.mark.parametrize("value", [None, b"a", {"a": 1}, 7, ["a"], iter("a")])
def test_what_is_no_path_is_refused(value: Any) -> None:
    with pytest.raises(InputError, match=r"the folder of a run was given as .* and no path\nRemedy: give a path"):
        given_path(value, "the folder of a run")

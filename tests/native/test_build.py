"""A library is built again when anything that its sources include has changed."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
MODULES = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["ext-modules"]


def included(path: Path) -> set[Path]:
    """The files of ours that a file includes, and that these include."""
    found: set[Path] = set()
    waiting = [path]
    while waiting:
        source = waiting.pop()
        names = re.findall(r'^ *# *include "(.+)"', source.read_text(), re.MULTILINE)
        others = {(source.parent / name).resolve() for name in names} - found
        waiting += others
        found |= others
    return found


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module["name"])
def test_all_that_is_included_is_listed(module: dict[str, Any]) -> None:
    needed = set().union(*(included(ROOT / source) for source in module["sources"]))
    assert module["depends"] == sorted(path.relative_to(ROOT).as_posix() for path in needed)

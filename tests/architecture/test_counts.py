"""How simple the package is built, in counts that may not rise again."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from house import COUNTS, PACKAGE

MOST = {
    "asks for a kind": 12,
    "cast": 15,
    "Any in signatures": 50,
    "shared runs": 10,
    "entries without a subject": 0,
}
"""The most that each count may be; ``python benchmarks/house.py --list NAME`` shows the places."""


@pytest.mark.parametrize("name", MOST)
def test_counts_stay_low(name: str) -> None:
    places = COUNTS[name](PACKAGE)
    shown = "\n".join(f"{module}:{line}" for module, line in places)
    assert len(places) <= MOST[name], f"{len(places)} places, at most {MOST[name]}:\n{shown}"

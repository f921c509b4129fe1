"""The counts of how the package is built find what they say, and nothing else."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from house import COUNTS

SAMPLE = '''"""Likewise: a module."""
from typing import Any, cast
import typing


class Shown:
    """A class.

    Attributes:
        rows: of the table.
        name: what it is called.

    Raises:
        InputError: as above.
    """

    rows: int
    """Its rows."""

    def asked(self, given: Any, *, more: dict[str, Any]) -> list[Any]:
        """An answer.

        Returns:
            that one.
        """
        if self.model.reads == "text" or (given.reads, given.says) in ():
            return TABLE[given.reads, given.says]
        if given.is_translator and isinstance(given, (int, RowField)):
            return cast(list, TABLE.get(given.says))
        match given:
            case LabelField():
                return typing.cast("list", given.cast(int))
        return [isinstance(given, LanguageModel), isinstance(given, str), TABLE["reads"], given.name == "text"]


def example() -> None:
    """
    >>> example()
    """
'''


@pytest.fixture
def package(tmp_path: Path) -> Path:
    for folder, text in (("data", SAMPLE), ("tasks", SAMPLE.replace("Shown", "Other").replace("asked", "said"))):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "sample.py").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("asks for a kind", 7),
        ("asks for an object's kind", 1),
        ("cast", 4),
        ("Any in signatures", 6),
        ("Any but in JSON", 4),
        ("shared runs", 2),
        ("modules", 2),
        ("lines", 2 * len(SAMPLE.splitlines())),
        ("entries without a subject", 10),
        ("without an example", 2),
    ],
)
def test_what_counts_is_found(name: str, count: int, package: Path) -> None:
    assert len(COUNTS[name](package)) == count

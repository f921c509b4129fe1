"""How a benchmark was called, for its result."""

from __future__ import annotations

import sys
from pathlib import Path


def command_line() -> str:
    """The command, with the names alone of files that were given by an absolute path, which no other machine has."""
    return " ".join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *map(_shown, sys.argv[1:])])


def _shown(word: str) -> str:
    """A word of the command; a file may stand behind a name, as in ``eole=FILE``."""
    name, sign, file = word.rpartition("=")
    return f"{name}{sign}{Path(file).name}" if Path(file).is_absolute() else word

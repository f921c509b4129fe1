"""How a benchmark was called, for its result."""

from __future__ import annotations

import sys
from pathlib import Path


def command_line() -> str:
    """The command, with the names alone of files that were given by an absolute path, which no other machine has."""
    given = [Path(word).name if Path(word).is_absolute() else word for word in sys.argv[1:]]
    return " ".join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *given])

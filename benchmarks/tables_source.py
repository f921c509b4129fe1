"""What the tables are made from, and what they have in common."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def results(pattern: str) -> list[dict[str, Any]]:
    """All results whose file names match."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob(pattern))]


def heading(title: str, command: str) -> list[str]:
    """The head of a section: what it shows, and the command that measures it."""
    return [f"## {title}", "", f"Measured by `{command}`.", ""]


def picture(shows: str, file: str) -> str:
    """A picture on a page of ``docs/benchmarks``; ``file`` is its path in the repository."""
    return f"![{shows}](../../{file})"


def recorded(name: str) -> list[str]:
    """What a command printed on a terminal, as it was recorded in ``results``; empty if it was not."""
    path = RESULTS / name
    return ["```console", *path.read_text(encoding="utf-8").splitlines(), "```", ""] if path.exists() else []


def closing(result: dict[str, Any]) -> str:
    """Where it was measured, and what else a reader should know."""
    return f"{machine(result)}. {result['note']}".rstrip()


def machine(result: dict[str, Any]) -> str:
    """The machine that it was measured on."""
    found = result["machine"]
    return f"{found['processor']}, {found['cores']} cores"

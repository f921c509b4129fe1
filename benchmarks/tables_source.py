"""What the README's tables are made from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_RESULTS = Path(__file__).parent / "results"


def results(pattern: str) -> list[dict[str, Any]]:
    """All results whose file names match."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(_RESULTS.glob(pattern))]


def closing(result: dict[str, Any]) -> str:
    """Where it was measured, and what else a reader should know."""
    return f"{machine(result)}. {result['note']}".rstrip()


def machine(result: dict[str, Any]) -> str:
    """The machine that it was measured on."""
    found = result["machine"]
    return f"{found['processor']}, {found['cores']} cores"

"""Tables of how well shifts are found, told apart and answered; ``tables.py`` puts them on a page.

One function for each result file: a benchmark of shifts adds its file and its function to :data:`TABLES`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tables_source import results

TABLES: dict[str, Callable[[dict[str, Any]], list[str]]] = {}
"""What is made of each result file, in the order of the page."""


def shift_tables() -> list[str]:
    """All that have been measured."""
    return [line for name, table in TABLES.items() for result in results(name) for line in table(result)]

"""What separates the fields of a table: told by its first rows, not by its header alone."""

from __future__ import annotations

import contextlib
import csv
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from dragoman.data.compressed import plain_name

SEPARATORS = ("\t", ";", "|", ",")
"""Those that are tried; of two that fit equally the earlier, as a comma stands in sentences and decimal numbers too."""

SEPARATOR_NAMES = {"\t": "a tab", ";": "a semicolon", "|": "a bar", ",": "a comma"}
"""What people call them."""

TAB_SUFFIXES = (".tsv", ".tab")
LONGEST_FIELD = 2**31 - 1
_LINES = 1000
_BYTES = 1 << 20
_STATED = re.compile(r"sep=(.)", re.IGNORECASE)


def stated_separator(first: str) -> str | None:
    """The separator that the first line of a file states as Excel does, ``sep=;``, if it does."""
    found = _STATED.fullmatch(first.rstrip("\r\n"))
    return found[1] if found else None


def told_separator(path: Path, lines: Iterable[str]) -> str:
    """The separator under which the most rows have as many fields as the first one, and at least two.

    Args:
        path: the table's file; tabs separate the fields of one whose name ends in ``.tsv`` or ``.tab``.
        lines: the table's lines, with their ends; the first thousand are looked at.
    """
    if plain_name(path).suffix.lower() in TAB_SUFFIXES:
        return "\t"
    looked_at = _beginning(lines)
    shares = {separator: _agreement(looked_at, separator) for separator in SEPARATORS}
    best = max(shares.values())
    return next(separator for separator in SEPARATORS if shares[separator] == best) if best else ","


def _beginning(lines: Iterable[str]) -> list[str]:
    found: list[str] = []
    size = 0
    for line in itertools.islice(lines, _LINES):
        found.append(line)
        size += len(line)
        if size > _BYTES:
            break
    return found


def _agreement(lines: Sequence[str], separator: str) -> float:
    """The share of rows that are as wide as the first; 0 if that has a single field."""
    csv.field_size_limit(LONGEST_FIELD)
    rows: list[int] = []
    # Quotation marks that quote nothing end the looking, not the reading, which says what is wrong.
    with contextlib.suppress(csv.Error):
        rows.extend(len(row) for row in csv.reader(lines, delimiter=separator) if row)
    if separator == "\t" and "\t" in (lines[0] if lines else ""):
        # Most tables with tabs quote nothing, so that a mark may stand anywhere.
        rows = max(rows, [line.count("\t") + 1 for line in lines if line.strip("\r\n")], key=_share)
    return _share(rows)


def _share(widths: Sequence[int]) -> float:
    if not widths or widths[0] < 2:
        return 0.0
    return Counter(widths)[widths[0]] / len(widths)

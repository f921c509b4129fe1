"""Text in the columns of a terminal, where Chinese characters take two and combining marks none."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

COLUMNS = 80
"""The columns of a terminal that reports count on."""
_MARK = "\N{LEFT-TO-RIGHT MARK}"
_BLOCKS = "▏▎▍▌▋▊▉█"
_INVISIBLE = frozenset({"Mn", "Me", "Cf", "Cc"})


def columns_of(text: str) -> int:
    """The number of columns that a text takes (Unicode Standard Annex 11).

    >>> columns_of("Hund"), columns_of("一只狗"), columns_of("e\\u0301")
    (4, 6, 1)
    """
    return len(text) if text.isascii() else sum(map(_columns, text))


def padded(text: str, columns: int) -> str:
    """The text, cut with an ellipsis or filled with spaces, so that it takes exactly so many columns.

    >>> padded("Hund", 6), padded("一只狗在跑", 6)
    ('Hund  ', '一只… ')
    """
    if columns_of(text) > columns:
        text = f"{_beginning(text, columns - 1)}…"
    return text + " " * (columns - columns_of(text))


def wrapped(parts: Iterable[str], *, first: str = "", then: str = "") -> list[str]:
    """Parts of a text in lines of at most :data:`COLUMNS` columns, with a space between two parts.

    >>> [columns_of(line) for line in wrapped(["a" * 50, "b" * 50, "狗" * 50], first="- ", then="  ")]
    [52, 52, 80, 24]

    Args:
        parts: parts, such as words; only one that is longer than a line is broken.
        first: beginning of the first line.
        then: beginning of all further lines.
    """
    lines, line, empty = [], first, True
    for part in parts:
        if not empty and columns_of(line) + 1 + columns_of(part) > COLUMNS:
            lines.append(line)
            line, empty = then, True
        line += part if empty else f" {part}"
        empty = False
        while columns_of(line) > COLUMNS:
            kept = _beginning(line, COLUMNS)
            lines.append(kept)
            line = then + line[len(kept) :]
    return [text.rstrip() for text in [*lines, line]]


def _beginning(text: str, columns: int) -> str:
    """The beginning of a text that has room, at least one character."""
    used = 0
    for place, sign in enumerate(text):
        used += _columns(sign)
        if used > columns and place:
            return text[:place]
    return text


def bar(share: float, columns: int) -> str:
    """A bar for a share from 0 to 1, in eighths of a column, filled up with spaces.

    >>> bar(0.5, 4), bar(0.0, 4), bar(1.0, 4)
    ('██  ', '    ', '████')
    """
    eighths = round(min(max(share, 0.0), 1.0) * columns * 8)
    full, rest = divmod(eighths, 8)
    return padded("█" * full + (_BLOCKS[rest - 1] if rest else ""), columns)


def left_to_right(line: str) -> str:
    """The line, such that a terminal that writes Arabic or Hebrew from right to left keeps the order of its columns.

    A mark without width stands before the line and behind each run of such letters (Unicode Standard Annex 9). A line
    without them is unchanged.
    """
    directions = [unicodedata.bidirectional(sign) in ("R", "AL") for sign in line]
    if not any(directions):
        return line
    ends = [here and not after for here, after in zip(directions, [*directions[1:], False], strict=True)]
    return _MARK + "".join(sign + _MARK if end else sign for sign, end in zip(line, ends, strict=True))


def _columns(sign: str) -> int:
    if unicodedata.category(sign) in _INVISIBLE:
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1

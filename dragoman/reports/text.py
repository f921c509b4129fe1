"""Tables and numbers as plain text, as reports print them."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence

from dragoman.reports.columns import columns_of, padded

_LINE = 100
"""The most characters of a line of sentences."""
_LEAST_SHARE = 0.0005
"""The least share that is not rounded to 0.0 %."""


def aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """The rows as lines: the first column is aligned left, the others right.

    >>> for line in aligned([("metric", "value"), ("BLEU", "32.5")]):
    ...     print(line)
    metric  value
    BLEU     32.5
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
        for row in rows
    ]


def listed(sentences: Iterable[str]) -> str:
    """Sentences as the items of a list, broken into lines.

    >>> print(listed(["One sentence.", "Another one."]))
    - One sentence.
    - Another one.
    """
    return "\n".join(
        textwrap.fill(sentence, _LINE, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False)
        for sentence in sentences
    )


def tabled(columns: Mapping[str, Sequence[str]]) -> str:
    """A table as lines, aligned left.

    >>> print(tabled({"tried": ["wider", "more steps"], "loss": ["0.51", "0.47"]}))
    tried       loss
    wider       0.51
    more steps  0.47

    Args:
        columns: the cells of each column by the column's title; all columns have equally many.
    """
    widths = [max(map(columns_of, (title, *cells))) for title, cells in columns.items()]
    rows = [tuple(columns), *zip(*columns.values(), strict=True)]
    return "\n".join(
        "  ".join(padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def loss_text(value: float, error: float | None = None) -> str:
    """A loss, or a difference of losses, with three decimals, or more where it is small, and with its standard error if
    there is one.

    >>> loss_text(1.23456, 0.0123), loss_text(0.00012345)
    ('1.235 ± 0.012', '0.00012')
    """
    if not math.isfinite(value):
        return "not finite"
    smallest = min((abs(part) for part in (value, error) if part), default=1.0)
    digits = 3 if smallest >= 0.01 else min(1 - math.floor(math.log10(smallest)), 6)
    return signed(f"{value:.{digits}f}") + (f" ± {error:.{digits}f}" if error is not None else "")


def percent_text(share: float) -> str:
    """A share as a percentage.

    >>> percent_text(0.1234)
    '12.3 %'
    """
    return signed(f"{100 * share:.1f} %")


def share_text(share: float) -> str:
    """A share as a percentage, where one that is not 0 is never written as 0.

    >>> share_text(0.1234), share_text(0.00001)
    ('12.3 %', '<0.1 %')
    """
    return percent_text(share) if share >= _LEAST_SHARE or share == 0 else "<0.1 %"


def signed(number: str) -> str:
    """A number with a minus sign instead of a hyphen, and 0 without a sign."""
    return number.lstrip("-") if not any(digit in number for digit in "123456789") else number.replace("-", "−")

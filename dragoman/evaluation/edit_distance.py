"""The edit distance of Levenshtein (1966): the fewest symbols to substitute, insert and delete.

In the table of distances of every beginning of one sequence from every beginning of the other, neighbours differ by one
at most. Two bits for each cell thus hold it, and a whole column is computed by a few operations on whole numbers as
long as it is (Myers 1999, in the form of Hyyrö 2003); Python's whole numbers have any length.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """One symbol that is not as it should be.

    Attributes:
        expected: place of the symbol in the reference; None if there should be none.
        found: place of the symbol in the output; None if there is none.
    """

    expected: int | None
    found: int | None


def edit_distance(output: Sequence[Hashable], reference: Sequence[Hashable]) -> int:
    """The fewest edits that turn the output into the reference: of characters in strings, of words in lists of them."""
    distance = len(reference)
    last = 1 << len(reference) - 1 if reference else 0
    for rises, falls, _, _ in _columns(output, reference):
        distance += bool(rises & last) - bool(falls & last)
    return distance if reference else len(output)


def edits(output: Sequence[Hashable], reference: Sequence[Hashable]) -> list[Edit]:
    """The edits of one shortest way, from the beginning to the end; there may be several as short."""
    columns = [(up, down) for _, _, up, down in _columns(output, reference)]
    row, column = len(reference), len(output)
    found = []
    while row and column:
        up, _ = columns[column - 1]
        if up >> (row - 1) & 1:
            row -= 1
            found.append(Edit(row, None))
            continue
        column -= 1
        if column and columns[column - 1][1] >> (row - 1) & 1:
            found.append(Edit(None, column))
            continue
        row -= 1
        if reference[row] != output[column]:
            found.append(Edit(row, column))
    found += [Edit(place, None) for place in range(row - 1, -1, -1)]
    found += [Edit(None, place) for place in range(column - 1, -1, -1)]
    return found[::-1]


def _columns(output: Sequence[Hashable], reference: Sequence[Hashable]) -> Iterator[tuple[int, int, int, int]]:
    """For each symbol of the output, where the distance rises and falls against the symbol before it, and where it
    rises and falls against the row above: a bit for each symbol of the reference."""
    everywhere = (1 << len(reference)) - 1
    occurs: dict[Hashable, int] = {}
    for place, symbol in enumerate(reference):
        occurs[symbol] = occurs.get(symbol, 0) | 1 << place
    up, down = everywhere, 0
    for symbol in output:
        equal = occurs.get(symbol, 0)
        same = ((((equal & up) + up) ^ up) | equal | down) & everywhere
        rises = down | everywhere & ~(same | up)
        falls = up & same
        shifted_rises, shifted_falls = rises << 1 | 1, falls << 1
        up = (shifted_falls | ~(same | shifted_rises)) & everywhere
        down = shifted_rises & same & everywhere
        yield rises, falls, up, down

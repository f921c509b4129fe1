"""The edit distance of Levenshtein (1966): the fewest symbols to substitute, insert and delete.

In the table of distances between all prefixes of one sequence and all prefixes of the other, neighbouring cells differ
by at most one. Two bits per cell thus hold the table, and a whole column is computed by a few operations on integers of
that many bits (Myers 1999, in the form of Hyyrö 2003); Python's integers have any length.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """The substitution, insertion or deletion of one symbol.

    Attributes:
        expected: index of the symbol in the reference; None if the output has one too many.
        found: index of the symbol in the output; None if the output lacks one.
    """

    expected: int | None
    found: int | None


def edit_distance(output: Sequence[Hashable], reference: Sequence[Hashable]) -> int:
    """The fewest edits that turn the output into the reference: of characters in strings, of words in lists of words.

    >>> edit_distance("kitten", "sitting"), edit_distance("a small cat".split(), "a cat".split())
    (3, 1)
    """
    distance = len(reference)
    last = 1 << len(reference) - 1 if reference else 0
    for rises, falls, _, _ in _columns(output, reference):
        distance += bool(rises & last) - bool(falls & last)
    return distance if reference else len(output)


def edits(output: Sequence[Hashable], reference: Sequence[Hashable]) -> list[Edit]:
    """The edits of one shortest sequence of edits, from beginning to end; there may be others as short.

    >>> edits("cart", "cat")
    [Edit(expected=None, found=2)]
    """
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
    """For each symbol of the output, where the distance rises and where it falls, first from the symbol before it and
    then from the row above: a bit for each symbol of the reference."""
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

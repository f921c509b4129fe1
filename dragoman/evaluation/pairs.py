"""What every metric needs first: as many outputs as references, all of them strings, and at least one."""

from __future__ import annotations

from collections.abc import Sequence

from dragoman.errors import InputError


def checked_pairs(outputs: Sequence[str], references: Sequence[str]) -> tuple[list[str], list[str]]:
    """The two sides as lists, if they can be compared line by line.

    Raises:
        InputError: if the counts differ, there is no sentence, or an entry is not a string.
    """
    left, right = list(outputs), list(references)
    if len(left) != len(right):
        raise InputError(
            f"{len(left):,} outputs cannot be compared with {len(right):,} references",
            cause="one of the two files lacks lines, or holds a sentence with a line break in it",
            remedy="give one reference for each output, in the same order.",
        )
    if not left:
        raise InputError("there is no sentence to evaluate", remedy="give at least one output and its reference.")
    for side, sentences in (("output", left), ("reference", right)):
        for number, sentence in enumerate(sentences, start=1):
            if not isinstance(sentence, str):
                raise InputError(
                    f"{side} {number:,} is not text but {sentence!r}",
                    line=number,
                    cause="an empty cell of a table",
                    remedy="fill it in, or leave out the pair.",
                )
    return left, right

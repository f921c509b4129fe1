"""What every metric needs first: as many outputs as references, all of them strings, and at least one."""

from __future__ import annotations

from collections.abc import Sequence

from dragoman.errors import InputError


def checked_pairs(outputs: Sequence[object], references: Sequence[object]) -> tuple[list[str], list[str]]:
    """The two sides as lists, if they can be compared line by line.

    Entries may be anything on the way in, as a column of a table may hold gaps.

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
    return _checked_texts("output", left), _checked_texts("reference", right)


def _checked_texts(side: str, sentences: list[object]) -> list[str]:
    texts = []
    for number, sentence in enumerate(sentences, start=1):
        if not isinstance(sentence, str):
            raise InputError(
                f"{side} {number:,} is not text but {sentence!r}",
                line=number,
                cause="an empty cell of a table",
                remedy="fill it in, or leave out the pair.",
            )
        texts.append(sentence)
    return texts

"""The check that every metric begins with: as many outputs as references, at least one, all of them strings."""

from __future__ import annotations

from collections.abc import Sequence

from dragoman.errors import InputError


def checked_pairs(outputs: Sequence[object], references: Sequence[object]) -> tuple[list[str], list[str]]:
    """Outputs and references as lists, if they can be compared line by line.

    Entries that are not strings are refused, since a column of a table may hold empty cells.

    >>> checked_pairs(("a cat", "a dog"), ("the cat", "a dog"))
    (['a cat', 'a dog'], ['the cat', 'a dog'])

    Raises:
        InputError: if the numbers of outputs and references differ, there is none, or an entry is not a string.
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

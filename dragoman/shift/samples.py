"""Which of the given examples a two-sample test compares, so that what it permutes is exchangeable and not too much."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from dragoman.errors import InputError

FEWEST_EXAMPLES = 20
"""Fewer old or new examples are refused."""
FEWEST_DOCUMENTS = 6
"""Fewer old or new documents are refused: six of twelve can be chosen in 924 ways, so p-values reach 0.001."""
MOST_EXAMPLES = 5000
"""Where there are more old or new examples, so many are drawn, which bounds time and memory."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Which examples of one side are compared.

    Attributes:
        rows: numbers of the examples, rising.
        numbers: number of each one's unit, from 0: its document if documents are permuted, otherwise itself.
        notes: what is to be said of the choice, one sentence each.
    """

    rows: Int64[np.ndarray, " k"]
    numbers: Int64[np.ndarray, " k"]
    notes: tuple[str, ...] = ()

    @property
    def units(self) -> int:
        """The number of documents, or of examples where these are permuted."""
        return int(self.numbers.max()) + 1

    def places(self, units: Int64[np.ndarray, " u"]) -> Int64[np.ndarray, " r"]:
        """Where in the sample the examples of some units stand.

        >>> Sample(np.array([4, 5, 9]), np.array([0, 1, 0])).places(np.array([0])).tolist()
        [0, 2]
        """
        return np.flatnonzero(np.isin(self.numbers, units))


@dataclass(frozen=True, slots=True)
class Samples:
    """The two samples of a test.

    Attributes:
        old: sample of the old examples.
        new: sample of the new examples.
        by_document: whether units are documents.
    """

    old: Sample
    new: Sample
    by_document: bool

    @property
    def units(self) -> Int64[np.ndarray, " k"]:
        """A number for the unit of each pooled example, the old ones first."""
        return np.concatenate([self.old.numbers, self.new.numbers + self.old.units])


def samples_of(
    old: int,
    new: int,
    old_documents: Int64[np.ndarray, " n"] | None,
    new_documents: Int64[np.ndarray, " m"] | None,
    generator: np.random.Generator,
) -> Samples:
    """Choose what is compared: all examples where they are not too many, and documents are known of both sides or none.

    >>> documents = np.arange(90) // 3
    >>> samples = samples_of(30, 90, None, documents, np.random.default_rng(1))
    >>> len(samples.new.rows), samples.by_document
    (30, False)

    Args:
        old: number of old examples.
        new: number of new examples.
        old_documents: the document of each old example; if documents of one side only are known, one example of each
            is drawn.
        new_documents: the document of each new example.
        generator: source of all draws.

    Raises:
        InputError: if there are too few examples or documents.
    """
    if old_documents is not None and new_documents is not None:
        sides = [
            _documents(side, documents, generator)
            for side, documents in (("old", old_documents), ("new", new_documents))
        ]
        return Samples(sides[0], sides[1], by_document=True)
    return Samples(
        _examples("old", "new", old, old_documents, generator),
        _examples("new", "old", new, new_documents, generator),
        by_document=False,
    )


def _examples(
    side: str, other: str, size: int, documents: Int64[np.ndarray, " n"] | None, generator: np.random.Generator
) -> Sample:
    rows, notes = np.arange(size), []
    if documents is not None:
        shuffled = generator.permutation(size)
        rows = np.sort(shuffled[np.unique(documents[shuffled], return_index=True)[1]])
        _check_enough(side, len(rows), "documents, of which one example each can be compared", FEWEST_EXAMPLES)
        if len(rows) < size:
            notes.append(
                f"One example of each of the {len(rows):,} {side} documents was drawn, since sentences of one document "
                f"are not independent; the {other} examples, whose documents are not known, are taken to be so."
            )
    _check_enough(side, len(rows), "examples", FEWEST_EXAMPLES)
    if len(rows) > MOST_EXAMPLES:
        notes.append(f"{MOST_EXAMPLES:,} of the {len(rows):,} {side} examples were drawn at random and compared.")
        rows = np.sort(generator.choice(rows, MOST_EXAMPLES, replace=False))
    return Sample(rows, np.arange(len(rows)), tuple(notes))


def _documents(side: str, documents: Int64[np.ndarray, " n"], generator: np.random.Generator) -> Sample:
    _check_enough(side, len(documents), "examples", FEWEST_EXAMPLES)
    _, number, sizes = np.unique(documents, return_inverse=True, return_counts=True)
    _check_enough(side, len(sizes), "documents", FEWEST_DOCUMENTS)
    if len(documents) <= MOST_EXAMPLES:
        return Sample(np.arange(len(documents)), number)
    drawn = generator.permutation(len(sizes))
    enough = max(FEWEST_DOCUMENTS, int(np.searchsorted(np.cumsum(sizes[drawn]), MOST_EXAMPLES, side="right")))
    rows = np.flatnonzero(np.isin(number, drawn[:enough]))
    note = (
        f"{enough:,} of the {len(sizes):,} {side} documents, with {len(rows):,} of {len(documents):,} examples, were "
        "drawn at random and compared."
    )
    return Sample(rows, np.unique(number[rows], return_inverse=True)[1], (note,))


def _check_enough(side: str, there: int, what: str, fewest: int) -> None:
    if there < fewest:
        raise InputError(
            f"there are {there} {side} {what}: too few to tell a shift from chance",
            remedy=f"give at least {fewest} {side} {what.partition(',')[0]}.",
        )

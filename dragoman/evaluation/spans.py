"""Spans of words marked by tags, and how many are found (Tjong Kim Sang & De Meulder 2003, section 2.3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float64

from dragoman.evaluation.classification import ClassScores
from dragoman.evaluation.sentence_statistics import SentenceStatistics
from dragoman.text.tag_scheme import OUTSIDE, split_tag


class Span(NamedTuple):
    """Consecutive words of one type.

    Attributes:
        type: type of the span, such as ``PER``.
        begin: index of the first word.
        end: index behind the last word.
    """

    type: str
    begin: int
    end: int


Spans = Callable[[Sequence[str]], list[Span]]
"""A function from the tags of a sentence to the spans that they mark."""


def are_bio(names: Iterable[str]) -> bool:
    """Whether tags mark spans: each is ``O``, or has ``B`` or ``I``, then ``-`` and a type; beside ``B`` also ``E`` for
    the end of a span and ``S`` for a span of one word.

    >>> are_bio(["O", "B-PER", "I-PER"]), are_bio(["O", "S-PER", "B-PER", "E-PER"]), are_bio(["NOUN", "VERB"])
    (True, True, False)
    """
    kinds = {split_tag(name)[0] for name in names}
    known = {"B", "I", "E", "S", OUTSIDE} if "B" in kinds else {"I", OUTSIDE}
    return kinds <= known and kinds != {OUTSIDE}


def bio_spans(tags: Sequence[str]) -> list[Span]:
    """The spans of tags ``B-TYPE``, ``I-TYPE`` and ``O``, and of ``E-TYPE`` and ``S-TYPE``, by the rules of the script
    ``conlleval`` of CoNLL-2000.

    A span begins with each B and S, and with an I or E behind O or behind another type; it ends with each E and S, and
    before the next word that does not continue it. So tags of the conventions IOB1, IOB2 and BIOES are understood.

    >>> bio_spans(["B-PER", "I-PER", "O", "I-LOC", "B-LOC", "I-PER"])[:2]
    [Span(type='PER', begin=0, end=2), Span(type='LOC', begin=3, end=4)]
    """
    found: list[Span] = []
    current: tuple[str, int] | None = None
    for place, tag in enumerate([*tags, OUTSIDE]):
        kind, name = split_tag(tag)
        goes_on = current is not None and kind in ("I", "E") and name == current[0]
        if current is not None and not goes_on:
            found.append(Span(*current, place))
            current = None
        if kind != OUTSIDE and not goes_on:
            current = name, place
        if current is not None and kind in ("E", "S"):
            found.append(Span(*current, place + 1))
            current = None
    return found


def word_spans(tags: Sequence[str]) -> list[Span]:
    """Each word as a span by itself, with its tag as the type.

    >>> word_spans(["NOUN", "VERB"])
    [Span(type='NOUN', begin=0, end=1), Span(type='VERB', begin=1, end=2)]
    """
    return [Span(tag, place, place + 1) for place, tag in enumerate(tags)]


@dataclass(frozen=True, slots=True)
class SpanCounts:
    """The numbers of spans found in n sentences.

    Attributes:
        by_sentence: for each sentence, how many spans were predicted with the right ends and type, how many were
            predicted, and how many there are.
        by_type: the same three numbers for each type.
    """

    by_sentence: Float64[np.ndarray, "n 3"]
    by_type: dict[str, tuple[int, int, int]]

    def statistics(self) -> list[SentenceStatistics]:
        """F1, precision and recall in percent, with the counts of each sentence."""
        scores = {"span F1": _f1, "precision": _precision, "recall": _recall}
        return [SentenceStatistics(name, "", self.by_sentence, score) for name, score in scores.items()]

    def types(self) -> tuple[ClassScores, ...]:
        """Precision, recall and F1 of each type, in alphabetical order."""
        return tuple(
            ClassScores(name, true, said, right / max(said, 1), right / max(true, 1), 2 * right / max(said + true, 1))
            for name, (right, said, true) in sorted(self.by_type.items())
        )


def count_spans(predicted: Sequence[Sequence[str]], true: Sequence[Sequence[str]], spans: Spans) -> SpanCounts:
    """Count how many spans of sentences were found.

    >>> counts = count_spans([["B-PER", "O", "B-LOC"]], [["B-PER", "O", "O"]], bio_spans)
    >>> counts.by_sentence.tolist(), [round(score.corpus_score(), 1) for score in counts.statistics()]
    ([[1.0, 2.0, 1.0]], [66.7, 50.0, 100.0])

    Args:
        predicted: the predicted tags of each sentence.
        true: the true tags of each sentence.
        spans: :func:`bio_spans` or :func:`word_spans`.
    """
    counts = np.zeros((len(true), 3))
    types: tuple[Counter[str], ...] = (Counter(), Counter(), Counter())
    for row, (said, are) in enumerate(zip(predicted, true, strict=True)):
        there, found = set(spans(are)), set(spans(said))
        for column, part in enumerate((found & there, found, there)):
            counts[row, column] = len(part)
            types[column].update(span.type for span in part)
    names = sorted(types[1] | types[2])
    return SpanCounts(counts, {name: (types[0][name], types[1][name], types[2][name]) for name in names})


def _f1(sums: Float[np.ndarray, " 3"]) -> float:
    return 200 * float(sums[0]) / max(float(sums[1] + sums[2]), 1.0)


def _precision(sums: Float[np.ndarray, " 3"]) -> float:
    return 100 * float(sums[0]) / max(float(sums[1]), 1.0)


def _recall(sums: Float[np.ndarray, " 3"]) -> float:
    return 100 * float(sums[0]) / max(float(sums[2]), 1.0)

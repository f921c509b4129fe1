"""The spans that tags of words mark, and how many of them are found (Tjong Kim Sang & De Meulder 2003, section 2.3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float64

from dragoman.evaluation.classification import ClassScores
from dragoman.evaluation.sentence_statistics import SentenceStatistics

OUTSIDE = "O"
"""The tag of words in no span."""


class Span(NamedTuple):
    """Some words that follow one another.

    Attributes:
        type: what they are, such as ``PER``.
        begin: the place of the first.
        end: the place behind the last.
    """

    type: str
    begin: int
    end: int


Spans = Callable[[Sequence[str]], list[Span]]
"""The spans that the tags of a sentence mark."""


def are_bio(names: Iterable[str]) -> bool:
    """Whether tags say where spans begin: all are ``O``, or begin with ``B`` or ``I`` and name a type behind ``-``."""
    kinds = {name.partition("-")[0] for name in names}
    return kinds <= {"B", "I", OUTSIDE} and kinds != {OUTSIDE}


def bio_spans(tags: Sequence[str]) -> list[Span]:
    """The spans of tags ``B-TYPE``, ``I-TYPE`` and ``O``, by the rules of the script ``conlleval`` of CoNLL-2000.

    A span begins with each B, and with an I behind O or behind another type; it ends before the next word that does not
    go on with it. So tags of both conventions, IOB1 and IOB2, are understood.

    >>> bio_spans(["B-PER", "I-PER", "O", "I-LOC", "B-LOC", "I-PER"])[:2]
    [Span(type='PER', begin=0, end=2), Span(type='LOC', begin=3, end=4)]
    """
    found: list[Span] = []
    current: tuple[str, int] | None = None
    for place, tag in enumerate([*tags, OUTSIDE]):
        kind, _, name = tag.partition("-")
        goes_on = current is not None and kind == "I" and name == current[0]
        if current is not None and not goes_on:
            found.append(Span(*current, place))
            current = None
        if kind != OUTSIDE and not goes_on:
            current = name, place
    return found


def word_spans(tags: Sequence[str]) -> list[Span]:
    """Each word by itself, with its tag as the type."""
    return [Span(tag, place, place + 1) for place, tag in enumerate(tags)]


@dataclass(frozen=True, slots=True)
class SpanCounts:
    """How spans were found in n sentences.

    Attributes:
        by_sentence: of each sentence the spans that were found with their ends and their type, all that were said, and
            all that there are.
        by_type: the same three numbers of each type.
    """

    by_sentence: Float64[np.ndarray, "n 3"]
    by_type: dict[str, tuple[int, int, int]]

    def statistics(self) -> list[SentenceStatistics]:
        """F1, precision and recall in percent, by sentence."""
        scores = {"span F1": _f1, "precision": _precision, "recall": _recall}
        return [SentenceStatistics(name, "", self.by_sentence, score) for name, score in scores.items()]

    def types(self) -> tuple[ClassScores, ...]:
        """Precision, recall and F1 of each type, by the alphabet."""
        return tuple(
            ClassScores(name, true, said, right / max(said, 1), right / max(true, 1), 2 * right / max(said + true, 1))
            for name, (right, said, true) in sorted(self.by_type.items())
        )


def count_spans(predicted: Sequence[Sequence[str]], true: Sequence[Sequence[str]], spans: Spans) -> SpanCounts:
    """Compare the spans of sentences.

    Args:
        predicted: the tags of each sentence, as they were said.
        true: the tags of each sentence, as they are.
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

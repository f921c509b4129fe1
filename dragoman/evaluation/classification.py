"""Metrics of classification: accuracy, the confusion matrix, and precision, recall and F1 of each class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64, Int, Int64

from dragoman.evaluation.confidence import RESAMPLES, SEED, Estimate, percentile_interval
from dragoman.evaluation.sentence_statistics import SentenceStatistics

_DRAWS_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True)
class ClassScores:
    """The scores of one class.

    Attributes:
        name: name of the class.
        support: number of examples of this class.
        predicted: number of examples predicted as this class.
        precision: share of the predicted examples that are of this class; 0 if there are none.
        recall: share of the examples of this class that are predicted as it; 0 if there are none.
        f1: harmonic mean of precision and recall.
    """

    name: str
    support: int
    predicted: int
    precision: float
    recall: float
    f1: float


def confusion_matrix(
    predicted: Int[np.ndarray, " n"], true: Int[np.ndarray, " n"], classes: int
) -> Int64[np.ndarray, "K K"]:
    """The number of examples of each true class (row) that are predicted as each class (column).

    >>> confusion_matrix(np.array([0, 1, 1, 1]), np.array([0, 0, 1, 1]), classes=2)
    array([[1, 1],
           [0, 2]])
    """
    cells = true.astype(np.int64) * classes + predicted
    return np.bincount(cells, minlength=classes * classes).astype(np.int64).reshape(classes, classes)


def class_scores(confusion: Int[np.ndarray, "K K"], names: Sequence[str]) -> tuple[ClassScores, ...]:
    """Precision, recall and F1 of each class, in the order of the confusion matrix.

    >>> for scores in class_scores(np.array([[1, 1], [0, 2]]), ["cat", "dog"]):
    ...     print(scores.name, round(scores.precision, 2), round(scores.recall, 2), round(scores.f1, 2))
    cat 1.0 0.5 0.67
    dog 0.67 1.0 0.8
    """
    right, support, said = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    precision, recall = right / np.maximum(said, 1), right / np.maximum(support, 1)
    f1 = 2 * right / np.maximum(said + support, 1)
    columns = zip(names, support, said, precision, recall, f1, strict=True)
    return tuple(ClassScores(name, int(s), int(t), float(p), float(r), float(f)) for name, s, t, p, r, f in columns)


def macro_f1(confusion: Int[np.ndarray, "K K"]) -> float:
    """The mean F1, 0 to 1, of the classes that occur: one that is neither true nor predicted anywhere does not count.

    >>> round(macro_f1(np.array([[1, 1], [0, 2]])), 3)
    0.733
    """
    sums = np.stack([np.diag(confusion), confusion.sum(axis=0), confusion.sum(axis=1)])
    return float(_macro_f1(sums[:, None].astype(np.float64))[0])


def macro_f1_estimate(
    predicted: Int[np.ndarray, " n"],
    true: Int[np.ndarray, " n"],
    classes: int,
    *,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Estimate:
    """Macro-F1 in percent with its bootstrap interval.

    Examples with the same true and predicted class are alike, so a resample needs only how often each such pair is
    drawn: a multinomial draw over the pairs that occur, however many examples and classes there are.

    >>> estimate = macro_f1_estimate(np.array([0, 1, 1, 1]), np.array([0, 0, 1, 1]), 2)
    >>> round(estimate.value, 1), estimate.low < estimate.value < estimate.high
    (73.3, True)
    """
    pairs, counts = np.unique(true.astype(np.int64) * classes + predicted, return_counts=True)
    rows, columns = pairs // classes, pairs % classes
    generator = np.random.default_rng(seed)
    at_once = max(1, _DRAWS_AT_ONCE // max(len(pairs), classes))
    found = []
    for done in range(0, resamples, at_once):
        drawn = generator.multinomial(len(true), counts / len(true), size=min(at_once, resamples - done))
        found.append(_macro_f1(_class_sums(drawn, rows, columns, classes)))
    low, high = percentile_interval(100 * np.concatenate(found))
    value = float(_macro_f1(_class_sums(counts[None], rows, columns, classes))[0])
    return Estimate("macro-F1", 100 * value, low, high, "", resamples, seed)


def classification_statistics(predicted: Int[np.ndarray, " n"], true: Int[np.ndarray, " n"]) -> SentenceStatistics:
    """Accuracy in percent. The counts of an example are 1 if its prediction is right, else 0, and 1 (K = 2).

    >>> classification_statistics(np.array([0, 1, 1, 1]), np.array([0, 0, 1, 1])).corpus_score()
    75.0
    """
    counts = np.stack([predicted == true, np.ones(len(true))], axis=1).astype(np.float64)
    return SentenceStatistics("accuracy", "", counts, _percent)


def _percent(sums: Float[np.ndarray, " K"]) -> float:
    return 100 * float(sums[0] / sums[1])


def _class_sums(
    counts: Int[np.ndarray, "R c"], rows: Int[np.ndarray, " c"], columns: Int[np.ndarray, " c"], classes: int
) -> Float64[np.ndarray, "3 R K"]:
    """The numbers of right, predicted and true examples of each class, from how often each pair of classes occurs."""
    weights = counts.astype(np.float64)
    offsets = np.arange(len(counts))[:, None] * classes
    size = len(counts) * classes

    def summed(kept: Int[np.ndarray, " m"], of_class: Int[np.ndarray, " c"]) -> Float64[np.ndarray, "R K"]:
        places = (offsets + of_class[kept]).ravel()
        # Without any pair of classes the sums would be integers.
        sums = np.bincount(places, weights[:, kept].ravel(), minlength=size).astype(np.float64)
        return sums.reshape(len(counts), classes)

    everywhere = np.arange(len(rows))
    return np.stack(
        [summed(np.flatnonzero(rows == columns), rows), summed(everywhere, columns), summed(everywhere, rows)]
    )


def _macro_f1(sums: Float64[np.ndarray, "3 R K"]) -> Float64[np.ndarray, " R"]:
    right, occurs = sums[0], sums[1] + sums[2]
    f1 = 2 * right / np.maximum(occurs, 1)
    return f1.sum(axis=1) / np.maximum((occurs > 0).sum(axis=1), 1)

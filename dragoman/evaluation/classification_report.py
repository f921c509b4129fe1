"""The report on predicted labels, as numbers and as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

import numpy as np
from jaxtyping import Float, Int, Int64

from dragoman.errors import InputError
from dragoman.evaluation.calibration import (
    ReliabilityBin,
    expected_calibration_error,
    probability_statistics,
    reliability,
)
from dragoman.evaluation.classification import (
    ClassScores,
    class_scores,
    confusion_matrix,
    macro_f1_estimate,
)
from dragoman.evaluation.confidence import RESAMPLES, SEED, Estimate, estimates
from dragoman.evaluation.exact_match import Share, wilson_interval
from dragoman.reports.shown import Shown, Summary
from dragoman.reports.text import aligned
from dragoman.storage.json import JsonObject

_SHOWN = 20
"""The most classes, and the most confusions, that the text shows."""
_LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class Confusion:
    """One class predicted as another.

    Attributes:
        true: name of the true class.
        predicted: name of the predicted class.
        count: number of examples.
    """

    true: str
    predicted: str
    count: int


@dataclass(frozen=True, slots=True, repr=False)
class ClassificationReport(Shown):
    """The report on how well labels were predicted.

    Attributes:
        examples: number of examples.
        accuracy: share of right predictions, with Wilson's interval.
        macro_f1: mean F1 of the classes, in percent.
        most_frequent: the class with most examples, and the accuracy of always predicting it.
        nats: negative log-likelihood in nats per example; None if there are no probabilities.
        brier: Brier score, 0 to 2; None if there are no probabilities.
        calibration_error: expected calibration error, 0 to 1; None if there are no probabilities. It has no interval,
            since resampling would overestimate it.
        reliability: confidence and accuracy in bins of similar confidence.
        classes: the scores of each class, in the order of class numbers.
        confusion: number of examples of each true class (row) that are predicted as each class (column).
    """

    examples: int
    accuracy: Share
    macro_f1: Estimate
    most_frequent: tuple[str, Share]
    nats: Estimate | None
    brier: Estimate | None
    calibration_error: float | None
    reliability: tuple[ReliabilityBin, ...]
    classes: tuple[ClassScores, ...]
    confusion: Int64[np.ndarray, "K K"] = field(compare=False)

    def summary(self) -> Summary:
        """The report as a title and a few lines, which an interpreter and a notebook show."""
        macro, (name, share) = self.macro_f1, self.most_frequent
        facts = {
            "accuracy": f"{100 * self.accuracy.value:.2f} %",
            macro.metric: f"{macro.value:.2f} ({macro.low:.2f} to {macro.high:.2f})",
            f"always {name}": f"{100 * share.value:.2f} %",
            "labels": f"{len(self.classes):,}",
        }
        return Summary(f"accuracy {100 * self.accuracy.value:.2f} % on {self.examples:,} examples", facts)

    def to_dict(self) -> JsonObject:
        """The report as values for JSON; the confusion matrix as its cells that are not 0: row, column, count."""
        rows, columns = np.nonzero(self.confusion)
        name, share = self.most_frequent
        return {
            **asdict(self),
            "most_frequent": {"name": name, **asdict(share)},
            "reliability": [asdict(part) for part in self.reliability],
            "classes": [asdict(part) for part in self.classes],
            "confusion": np.stack([rows, columns, self.confusion[rows, columns]], axis=1).tolist(),
        }

    def confusions(self, most: int = _SHOWN) -> list[Confusion]:
        """The classes that are predicted as others, the most frequent confusion first, at most ``most`` of them."""
        wrong = self.confusion.copy()
        np.fill_diagonal(wrong, 0)
        order = np.argsort(-wrong, axis=None, kind="stable")[:most]
        names = [part.name for part in self.classes]
        places = [divmod(int(cell), len(names)) for cell in order]
        return [Confusion(names[t], names[p], int(wrong[t, p])) for t, p in places if wrong[t, p]]

    def as_text(self) -> str:
        """The report as plain aligned tables, without markup; if there are many classes, those with the lowest F1."""
        scores = [("metric", "value", "95 % interval"), _share_row("accuracy", self.accuracy)]
        scores.append(("macro-F1", f"{self.macro_f1.value:.1f} %", f"{_span(self.macro_f1, 1)} %"))
        scores += [(e.metric, f"{e.value:.4f}", _span(e, 4)) for e in (self.nats, self.brier) if e is not None]
        if self.calibration_error is not None:
            scores.append(("calibration error", f"{100 * self.calibration_error:.1f} %", "–"))
        shown = self._shown_classes()
        rows = class_rows(shown)
        more = len(self.classes) - len(shown)
        note = [f"These are the {len(shown)} with the lowest F1; {more:,} more are not shown."] if more else []
        confusions = self.confusions()
        pairs = confusion_rows(confusions)
        return "\n".join(
            [
                f"{_count(self.examples, 'example')}, {len(self.classes):,} classes",
                "",
                *aligned(scores),
                "",
                *self._notes(),
                "",
                *aligned(rows),
                *note,
                *(["", *aligned(pairs)] if confusions else []),
            ]
        )

    def _shown_classes(self) -> list[ClassScores]:
        if len(self.classes) <= _SHOWN:
            return list(self.classes)
        present = [part for part in self.classes if part.support or part.predicted]
        return sorted(present, key=lambda part: (part.f1, -part.support))[:_SHOWN]

    def _notes(self) -> list[str]:
        name, share = self.most_frequent
        notes = [
            f"Always saying `{name}`, the most frequent class here, would be right in {100 * share.value:.1f} %.",
            f"Intervals: {self.macro_f1.resamples:,} bootstrap resamples of the examples, seed {self.macro_f1.seed}; "
            "accuracy by Wilson's formula.",
        ]
        if self.calibration_error is not None:
            notes.append(
                "Accuracy and macro-F1: higher is better. Nats, Brier score and calibration error: lower is better."
            )
        absent = sum(not part.support for part in self.classes)
        if absent:
            notes.append(f"{_count(absent, 'class', 'classes')} without an example here.")
        return notes


def evaluate_labels(
    predicted: Int[np.ndarray, " n"],
    true: Int[np.ndarray, " n"],
    names: Sequence[str],
    *,
    probabilities: Float[np.ndarray, "n K"] | None = None,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> ClassificationReport:
    """Measure predicted labels against the true ones.

    >>> report = evaluate_labels(np.array([0, 1, 1, 1]), np.array([0, 0, 1, 1]), ["cat", "dog"])
    >>> report.accuracy.value, round(report.macro_f1.value, 1), report.confusions()
    (0.75, 73.3, [Confusion(true='cat', predicted='dog', count=1)])

    Args:
        predicted: predicted class number of each example.
        true: true class number of each example.
        names: names of the K classes, in the order of their numbers.
        probabilities: probability of each class for each example; without it, calibration is not measured.
        resamples: number of bootstrap resamples.
        seed: seed of the bootstrap.

    Raises:
        InputError: if there is no example.
    """
    if not len(true):
        raise InputError("there is no example to evaluate", remedy="give at least one example and its label.")
    confusion = confusion_matrix(predicted, true, len(names))
    support = confusion.sum(axis=1)
    right = predicted == true
    nats = brier = error = None
    bins: tuple[ReliabilityBin, ...] = ()
    if probabilities is not None:
        nats, brier = estimates(probability_statistics(probabilities, true), resamples=resamples, seed=seed)
        bins = reliability(probabilities[np.arange(len(true)), predicted].astype(np.float64), right)
        error = expected_calibration_error(bins)
    return ClassificationReport(
        examples=len(true),
        accuracy=wilson_interval(int(right.sum()), len(true)),
        macro_f1=macro_f1_estimate(predicted, true, len(names), resamples=resamples, seed=seed),
        most_frequent=(names[int(support.argmax())], wilson_interval(int(support.max()), len(true))),
        nats=nats,
        brier=brier,
        calibration_error=error,
        reliability=bins,
        classes=class_scores(confusion, names),
        confusion=confusion,
    )


def class_rows(classes: Sequence[ClassScores], heading: str = "class", unit: str = "examples") -> list[tuple[str, ...]]:
    """A table of classes, with its heading."""
    rows: list[tuple[str, ...]] = [(heading, unit, "predicted", "precision", "recall", "F1")]
    for c in classes:
        shares = (_percent(share) for share in (c.precision, c.recall, c.f1))
        rows.append((_short(c.name), f"{c.support:,}", f"{c.predicted:,}", *shares))
    return rows


def confusion_rows(confusions: Sequence[Confusion]) -> list[tuple[str, ...]]:
    """A table of confusions, with its heading."""
    rows = [(_short(c.true), _short(c.predicted), f"{c.count:,}") for c in confusions]
    return [("true", "predicted", "times"), *rows]


def _share_row(name: str, share: Share) -> tuple[str, str, str]:
    return name, f"{100 * share.value:.1f} %", f"{100 * share.low:.1f} to {100 * share.high:.1f} %"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"


def _span(estimate: Estimate, digits: int) -> str:
    return f"{estimate.low:.{digits}f} to {estimate.high:.{digits}f}"


def _count(count: int, one: str, several: str | None = None) -> str:
    return f"1 {one}" if count == 1 else f"{count:,} {several or one + 's'}"

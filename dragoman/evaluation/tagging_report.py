"""The report on predicted tags, as numbers and as text."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from dragoman.errors import InputError
from dragoman.evaluation.classification import ClassScores
from dragoman.evaluation.classification_report import (
    ClassificationReport,
    class_rows,
    confusion_rows,
    evaluate_labels,
)
from dragoman.evaluation.confidence import RESAMPLES, SEED, Estimate, estimates
from dragoman.evaluation.sentence_statistics import SentenceStatistics
from dragoman.evaluation.spans import are_bio, bio_spans, count_spans, word_spans
from dragoman.reports.shown import Shown, Summary
from dragoman.reports.text import aligned
from dragoman.storage.json import JsonObject

Tagged = Sequence[Sequence[str]]
"""The tags of the words of each sentence."""
_SHOWN = 20


@dataclass(frozen=True, slots=True, repr=False)
class TaggingReport(Shown):
    """The report on how well the words of sentences were tagged. Intervals are from the bootstrap over sentences.

    Attributes:
        sentences: number of sentences.
        words: number of words.
        spans: whether tags mark spans of words; else each word is a span by itself.
        f1: harmonic mean of precision and recall of the spans, in percent.
        precision: share of the predicted spans that are true, with the same ends and type, in percent.
        recall: share of the true spans that were predicted, in percent.
        accuracy: share of the words whose tag is right, in percent.
        types: the scores of each type of span.
        by_word: the report on the tags, each word taken as an example by itself.
    """

    sentences: int
    words: int
    spans: bool
    f1: Estimate
    precision: Estimate
    recall: Estimate
    accuracy: Estimate
    types: tuple[ClassScores, ...]
    by_word: ClassificationReport

    @property
    def _measures(self) -> tuple[Estimate, ...]:
        return (self.f1, self.precision, self.recall, self.accuracy)

    def summary(self) -> Summary:
        """The report as a title and a few lines, which an interpreter and a notebook show."""
        name, share = self.by_word.most_frequent
        facts = {e.metric: f"{e.value:.2f} ({e.low:.2f} to {e.high:.2f})" for e in self._measures}
        always = {f"words right if always {name}": f"{100 * share.value:.2f} %"}
        title = f"span F1 {self.f1.value:.2f} on {self.sentences:,} sentences"
        return Summary(title, {**facts, **always, "words": f"{self.words:,}"})

    def to_dict(self) -> JsonObject:
        """The report as values for JSON."""
        measures = {name: asdict(getattr(self, name)) for name in ("f1", "precision", "recall", "accuracy")}
        return {
            "sentences": self.sentences,
            "words": self.words,
            "spans": self.spans,
            **measures,
            "types": [asdict(part) for part in self.types],
            "by_word": self.by_word.to_dict(),
        }

    def as_text(self) -> str:
        """The report as plain aligned tables, without markup; if there are many types, those with the lowest F1."""
        scores = [("metric", "value", "95 % interval")]
        scores += [(e.metric, f"{e.value:.1f} %", f"{e.low:.1f} to {e.high:.1f} %") for e in self._measures]
        shown = sorted(self.types, key=lambda part: (part.f1, -part.support))[:_SHOWN]
        more = len(self.types) - len(shown)
        note = [f"These are the {len(shown)} with the lowest F1; {more:,} more are not shown."] if more else []
        confusions = self.by_word.confusions(_SHOWN)
        name, share = self.by_word.most_frequent
        what = (
            "A span is right if it is there with the same words and the same type."
            if self.spans
            else "The tags mark no spans (B-, I- and O do), so each word is a span by itself."
        )
        return "\n".join(
            [
                f"{self.sentences:,} sentences, {self.words:,} words, {len(self.by_word.classes):,} tags",
                "",
                *aligned(scores),
                "",
                what,
                f"Always saying `{name}`, the most frequent tag here, would be right of {100 * share.value:.1f} % of "
                "the words.",
                f"Intervals: {self.f1.resamples:,} bootstrap resamples of the sentences, seed {self.f1.seed}.",
                "",
                *aligned(class_rows(shown, "type" if self.spans else "tag", "spans" if self.spans else "words")),
                *note,
                *(["", *aligned(confusion_rows(confusions))] if confusions else []),
            ]
        )


def accuracy_statistics(predicted: Tagged, true: Tagged) -> SentenceStatistics:
    """Accuracy of words in percent. The counts of a sentence are its right words and its words (K = 2).

    >>> accuracy_statistics([["B-PER", "O", "B-LOC", "O"]], [["B-PER", "O", "O", "O"]]).corpus_score()
    75.0
    """
    counts = [(sum(map(str.__eq__, said, are)), len(are)) for said, are in zip(predicted, true, strict=True)]
    return SentenceStatistics("accuracy of words", "", np.array(counts, dtype=np.float64), _percent)


def span_f1_statistics(predicted: Tagged, true: Tagged, names: Sequence[str]) -> SentenceStatistics:
    """F1 of spans in percent. The counts of a sentence are its found, predicted and true spans (K = 3).

    >>> names = ["O", "B-PER", "B-LOC"]
    >>> round(span_f1_statistics([["B-PER", "O", "B-LOC"]], [["B-PER", "O", "O"]], names).corpus_score(), 1)
    66.7
    """
    return count_spans(predicted, true, bio_spans if are_bio(names) else word_spans).statistics()[0]


def evaluate_tags(
    predicted: Tagged, true: Tagged, names: Sequence[str], *, resamples: int = RESAMPLES, seed: int = SEED
) -> TaggingReport:
    """Measure predicted tags against the true ones.

    >>> report = evaluate_tags([["B-PER", "O", "B-LOC"]], [["B-PER", "O", "O"]], ["O", "B-PER", "B-LOC"])
    >>> round(report.f1.value, 1), report.precision.value, report.recall.value
    (66.7, 50.0, 100.0)

    Args:
        predicted: the predicted tags of the words of each sentence.
        true: the true tags of the words of each sentence.
        names: the names of all tags.
        resamples: number of bootstrap resamples.
        seed: seed of the bootstrap.

    Raises:
        InputError: if there is no sentence, or one has another number of predicted than of true tags.
    """
    if not true:
        raise InputError("there is no sentence to evaluate", remedy="give at least one sentence and its tags.")
    for number, (said, are) in enumerate(zip(predicted, true, strict=True), start=1):
        if len(said) != len(are):
            raise InputError(
                f"sentence {number:,} has {len(said):,} predicted tags and {len(are):,} true ones",
                remedy="give a tag for each word.",
            )
    spans = are_bio(names)
    counted = count_spans(predicted, true, bio_spans if spans else word_spans)
    statistics = [*counted.statistics(), accuracy_statistics(predicted, true)]
    f1, precision, recall, accuracy = estimates(statistics, resamples=resamples, seed=seed)
    numbers = {name: number for number, name in enumerate(names)}
    predicted_words, true_words = (
        np.array([numbers[tag] for tag in itertools.chain.from_iterable(part)], dtype=np.int64)
        for part in (predicted, true)
    )
    return TaggingReport(
        sentences=len(true),
        words=len(true_words),
        spans=spans,
        f1=f1,
        precision=precision,
        recall=recall,
        accuracy=accuracy,
        types=counted.types(),
        by_word=evaluate_labels(predicted_words, true_words, names, resamples=resamples, seed=seed),
    )


def _percent(sums: np.ndarray) -> float:
    return 100 * float(sums[0] / sums[1])

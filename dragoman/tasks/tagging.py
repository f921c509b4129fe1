"""Text to a tag for each word: softmax regression on what an encoder makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, pairwise

import numpy as np
from jaxtyping import Float64, Int

from dragoman.contracts import Packed, Tags
from dragoman.contracts.expect import expect
from dragoman.data.bucketing import in_order
from dragoman.data.columns.tags import TagColumn
from dragoman.data.dataset import Dataset
from dragoman.data.examples import Examples
from dragoman.evaluation.tagging_report import accuracy_statistics, evaluate_tags, span_f1_statistics
from dragoman.fields.tags import TagField
from dragoman.model.build import Model
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.folder import LoadedModel
from dragoman.predict.inputs import SourceBatch
from dragoman.predict.outputs import outputs_of
from dragoman.recipe import Recipe
from dragoman.tasks.assessment import Assessed, Assessment, HeldOut, Measures
from dragoman.tasks.baseline import frequency_baseline
from dragoman.tasks.card import CardFacts
from dragoman.tasks.in_turn import Part
from dragoman.tasks.inputs import Input
from dragoman.tasks.losses import loss_estimate
from dragoman.tasks.outputs import label_losses
from dragoman.tasks.pictures import draw_confusion
from dragoman.tasks.predicting_card import predicting_card, with_counts
from dragoman.tasks.prediction import PredictionTask
from dragoman.tasks.same_sources import same_sources
from dragoman.tasks.task import MEASURED_TOGETHER, Words, shown_source
from dragoman.tasks.validation import Sample, Scored, Validating, Validator


class Tagging(PredictionTask[list[list[str]]]):
    """F1 of the spans that tags mark is the quality, and is watched while a model trains.

    Args:
        reads: what goes in, which is text.
    """

    watched_score = "span_f1"
    higher_is_better = True

    def __init__(self, reads: Input) -> None:
        words = Words(
            use=f"predict {{}} {reads.option}",
            data="--corpus with a table that has a column of texts and one of their tags, or with a CoNLL file; or "
            "--source and --target",
            unit="words",
            loss="nats per word",
            watched="F1 of spans on the validation set, in percent",
            speed="sentences per second, which are encoded already",
            remarks=(
                "F1 of the spans that tags mark (of words, where they mark none) and accuracy of words are in percent, "
                "and higher is better.",
                "A budget of tokens counts words.",
            ),
        )
        super().__init__(reads, words)

    def validator(self, model: Model, recipe: Recipe, dataset: Dataset) -> Validating:
        """Cross-entropy, accuracy of words and F1 of spans."""
        examples, field = dataset.validation, expect(dataset.target, TagField)
        column = expect(examples.target, TagColumn)
        numbers = column.tags[np.arange(len(column.tags))]
        true = true_tags(examples, field)

        def score(turn: int) -> Scored:
            logits = word_outputs(model, examples)
            predicted = _by_sentence(field.predictions(logits), column.lengths)
            nats = label_losses(logits, numbers)
            shown = turn % len(true)
            return Scored(
                {
                    "accuracy": accuracy_statistics(predicted, true).corpus_score(),
                    "span_f1": span_f1_statistics(predicted, true, field.names).corpus_score(),
                },
                Sample(shown_source(examples, shown), field.written(true[shown]), field.written(predicted[shown])),
                loss_estimate(
                    np.add.reduceat(nats, np.cumsum(column.lengths) - column.lengths), column.lengths.astype(np.int64)
                ),
            )

        return Validator(self.losses(model, recipe, dataset), score)

    def baseline(self, recipe: Recipe, dataset: Dataset) -> float:
        """The cross-entropy under the frequencies of the tags."""
        del recipe
        tags = (expect(split.target, TagColumn).tags for split in (dataset.train, dataset.validation))
        train, validation = (part[np.arange(len(part))] for part in tags)
        return frequency_baseline(train, validation, expect(dataset.target, TagField).size)

    def same_examples(self, one: HeldOut, other: HeldOut) -> bool:
        """Whether sources and the names of the tags are equal."""
        return same_sources(one, other) and _names(one) == _names(other)

    def predicted(self, subject: Assessed, part: Part) -> list[list[str]]:
        """The tags of the words of some sentences."""
        examples = subject.held_out.examples
        outputs = word_outputs(subject.model.model, examples, part)
        return _by_sentence(expect(subject.model.target, TagField).predictions(outputs), examples.target_lengths[part])

    def assessment(self, subject: Assessed, predicted: list[list[str]], speed: float) -> Assessment:
        """The F1 of spans, and the accuracy of words."""
        field = expect(subject.model.target, TagField)
        true = _names(subject.held_out)
        report = evaluate_tags(predicted, true, field.names)
        return Assessment(
            report=report,
            measures=Measures(report.f1, (report.accuracy,), {"predictions": speed}),
            statistics=span_f1_statistics(predicted, true, field.names),
            outputs=[field.written(tags) for tags in predicted],
            draw=lambda path, title: draw_confusion(report.by_word, path, title),
        )

    def card(self, facts: CardFacts, best: LoadedModel, assessment: Assessment) -> str:
        """The card of a model that predicts tags."""
        field = expect(best.target, TagField)
        return predicting_card(
            facts,
            best,
            assessment,
            self._reads,
            predicts="a tag for each word",
            beware=[
                f"For anything but the {field.size:,} tags below: whatever a word is, it gets one of them.",
                "For text that is cut into words in another way: words are what white space stands between.",
                "Where tags that follow each other must fit: each word's tag is chosen by itself.",
            ],
            described=[f"Tags, with the words of the training examples: {with_counts(field.names, field.counts)}."],
        )


def true_tags(examples: Examples, field: TagField) -> list[list[str]]:
    """The tags of each example."""
    return field.decode(expect(examples.target, TagColumn).rows(np.arange(len(examples))))


def word_outputs(model: Model, examples: Examples, part: Part | None = None) -> Float64[np.ndarray, "M K"]:
    """The logits of every word of some examples, or of all, the words end to end."""
    chosen = np.arange(len(examples)) if part is None else part
    lengths = examples.target_lengths[chosen].astype(np.int64)
    first = np.cumsum(lengths) - lengths

    def batches() -> Iterator[SourceBatch]:
        for places in in_order(examples.source_lengths[chosen], lengths, tokens=MEASURED_TOGETHER):
            batch = examples.batch(chosen[places])
            target, source = expect(batch.target, Tags), expect(batch.source, Packed)
            words = first[places][target.layout.rows.numpy()] + target.layout.positions.numpy()
            yield SourceBatch(words, source, target.places(source.layout))

    return outputs_of(expect(model, EncoderDecoder), batches(), int(lengths.sum()))


def _names(split: HeldOut) -> list[list[str]]:
    return true_tags(split.examples, expect(split.target, TagField))


def _by_sentence(tags: list[str], lengths: Int[np.ndarray, " n"]) -> list[list[str]]:
    return [tags[begin:end] for begin, end in pairwise(chain([0], np.cumsum(lengths).tolist()))]

"""Text to a tag for each word: each by itself, or all words of a text together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Float64, Int

from dragoman.contracts import AllowedTransitions, Layout, Packed, TaggingDecoder, Tags
from dragoman.contracts.expect import expect
from dragoman.data.bucketing import in_order
from dragoman.data.columns.tags import TagColumn
from dragoman.data.dataset import Dataset
from dragoman.data.examples import Examples
from dragoman.errors import InputError
from dragoman.evaluation.tagging_report import accuracy_statistics, evaluate_tags, span_f1_statistics
from dragoman.fields.tags import TagField
from dragoman.model.build import Model
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.folder import LoadedModel
from dragoman.predict.inputs import SourceBatch
from dragoman.predict.outcomes import TagOutcomes
from dragoman.predict.outputs import outputs_of, torch_outputs
from dragoman.recipe import Recipe
from dragoman.recipe.tags import WordTagsRecipe
from dragoman.tasks.assessment import Assessed, Assessment, HeldOut, Measures
from dragoman.tasks.baseline import frequency_baseline
from dragoman.tasks.card import CardFacts
from dragoman.tasks.in_turn import Part
from dragoman.tasks.inputs import Input
from dragoman.tasks.losses import loss_estimate
from dragoman.tasks.pictures import draw_confusion
from dragoman.tasks.predicting_card import predicting_card, with_counts
from dragoman.tasks.prediction import PredictionTask
from dragoman.tasks.same_sources import same_sources
from dragoman.tasks.task import MEASURED_TOGETHER, Words, shown_source
from dragoman.tasks.validation import Sample, Scored, Validating, Validator
from dragoman.text.tag_scheme import span_transitions


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
            inputs=reads.items,
            examples=f"{reads.items} with their tags",
            truth="tags",
            remarks=(
                "F1 of the spans that tags mark (of words, where they mark none) and accuracy of words are in percent, "
                "and higher is better.",
                "A budget of tokens counts words.",
            ),
        )
        super().__init__(reads, words)

    def validator(self, model: Model, recipe: Recipe, dataset: Dataset) -> Validating:
        """The loss per word, accuracy of words and F1 of spans."""
        examples, field = dataset.validation, expect(dataset.target, TagField)
        lengths = examples.target_lengths.astype(np.int64)
        words = Layout.of(torch.from_numpy(lengths))
        numbers = torch.from_numpy(tag_numbers(examples))
        true = true_tags(examples, field)
        decoder = tagging_decoder(model)

        def score(turn: int) -> Scored:
            scores = word_outputs(model, examples)
            predicted = predicted_tags(field, decoder, scores, lengths)
            nats = decoder.nats(torch.from_numpy(scores), words, numbers).double().numpy()
            shown = turn % len(true)
            return Scored(
                {
                    "accuracy": accuracy_statistics(predicted, true).corpus_score(),
                    "span_f1": span_f1_statistics(predicted, true, field.names).corpus_score(),
                },
                Sample(shown_source(examples, shown), field.written(true[shown]), field.written(predicted[shown])),
                loss_estimate(np.add.reduceat(nats, np.cumsum(lengths) - lengths), lengths),
            )

        return Validator(self.losses(model, recipe, dataset), score)

    def check_dataset(self, recipe: Recipe, dataset: Dataset) -> None:
        """Refuse examples whose tags could never be predicted, since their names say that one cannot follow the other.

        Raises:
            InputError: naming file and line of the first of them, and its tags.
        """
        field = expect(dataset.target, TagField)
        allowed = span_transitions(field.names)
        if allowed is None or not expect(recipe.model.decoder, WordTagsRecipe).constrained:
            return
        for examples in (dataset.train, dataset.validation):
            fault = allowed.first_fault(tag_numbers(examples), examples.target_lengths.astype(np.int64))
            if fault is not None:
                raise _impossible(dataset, examples, field, allowed, *fault)

    def baseline(self, recipe: Recipe, dataset: Dataset) -> float:
        """The cross-entropy under the frequencies of the tags."""
        del recipe
        train, validation = tag_numbers(dataset.train), tag_numbers(dataset.validation)
        return frequency_baseline(train, validation, len(expect(dataset.target, TagField).names))

    def same_examples(self, one: HeldOut, other: HeldOut) -> bool:
        """Whether sources and the names of the tags are equal."""
        return same_sources(one, other) and _names(one) == _names(other)

    def predicted(self, subject: Assessed, part: Part) -> list[list[str]]:
        """The tags of the words of some sentences."""
        model, examples = subject.model.model, subject.held_out.examples
        scores, field = word_outputs(model, examples, part), expect(subject.model.target, TagField)
        return predicted_tags(field, tagging_decoder(model), scores, examples.target_lengths[part])

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
            further=lambda: [accuracy_statistics(predicted, true)],
        )

    def card(self, facts: CardFacts, best: LoadedModel, assessment: Assessment) -> str:
        """The card of a model that predicts tags."""
        field = expect(best.target, TagField)
        by_itself = "Where tags that follow each other must fit: each word's tag is chosen by itself."
        joint = expect(best.recipe.model.decoder, WordTagsRecipe).joint
        together = "The tags of a text are chosen together: the most probable sequence of all, not each tag by itself."
        return predicting_card(
            facts,
            best,
            assessment,
            self._reads,
            predicts="a tag for each word",
            beware=[
                f"For anything but the {len(field.names):,} tags below: whatever a word is, it gets one of them.",
                "For text that is cut into words in another way: words are what white space stands between.",
                *([] if joint else [by_itself]),
            ],
            described=[
                f"Tags, with the words of the training examples: {with_counts(field.names, field.counts)}.",
                *([together] if joint else []),
            ],
        )


def tagging_decoder(model: Model) -> TaggingDecoder:
    """The decoder of a model that gives tags to words."""
    return expect(expect(model, EncoderDecoder).decoder, TaggingDecoder)


def tag_numbers(examples: Examples) -> Int[np.ndarray, " M"]:
    """The numbers of the tags of all words, end to end."""
    column = expect(examples.target, TagColumn)
    return column.tags[np.arange(len(column.tags))].astype(np.int64)


def predicted_tags(
    field: TagField, decoder: TaggingDecoder, scores: Float64[np.ndarray, "M K"], lengths: Int[np.ndarray, " n"]
) -> list[list[str]]:
    """The most probable tags of each text, from the scores of all words end to end."""
    return TagOutcomes(field, decoder, scores, lengths.tolist()).tags()


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

    return outputs_of(torch_outputs(expect(model, EncoderDecoder)), batches(), int(lengths.sum()))


def _names(split: HeldOut) -> list[list[str]]:
    return true_tags(split.examples, expect(split.target, TagField))


def _impossible(
    dataset: Dataset, examples: Examples, field: TagField, allowed: AllowedTransitions, row: int, word: int
) -> InputError:
    """The error for a text in which a tag stands where its name says that it cannot."""
    numbers = expect(examples.target, TagColumn).rows(np.array([row])).to_lists()[0]
    tag = numbers[word]
    if word == 0 and not allowed.first[tag]:
        where = "at the beginning"
    elif word and not allowed.following[numbers[word - 1], tag]:
        where = f"behind `{field.names[numbers[word - 1]]}`"
    else:
        where = "at the end"
    file, line = examples.places(np.array([row]))[0]
    return InputError(
        f"word {word + 1:,} has the tag `{field.names[tag]}` {where}, and tags of this form cannot stand there",
        file=dataset.files[file],
        line=line,
        cause="a wrong tag, or a scheme in which spans may begin with `I-`.",
        remedy='correct it, or set model.decoder.constrain = "none", so that every tag may follow every other.',
    )

"""Classification: softmax regression on the encoder's representation of any input."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Float64, Int

from dragoman.contracts.expect import expect
from dragoman.data.columns.label import LabelColumn
from dragoman.data.dataset import Dataset
from dragoman.data.examples import Examples
from dragoman.evaluation.calibration import fit_temperature, probability_statistics
from dragoman.evaluation.classification import classification_statistics, confusion_matrix, macro_f1
from dragoman.evaluation.classification_report import evaluate_labels
from dragoman.evaluation.confidence import estimates
from dragoman.fields.label import LabelField
from dragoman.model.build import Model
from dragoman.model.build_decoders import Objective
from dragoman.model.folder import LoadedModel
from dragoman.recipe import Recipe
from dragoman.recipe.perceptron import LabelDecoderRecipe
from dragoman.tasks.assessment import Assessed, Assessment, HeldOut, Measures
from dragoman.tasks.baseline import frequency_baseline
from dragoman.tasks.card import CardFacts
from dragoman.tasks.in_turn import Part
from dragoman.tasks.inputs import Input
from dragoman.tasks.losses import loss_estimate
from dragoman.tasks.outputs import example_outputs, label_losses
from dragoman.tasks.pictures import draw_confusion
from dragoman.tasks.predicting_card import predicting_card, with_counts
from dragoman.tasks.prediction import PredictionTask
from dragoman.tasks.same_sources import same_sources
from dragoman.tasks.task import Words, shown_source
from dragoman.tasks.validation import Sample, Scored, Validating, Validator


class Classification(PredictionTask[Float64[np.ndarray, "n K"]]):
    """Classification of texts, pictures or rows. The quality is the accuracy, which is also watched in training.

    Args:
        reads: the kind of input.
    """

    watched_score = "accuracy"
    higher_is_better = True

    def __init__(self, reads: Input) -> None:
        words = Words(
            use=f"predict {{}} {reads.option}",
            data=reads.labelled,
            unit="examples",
            loss="nats per label",
            watched="accuracy on the validation set, in percent",
            speed="examples per second, which are encoded already",
            inputs=reads.items,
            examples=f"{reads.items} with their labels",
            truth="labels",
            remarks=(
                "Accuracy and macro-F1, the mean F1 of the classes, are in percent, and higher is better; nats per "
                "example, of the calibrated probabilities: lower is better.",
                "A budget of tokens counts examples.",
            ),
        )
        super().__init__(reads, words)

    def objective(self, recipe: Recipe, dataset: Dataset) -> Objective:
        """The label smoothing and the class weights of the training loss."""
        kind = expect(recipe.model.decoder, LabelDecoderRecipe).class_weights
        weights = None if kind == "none" else expect(dataset.target, LabelField).class_weights(kind)
        plain = super().objective(recipe, dataset)
        return plain if weights is None else plain._replace(class_weights=tuple(weights.tolist()))

    def validator(self, model: Model, recipe: Recipe, dataset: Dataset) -> Validating:
        """Measures cross-entropy, accuracy and macro-F1 on the validation set."""
        examples, field = dataset.validation, expect(dataset.target, LabelField)
        true = true_labels(examples)

        def score(turn: int) -> Scored:
            logits = example_outputs(model, examples)
            predicted = logits.argmax(1)
            nats = label_losses(logits, true)
            shown = turn % len(predicted)
            confusion = confusion_matrix(predicted, true, field.size)
            return Scored(
                {"accuracy": 100 * float((predicted == true).mean()), "macro_f1": 100 * macro_f1(confusion)},
                Sample(shown_source(examples, shown), field.names[true[shown]], field.names[predicted[shown]]),
                loss_estimate(nats, np.ones(len(nats), dtype=np.int64)),
            )

        return Validator(self.losses(model, recipe, dataset), score)

    def baseline(self, recipe: Recipe, dataset: Dataset) -> float:
        """The cross-entropy under the class frequencies of the training set."""
        del recipe
        train, validation = (true_labels(split) for split in (dataset.train, dataset.validation))
        return frequency_baseline(train, validation, expect(dataset.target, LabelField).size)

    def calibrated(self, best: LoadedModel, dataset: Dataset) -> LoadedModel:
        """The model with the softmax temperature that maximises the likelihood of the validation labels."""
        temperature = fit_temperature(example_outputs(best.model, dataset.validation), true_labels(dataset.validation))
        return replace(best, target=replace(expect(best.target, LabelField), temperature=temperature))

    def same_examples(self, one: HeldOut, other: HeldOut) -> bool:
        """Whether sources and names of labels are equal."""
        return same_sources(one, other) and _names(one) == _names(other)

    def predicted(self, subject: Assessed, part: Part) -> Float64[np.ndarray, "n K"]:
        """The probability of each label for some examples."""
        outputs = example_outputs(subject.model.model, subject.held_out.examples, part)
        return expect(subject.model.target, LabelField).probabilities(outputs)

    def assessment(self, subject: Assessed, predicted: Float64[np.ndarray, "n K"], speed: float) -> Assessment:
        """The accuracy of the most probable labels, and how likely the true ones are."""
        field, true = expect(subject.model.target, LabelField), true_labels(subject.held_out.examples)
        labels = predicted.argmax(1)
        report = evaluate_labels(labels, true, field.names, probabilities=predicted)
        statistics = classification_statistics(labels, true)
        likely = probability_statistics(predicted, true)[0]
        accuracy, nats = estimates([statistics, likely])
        return Assessment(
            report=report,
            measures=Measures(accuracy, (report.macro_f1, nats), {"predictions": speed}),
            statistics=statistics,
            outputs=field.decode(labels),
            draw=lambda path, title: draw_confusion(report, path, title),
            further=lambda: [likely],
        )

    def card(self, facts: CardFacts, best: LoadedModel, assessment: Assessment) -> str:
        """The card of a model that predicts labels."""
        field = expect(best.target, LabelField)
        return predicting_card(
            facts,
            best,
            assessment,
            self._reads,
            predicts="labels",
            beware=[
                f"For anything but the {field.size:,} labels below: whatever goes in, one of them comes out.",
                "Where labels are much more or less frequent than they were in training: its probabilities then "
                "mislead.",
                "To decide about a person.",
            ],
            described=[
                f"Labels, with their training examples: {with_counts(field.names, field.counts)}.",
                f"Probabilities are calibrated with temperature {field.temperature:.3f}.",
            ],
        )


def true_labels(examples: Examples) -> Int[np.ndarray, " n"]:
    """The class of each example."""
    return expect(examples.target, LabelColumn).values


def _names(split: HeldOut) -> list[str]:
    return expect(split.target, LabelField).decode(true_labels(split.examples))

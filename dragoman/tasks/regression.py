"""Regression: linear regression on the encoder's representation of any input."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64

from dragoman.contracts.expect import expect
from dragoman.data.columns.number import NumberColumn
from dragoman.data.dataset import Dataset
from dragoman.data.examples import Examples
from dragoman.evaluation.regression import regression_statistics
from dragoman.evaluation.regression_report import evaluate_numbers
from dragoman.fields.number import NumberField
from dragoman.model.build import Model
from dragoman.model.build_decoders import LOSSES
from dragoman.model.folder import LoadedModel
from dragoman.recipe import Recipe
from dragoman.recipe.perceptron import NumberDecoderRecipe
from dragoman.tasks.assessment import Assessed, Assessment, HeldOut, Measures
from dragoman.tasks.baseline import constant_baseline
from dragoman.tasks.card import CardFacts
from dragoman.tasks.in_turn import Part
from dragoman.tasks.inputs import Input
from dragoman.tasks.outputs import example_outputs
from dragoman.tasks.pictures import draw_predictions
from dragoman.tasks.predicting_card import predicting_card
from dragoman.tasks.prediction import PredictionTask
from dragoman.tasks.same_sources import same_sources
from dragoman.tasks.task import Words, shown_source
from dragoman.tasks.validation import Sample, Scored, Validating, Validator


class Regression(PredictionTask[Float64[np.ndarray, " n"]]):
    """Regression on texts, pictures or rows. The quality is the root mean squared error, which is also watched in
    training.

    Args:
        reads: the kind of input.
    """

    watched_score = "rmse"
    higher_is_better = False

    def __init__(self, reads: Input) -> None:
        words = Words(
            use=f"predict {{}} {reads.option}",
            data=reads.numbered,
            unit="examples",
            loss="loss per example",
            watched="RMSE on the validation set, in the unit of the target",
            speed="examples per second, which are encoded already",
            inputs=reads.items,
            examples=f"{reads.items} with their numbers",
            truth="numbers",
            remarks=(
                "RMSE and MAE have the unit of the target, and lower is better; R², the share of the variance that is "
                "explained: higher is better, 1 at most.",
                "Losses of different kinds, such as squared and absolute, are not comparable: each is the recipe's "
                "own, of standardised numbers.",
                "A budget of tokens counts examples.",
            ),
        )
        super().__init__(reads, words)

    def validator(self, model: Model, recipe: Recipe, dataset: Dataset) -> Validating:
        """Measures loss, RMSE and MAE on the validation set."""
        examples, field = dataset.validation, expect(dataset.target, NumberField)
        true = true_numbers(examples)

        def score(turn: int) -> Scored:
            predicted = field.restore(example_outputs(model, examples))
            errors = np.abs(predicted - true)
            shown = turn % len(predicted)
            return Scored(
                {"rmse": float(np.sqrt((errors**2).mean())), "mae": float(errors.mean())},
                Sample(shown_source(examples, shown), f"{true[shown]:.6g}", f"{predicted[shown]:.6g}"),
            )

        return Validator(self.losses(model, recipe, dataset), score, has_perplexity=False)

    def baseline(self, recipe: Recipe, dataset: Dataset) -> float:
        """The loss of predicting the training set's mean or median, whichever is better."""
        decoder = expect(recipe.model.decoder, NumberDecoderRecipe)
        field = expect(dataset.target, NumberField)
        train, validation = (field.standardise(true_numbers(split)) for split in (dataset.train, dataset.validation))
        return constant_baseline(LOSSES[decoder.loss](decoder.delta), train, validation)

    def same_examples(self, one: HeldOut, other: HeldOut) -> bool:
        """Whether sources and numbers are equal."""
        return same_sources(one, other) and np.array_equal(true_numbers(one.examples), true_numbers(other.examples))

    def predicted(self, subject: Assessed, part: Part) -> Float64[np.ndarray, " n"]:
        """The number that is predicted for some examples."""
        outputs = example_outputs(subject.model.model, subject.held_out.examples, part)
        return expect(subject.model.target, NumberField).restore(outputs)

    def assessment(self, subject: Assessed, predicted: Float64[np.ndarray, " n"], speed: float) -> Assessment:
        """The errors of the numbers."""
        true = true_numbers(subject.held_out.examples)
        squared, *further = regression_statistics(predicted, true)
        report = evaluate_numbers(predicted, true, training_mean=expect(subject.model.target, NumberField).mean)
        return Assessment(
            report=report,
            measures=Measures(report.rmse, (report.mae, report.r2), {"predictions": speed}),
            statistics=squared,
            outputs=[f"{number:.9g}" for number in predicted.tolist()],
            draw=lambda path, title: draw_predictions(predicted, true, path, title),
            further=lambda: further,
        )

    def card(self, facts: CardFacts, best: LoadedModel, assessment: Assessment) -> str:
        """The card of a model that predicts numbers."""
        field = expect(best.target, NumberField)
        return predicting_card(
            facts,
            best,
            assessment,
            self._reads,
            predicts="numbers",
            beware=["Where a single large error does harm: look at the quantiles of the error below."],
            described=[
                f"Numbers in training: mean {field.mean:.6g}, standard deviation {field.deviation:.6g}.",
            ],
        )


def true_numbers(examples: Examples) -> Float64[np.ndarray, " n"]:
    """The number of each example."""
    return expect(examples.target, NumberColumn).values

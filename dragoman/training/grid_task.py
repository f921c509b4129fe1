"""What runs do whose models read pictures or rows, or say labels or numbers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from jaxtyping import Float64

from dragoman.contracts import AnyBatch
from dragoman.data.dataset import Dataset
from dragoman.data.examples import Examples
from dragoman.data.grid.prepare_grid import prepare_grid
from dragoman.data.loader import Loader
from dragoman.data.passes import Buckets, stored_pairs
from dragoman.evaluation.classification_report import ClassificationReport, evaluate_labels
from dragoman.evaluation.recognition_report import RecognitionReport, evaluate_recognition
from dragoman.evaluation.regression_report import RegressionReport, evaluate_numbers
from dragoman.evaluation.temperature import fit_temperature
from dragoman.fields.field import expect
from dragoman.fields.label import LabelField
from dragoman.fields.number import NumberField
from dragoman.model.build import Model
from dragoman.model.coefficients import is_linear, lines
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.folder import LoadedModel
from dragoman.predict.reader import Reader
from dragoman.recipe import Recipe
from dragoman.recipe.perceptron import LabelDecoderRecipe
from dragoman.training.assessment import card_facts, test_split
from dragoman.training.distributed import Processes
from dragoman.training.evaluation_pictures import draw_confusion, draw_predictions
from dragoman.training.grid_card import grid_card
from dragoman.training.grid_validation import (
    MEASURED_TOGETHER,
    LabelValidator,
    NumberValidator,
    ReadingValidator,
    example_outputs,
    read_examples,
    true_labels,
    true_numbers,
)
from dragoman.training.observer import RunStart
from dragoman.training.split_loss import SplitLosses, example_losses
from dragoman.training.stability.examples import watched_examples

if TYPE_CHECKING:
    from pandas import DataFrame

    from dragoman.training.trainer import Validating


GridReport = ClassificationReport | RegressionReport | RecognitionReport


class GridTask(ABC):
    """What is the same for all of them."""

    @abstractmethod
    def measure(self, best: LoadedModel, examples: Examples) -> GridReport:
        """What a model says of some examples against what should be said."""

    def prepare(self, recipe: Recipe, folder: Path, **given: Any) -> Dataset:
        """Make the dataset."""
        return prepare_grid(recipe, folder, **given)

    def open(self, folder: Path) -> Dataset:
        """Open the dataset."""
        return Dataset.open(folder)

    def loader(self, recipe: Recipe, dataset: Dataset, processes: Processes) -> Loader:
        """Examples of similar length."""
        batch = recipe.training.batch
        passes = Buckets(
            dataset.train, tokens=batch.tokens, pool=batch.pool, weights=dataset.training_weights, make=stored_pairs
        )
        return Loader(passes, seed=recipe.training.seed, index=processes.index, count=processes.count)

    def watched(self, recipe: Recipe, dataset: Dataset) -> AnyBatch:
        """Some examples; what is rendered looks the same every time."""
        return dataset.train.batch(watched_examples(dataset.train, recipe.training.seed))

    def losses(self, model: Model, recipe: Recipe, dataset: Dataset) -> SplitLosses:
        """Of the validation set and of the training probe."""
        together, seed = MEASURED_TOGETHER, recipe.training.seed
        return example_losses(
            cast(EncoderDecoder, model), dataset.train, dataset.validation, tokens=together, seed=seed
        )

    def class_weights(self, recipe: Recipe, dataset: Dataset) -> Sequence[float] | None:
        """All classes count the same."""
        del recipe, dataset
        return None

    def calibrated(self, best: LoadedModel, dataset: Dataset) -> LoadedModel:
        """The model as it is: it says no probabilities."""
        del dataset
        return best

    def assess(
        self, best: LoadedModel, dataset: Dataset, start: RunStart, history: DataFrame, reason: str
    ) -> tuple[GridReport, str]:
        """The report on the test set, or on the validation set where there is none; and the card."""
        split, examples = test_split(dataset)
        report = self.measure(best, examples)
        facts = card_facts(best, dataset, start, history, reason, split)
        linear = lines(best) if is_linear(best) else ()
        return report, grid_card(facts, best.source, best.target, report, linear)


class Labelling(GridTask):
    """Anything to a label."""

    def class_weights(self, recipe: Recipe, dataset: Dataset) -> Sequence[float] | None:
        """How much each class counts in training; None for 1 each."""
        decoder = cast(LabelDecoderRecipe, recipe.model.decoder)
        if decoder.class_weights == "none":
            return None
        return expect(dataset.target, LabelField).class_weights(decoder.class_weights).tolist()

    def validator(self, model: Model, recipe: Recipe, dataset: Dataset) -> Validating:
        """Cross-entropy, accuracy and macro-F1."""
        losses = self.losses(model, recipe, dataset)
        return LabelValidator(
            cast(EncoderDecoder, model), dataset.validation, expect(dataset.target, LabelField), losses
        )

    def calibrated(self, best: LoadedModel, dataset: Dataset) -> LoadedModel:
        """The model with the temperature under which its validation labels are most likely."""
        logits = example_outputs(cast(EncoderDecoder, best.model), dataset.validation)
        temperature = fit_temperature(logits, true_labels(dataset.validation))
        return replace(best, target=replace(expect(best.target, LabelField), temperature=temperature))

    def measure(self, best: LoadedModel, examples: Examples) -> ClassificationReport:
        """Labels against the true ones."""
        return measure_labels(best, examples)

    def draw(self, best: LoadedModel, dataset: Dataset, report: ClassificationReport, path: Path) -> None:
        """The confusion matrix and the calibration."""
        del best, dataset
        draw_confusion(report, path, path.parent.name)


class Estimation(GridTask):
    """Anything to a number."""

    def validator(self, model: Model, recipe: Recipe, dataset: Dataset) -> Validating:
        """Loss, RMSE and MAE."""
        losses, field = self.losses(model, recipe, dataset), expect(dataset.target, NumberField)
        return NumberValidator(cast(EncoderDecoder, model), dataset.validation, field, losses)

    def measure(self, best: LoadedModel, examples: Examples) -> RegressionReport:
        """Numbers against the true ones."""
        return measure_numbers(best, examples)

    def draw(self, best: LoadedModel, dataset: Dataset, report: RegressionReport, path: Path) -> None:
        """Estimates over true numbers."""
        del report
        _, examples = test_split(dataset)
        draw_predictions(estimated(best, examples), true_numbers(examples), path, path.parent.name)


class Reading(GridTask):
    """Pictures to text."""

    def validator(self, model: Model, recipe: Recipe, dataset: Dataset) -> Validating:
        """Loss, and what is read."""
        best = LoadedModel(model, recipe, dataset.source, dataset.target)
        losses = self.losses(model, recipe, dataset)
        return ReadingValidator(Reader.of(best, "the run's model"), dataset.validation, losses)

    def measure(self, best: LoadedModel, examples: Examples) -> RecognitionReport:
        """What is read against what was written."""
        return measure_reading(best, examples)

    def draw(self, best: LoadedModel, dataset: Dataset, report: RecognitionReport, path: Path) -> None:
        """There is nothing to draw."""


def measure_labels(model: LoadedModel, examples: Examples) -> ClassificationReport:
    """How well a model says the labels of some examples."""
    field = expect(model.target, LabelField)
    probabilities = field.probabilities(example_outputs(cast(EncoderDecoder, model.model), examples))
    said = probabilities.argmax(1)
    return evaluate_labels(said, true_labels(examples), field.names, probabilities=probabilities)


def estimated(model: LoadedModel, examples: Examples) -> Float64[np.ndarray, " n"]:
    """The number that a model says for each of some examples."""
    return expect(model.target, NumberField).restore(example_outputs(cast(EncoderDecoder, model.model), examples))


def measure_numbers(model: LoadedModel, examples: Examples) -> RegressionReport:
    """How well a model says the numbers of some examples."""
    mean = expect(model.target, NumberField).mean
    return evaluate_numbers(estimated(model, examples), true_numbers(examples), training_mean=mean)


def measure_reading(model: LoadedModel, examples: Examples, beam: int | None = None) -> RecognitionReport:
    """How well a model reads the pictures of some examples."""
    reader = Reader.of(model, "the run's best model")
    outputs = read_examples(reader, examples, np.arange(len(examples)), beam)
    return evaluate_recognition(outputs, examples.target_texts())

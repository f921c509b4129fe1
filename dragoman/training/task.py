"""What a run does with its data and its model, for each kind of model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast, runtime_checkable

from dragoman.contracts import AnyBatch
from dragoman.data.dataset import Dataset
from dragoman.data.examples import Examples
from dragoman.data.loader import Loader
from dragoman.data.partition import random_windows, sequential_windows
from dragoman.data.passes import Buckets, MakeBatch, Passes, stored_lines
from dragoman.data.prepare import prepare
from dragoman.data.resegmentation import resegmentation
from dragoman.data.windows import Partition, Windows
from dragoman.model.build import Model
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.folder import LoadedModel
from dragoman.model.language_model import LanguageModel
from dragoman.predict.translator import Translator
from dragoman.predict.writer import Writer
from dragoman.recipe import Recipe
from dragoman.reports.shown import Summary
from dragoman.training.assessment import assess
from dragoman.training.distributed import Processes
from dragoman.training.grid_task import Estimation, Labelling, Reading
from dragoman.training.language_assessment import assess_language_model
from dragoman.training.language_validation import LanguageValidator
from dragoman.training.observer import RunStart
from dragoman.training.split_loss import SplitLosses, example_losses, line_losses
from dragoman.training.stability.examples import watched_examples
from dragoman.training.trainer import Validating
from dragoman.training.validation import Validator

if TYPE_CHECKING:
    from pandas import DataFrame


@runtime_checkable
class Report(Protocol):
    """What was measured of a best model."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON can write it."""
        ...

    def summary(self) -> Summary:
        """What there is to say of it in a few lines."""
        ...

    def as_text(self) -> str:
        """For people to read."""
        ...


@runtime_checkable
class Task(Protocol):
    """Where batches come from, how the model is looked at, and what is said of it in the end."""

    def prepare(self, recipe: Recipe, folder: Path, **given: Any) -> Any:
        """Make the dataset; ``given`` is what :func:`~dragoman.data.prepare.prepare` takes."""
        ...

    def open(self, folder: Path) -> Any:
        """Open the dataset."""
        ...

    def class_weights(self, recipe: Recipe, dataset: Any) -> Sequence[float] | None:
        """How much each class counts in training; None for 1 each."""
        ...

    def loader(self, recipe: Recipe, dataset: Any, processes: Processes) -> Loader:
        """Training batches: of all that are dealt out to the processes, those of this one."""
        ...

    def losses(self, model: Model, recipe: Recipe, dataset: Any) -> SplitLosses:
        """Of ``model``, which is in evaluation mode, on the validation set and on the training probe."""
        ...

    def watched(self, recipe: Recipe, dataset: Any) -> AnyBatch:
        """A few training examples, always the same, which the stability monitor sends through the model."""
        ...

    def validator(self, model: Model, recipe: Recipe, dataset: Any) -> Validating:
        """Looks at ``model``, which has the averaged weights."""
        ...

    def calibrated(self, best: LoadedModel, dataset: Any) -> LoadedModel:
        """The best model, whose probabilities are made to fit the validation set, if it says any."""
        ...

    def assess(
        self, best: LoadedModel, dataset: Any, start: RunStart, history: DataFrame, reason: str
    ) -> tuple[Any, str]:
        """The :class:`Report` on the test set, or on the validation set where there is none; and the card."""
        ...

    def draw(self, best: LoadedModel, dataset: Any, report: Any, path: Path) -> None:
        """A picture of the report, if there is one of its kind."""
        ...


class TextTask:
    """What is the same for translators and language models."""

    def prepare(self, recipe: Recipe, folder: Path, **given: Any) -> Dataset:
        """Make the dataset."""
        return prepare(recipe, folder, **given)

    def open(self, folder: Path) -> Dataset:
        """Open the dataset."""
        return Dataset.open(folder)

    def class_weights(self, recipe: Recipe, dataset: Dataset) -> None:
        """There are no classes."""

    def calibrated(self, best: LoadedModel, dataset: Dataset) -> LoadedModel:
        """The model as it is."""
        del dataset
        return best

    def draw(self, best: LoadedModel, dataset: Dataset, report: Report, path: Path) -> None:
        """There is nothing to draw."""


class Translation(TextTask):
    """Text to text."""

    def loader(self, recipe: Recipe, dataset: Dataset, processes: Processes) -> Loader:
        """Pairs of similar length."""
        make = resegmentation(dataset, recipe.tokenizer, recipe.training.seed)
        return _loader(_buckets(recipe, dataset, make), recipe, processes)

    def watched(self, recipe: Recipe, dataset: Dataset) -> AnyBatch:
        """Some pairs."""
        return dataset.train.batch(watched_examples(dataset.train, recipe.training.seed))

    def losses(self, model: Model, recipe: Recipe, dataset: Dataset) -> SplitLosses:
        """Of pairs."""
        together, seed = recipe.training.batch.tokens, recipe.training.seed
        return example_losses(
            cast(EncoderDecoder, model), dataset.train, dataset.validation, tokens=together, seed=seed
        )

    def validator(self, model: Model, recipe: Recipe, dataset: Dataset) -> Validating:
        """Loss and translations."""
        translator = Translator(cast(EncoderDecoder, model), *dataset.codecs, recipe)
        losses = self.losses(model, recipe, dataset)
        return Validator(translator, dataset.validation, losses, target_language=recipe.data.target_language)

    def assess(
        self, best: LoadedModel, dataset: Dataset, start: RunStart, history: DataFrame, reason: str
    ) -> tuple[Report, str]:
        """Translations against their references."""
        return assess(best, dataset, start, history, reason)


class LanguageModelling(TextTask):
    """Nothing to text."""

    def loader(self, recipe: Recipe, dataset: Dataset, processes: Processes) -> Loader:
        """Lines, or windows of the running text."""
        return _loader(PARTITIONS[recipe.training.batch.partition](recipe, dataset), recipe, processes)

    def watched(self, recipe: Recipe, dataset: Dataset) -> AnyBatch:
        """Some lines, each by itself."""
        return dataset.train.text_batch(watched_examples(dataset.train, recipe.training.seed))

    def losses(self, model: Model, recipe: Recipe, dataset: Dataset) -> SplitLosses:
        """Of lines."""
        writer = Writer(cast(LanguageModel, model), dataset.codecs[1], recipe)
        running = recipe.training.batch.partition != "lines"
        return line_losses(writer, dataset.train, dataset.validation, running=running, seed=recipe.training.seed)

    def validator(self, model: Model, recipe: Recipe, dataset: Dataset) -> Validating:
        """Loss, and a line that the model wrote."""
        writer = Writer(cast(LanguageModel, model), dataset.codecs[1], recipe)
        return LanguageValidator(writer, dataset.validation, self.losses(model, recipe, dataset))

    def assess(
        self, best: LoadedModel, dataset: Dataset, start: RunStart, history: DataFrame, reason: str
    ) -> tuple[Report, str]:
        """Perplexity and bits per character."""
        return assess_language_model(best, dataset, start, history, reason)


def _loader(passes: Passes, recipe: Recipe, processes: Processes) -> Loader:
    return Loader(passes, seed=recipe.training.seed, index=processes.index, count=processes.count)


def _buckets(recipe: Recipe, dataset: Dataset, make: MakeBatch[Examples]) -> Passes:
    batch = recipe.training.batch
    return Buckets(dataset.train, tokens=batch.tokens, pool=batch.pool, weights=dataset.training_weights, make=make)


def _windows(partition: Partition, recipe: Recipe, dataset: Dataset) -> Passes:
    batch = recipe.training.batch
    rows = max(batch.tokens // batch.window, 1)
    return Windows(dataset.train, rows=rows, length=batch.window, partition=partition)


PARTITIONS: dict[str, Callable[[Recipe, Dataset], Passes]] = {
    "lines": partial(_buckets, make=stored_lines),
    "sequential": partial(_windows, sequential_windows),
    "random": partial(_windows, random_windows),
}


TASKS: dict[tuple[str, str], Task] = {
    ("nothing", "text"): LanguageModelling(),
    ("text", "text"): Translation(),
    ("picture", "text"): Reading(),
    **{(reads, "label"): Labelling() for reads in ("text", "picture", "row")},
    **{(reads, "number"): Estimation() for reads in ("text", "picture", "row")},
}
"""By what goes in and what comes out."""


def task_of(recipe: Recipe) -> Task:
    """What the recipe's model is for."""
    return TASKS[recipe.model.reads, recipe.model.says]

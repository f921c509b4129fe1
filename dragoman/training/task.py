"""What a run does with its data and its model, for each kind of model."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, cast, runtime_checkable

from dragoman.data.dataset import Dataset
from dragoman.data.loader import Loader
from dragoman.data.partition import random_windows, sequential_windows
from dragoman.data.passes import Buckets, MakeBatch, Passes, stored_lines
from dragoman.data.resegmentation import resegmentation
from dragoman.data.windows import Partition, Windows
from dragoman.model.build import Model
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.folder import LoadedModel
from dragoman.model.language_model import LanguageModel
from dragoman.predict.translator import Translator
from dragoman.predict.writer import Writer
from dragoman.recipe import Recipe
from dragoman.training.assessment import assess
from dragoman.training.distributed import Processes
from dragoman.training.language_assessment import assess_language_model
from dragoman.training.language_validation import LanguageValidator
from dragoman.training.observer import RunStart
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

    def as_text(self) -> str:
        """For people to read."""
        ...


@runtime_checkable
class Task(Protocol):
    """Where batches come from, how the model is looked at, and what is said of it in the end."""

    def loader(self, recipe: Recipe, dataset: Dataset, processes: Processes) -> Loader:
        """Training batches: of all that are dealt out to the processes, those of this one."""
        ...

    def validator(self, model: Model, recipe: Recipe, dataset: Dataset) -> Validating:
        """Looks at ``model``, which has the averaged weights."""
        ...

    def assess(
        self, best: LoadedModel, dataset: Dataset, start: RunStart, history: DataFrame, reason: str
    ) -> tuple[Report, str]:
        """The report on the test set, or on the validation set where there is none; and the card."""
        ...


class Translation:
    """Text to text."""

    def loader(self, recipe: Recipe, dataset: Dataset, processes: Processes) -> Loader:
        """Pairs of similar length."""
        make = resegmentation(dataset, recipe.tokenizer, recipe.training.seed)
        return _loader(_buckets(recipe, dataset, make), recipe, processes)

    def validator(self, model: Model, recipe: Recipe, dataset: Dataset) -> Validating:
        """Loss and translations."""
        translator = Translator(cast(EncoderDecoder, model), dataset.source, dataset.target, recipe)
        tokens, language = recipe.training.batch.tokens, recipe.data.target_language
        return Validator(translator, dataset.validation, tokens=tokens, target_language=language)

    def assess(
        self, best: LoadedModel, dataset: Dataset, start: RunStart, history: DataFrame, reason: str
    ) -> tuple[Report, str]:
        """Translations against their references."""
        return assess(best, dataset, start, history, reason)


class LanguageModelling:
    """Nothing to text."""

    def loader(self, recipe: Recipe, dataset: Dataset, processes: Processes) -> Loader:
        """Lines, or windows of the running text."""
        return _loader(PARTITIONS[recipe.training.batch.partition](recipe, dataset), recipe, processes)

    def validator(self, model: Model, recipe: Recipe, dataset: Dataset) -> Validating:
        """Loss, and a line that the model wrote."""
        return LanguageValidator(Writer(cast(LanguageModel, model), dataset.target, recipe), dataset.validation)

    def assess(
        self, best: LoadedModel, dataset: Dataset, start: RunStart, history: DataFrame, reason: str
    ) -> tuple[Report, str]:
        """Perplexity and bits per character."""
        return assess_language_model(best, dataset, start, history, reason)


def _loader(passes: Passes, recipe: Recipe, processes: Processes) -> Loader:
    return Loader(passes, seed=recipe.training.seed, index=processes.index, count=processes.count)


def _buckets(recipe: Recipe, dataset: Dataset, make: MakeBatch) -> Passes:
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


def task_of(recipe: Recipe) -> Task:
    """What the recipe's model is for."""
    return LanguageModelling() if recipe.model.is_language_model else Translation()

"""Everything that depends on the task of a model, in one object for each kind of input and output."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeAlias

import numpy as np
from jaxtyping import Int

from dragoman.alignment.shortlist import Shortlist
from dragoman.contracts import AnyBatch
from dragoman.contracts.expect import expect
from dragoman.data.batch_sampler import BatchSampler, Buckets
from dragoman.data.dataset import Dataset
from dragoman.data.examples import Examples
from dragoman.data.loader import Loader
from dragoman.errors import InputError
from dragoman.model.build import Model
from dragoman.model.build_decoders import Objective
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.folder import LoadedModel
from dragoman.predict.input_kinds import inputs_for
from dragoman.predict.inputs import Given
from dragoman.predict.predictor import Predictor
from dragoman.predict.reader import Reader
from dragoman.predict.text_scores import TextScores
from dragoman.predict.translator import Translator
from dragoman.predict.writer import Writer
from dragoman.recipe import Recipe
from dragoman.recipe.kinds import sentence_of
from dragoman.tasks.assessment import Assessed, Assessment, HeldOut, Search
from dragoman.tasks.card import CardFacts
from dragoman.tasks.choose_settings import ChosenEngine
from dragoman.tasks.in_turn import Log, Part
from dragoman.tasks.losses import SplitLosses, example_losses
from dragoman.tasks.searcher import Searcher
from dragoman.tasks.validation import Validating
from dragoman.tasks.watched import watched_examples

if TYPE_CHECKING:
    pass

Opened: TypeAlias = Translator | Writer | Reader | Predictor
"""A model that is ready for use."""
Use: TypeAlias = Callable[[Part], object]
"""Uses a model on the inputs with some numbers."""

MEASURED_TOGETHER = 2048
"""Number of target tokens, or of examples, that are measured together."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words that messages use for a task.

    Attributes:
        use: command that uses a model, with ``{}`` for its folder.
        data: command line options that name the data.
        unit: unit that training, its speed and a budget of tokens are counted in.
        loss: unit of the loss.
        watched: the score that is watched in training, and where it is measured.
        speed: unit of a model's speed.
        inputs: plural name of the inputs.
        examples: plural name of examples, which are inputs with their true outputs.
        truth: plural name of true outputs; empty if inputs are the only thing that there is.
        remarks: further sentences for readers of a comparison.
    """

    use: str
    data: str
    unit: str
    loss: str
    watched: str
    speed: str
    inputs: str
    examples: str
    truth: str
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What a caller asks for when a model is measured.

    Attributes:
        search: the search for outputs.
        picture: whether to draw a picture of the report.
        outputs: whether to return the model's outputs.
    """

    search: Search
    picture: bool = False
    outputs: bool = False


class Task(ABC):
    """How models of one kind of input and output are trained, measured, described and used.

    The methods here suit every encoder with a decoder; a task overrides the ones that differ.

    Attributes:
        words: the words that messages use for the task.
        watched_score: column of a run's history that is watched in training: ``loss``, or a name in
            :data:`~dragoman.tasks.scores.SCORES`.
        higher_is_better: whether higher values of this score, and of the quality that ranks models, are better.
        text_sides: whether source and target are text, so that their tokens are counted.
        searches: whether outputs are searched for, so that a beam width can be chosen.
        engines: whether other engines than PyTorch can search.
        draws: whether reports have a picture.
        predicts: whether measuring a model yields an output for each example beside the measures.
    """

    words: Words
    watched_score: ClassVar[str]
    higher_is_better: ClassVar[bool]
    text_sides: tuple[bool, bool]
    searches: ClassVar[bool] = False
    engines: ClassVar[bool] = False
    draws: ClassVar[bool] = False
    predicts: ClassVar[bool] = True

    # Data

    def sampler(self, recipe: Recipe, dataset: Dataset) -> BatchSampler:
        """The mini-batches of a pass over the training set; by default examples of similar length."""
        batch = recipe.training.batch
        return Buckets(
            dataset.train, tokens=batch.tokens, pool=batch.pool, weights=dataset.training_weights, make=drawn
        )

    def loader(self, recipe: Recipe, dataset: Dataset, *, index: int = 0, count: int = 1) -> Loader:
        """The training batches of process ``index`` among ``count`` processes."""
        return Loader(self.sampler(recipe, dataset), seed=recipe.training.seed, index=index, count=count)

    def run_name(self, recipe: Recipe, name: str) -> str:
        """The default name of a run, from the name of its recipe."""
        del recipe
        return name

    def language_of_inputs(self, recipe: Recipe) -> str:
        """The code of the language that inputs are in; empty if they are in none, or it is not known."""
        del recipe
        return ""

    # Training

    def check_dataset(self, recipe: Recipe, dataset: Dataset) -> None:
        """Refuse a prepared dataset that the recipe's model cannot learn from; by default it can learn from all.

        Raises:
            InputError: saying which example it cannot learn from, and why.
        """
        del recipe, dataset

    def objective(self, recipe: Recipe, dataset: Dataset) -> Objective:
        """The parameters of the training loss, which the decoder is built with."""
        del dataset
        return Objective(recipe.training.label_smoothing, consistency=recipe.training.r_drop)

    def watched(self, recipe: Recipe, dataset: Dataset) -> AnyBatch:
        """A few training examples, always the same, which the stability monitor passes through the model."""
        return dataset.train.batch(watched_examples(dataset.train, recipe.training.seed))

    def losses(self, model: Model, recipe: Recipe, dataset: Dataset) -> SplitLosses:
        """The losses of ``model``, in evaluation mode, on the validation set and on the training probe."""
        return example_losses(
            expect(model, EncoderDecoder),
            dataset.train,
            dataset.validation,
            tokens=self.measured_together(recipe),
            seed=recipe.training.seed,
        )

    def measured_together(self, recipe: Recipe) -> int:
        """Number of target tokens, or of examples, whose losses are computed together."""
        del recipe
        return MEASURED_TOGETHER

    @abstractmethod
    def validator(self, model: Model, recipe: Recipe, dataset: Dataset) -> Validating:
        """A validator that measures ``model``, which has the averaged weights, on the validation set."""

    @abstractmethod
    def baseline(self, recipe: Recipe, dataset: Dataset) -> float:
        """The validation loss of the best constant prediction, as learnt from the training set."""

    def calibrated(self, best: LoadedModel, dataset: Dataset) -> LoadedModel:
        """The best model, with its probabilities calibrated on the validation set where it predicts any."""
        del dataset
        return best

    def shortlists(self, best: LoadedModel, dataset: Dataset) -> list[Shortlist]:
        """The lexical shortlists that a trained model is tried with, the shortest first; none where none is of use, or
        the recipe forbids it."""
        del best, dataset
        return []

    def chosen_engine(
        self, best: LoadedModel, dataset: Dataset, shortlists: Sequence[Shortlist] = ()
    ) -> ChosenEngine | None:
        """What the native engine should compute the best model with, by its outputs on the validation set.

        Args:
            best: the model.
            dataset: the dataset that it was trained on.
            shortlists: lexical shortlists of the model, the shortest first.

        Returns:
            The choice; None where the engine cannot compute the model, or computes it in float32 alone.
        """
        del best, dataset, shortlists
        return None

    # Measuring

    @abstractmethod
    def same_examples(self, one: HeldOut, other: HeldOut) -> bool:
        """Whether two splits hold the same examples, each encoded for its own model."""

    @abstractmethod
    def assess(self, subjects: Sequence[Assessed], search: Search, *, side_by_side: bool, log: Log) -> list[Assessment]:
        """Measure models, each on its own encoding of the same examples.

        Args:
            subjects: the models.
            search: the search for outputs.
            side_by_side: whether models take several turns, so that their speeds can be compared; otherwise each is
                used once.
            log: called with a sentence on each part.

        Raises:
            InputError: if there is no example.
        """

    def check(self, asked: Asked, loaded: LoadedModel, folder: Path) -> None:
        """Refuse options that have no effect for models of this task.

        Raises:
            InputError: naming the option and the kind of the model.
        """
        search = asked.search
        useless = (
            (
                "--beam",
                "is a width of the search, which there is none of",
                search.beam is not None and not self.searches,
            ),
            ("--search", "is a way to search for text", search.method is not None and not self.searches),
            (
                "--engine, --compute and --shortlist",
                "are for models that write text for an input",
                search.asks_for_an_engine and not self.engines,
            ),
            ("--picture", "is for models that predict labels, numbers or tags", asked.picture and not self.draws),
            ("--output", "is for what a model writes or predicts", asked.outputs and not self.predicts),
        )
        for option, meaning, is_useless in useless:
            if is_useless:
                cause = f"{sentence_of(loaded.recipe.model)}."
                raise InputError(f"{option} {meaning}", file=folder, cause=cause, remedy=f"leave {option} away.")

    def searcher(self, loaded: LoadedModel, examples: Examples, folder: Path) -> Searcher:
        """A model that was loaded from ``folder``, with the examples that it shall be measured on by several searches.

        Raises:
            InputError: if such models write no text for an input.
        """
        del examples
        raise InputError(
            "--search-report is for models that write text for an input",
            file=folder,
            cause=f"{sentence_of(loaded.recipe.model)}.",
            remedy="leave --search-report away, or give a translator or a reader.",
        )

    # Using and describing

    @abstractmethod
    def opened(self, loaded: LoadedModel, folder: Path, search: Search) -> Opened:
        """A model that was loaded from ``folder``, ready for use with the engine that ``search`` names."""

    def checked_inputs(self, loaded: LoadedModel, inputs: Iterable[object]) -> Given:
        """What a caller passed to the model, as a list; rows may also stay a DataFrame.

        Raises:
            InputError: if it is no list of such inputs.
        """
        return inputs_for(loaded.source, loaded.target).checked(inputs)

    def using(self, opened: Opened, given: Given | Examples, search: Search) -> Use:
        """The use of an opened model on some of its inputs, to measure how long it takes.

        Args:
            opened: what :meth:`opened` gave.
            given: what :meth:`checked_inputs` gave, or held-out examples.
            search: the search for outputs.

        Raises:
            InputError: if such models are not measured so.
        """
        del opened, given, search
        raise InputError(
            "the speed of these models is not measured",
            cause="only PyTorch computes them.",
            remedy="give a translator, a reader of pictures or a predictor.",
        )

    def score(
        self, loaded: LoadedModel, folder: Path, texts: Sequence[str], sources: Sequence[str] | None
    ) -> TextScores:
        """The probability of each text; for a translator as the translation of its source.

        Raises:
            InputError: if such models assign no probabilities to texts, or sources are missing or superfluous.
        """
        del texts, sources
        raise InputError(
            "only language models and translators give the probability of a text",
            file=folder,
            cause=f"{sentence_of(loaded.recipe.model)}.",
            remedy="give a language model, or a translator and what the texts translate.",
        )

    @abstractmethod
    def card(self, facts: CardFacts, best: LoadedModel, assessment: Assessment) -> str:
        """The model card, as Markdown (Mitchell et al. 2019)."""


def drawn(examples: Examples, indices: Int[np.ndarray, " B"], generator: np.random.Generator) -> AnyBatch:
    """A training batch of some examples; rendered lines look different every time."""
    return examples.batch(indices, generator)


def some_of(given: Given, part: Part) -> Given:
    """The inputs with some numbers."""
    return given.iloc[part] if hasattr(given, "iloc") else [given[place] for place in part]


def shown_source(examples: Examples, index: int) -> str:
    """The text that represents a source in reports: the text itself, or the number of the example."""
    if examples.has_source_texts:
        return examples.source_texts(np.array([index]))[0]
    return f"example {index + 1:,}"

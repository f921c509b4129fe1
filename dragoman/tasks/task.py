"""All that depends on what a model is for: the one place for each kind of input and output."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from jaxtyping import Float64, Int

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
from dragoman.predict.predictor import Predictor
from dragoman.predict.reader import Reader
from dragoman.predict.text_scores import TextScores
from dragoman.predict.translator import Translator
from dragoman.predict.writer import Writer
from dragoman.recipe import Recipe
from dragoman.recipe.kinds import sentence_of
from dragoman.tasks.assessment import Assessed, Assessment, HeldOut, Search
from dragoman.tasks.card import CardFacts
from dragoman.tasks.in_turn import Tell
from dragoman.tasks.losses import SplitLosses, example_losses
from dragoman.tasks.validation import Validating
from dragoman.tasks.watched import watched_examples

if TYPE_CHECKING:
    pass

MEASURED_TOGETHER = 2048
"""Target tokens, or examples, that are measured together."""


@dataclass(frozen=True, slots=True)
class Words:
    """How a task is spoken of.

    Attributes:
        use: the command that uses a model, with ``{}`` for its folder.
        data: the options of the command line that give its data.
        unit: what training, its speed and a budget of tokens are counted in.
        loss: the unit of the loss.
        watched: the score that is watched while a model trains, and where it is measured.
        speed: the unit of a model's speed.
        remarks: what else a reader of a comparison must know.
    """

    use: str
    data: str
    unit: str
    loss: str
    watched: str
    speed: str
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asks of measuring a model.

    Attributes:
        search: how outputs are searched for.
        picture: whether a picture of the report is wanted.
        outputs: whether what the model writes or predicts is wanted.
    """

    search: Search
    picture: bool = False
    outputs: bool = False


class Task(ABC):
    """What models of one kind of input and output are trained, measured, described and used by.

    What stands here is right for every encoder with a decoder; a task overrides what is its own.

    Attributes:
        words: how it is spoken of.
        watched_score: the column of a run's history that is watched: ``loss``, or a name in
            :data:`~dragoman.tasks.scores.SCORES`.
        higher_is_better: whether that is so of the score, and of the quality that models are ranked by.
        text_sides: whether source and target are text, whose tokens are counted.
        searches: whether outputs are searched for, so that a beam can be chosen.
        engines: whether other engines than PyTorch can search.
        draws: whether there is a picture of its reports.
        predicts: whether measuring a model yields an output for each example, beside the figures.
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
        """What mini-batches a pass over the training set has: here examples of similar length."""
        batch = recipe.training.batch
        return Buckets(
            dataset.train, tokens=batch.tokens, pool=batch.pool, weights=dataset.training_weights, make=drawn
        )

    def loader(self, recipe: Recipe, dataset: Dataset, *, index: int = 0, count: int = 1) -> Loader:
        """Training batches: the ones of process ``index``, among ``count`` that they are dealt out to."""
        return Loader(self.sampler(recipe, dataset), seed=recipe.training.seed, index=index, count=count)

    def run_name(self, recipe: Recipe, name: str) -> str:
        """What the folder of a run is called that nobody named, given the name of its recipe."""
        del recipe
        return name

    # Training

    def objective(self, recipe: Recipe, dataset: Dataset) -> Objective:
        """The numbers of the training loss, which the decoder is built with."""
        del dataset
        return Objective(recipe.training.label_smoothing)

    def watched(self, recipe: Recipe, dataset: Dataset) -> AnyBatch:
        """A few training examples, always the same, which the stability monitor sends through the model."""
        return dataset.train.batch(watched_examples(dataset.train, recipe.training.seed))

    def losses(self, model: Model, recipe: Recipe, dataset: Dataset) -> SplitLosses:
        """The losses of ``model``, which is in evaluation mode, on the validation set and on the training probe."""
        return example_losses(
            expect(model, EncoderDecoder),
            dataset.train,
            dataset.validation,
            tokens=self.measured_together(recipe),
            seed=recipe.training.seed,
        )

    def measured_together(self, recipe: Recipe) -> int:
        """Target tokens, or examples, whose losses are computed together."""
        del recipe
        return MEASURED_TOGETHER

    @abstractmethod
    def validator(self, model: Model, recipe: Recipe, dataset: Dataset) -> Validating:
        """Measures ``model``, which has the averaged weights, on the validation set."""

    @abstractmethod
    def baseline(self, recipe: Recipe, dataset: Dataset) -> float:
        """The loss on the validation set of predicting the same whatever goes in, as the training set teaches it."""

    def calibrated(self, best: LoadedModel, dataset: Dataset) -> LoadedModel:
        """The best model, whose probabilities are made to fit the validation set where it gives any."""
        del dataset
        return best

    # Measuring

    @abstractmethod
    def same_examples(self, one: HeldOut, other: HeldOut) -> bool:
        """Whether two splits hold the same, each encoded in the way of its own model."""

    @abstractmethod
    def assess(
        self, subjects: Sequence[Assessed], search: Search, *, side_by_side: bool, tell: Tell
    ) -> list[Assessment]:
        """Measure models, each on its examples, which are the same for all.

        Args:
            subjects: the models.
            search: how outputs are searched for.
            side_by_side: whether models take turns, several times, so that their speeds can be compared; else each is
                used once.
            tell: is given a sentence on each part.

        Raises:
            InputError: if there is no example.
        """

    def check(self, asked: Asked, loaded: LoadedModel, folder: Path) -> None:
        """Refuse what a person asks for that does nothing for models of this task.

        Raises:
            InputError: naming the option, and what the model is.
        """
        search = asked.search
        of_engines = search.engine != "torch" or search.compute != "auto" or search.shortlist is not None
        useless = (
            (
                "--beam",
                "is a width of the search, which there is none of",
                search.beam is not None and not self.searches,
            ),
            ("--engine, --compute and --shortlist", "are for translators", of_engines and not self.engines),
            ("--picture", "is for models that predict labels or numbers", asked.picture and not self.draws),
            ("--output", "is for what a model writes or predicts", asked.outputs and not self.predicts),
        )
        for option, meaning, is_useless in useless:
            if is_useless:
                cause = f"{sentence_of(loaded.recipe.model)}."
                raise InputError(f"{option} {meaning}", file=folder, cause=cause, remedy=f"leave {option} away.")

    # Using and describing

    @abstractmethod
    def opened(self, loaded: LoadedModel, folder: Path, search: Search) -> Translator | Writer | Reader | Predictor:
        """A model that was loaded from ``folder``, ready to be used, with the engine that ``search`` asks for."""

    def score(
        self, loaded: LoadedModel, folder: Path, texts: Sequence[str], sources: Sequence[str] | None
    ) -> TextScores:
        """How probable each text is; for a translator as the translation of its source.

        Raises:
            InputError: if such a model gives no text a probability, or sources are missing or too many.
        """
        del texts, sources
        raise InputError(
            "only language models and translators say how probable a text is",
            file=folder,
            cause=f"{sentence_of(loaded.recipe.model)}.",
            remedy="give a language model, or a translator and what the texts translate.",
        )

    @abstractmethod
    def card(self, facts: CardFacts, best: LoadedModel, assessment: Assessment) -> str:
        """The model card, as Markdown (Mitchell et al. 2019)."""


def drawn(examples: Examples, indices: Int[np.ndarray, " B"], generator: np.random.Generator) -> AnyBatch:
    """Examples for training; lines that are rendered look different every time."""
    return examples.batch(indices, generator)


def shown_source(examples: Examples, index: int) -> str:
    """What stands for a source where it is shown: the text itself, else which example it is."""
    if examples.has_source_texts:
        return examples.source_texts(np.array([index]))[0]
    return f"example {index + 1:,}"


def joined_outputs(parts: Sequence[Float64[np.ndarray, ...]]) -> Float64[np.ndarray, ...]:
    """The outputs of all examples, from those of the parts that they were computed in."""
    return np.concatenate(list(parts))

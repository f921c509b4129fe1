"""Language modelling: text without a source."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from dragoman.contracts import AnyBatch
from dragoman.data.batch_sampler import BatchSampler, Buckets, stored_lines
from dragoman.data.dataset import Dataset
from dragoman.data.windows import Partition, Windows, random_windows, sequential_windows
from dragoman.errors import InputError
from dragoman.evaluation.language_report import evaluate_language_model, language_statistics
from dragoman.model.build import Model
from dragoman.model.folder import LoadedModel
from dragoman.predict.text_scores import TextScores
from dragoman.predict.writer import Writer
from dragoman.recipe import Recipe
from dragoman.tasks.assessment import Assessed, Assessment, HeldOut, Measures, Search
from dragoman.tasks.card import CardFacts, CardText, card, language_name, measured_on, plain
from dragoman.tasks.in_turn import Log, Part, Turns, in_turn
from dragoman.tasks.losses import SplitLosses, line_losses
from dragoman.tasks.task import Task, Words
from dragoman.tasks.text_targets import unigram_entropy
from dragoman.tasks.validation import Sample, Scored, Validating, Validator
from dragoman.tasks.watched import watched_examples

_TURNS = Turns(rounds=3)
_PROMPT_WORDS = 3
_SAMPLE_TOKENS = 40


if TYPE_CHECKING:
    pass


class LanguageModelling(Task):
    """The quality of a language model is bits per character, which do not depend on the vocabulary as perplexity does;
    the loss is watched in training."""

    words = Words(
        use="generate {}",
        data="--text",
        unit="target tokens",
        loss="nats per target token",
        watched="nats per token on the validation set",
        speed="lines per second",
        inputs="lines",
        examples="lines",
        truth="",
    )
    watched_score = "loss"
    higher_is_better = False
    predicts = False
    text_sides = (False, True)

    def run_name(self, recipe: Recipe, name: str) -> str:
        """The name of the run: the language and the recipe."""
        return f"{recipe.data.target_language}-{name}"

    def sampler(self, recipe: Recipe, dataset: Dataset) -> BatchSampler:
        """Mini-batches of lines, or windows of the running text."""
        return PARTITIONS[recipe.training.batch.partition](recipe, dataset)

    def watched(self, recipe: Recipe, dataset: Dataset) -> AnyBatch:
        """A few lines, each independent of the others."""
        return dataset.train.text_batch(watched_examples(dataset.train, recipe.training.seed))

    def losses(self, model: Model, recipe: Recipe, dataset: Dataset) -> SplitLosses:
        """The losses of lines, which follow each other where training reads them so."""
        running = recipe.training.batch.partition != "lines"
        writer = _writer(LoadedModel(model, recipe, dataset.source, dataset.target))
        return line_losses(writer, dataset.train, dataset.validation, running=running, seed=recipe.training.seed)

    def validator(self, model: Model, recipe: Recipe, dataset: Dataset) -> Validating:
        """Measures the loss, and shows how the model continues the first words of a line."""
        writer = _writer(LoadedModel(model, recipe, dataset.source, dataset.target))
        texts = dataset.validation.target_texts()

        def score(turn: int) -> Scored:
            reference = texts[turn % len(texts)]
            prompt = " ".join(reference.split()[:_PROMPT_WORDS])
            written = writer.write([prompt], seed=turn, longest=_SAMPLE_TOKENS)[0]
            return Scored({}, Sample(prompt, reference, written.text))

        return Validator(self.losses(model, recipe, dataset), score)

    def baseline(self, recipe: Recipe, dataset: Dataset) -> float:
        """The unigram entropy of tokens."""
        del recipe
        return unigram_entropy(dataset)

    def same_examples(self, one: HeldOut, other: HeldOut) -> bool:
        """Whether the texts are equal."""
        return one.examples.target_texts() == other.examples.target_texts()

    def assess(self, subjects: Sequence[Assessed], search: Search, *, side_by_side: bool, log: Log) -> list[Assessment]:
        """Compute the probabilities of the lines in their order."""
        del search
        found = in_turn(
            [partial(_scores, subject) for subject in subjects],
            len(subjects[0].held_out.examples),
            _TURNS if side_by_side else Turns(),
            log,
        )
        return [_assessment(timed.results[0], timed.rate) for timed in found]

    def opened(self, loaded: LoadedModel, folder: Path, search: Search) -> Writer:
        """A writer, which writes and scores text."""
        del search
        return Writer.of(loaded, folder)

    def score(
        self, loaded: LoadedModel, folder: Path, texts: Sequence[str], sources: Sequence[str] | None
    ) -> TextScores:
        """The probability of each line, independently of the others."""
        if sources is not None:
            raise InputError(
                "a language model reads no source", file=folder, remedy="leave --source away, or give a translator."
            )
        return Writer.of(loaded, folder).score(texts, alone=True)

    def card(self, facts: CardFacts, best: LoadedModel, assessment: Assessment) -> str:
        """The card of a language model."""
        del best
        language = plain(language_name(facts.target_language))
        return card(
            facts,
            CardText(
                purpose=f"A language model of {language}: it computes the probability of a text, and continues one.",
                heading="How to use it",
                use=f"```\ndragoman score {facts.folder} < text.txt\ndragoman generate {facts.folder} --prompt '...'\n"
                f"dragoman translate TRANSLATOR --language-model {facts.folder} < in.txt\n```",
                intended=f"To rank {language} text of the kind that it was trained on, or to make a translator's "
                "output more fluent.",
                limits=[
                    "To learn facts from what it writes: it knows how text goes on, not what is true.",
                    "On text of another subject or language: improbable does not mean wrong.",
                    "As a judge of people or of what is decent: what the training text holds, its biases included, it "
                    "repeats. It may also repeat private details of that text.",
                ],
                examples="Lines",
                quality=measured_on(facts, assessment.report.as_text()),
            ),
        )


def _writer(loaded: LoadedModel) -> Writer:
    return Writer.of(loaded, "the run's model")


def _scores(subject: Assessed, part: Part) -> TextScores:
    examples = subject.held_out.examples
    return _writer(subject.model).score_ids(examples.ids(part)[1], examples.target_texts(part))


def _assessment(scores: TextScores, speed: float) -> Assessment:
    report = evaluate_language_model(scores.nats, scores.tokens, scores.characters)
    statistics = language_statistics(scores.nats, scores.tokens, scores.characters)
    bits = scores.nats / np.log(2) / scores.characters
    return Assessment(
        report=report,
        measures=Measures(report.bits_per_character, (report.perplexity,), {"scoring": speed}),
        statistics=statistics[1],
        outputs=[f"{value:.4f}" for value in bits],
        further=lambda: statistics[:1],
    )


def _lines(recipe: Recipe, dataset: Dataset) -> BatchSampler:
    batch = recipe.training.batch
    return Buckets(
        dataset.train, tokens=batch.tokens, pool=batch.pool, weights=dataset.training_weights, make=stored_lines
    )


def _windows(partition: Partition, recipe: Recipe, dataset: Dataset) -> BatchSampler:
    batch = recipe.training.batch
    rows = max(batch.tokens // batch.window, 1)
    return Windows(dataset.train, rows=rows, length=batch.window, partition=partition)


PARTITIONS: Mapping[str, Callable[[Recipe, Dataset], BatchSampler]] = MappingProxyType(
    {
        "lines": _lines,
        "sequential": partial(_windows, sequential_windows),
        "random": partial(_windows, random_windows),
    }
)
"""The ways in which a text becomes mini-batches, by the recipe's name for them."""

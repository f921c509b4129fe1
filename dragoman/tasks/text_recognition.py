"""Text recognition: pictures of lines to text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np

from dragoman.alignment.shortlist import Shortlist
from dragoman.contracts import Greedy, Pictures, SearchMethod
from dragoman.contracts.expect import expect
from dragoman.data.bucketing import in_order
from dragoman.data.dataset import Dataset
from dragoman.data.examples import Examples
from dragoman.evaluation.confidence import Estimate, estimates
from dragoman.evaluation.recognition import recognition_statistics
from dragoman.evaluation.recognition_report import evaluate_recognition
from dragoman.model.build import Model
from dragoman.model.folder import LoadedModel
from dragoman.predict.choose_engine import choose_reader_engine
from dragoman.predict.given import PICTURES as GIVEN_PICTURES
from dragoman.predict.given import items_of
from dragoman.predict.inputs import Given
from dragoman.predict.native_engine import NativeEngine, exact_engine
from dragoman.predict.native_model import obstacle_of
from dragoman.predict.reader import Reader
from dragoman.recipe import Recipe
from dragoman.tasks.assessment import Assessed, Assessment, HeldOut, Measures, Search
from dragoman.tasks.card import CardFacts, CardText, card, measured_on
from dragoman.tasks.choose_settings import (
    Candidate,
    ChosenEngine,
    Measure,
    candidates,
    choose_settings,
    on_processor,
    phrase_of_examples,
    trial_examples,
)
from dragoman.tasks.in_turn import Log, Part, Timed, Turns, in_turn
from dragoman.tasks.inputs import PICTURES
from dragoman.tasks.same_sources import same_sources
from dragoman.tasks.searcher import ReadingSearcher
from dragoman.tasks.task import MEASURED_TOGETHER, Opened, Task, Use, Words, shown_source
from dragoman.tasks.text_targets import unigram_entropy
from dragoman.tasks.validation import Sample, Scored, Validating, Validator

_VALIDATED = 300
"""Number of lines read at each validation; the loss is always measured on all."""
_WARM_UP = 20
"""Number of lines read before speeds are measured."""
_TURNS = Turns(parts=5)


class TextRecognition(Task):
    """The quality of a reader is the character error rate at the recipe's beam width; that of greedy search is watched
    in training."""

    words = Words(
        use="read {} picture.png",
        data="--text, whose lines are rendered, or --corpus with a table of pictures and their texts",
        unit="target tokens",
        loss="nats per target token",
        watched="greedy CER on the validation set, in percent",
        speed="lines per second",
        inputs="pictures",
        examples="pictures with their texts",
        truth="references",
        remarks=("CER and WER are edits for each 100 characters and words, and lower is better.",),
    )
    watched_score = "cer"
    higher_is_better = False
    text_sides = (False, True)
    searches = True
    engines = True

    def validator(self, model: Model, recipe: Recipe, dataset: Dataset) -> Validating:
        """Measures the loss, and character and word error rate of greedy search."""
        reader = Reader.of(LoadedModel(model, recipe, dataset.source, dataset.target), "the run's model")
        by_torch = reader.engine
        examples = dataset.validation
        chosen = np.arange(min(len(examples), _VALIDATED))

        def score(turn: int) -> Scored:
            references = examples.target_texts(chosen)
            reader.engine = exact_engine(reader.model, reader.target.special) or by_torch
            outputs = read_examples(reader, examples, Greedy(), chosen)
            rates = recognition_statistics(outputs, references)
            shown = turn % len(outputs)
            return Scored(
                dict(zip(("cer", "wer"), (rate.corpus_score() for rate in rates), strict=True)),
                Sample(shown_source(examples, shown), references[shown], outputs[shown]),
            )

        return Validator(self.losses(model, recipe, dataset), score)

    def chosen_engine(
        self, best: LoadedModel, dataset: Dataset, shortlists: Sequence[Shortlist] = ()
    ) -> ChosenEngine | None:
        """By the character error rate."""
        del shortlists
        model = on_processor(best)
        if obstacle_of(model) is not None:
            return None
        reader = Reader.of(replace(best, model=model), "the run's model")
        examples = dataset.validation
        chosen = trial_examples(len(examples))
        references = examples.target_texts(chosen)

        def outputs(tried: Candidate) -> list[str]:
            reader.engine = NativeEngine(model, reader.target.special, number=tried.settings.number)
            return read_examples(reader, examples, Search().by(best.recipe.search), chosen)

        return choose_settings(
            candidates(),
            outputs,
            Measure(lambda texts: recognition_statistics(texts, references)[0], higher_is_better=False, most_lost=0.1),
            examples=phrase_of_examples(chosen, self.words.inputs),
            search=best.recipe.search.phrase,
        )

    def baseline(self, recipe: Recipe, dataset: Dataset) -> float:
        """The unigram entropy of target tokens."""
        del recipe
        return unigram_entropy(dataset)

    def same_examples(self, one: HeldOut, other: HeldOut) -> bool:
        """Whether pictures and texts are equal."""
        return one.examples.target_texts() == other.examples.target_texts() and same_sources(one, other)

    def assess(self, subjects: Sequence[Assessed], search: Search, *, side_by_side: bool, log: Log) -> list[Assessment]:
        """Read with the beam, and with greedy search too if models are compared, and score against the true texts."""
        readers = [self.opened(subject.model, Path("the model"), search) for subject in subjects]
        methods = [search.by(reader.recipe.search) for reader in readers]
        measured = [dict.fromkeys([Greedy(), method] if side_by_side else [method]) for method in methods]
        splits = [subject.held_out.examples for subject in subjects]
        if side_by_side:
            for reader, examples, method in zip(readers, splits, methods, strict=True):
                read_examples(reader, examples, method, np.arange(min(len(examples), _WARM_UP)))
        uses = [
            partial(read_examples, reader, examples, each)
            for reader, examples, several in zip(readers, splits, measured, strict=True)
            for each in several
        ]
        found = iter(in_turn(uses, len(splits[0]), _TURNS if side_by_side else Turns(), log))
        return [
            _assessment(examples.target_texts(), method, {each: next(found) for each in several})
            for examples, method, several in zip(splits, methods, measured, strict=True)
        ]

    def opened(self, loaded: LoadedModel, folder: Path, search: Search) -> Reader:
        """A reader with the engine that the search names."""
        reader = Reader.of(loaded, folder)
        if search.asks_for_an_engine:
            reader.engine = choose_reader_engine(loaded, search.asked_engine())
        return reader

    def checked_inputs(self, loaded: LoadedModel, inputs: Iterable[object]) -> Given:
        """Pictures."""
        del loaded
        return list(items_of(inputs, GIVEN_PICTURES))

    def using(self, opened: Opened, given: Given | Examples, search: Search) -> Use:
        """Reading; held-out pictures have their height already."""
        reader = expect(opened, Reader)
        method = search.by(reader.recipe.search)
        if isinstance(given, Examples):
            examples = given
            return lambda part: read_examples(reader, examples, method, part)
        pictures = expect(given, list)
        return lambda part: reader.read([pictures[place] for place in part], search=method, progress=False)

    def searcher(self, loaded: LoadedModel, examples: Examples, folder: Path) -> ReadingSearcher:
        """A reader with pictures and their texts."""
        return ReadingSearcher(Reader.of(loaded, folder), examples)

    def card(self, facts: CardFacts, best: LoadedModel, assessment: Assessment) -> str:
        """The card of a reader."""
        commands = (
            f"dragoman read {facts.folder} line.png\n"
            f"dragoman translate TRANSLATOR --image line.png --reader {facts.folder}"
        )
        return card(
            facts,
            CardText(
                purpose="Reads pictures and writes the text that stands in them.",
                heading="How to use it",
                use=f"```\n{commands}\n```",
                intended="On pictures of the kind that it was trained on, where a person looks at the results or a "
                "mistake does no harm.",
                limits=[
                    *PICTURES.beware,
                    "Where every character counts, such as numbers of accounts, unless a person compares them with the "
                    "picture.",
                ],
                examples="Examples",
                details=PICTURES.described(best.source),
                quality=measured_on(facts, assessment.report.as_text()),
            ),
        )


def read_examples(reader: Reader, examples: Examples, method: SearchMethod, indices: Part) -> list[str]:
    """The texts that a reader recognises in the pictures of some examples."""
    found = [""] * len(indices)
    lengths = examples.target_lengths[indices]
    for places in reversed(in_order(lengths, lengths, tokens=MEASURED_TOGETHER)):
        pictures = expect(examples.batch(indices[places]).source, Pictures)
        for place, text in zip(places.tolist(), reader.read_prepared(pictures, search=method), strict=True):
            found[place] = text
    return found


def _assessment(references: list[str], method: SearchMethod, found: dict[SearchMethod, Timed[list[str]]]) -> Assessment:
    """The assessment of one reader by ``method`` from its outputs with each method."""
    outputs = list(chain.from_iterable(found[method].results))
    report = evaluate_recognition(outputs, references)
    others: tuple[Estimate, ...] = (report.wer,)
    speeds = {"beam": found[method].rate}
    if Greedy() in found:
        (greedy,) = estimates(
            recognition_statistics(list(chain.from_iterable(found[Greedy()].results)), references)[:1]
        )
        others = (replace(greedy, metric="CER greedy"), *others)
        speeds = {"greedy": found[Greedy()].rate, **speeds}
    statistics, *further = recognition_statistics(outputs, references)
    return Assessment(report, Measures(report.cer, others, speeds), statistics, outputs, further=lambda: further)

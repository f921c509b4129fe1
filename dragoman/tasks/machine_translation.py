"""Machine translation: text to text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dragoman.alignment.dataset_shortlist import dataset_shortlists, sizes_that_pay
from dragoman.alignment.shortlist import Shortlist
from dragoman.contracts import Greedy, GuidedAlignment, SearchMethod
from dragoman.contracts.expect import expect
from dragoman.data.batch_sampler import BatchSampler, Buckets
from dragoman.data.dataset import Dataset
from dragoman.data.examples import Examples
from dragoman.data.resegmentation import resegmentation
from dragoman.errors import InputError
from dragoman.evaluation.bleu import bleu, bleu_statistics
from dragoman.evaluation.chrf import chrf, chrf_statistics
from dragoman.evaluation.confidence import Estimate, estimates
from dragoman.evaluation.placeholder_accuracy import placeholder_statistics
from dragoman.evaluation.sentence_statistics import SentenceStatistics
from dragoman.evaluation.translation_report import TranslationReport, evaluate_translations
from dragoman.model.build import Model
from dragoman.model.build_decoders import Objective
from dragoman.model.folder import LoadedModel
from dragoman.predict.choose_engine import choose_engine
from dragoman.predict.given import TEXTS, inputs_of
from dragoman.predict.inputs import Given
from dragoman.predict.native_engine import NativeEngine, exact_engine
from dragoman.predict.native_model import obstacle_of
from dragoman.predict.text_scores import TextScores
from dragoman.predict.translator import Translator
from dragoman.recipe import Recipe
from dragoman.tasks.assessment import Assessed, Assessment, HeldOut, Measures, Search
from dragoman.tasks.card import CardFacts
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
from dragoman.tasks.guided_batches import WithLinks
from dragoman.tasks.in_turn import Log, Part, Timed, Turns, in_turn
from dragoman.tasks.output_previews import output_previews
from dragoman.tasks.searcher import TranslationSearcher
from dragoman.tasks.task import Opened, Task, Use, Words
from dragoman.tasks.text_targets import unigram_entropy
from dragoman.tasks.translation_card import translation_card
from dragoman.tasks.validation import Sample, Scored, Validating, Validator

_VALIDATED = 1000
"""Number of sentences translated at each validation; the loss is always measured on all."""
_WARM_UP = 50
"""Number of sentences translated before speeds are measured."""
_TURNS = Turns(parts=5)


if TYPE_CHECKING:
    pass


class MachineTranslation(Task):
    """The quality of a translator is BLEU at the recipe's beam width; BLEU of greedy search is watched in training."""

    words = Words(
        use="translate {} < input.txt > output.txt",
        data="--source and --target, --corpus or --catalogue",
        unit="target tokens",
        loss="nats per target token",
        watched="greedy BLEU on the validation set",
        speed="sentences per second",
        inputs="sentences",
        examples="pairs",
        truth="references",
    )
    watched_score = "bleu"
    higher_is_better = True
    text_sides = (True, True)
    searches = True
    engines = True

    def language_of_inputs(self, recipe: Recipe) -> str:
        """The source language, if all corpora are in the same one."""
        said = {corpus.source_language for corpus in recipe.data.train if corpus.source_language is not None}
        return recipe.data.source_language if said <= {recipe.data.source_language} else ""

    def run_name(self, recipe: Recipe, name: str) -> str:
        """The name of the run: the languages and the recipe."""
        return f"{recipe.data.source_language}-{recipe.data.target_language}-{name}"

    def sampler(self, recipe: Recipe, dataset: Dataset) -> BatchSampler:
        """Mini-batches of pairs of similar length, segmented at random where the recipe asks for it, and with links
        where an attention is guided by them."""
        batch = recipe.training.batch
        seed = recipe.training.seed
        guided = recipe.training.guided_alignment.weight > 0
        make = WithLinks(seed) if guided else resegmentation(dataset, recipe.tokenizer, seed)
        return Buckets(dataset.train, tokens=batch.tokens, pool=batch.pool, weights=dataset.training_weights, make=make)

    def objective(self, recipe: Recipe, dataset: Dataset) -> Objective:
        """The label smoothing, and the attention that is guided."""
        guide, (layers, _) = recipe.training.guided_alignment, recipe.model.decoder.attending
        plain = super().objective(recipe, dataset)
        if not guide.weight:
            return plain
        return plain._replace(guide=GuidedAlignment(guide.weight, guide.guided_layer(layers) - 1, guide.heads))

    def measured_together(self, recipe: Recipe) -> int:
        """The number of target tokens of a mini-batch."""
        return recipe.training.batch.tokens

    def validator(self, model: Model, recipe: Recipe, dataset: Dataset) -> Validating:
        """Measures the loss, and BLEU and chrF2++ of greedy search."""
        translator = Translator.of(LoadedModel(model, recipe, dataset.source, dataset.target), "the run's model")
        by_torch = translator.engine
        chosen = np.arange(min(len(dataset.validation), _VALIDATED))
        language = recipe.data.target_language

        def score(turn: int) -> Scored:
            sources = dataset.validation.source_texts(chosen)
            references = dataset.validation.target_texts(chosen)
            translator.engine = exact_engine(translator.model, translator.target.special) or by_torch
            outputs = translator.translate(sources, beam=1)
            shown = turn % len(sources)
            return Scored(
                {"bleu": bleu(outputs, references, language), "chrf": chrf(outputs, references)},
                Sample(sources[shown], references[shown], outputs[shown]),
            )

        return Validator(self.losses(model, recipe, dataset), score)

    def shortlists(self, best: LoadedModel, dataset: Dataset) -> list[Shortlist]:
        """The shortlists of the training pairs, where the target vocabulary is large."""
        sizes = sizes_that_pay(best.vocabularies[1]) if best.recipe.search.shortlist else []
        return dataset_shortlists(dataset, sizes)

    def chosen_engine(
        self, best: LoadedModel, dataset: Dataset, shortlists: Sequence[Shortlist] = ()
    ) -> ChosenEngine | None:
        """By chrF2++ if training watched it, else by BLEU."""
        model = on_processor(best)
        if obstacle_of(model) is not None:
            return None
        translator = Translator(model, *best.codecs, best.recipe)
        chosen = trial_examples(len(dataset.validation))
        sources, references = dataset.validation.source_texts(chosen), dataset.validation.target_texts(chosen)
        language = best.recipe.data.target_language

        def outputs(tried: Candidate) -> list[str]:
            translator.engine = NativeEngine(
                model,
                translator.target.special,
                number=tried.settings.number,
                shortlist=tried.shortlist,
                preview=tried.preview,
            )
            return translator.translate(sources, progress=False)

        def statistics(translations: list[str]) -> SentenceStatistics:
            if best.recipe.training.early_stopping.metric == "chrf":
                return chrf_statistics(translations, references)
            return bleu_statistics(translations, references, language)

        return choose_settings(
            candidates(shortlists, output_previews(model, dataset.train)),
            outputs,
            Measure(statistics, higher_is_better=True, most_lost=0.3),
            examples=phrase_of_examples(chosen, self.words.inputs),
            search=best.recipe.search.phrase,
        )

    def baseline(self, recipe: Recipe, dataset: Dataset) -> float:
        """The unigram entropy of target tokens."""
        del recipe
        return unigram_entropy(dataset)

    def same_examples(self, one: HeldOut, other: HeldOut) -> bool:
        """Whether sources and references are equal."""
        mine, theirs = one.examples, other.examples
        return mine.source_texts() == theirs.source_texts() and mine.target_texts() == theirs.target_texts()

    def assess(self, subjects: Sequence[Assessed], search: Search, *, side_by_side: bool, log: Log) -> list[Assessment]:
        """Translate with the beam, and with greedy search too if models are compared, and score against the
        references."""
        translators = [self.opened(subject.model, Path("the model"), search) for subject in subjects]
        sources = subjects[0].held_out.examples.source_texts()
        methods = [search.by(translator.recipe.search) for translator in translators]
        measured = [dict.fromkeys([Greedy(), method] if side_by_side else [method]) for method in methods]

        def translated(translator: Translator, method: SearchMethod, part: Part) -> list[str]:
            return translator.translate([sources[row] for row in part], search=method)

        if side_by_side:
            for translator, method in zip(translators, methods, strict=True):
                translator.translate(sources[:_WARM_UP], search=method)
        uses = [
            partial(translated, translator, each)
            for translator, several in zip(translators, measured, strict=True)
            for each in several
        ]
        found = iter(in_turn(uses, len(sources), _TURNS if side_by_side else Turns(), log))
        return [
            _assessment(translator, subject.held_out, method, {each: next(found) for each in several})
            for translator, subject, method, several in zip(translators, subjects, methods, measured, strict=True)
        ]

    def opened(self, loaded: LoadedModel, folder: Path, search: Search) -> Translator:
        """A translator with the engine that the search names."""
        translator = Translator.of(loaded, folder)
        if search.asks_for_an_engine:
            translator.engine = choose_engine(loaded, search.asked_engine())
        return translator

    def checked_inputs(self, loaded: LoadedModel, inputs: Iterable[object]) -> Given:
        """Texts."""
        del loaded
        return inputs_of(inputs, TEXTS)

    def using(self, opened: Opened, given: Given | Examples, search: Search) -> Use:
        """Translating, with all that happens to a text."""
        translator = expect(opened, Translator)
        texts = given.source_texts() if isinstance(given, Examples) else list(given)
        method = search.by(translator.recipe.search)
        return lambda part: translator.translate([texts[row] for row in part], search=method, progress=False)

    def searcher(self, loaded: LoadedModel, examples: Examples, folder: Path) -> TranslationSearcher:
        """A translator with sentence pairs."""
        return TranslationSearcher(Translator.of(loaded, folder), examples)

    def score(
        self, loaded: LoadedModel, folder: Path, texts: Sequence[str], sources: Sequence[str] | None
    ) -> TextScores:
        """The probability of each text as the translation of its source."""
        if sources is None:
            raise InputError(
                "this model is a translator, which scores translations of a source",
                file=folder,
                remedy="give the lines that the text translates with --source.",
            )
        return Translator.of(loaded, folder).score(sources, texts)

    def card(self, facts: CardFacts, best: LoadedModel, assessment: Assessment) -> str:
        """The card of a translator."""
        del best
        return translation_card(facts, expect(assessment.report, TranslationReport))


def _assessment(
    translator: Translator, held_out: HeldOut, method: SearchMethod, found: dict[SearchMethod, Timed[list[str]]]
) -> Assessment:
    """The assessment of one translator by ``method`` from its outputs with each method."""
    language = translator.recipe.data.target_language
    references = held_out.examples.target_texts()
    outputs = list(chain.from_iterable(found[method].results))
    report = evaluate_translations(
        outputs,
        references,
        target_language=language,
        corpora=held_out.corpus_names,
        placeholders=translator.source.placeholders,
    )
    others: tuple[Estimate, ...] = (report.chrf,)
    speeds = {"beam": found[method].rate}
    if Greedy() in found:
        of_greedy = bleu_statistics(list(chain.from_iterable(found[Greedy()].results)), references, language)
        (greedy,) = estimates([of_greedy])
        others = (replace(greedy, metric="BLEU greedy"), *others)
        speeds = {"greedy": found[Greedy()].rate, **speeds}
    statistics = bleu_statistics(outputs, references, language)

    def further() -> list[SentenceStatistics]:
        kept = [] if report.placeholders is None else [translator.source.placeholders]
        return [
            chrf_statistics(outputs, references),
            *(placeholder_statistics(outputs, references, syntax) for syntax in kept),
        ]

    return Assessment(report, Measures(report.bleu, others, speeds), statistics, outputs, further=further)

"""What a finished run says of its best model: the report of its translations and the model card."""

from __future__ import annotations

import datetime
import platform
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

import dragoman
from dragoman.data.dataset import Corpus, Dataset
from dragoman.data.examples import Examples
from dragoman.evaluation.translation_report import TranslationReport, evaluate_translations
from dragoman.model.folder import LoadedModel
from dragoman.predict.translator import Translator
from dragoman.recipe.data import CorpusRecipe
from dragoman.text.codec import Codec
from dragoman.training.card import CardFacts, model_card
from dragoman.training.observer import RunStart

if TYPE_CHECKING:
    from pandas import DataFrame

Split = TypeVar("Split", covariant=True)


@runtime_checkable
class _Splits(Protocol[Split]):
    """A dataset of any kind."""

    @property
    def validation(self) -> Split: ...
    @property
    def test(self) -> Split | None: ...


def evaluate_model(
    model: LoadedModel, examples: Examples, *, beam: int | None = None, corpora: Sequence[Corpus] | None = None
) -> TranslationReport:
    """Translate a split's sources by the recipe's search, or ``beam``, and compare with its targets.

    Args:
        model: to be evaluated.
        examples: of the split.
        beam: instead of the recipe's.
        corpora: of the dataset, to score each by itself as well.
    """
    translator = Translator.of(model, "the run's best model")
    outputs = translator.translate(examples.source_texts(), beam=beam)
    names = None if corpora is None else [corpora[number].name for number in examples.corpora]
    language = model.recipe.data.target_language
    return evaluate_translations(
        outputs,
        examples.target_texts(),
        target_language=language,
        corpora=names,
        placeholders=translator.source.placeholders,
    )


def assess(
    best: LoadedModel, dataset: Dataset, start: RunStart, history: DataFrame, reason: str
) -> tuple[TranslationReport, str]:
    """Evaluate on the test set, or on the validation set where there is none, and write the card."""
    split, examples = test_split(dataset)
    report = evaluate_model(best, examples, corpora=dataset.corpora)
    return report, model_card(replace(card_facts(best, dataset, start, history, reason, split), quality=report))


def test_split(dataset: _Splits[Split]) -> tuple[str, Split]:
    """What a best model is measured on, and what that is called."""
    return ("test set", dataset.test) if dataset.test is not None else ("validation set", dataset.validation)


def card_facts(
    best: LoadedModel, dataset: Dataset, start: RunStart, history: DataFrame, reason: str, split: str
) -> CardFacts:
    """All that a card says but how well the model does."""
    recipe = best.recipe
    reads_text, writes_text = recipe.model.reads == "text", recipe.model.says == "text"
    cleaning: dict[str, Any] = dataset.report["cleaning"]["train"]
    validations = history[history["event"] == "validation"]
    chosen = validations[validations["best"].fillna(False)].iloc[-1]
    # The end symbol, which every row has, is no token to a reader of the card.
    return CardFacts(
        name=start.folder.name,
        source_language=recipe.data.source_language,
        target_language=recipe.data.target_language,
        date=datetime.date.today().isoformat(),
        dragoman_version=dragoman.__version__,
        folder=str(start.folder / "best"),
        corpus=_several({corpus.title: corpus.origin or _file(corpus) for corpus in recipe.data.train}),
        licence=_several({corpus.title: corpus.licence for corpus in recipe.data.train}),
        pairs_read=cleaning["read"],
        training_pairs=len(dataset.train),
        validation_pairs=len(dataset.validation),
        test_pairs=None if dataset.test is None else len(dataset.test),
        dropped=cleaning["dropped"],
        placeholders=_placeholders(dataset),
        source_tokens=int(dataset.train.source_lengths.sum()) if reads_text else None,
        target_tokens=int(dataset.train.target_lengths.sum()) if writes_text else None,
        longest_source=int(dataset.train.source_lengths.max()) - 1 if reads_text else None,
        longest_target=int(dataset.train.target_lengths.max()) - 1 if writes_text else None,
        architecture=recipe.model.phrase,
        parameters=start.parameters,
        source_vocabulary=best.source.size if reads_text and isinstance(best.source, Codec) else None,
        target_vocabulary=best.target.size if isinstance(best.target, Codec) else None,
        updates=int(history["update"].iloc[-1]),
        best_update=int(chosen["update"]),
        stopped=reason,
        seconds=float(history["seconds"].max()),
        device=f"{platform.machine()}, {start.device}",
        seed=recipe.training.seed,
        validation_loss=float(chosen["loss"]),
        quality_split=split,
        quality_search="greedy search" if recipe.search.beam == 1 else f"beam {recipe.search.beam}",
    )


def _placeholders(dataset: Dataset) -> dict[str, int] | None:
    """How many of the first pairs have placeholders of each family that counts; None if that was not looked at."""
    found = dataset.report.get("placeholders")
    if found is None:
        return None
    return {name: seen["pairs"] for name, seen in found["seen"].items() if name in found["families"]}


def _file(corpus: CorpusRecipe) -> str:
    return " and ".join(
        path.name for path in (corpus.source, corpus.target, corpus.text, corpus.path) if path is not None
    )


def _several(facts: Mapping[str, str | None]) -> str | None:
    """What is known of each corpus by name, or of the only one without its name; None if nothing is known."""
    known = {name: fact for name, fact in facts.items() if fact is not None}
    if len(facts) == 1:
        return next(iter(known.values()), None)
    return "; ".join(f"{name}: {fact}" for name, fact in known.items()) or None

"""What a finished run says of its best model: the report of its translations and the model card."""

from __future__ import annotations

import datetime
import platform
from typing import TYPE_CHECKING, Any

import dragoman
from dragoman.data.dataset import Dataset, Examples
from dragoman.evaluation.translation_report import TranslationReport, evaluate_translations
from dragoman.model.folder import LoadedModel
from dragoman.predict.translator import Translator
from dragoman.recipe.architecture import TransformerRecipe
from dragoman.training.card import CardFacts, model_card
from dragoman.training.observer import RunStart

if TYPE_CHECKING:
    from pandas import DataFrame


def evaluate_model(model: LoadedModel, examples: Examples, *, beam: int | None = None) -> TranslationReport:
    """Translate a split's sources by the recipe's search, or ``beam``, and compare with its targets."""
    translator = Translator(model.model, model.source_tokenizer, model.target_tokenizer, model.recipe)
    outputs = translator.translate(examples.source_texts(), beam=beam)
    return evaluate_translations(outputs, examples.target_texts(), target_language=model.recipe.data.target_language)


def assess(
    best: LoadedModel, dataset: Dataset, start: RunStart, history: DataFrame, reason: str
) -> tuple[TranslationReport, str]:
    """Evaluate on the test set, or on the validation set where there is none, and write the card."""
    split, examples = ("test set", dataset.test) if dataset.test is not None else ("validation set", dataset.validation)
    report = evaluate_model(best, examples)
    return report, model_card(_facts(best, dataset, start, history, reason, report, split))


def _facts(
    best: LoadedModel,
    dataset: Dataset,
    start: RunStart,
    history: DataFrame,
    reason: str,
    report: TranslationReport,
    split: str,
) -> CardFacts:
    recipe = best.recipe
    cleaning: dict[str, Any] = dataset.report["cleaning"]["train"]
    validations = history[history["event"] == "validation"]
    chosen = validations[validations["best"].fillna(False)].iloc[-1]
    encoder, decoder = _stack(recipe.model.encoder), _stack(recipe.model.decoder)
    # The end symbol, which every row has, is no token to a reader of the card.
    return CardFacts(
        name=start.folder.name,
        source_language=recipe.data.source_language,
        target_language=recipe.data.target_language,
        date=datetime.date.today().isoformat(),
        dragoman_version=dragoman.__version__,
        folder=str(start.folder / "best"),
        corpus=_corpus(recipe.data.train.model_dump(exclude_none=True) if recipe.data.train else {}),
        pairs_read=cleaning["read"],
        training_pairs=len(dataset.train),
        validation_pairs=len(dataset.validation),
        test_pairs=None if dataset.test is None else len(dataset.test),
        dropped=cleaning["dropped"],
        source_tokens=int(dataset.train.source_lengths.sum()),
        target_tokens=int(dataset.train.target_lengths.sum()),
        longest_source=int(dataset.train.source_lengths.max()) - 1,
        longest_target=int(dataset.train.target_lengths.max()) - 1,
        architecture=f"{recipe.model.encoder.kind} encoder ({encoder}), "
        f"{recipe.model.decoder.kind} decoder ({decoder})",
        parameters=start.parameters,
        source_vocabulary=best.source_tokenizer.size,
        target_vocabulary=best.target_tokenizer.size,
        updates=int(history["update"].max()),
        best_update=int(chosen["update"]),
        stopped=reason,
        seconds=float(history["seconds"].max()),
        device=f"{platform.machine()}, {start.device}",
        seed=recipe.training.seed,
        validation_loss=float(chosen["loss"]),
        quality=report,
        quality_split=split,
        quality_search="greedy search" if recipe.search.beam == 1 else f"beam {recipe.search.beam}",
    )


def _stack(recipe: TransformerRecipe) -> str:
    return f"{recipe.layers} layers, width {recipe.width}, feed-forward {recipe.feed_forward}, {recipe.heads} heads"


def _corpus(section: dict[str, Any]) -> str | None:
    names = [section[key].name for key in ("source", "target", "table") if key in section]
    return " and ".join(names) or None

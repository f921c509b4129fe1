"""The facts of a model card, from a run: its dataset, its history and its best model."""

from __future__ import annotations

import datetime
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dragoman
from dragoman.contracts import TextSize
from dragoman.contracts.expect import expect
from dragoman.data.dataset import Dataset
from dragoman.model.folder import LoadedModel
from dragoman.model.weights import parameter_count
from dragoman.recipe.data import CorpusRecipe
from dragoman.storage.run_paths import RunPaths
from dragoman.tasks.card import CardFacts

if TYPE_CHECKING:
    from pandas import DataFrame


def card_facts(
    best: LoadedModel,
    dataset: Dataset,
    history: DataFrame,
    *,
    folder: Path,
    reason: str,
    device: str,
    split: str,
    text_sides: tuple[bool, bool],
    reference: str | None = None,
    engine: str | None = None,
    taken_over: Sequence[str] = (),
) -> CardFacts:
    """Collect everything that a card states but the quality of the model.

    Args:
        best: the run's best model.
        dataset: the run's dataset.
        history: the run's history, one row for each update and each validation.
        folder: the run's folder.
        reason: why training ended.
        device: name of the device that trained the model.
        split: name of the examples that quality was measured on.
        text_sides: whether source and target are text, so that their tokens are counted.
        reference: the profile of the training distribution that is kept with the model, in a phrase.
        engine: what the native engine computes the model with, in a phrase.
        taken_over: lines on what the model has from its parent.
    """
    recipe = best.recipe
    cleaning: dict[str, Any] = dataset.report["cleaning"]["train"]
    validations = history[history["event"] == "validation"]
    chosen = validations[validations["best"].fillna(False)].iloc[-1]
    reads_text, writes_text = text_sides
    source_lengths, target_lengths = dataset.train.source_lengths, dataset.train.target_lengths
    # The end symbol, which every row has, is no token to a reader of the card.
    return CardFacts(
        name=folder.name,
        source_language=recipe.data.source_language,
        target_language=recipe.data.target_language,
        date=datetime.date.today().isoformat(),
        dragoman_version=dragoman.__version__,
        folder=str(RunPaths(folder).best),
        corpus=_several({corpus.title: corpus.origin or _file(corpus) for corpus in recipe.data.train}),
        licence=_several({corpus.title: corpus.licence for corpus in recipe.data.train}),
        pairs_read=cleaning["read"],
        training_pairs=len(dataset.train),
        validation_pairs=len(dataset.validation),
        test_pairs=None if dataset.test is None else len(dataset.test),
        example_weights=None if recipe.data.weights is None else recipe.data.weights.name,
        dropped=cleaning["dropped"],
        placeholders=_placeholders(dataset),
        source_tokens=int(source_lengths.sum()) if reads_text else None,
        target_tokens=int(target_lengths.sum()) if writes_text else None,
        longest_source=int(source_lengths.max()) - 1 if reads_text else None,
        longest_target=int(target_lengths.max()) - 1 if writes_text else None,
        parent=None if best.parent is None else (best.parent.name, best.parent.sha256),
        taken_over=taken_over,
        architecture=recipe.model.phrase,
        parameters=parameter_count(best.model),
        source_vocabulary=expect(best.source.size, TextSize).symbols if reads_text else None,
        target_vocabulary=expect(best.target.size, TextSize).symbols if writes_text else None,
        updates=int(history["update"].iloc[-1]),
        best_update=int(chosen["update"]),
        stopped=reason,
        seconds=float(history["seconds"].max()),
        budget=recipe.training.budget_phrase,
        device=f"{platform.machine()}, {device}",
        seed=recipe.training.seed,
        guided_alignment=recipe.training.guided_alignment.phrase(recipe.model.decoder.attending[0]),
        validation_loss=float(chosen["loss"]),
        reference=reference,
        engine=engine,
        quality_split=split,
        quality_search=recipe.search.phrase,
    )


def _placeholders(dataset: Dataset) -> dict[str, int] | None:
    """Number of the first examples with placeholders of each family; None if it was not counted."""
    found = dataset.report.get("placeholders")
    if found is None:
        return None
    return {name: seen["pairs"] for name, seen in found["seen"].items() if name in found["families"]}


def _file(corpus: CorpusRecipe) -> str:
    return " and ".join(
        path.name for path in (corpus.source, corpus.target, corpus.text, corpus.path) if path is not None
    )


def _several(facts: Mapping[str, str | None]) -> str | None:
    """A fact about each corpus by name, or about the only one without its name; None if nothing is known."""
    known = {name: fact for name, fact in facts.items() if fact is not None}
    if len(facts) == 1:
        return next(iter(known.values()), None)
    return "; ".join(f"{name}: {fact}" for name, fact in known.items()) or None

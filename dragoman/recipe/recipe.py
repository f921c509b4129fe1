"""A whole experiment, as a user writes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import model_validator

from dragoman.recipe.architecture import ModelRecipe
from dragoman.recipe.data import CleaningRecipe, DataRecipe, TokenizerRecipe
from dragoman.recipe.search import SearchRecipe
from dragoman.recipe.section import Section
from dragoman.recipe.training import TrainingRecipe


class Recipe(Section):
    """Everything that decides what a run does. Two runs of one recipe on one machine give the same weights."""

    data: DataRecipe = DataRecipe()
    """The corpora and the languages."""
    cleaning: CleaningRecipe = CleaningRecipe()
    """Which pairs are kept."""
    tokenizer: TokenizerRecipe = TokenizerRecipe()
    """How text becomes ids."""
    model: ModelRecipe = ModelRecipe()
    """The encoder and the decoder."""
    training: TrainingRecipe = TrainingRecipe()
    """How the weights are found."""
    search: SearchRecipe = SearchRecipe()
    """How an output is searched for."""

    @model_validator(mode="before")
    @classmethod
    def _separate_vocabularies_are_not_tied(cls, values: Any) -> Any:
        """Unless the recipe says so, which is a mistake to be told."""
        tokenizer = values.get("tokenizer") if isinstance(values, Mapping) else None
        model = values.get("model", {}) if isinstance(values, Mapping) else None
        separate = isinstance(tokenizer, Mapping) and tokenizer.get("shared") is False and "model" not in tokenizer
        if separate and isinstance(model, Mapping):
            return {**values, "model": {"tie": "decoder", **model}}
        return values

    @model_validator(mode="after")
    def _tying_needs_shared_vocabulary(self) -> Recipe:
        if self.model.tie == "all" and not self.tokenizer.shared and self.tokenizer.model is None:
            raise ValueError(
                'model.tie = "all" needs tokenizer.shared = true; use "decoder" with separate vocabularies'
            )
        return self

    @model_validator(mode="after")
    def _the_corpora_fit_the_model(self) -> Recipe:
        problems = _language_model_problems(self) if self.model.is_language_model else _pair_problems(self)
        if problems:
            raise ValueError("; ".join(problems))
        return self


def _language_model_problems(recipe: Recipe) -> list[str]:
    data, training = recipe.data, recipe.training
    found = [
        f"data.{split}: {corpus.path or corpus.source} holds pairs, and a language model reads no source; "
        "give one file as `text`"
        for split in ("train", "validation", "test")
        for corpus in getattr(data, split)
        if corpus.text is None
    ]
    if training.early_stopping.metric != "loss":
        metric = training.early_stopping.metric
        found.append(f'training.early_stopping.metric = "{metric}" needs translations; a language model has "loss"')
    if recipe.tokenizer.dropout or recipe.tokenizer.sampling:
        found.append(
            "tokenizer.dropout and tokenizer.sampling are for translators; a language model has one segmentation"
        )
    return found


def _pair_problems(recipe: Recipe) -> list[str]:
    found = [
        f'data.{split}: {corpus.text} is text without a source, which is for language models (encoder.kind = "none")'
        for split in ("train", "validation", "test")
        for corpus in getattr(recipe.data, split)
        if corpus.text is not None
    ]
    if recipe.training.batch.partition != "lines":
        partition = recipe.training.batch.partition
        found.append(f'training.batch.partition = "{partition}" is for language models; translators take "lines"')
    return found

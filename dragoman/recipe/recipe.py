"""A whole experiment, as a user writes it."""

from __future__ import annotations

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

    @model_validator(mode="after")
    def _tying_needs_shared_vocabulary(self) -> Recipe:
        if self.model.tie == "all" and not self.tokenizer.shared:
            raise ValueError(
                'model.tie = "all" needs tokenizer.shared = true; use "decoder" with separate vocabularies'
            )
        return self

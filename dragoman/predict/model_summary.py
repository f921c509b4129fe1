"""The summary of a model that an interpreter or a notebook shows."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from dragoman.model.weights import parameter_count
from dragoman.recipe.architecture import ModelRecipe
from dragoman.recipe.kinds import title_of
from dragoman.reports.shown import Summary


def model_summary(recipe: ModelRecipe, model: nn.Module, facts: Mapping[str, str]) -> Summary:
    """A summary of a loaded model in a few lines, with further ``facts`` by name."""
    size = {"architecture": recipe.phrase, "parameters": f"{parameter_count(model):,}"}
    return Summary(title_of(recipe), {**facts, **size})

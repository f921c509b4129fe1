"""What is said when a model is asked for what another kind of model does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import nn

from dragoman.errors import InputError
from dragoman.model.describe import parameter_count
from dragoman.recipe.architecture import ModelRecipe
from dragoman.reports.shown import Summary

_READS = {"text": "text", "picture": "pictures", "row": "rows of a table", "nothing": "nothing"}
_SAYS = {"text": "text", "label": "labels", "number": "numbers"}


def kind_of(model: ModelRecipe) -> str:
    """What goes in and what comes out, in a few words."""
    if model.is_language_model:
        return "a language model"
    if model.is_translator:
        return "a translator"
    return f"a model that reads {_READS[model.reads]} and says {_SAYS[model.says]}"


def sentence(model: ModelRecipe) -> str:
    """The same as a sentence about a model, without its full stop."""
    kind = kind_of(model)
    return f"this model {kind.removeprefix('a model that ')}" if kind.startswith("a model") else f"this model is {kind}"


def use_of(model: ModelRecipe) -> str:
    """The command that uses such a model."""
    if model.is_language_model:
        return "use `dragoman generate` or `dragoman score`, or give it to `--language-model`."
    if model.says != "text":
        return "use `dragoman predict`, or in Python `dragoman.Predictor`."
    if model.reads == "picture":
        return (
            "use `dragoman read`, in Python `dragoman.Reader`, or give it to `dragoman translate --image` as --reader."
        )
    return "use `dragoman translate`."


def model_summary(recipe: ModelRecipe, model: nn.Module, facts: Mapping[str, str]) -> Summary:
    """What there is to say of a model that was loaded, with ``facts`` of its own."""
    size = {"architecture": recipe.phrase, "parameters": f"{parameter_count(model):,}"}
    return Summary(kind_of(recipe), {**facts, **size})


def no_translator(model: ModelRecipe, folder: Path | str) -> InputError:
    """Text to text was asked for."""
    if model.is_language_model:
        return InputError(
            "this model is a language model, which has no source to translate", file=folder, remedy=use_of(model)
        )
    return not_this_kind(model, folder, "translator")


def not_this_kind(model: ModelRecipe, folder: Path | str, wanted: str) -> InputError:
    """``wanted`` was asked for, such as ``a reader of pictures``."""
    return InputError(f"{sentence(model)}, and is no {wanted}", file=folder, remedy=use_of(model))

"""What is said when a model is asked for what another kind of model does."""

from __future__ import annotations

from pathlib import Path

from dragoman.errors import InputError
from dragoman.recipe.architecture import ModelRecipe

_READS = {"text": "text", "picture": "pictures", "row": "rows of a table", "nothing": "nothing"}
_SAYS = {"text": "text", "label": "labels", "number": "numbers"}


def kind_of(model: ModelRecipe) -> str:
    """What goes in and what comes out, in a few words."""
    if model.is_language_model:
        return "a language model"
    if model.is_translator:
        return "a translator"
    return f"a model that reads {_READS[model.reads]} and says {_SAYS[model.says]}"


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


def no_translator(model: ModelRecipe, folder: Path | str) -> InputError:
    """Text to text was asked for."""
    lacks = "which has no source to translate" if model.is_language_model else "and no translator"
    return InputError(f"this model is {kind_of(model)}, {lacks}", file=folder, remedy=use_of(model))


def not_this_kind(model: ModelRecipe, folder: Path | str, wanted: str) -> InputError:
    """``wanted`` was asked for, such as ``a reader of pictures``."""
    return InputError(f"this model is {kind_of(model)}, and no {wanted}", file=folder, remedy=use_of(model))

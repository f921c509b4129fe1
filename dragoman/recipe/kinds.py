"""The names of kinds of models, by input and output, and the command and class that use them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dragoman.errors import InputError
from dragoman.recipe.architecture import ModelRecipe

INPUTS = {"text": "text", "picture": "pictures", "row": "rows of a table", "nothing": "nothing"}
OUTPUTS = {"text": "text", "label": "labels", "number": "numbers", "tags": "tags"}
"""What goes into models and what comes out, by the words of a recipe, as people call it."""


@dataclass(frozen=True, slots=True)
class ModelKind:
    """A kind of models that are used in the same way.

    Attributes:
        noun: noun for such a model, such as ``translator``.
        use: sentence on how they are used.
    """

    noun: str
    use: str


LANGUAGE_MODEL = ModelKind(
    "language model", "use `dragoman generate` or `dragoman score`, or give it to `--language-model`."
)
TRANSLATOR = ModelKind("translator", "use `dragoman translate`, or in Python `dragoman.Translator`.")
READER = ModelKind(
    "reader of pictures",
    "use `dragoman read`, in Python `dragoman.Reader`, or give it to `dragoman translate --image` as --reader.",
)
PREDICTOR = ModelKind(
    "model that predicts labels, numbers or tags", "use `dragoman predict`, or in Python `dragoman.Predictor`."
)


def kind_of(model: ModelRecipe) -> ModelKind:
    """The kind of an architecture."""
    if model.output_kind != "text":
        return PREDICTOR
    return {"nothing": LANGUAGE_MODEL, "text": TRANSLATOR, "picture": READER}[model.input_kind]


def title_of(model: ModelRecipe) -> str:
    """A model with its article, such as ``a translator``, or ``a model that reads pictures and predicts labels``."""
    if kind_of(model) is PREDICTOR:
        return f"a model that reads {INPUTS[model.input_kind]} and predicts {OUTPUTS[model.output_kind]}"
    return f"a {kind_of(model).noun}"


def sentence_of(model: ModelRecipe) -> str:
    """A sentence on what a model is, without its full stop, such as ``this model reads text and predicts labels``."""
    title = title_of(model)
    verb = title.removeprefix("a model that ")
    return f"this model is {title}" if verb == title else f"this model {verb}"


def require(model: ModelRecipe, kind: ModelKind, folder: Path | str) -> None:
    """Check that a model is of the kind that is needed.

    Args:
        model: architecture of the model.
        kind: kind that is needed.
        folder: folder of the model, for the error.

    Raises:
        InputError: if it is of another kind; the message says which, and how such models are used.
    """
    found = kind_of(model)
    if found is not kind:
        raise InputError(f"{sentence_of(model)}, and is no {kind.noun}", file=folder, remedy=found.use)

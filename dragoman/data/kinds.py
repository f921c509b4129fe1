"""What goes into models and what comes out of them, by the words of a recipe."""

from __future__ import annotations

from dragoman.data.inputs.input import Input
from dragoman.data.inputs.nothing import NoInput
from dragoman.data.inputs.picture import PictureInput
from dragoman.data.inputs.row import RowInput
from dragoman.data.inputs.text import TextInput
from dragoman.data.outputs.label import LabelOutput
from dragoman.data.outputs.number import NumberOutput
from dragoman.data.outputs.output import Output
from dragoman.data.outputs.tags import TagOutput
from dragoman.data.outputs.text import TextOutput
from dragoman.recipe.architecture import ModelRecipe

INPUTS: dict[str, Input] = {
    "nothing": NoInput(),
    "text": TextInput(),
    "picture": PictureInput(),
    "row": RowInput(),
}
"""By :attr:`~dragoman.recipe.architecture.ModelRecipe.input_kind`."""

OUTPUTS: dict[str, Output] = {
    "text": TextOutput(),
    "label": LabelOutput(),
    "number": NumberOutput(),
    "tags": TagOutput(),
}
"""By :attr:`~dragoman.recipe.architecture.ModelRecipe.output_kind`."""


def input_and_output(model: ModelRecipe) -> tuple[Input, Output]:
    """What goes into a recipe's model, and what comes out."""
    return INPUTS[model.input_kind], OUTPUTS[model.output_kind]

"""Text that a model writes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool

from dragoman.data.cells import Cells
from dragoman.data.learn_codecs import learn_codec
from dragoman.data.outputs.output import Output
from dragoman.data.training_part import TrainingPart
from dragoman.native.lines import Lines
from dragoman.recipe import Recipe
from dragoman.text.codec import Codec


class TextOutput(Output):
    """Text, one sentence or line for each example."""

    noun = "text"
    is_text = True

    def cells_of(self, values: Sequence[object]) -> Lines:
        """Texts."""
        return Lines.of(["" if value is None or value != value else str(value) for value in values])

    def missing(self, targets: Cells) -> Bool[np.ndarray, " n"]:
        """None: an empty text is told by the rule on empty texts."""
        return np.zeros(len(targets), dtype=bool)

    def learn(self, part: TrainingPart, recipe: Recipe) -> Codec:
        """A vocabulary of its own."""
        return learn_codec(part, "target", recipe.tokenizer, recipe.training.seed)

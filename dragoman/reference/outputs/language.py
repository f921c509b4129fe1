"""Text that a language model predicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Int

from dragoman.contracts import Packed
from dragoman.contracts.expect import expect
from dragoman.data.examples import Examples
from dragoman.errors import InputError
from dragoman.fields.place import Place
from dragoman.model.folder import LoadedModel
from dragoman.model.language_model import LanguageModel
from dragoman.reference.inputs.read_inputs import ReadInputs
from dragoman.reference.inputs.texts import normalized_texts
from dragoman.reference.outputs.said import OutputKind, Said, TrueOutputs
from dragoman.reference.outputs.written import classes_of_lengths
from dragoman.reference.profile import Classes
from dragoman.tasks.losses import losses_by_row


class PredictedText(OutputKind):
    """Text whose tokens a language model predicts: the input itself, so that its loss is always known."""

    true_outputs = "texts"
    has_corpora = True

    def true_of_examples(self, loaded: LoadedModel, inputs: ReadInputs, examples: Examples) -> TrueOutputs:
        """The lengths of the texts."""
        return _true(loaded, examples.target_texts())

    def true_of_given(
        self, loaded: LoadedModel, inputs: ReadInputs, given: Sequence[object], places: Sequence[Place]
    ) -> TrueOutputs:
        """None: a language model predicts its inputs.

        Raises:
            InputError: always.
        """
        raise InputError(
            "true outputs were given for a language model, which predicts its inputs", remedy="give the texts alone."
        )

    def true_of_inputs(self, loaded: LoadedModel, inputs: ReadInputs) -> TrueOutputs | None:
        """The lengths of the texts."""
        return None if inputs.shown is None else _true(loaded, inputs.shown)

    def said(
        self, loaded: LoadedModel, inputs: ReadInputs, true: TrueOutputs | None, rows: Int[np.ndarray, " B"]
    ) -> Said:
        """The hidden states from which the tokens are predicted, and the probability of the tokens."""
        model = expect(loaded.model, LanguageModel)
        text = expect(inputs.batch(rows), Packed)
        batch = model.batch_of(None, text).to(model.device)
        states, _ = model(batch)
        sums, units = losses_by_row(model.token_losses(batch).double().cpu().numpy(), text)
        losses = sums / units
        return Said(batch.target.layout.mean(states), {"mean log-probability of a token": -losses}, losses)

    def classes(
        self,
        loaded: LoadedModel,
        true: TrueOutputs | None,
        probabilities: Float[np.ndarray, "n K"] | None,
        like: Mapping[str, Classes],
    ) -> dict[str, Classes]:
        """How long the texts are."""
        del loaded, probabilities
        return classes_of_lengths(true, like)


def _true(loaded: LoadedModel, texts: Sequence[str]) -> TrueOutputs:
    recipe = loaded.recipe
    normalized = normalized_texts(texts, recipe, no_break_spaces=recipe.cleaning.no_break_spaces)
    return TrueOutputs(np.array([len(text) for text in normalized], dtype=np.int64))

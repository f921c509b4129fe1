"""Numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dragoman.contracts.expect import expect
from dragoman.data.columns.number import NumberColumn
from dragoman.data.examples import Examples
from dragoman.fields.number import NumberField
from dragoman.fields.place import Place
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.folder import LoadedModel
from dragoman.reference.inputs.read_inputs import ReadInputs
from dragoman.reference.outputs.said import DecodedOutput, EncodedInputs, Said, TrueOutputs


class Numbers(DecodedOutput):
    """Numbers. The loss is the squared residual, in units of the variance of the training examples."""

    true_outputs = "numbers"

    def true_of_examples(self, loaded: LoadedModel, inputs: ReadInputs, examples: Examples) -> TrueOutputs:
        """The numbers of a split."""
        return TrueOutputs(expect(examples.target, NumberColumn).values)

    def true_of_given(
        self, loaded: LoadedModel, inputs: ReadInputs, given: Sequence[object], places: Sequence[Place]
    ) -> TrueOutputs:
        """Numbers, or texts that are numbers."""
        return TrueOutputs(expect(loaded.target, NumberField).parse(given, places, "true outputs"))

    def decoded(self, loaded: LoadedModel, encoded: EncodedInputs, true: TrueOutputs | None) -> Said:
        """The predicted number, standardised, and how far it is from the true one."""
        memory, field = encoded.memory, expect(loaded.target, NumberField)
        decoder = expect(loaded.model, EncoderDecoder).decoder
        standardised = decoder(memory).double().cpu().numpy()  # type: ignore[operator]  # a module
        losses = None
        if true is not None and true.values is not None:
            losses = (standardised - field.standardise(true.values[encoded.rows].astype(np.float64))) ** 2
        features = {"prediction, standardised": standardised}
        states = memory.layout.mean(memory.states)
        return Said(states, features, losses, predictions=field.restore(standardised))

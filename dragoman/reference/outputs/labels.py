"""Labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Float64

from dragoman.contracts.expect import expect
from dragoman.data.columns.label import LabelColumn
from dragoman.data.examples import Examples
from dragoman.fields.label import LabelField
from dragoman.fields.place import Place
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.folder import LoadedModel
from dragoman.reference.features import Features
from dragoman.reference.inputs.read_inputs import ReadInputs
from dragoman.reference.outputs.said import DecodedOutput, EncodedInputs, Said, TrueOutputs
from dragoman.reference.profile import Classes
from dragoman.tasks.outputs import label_losses

LABELS = "labels"
_ODDS = 8
"""Most labels whose log-odds are features: the most frequent ones in training."""
_LARGEST_ODDS = 30.0
"""Log-odds are cut there: a probability of 1 − 10⁻¹³ is no more certain than 1."""


class Labels(DecodedOutput):
    """Labels, with calibrated probabilities."""

    true_outputs = "labels"

    def true_of_examples(self, loaded: LoadedModel, inputs: ReadInputs, examples: Examples) -> TrueOutputs:
        """The class numbers of a split."""
        return TrueOutputs(expect(examples.target, LabelColumn).values)

    def true_of_given(
        self, loaded: LoadedModel, inputs: ReadInputs, given: Sequence[object], places: Sequence[Place]
    ) -> TrueOutputs:
        """Names of labels."""
        return TrueOutputs(expect(loaded.target, LabelField).encode(given, places))

    def decoded(self, loaded: LoadedModel, encoded: EncodedInputs, true: TrueOutputs | None) -> Said:
        """The calibrated probabilities; log-odds of the most frequent labels, the highest probability and the entropy;
        and −log p of the true label."""
        field, memory = expect(loaded.target, LabelField), encoded.memory
        decoder = expect(loaded.model, EncoderDecoder).decoder
        offset, factor = field.calibration
        logits = offset + factor * decoder(memory).double().cpu().numpy()  # type: ignore[operator]  # a module
        log_p = _log_softmax(logits)
        losses = None
        if true is not None and true.values is not None:
            losses = label_losses(logits, true.values[encoded.rows].astype(np.int64))
        states = memory.layout.mean(memory.states)
        return Said(states, _features(field, log_p), losses, probabilities=np.exp(log_p))

    def classes(
        self,
        loaded: LoadedModel,
        true: TrueOutputs | None,
        probabilities: Float[np.ndarray, "n K"] | None,
        like: Mapping[str, Classes],
    ) -> dict[str, Classes]:
        """The labels."""
        del like
        names = expect(loaded.target, LabelField).names
        known = None if true is None or true.values is None else true.values.astype(np.int64)
        kept = None if probabilities is None else probabilities.astype(np.float32)
        return {LABELS: Classes(names, known, kept)}


def _log_softmax(logits: Float64[np.ndarray, "n K"]) -> Float64[np.ndarray, "n K"]:
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def _features(field: LabelField, log_p: Float64[np.ndarray, "n K"]) -> Features:
    frequent = np.argsort(-np.array(field.counts), kind="stable")[:_ODDS]
    # The log-odds of two classes are the same but for the sign.
    shown = sorted(frequent.tolist())[field.size == 2 :]
    with np.errstate(divide="ignore"):
        others = np.log(-np.expm1(log_p[:, shown]))
    odds = np.clip(log_p[:, shown] - others, -_LARGEST_ODDS, _LARGEST_ODDS)
    p = np.exp(log_p)
    return {
        **{f"log-odds of the label {field.names[label]}": odds[:, place] for place, label in enumerate(shown)},
        "highest probability of a label": p.max(axis=1),
        "entropy of the labels": -(p * log_p).sum(axis=1),
    }

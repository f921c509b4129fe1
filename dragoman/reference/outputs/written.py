"""Text that is written for an input: translations, and what is read in pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float, Float64, Int64

from dragoman.contracts import Ending, Greedy, Hypothesis, Memory, SearchRequest
from dragoman.contracts.expect import expect
from dragoman.data.examples import Examples
from dragoman.fields.place import Place
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.folder import LoadedModel
from dragoman.predict.given import texts_of
from dragoman.reference.features import Features
from dragoman.reference.inputs.read_inputs import ReadInputs
from dragoman.reference.inputs.texts import EncodedTexts, longest_output, normalized_texts
from dragoman.reference.length_classes import OUTPUT_LENGTH, length_classes
from dragoman.reference.outputs.said import DecodedOutput, EncodedInputs, Said, TrueOutputs
from dragoman.reference.profile import Classes
from dragoman.search.repetition import NO_RULE
from dragoman.search.rules import SearchRules
from dragoman.search.search import search
from dragoman.tasks.losses import losses_by_row
from dragoman.text.codec import Codec

_CONFIDENCE = "mean log-probability of a token of the output"
_LENGTH_RATIO = "length of the output in tokens to that of the input"
_LARGEST_LOSS = 50.0
"""Nats a token of a text to which the model gives a probability of 0, as to one that is too long for its picture."""


class WrittenText(DecodedOutput):
    """Text that a search writes.

    The model's own output is that of greedy search, which is followed for ``search.max_length_ratio`` tokens for each
    position of the hidden states.

    Args:
        searches: whether the model's own output is looked for.
    """

    true_outputs = "texts"
    has_corpora = True
    searched = (_CONFIDENCE, _LENGTH_RATIO)

    def __init__(self, searches: bool = True) -> None:
        self._searches = searches

    def without_search(self) -> WrittenText:
        """The same without what is measured of the model's own output."""
        return WrittenText(searches=False)

    def true_of_examples(self, loaded: LoadedModel, inputs: ReadInputs, examples: Examples) -> TrueOutputs:
        """The targets of a split."""
        return _true(loaded, inputs, examples.target_texts())

    def true_of_given(
        self, loaded: LoadedModel, inputs: ReadInputs, given: Sequence[object], places: Sequence[Place]
    ) -> TrueOutputs:
        """Strings."""
        return _true(loaded, inputs, texts_of(given))  # type: ignore[arg-type]  # it refuses all else

    def decoded(self, loaded: LoadedModel, encoded: EncodedInputs, true: TrueOutputs | None) -> Said:
        """How sure the model is of its own output, how long this is, and how probable the true output is."""
        model, memory = expect(loaded.model, EncoderDecoder), encoded.memory
        losses = None
        if true is not None and true.texts is not None:
            target = true.texts(encoded.rows).to(model.device)
            nats = model.decoder.token_losses(target, memory).double().cpu().numpy()
            sums, units = losses_by_row(nats, target)
            losses = np.minimum(sums / units, _LARGEST_LOSS)
        features: Features = {}
        if self._searches:
            features = _features(_greedy(loaded, model, memory), memory.layout.lengths.cpu().numpy())
        return Said(memory.layout.mean(memory.states), features, losses)

    def classes(
        self,
        loaded: LoadedModel,
        true: TrueOutputs | None,
        probabilities: Float[np.ndarray, "n K"] | None,
        like: Mapping[str, Classes],
    ) -> dict[str, Classes]:
        """How long the true outputs are."""
        del loaded, probabilities
        return classes_of_lengths(true, like)


def classes_of_lengths(true: TrueOutputs | None, like: Mapping[str, Classes]) -> dict[str, Classes]:
    """The classes of true texts by their lengths; none where all are equally long."""
    if true is None or true.values is None:
        return {OUTPUT_LENGTH: replace(like[OUTPUT_LENGTH], true=None)} if OUTPUT_LENGTH in like else {}
    found = length_classes(true.values.astype(np.int64), like.get(OUTPUT_LENGTH))
    return {} if found is None else {OUTPUT_LENGTH: found}


def _true(loaded: LoadedModel, inputs: ReadInputs, texts: Sequence[str]) -> TrueOutputs:
    recipe, codec = loaded.recipe, expect(loaded.target, Codec)
    normalized = normalized_texts(texts, recipe, no_break_spaces=recipe.cleaning.no_break_spaces)
    # The placeholders of a pair are those of its source.
    ids = codec.encode_ragged(normalized, inputs.masks).cut(longest_output(recipe)).ended(codec.special.end)
    lengths: Int64[np.ndarray, " n"] = np.array([len(text) for text in normalized], dtype=np.int64)
    return TrueOutputs(lengths, EncodedTexts(ids))


def _greedy(loaded: LoadedModel, model: EncoderDecoder, memory: Memory) -> list[Hypothesis]:
    ratio, longest = loaded.recipe.search.max_length_ratio, longest_output(loaded.recipe)
    start, step = model.for_search()
    rules = SearchRules.of(
        SearchRequest(Greedy()),
        special=expect(loaded.target, Codec).special,
        limits=[min(math.ceil(ratio * length), longest) for length in memory.layout.lengths.tolist()],
    )
    return search(step, start(memory), Greedy(), replace(rules, repetition=NO_RULE)).best


def _features(outputs: Sequence[Hypothesis], positions: np.ndarray) -> Features:
    # The end symbol is a token of a complete output.
    tokens = np.array([len(output.tokens) + (output.ending is Ending.COMPLETE) for output in outputs], dtype=np.float64)
    log_p: Float64[np.ndarray, " B"] = np.array([output.log_probability for output in outputs], dtype=np.float64)
    return {
        _CONFIDENCE: np.maximum(log_p / np.maximum(tokens, 1), -_LARGEST_LOSS),
        _LENGTH_RATIO: tokens / positions,
    }

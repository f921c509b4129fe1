"""Tags of words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float64

from dragoman.contracts import Layout, TaggingDecoder
from dragoman.contracts.expect import expect
from dragoman.data.columns.tags import TagColumn
from dragoman.data.examples import Examples
from dragoman.errors import InputError
from dragoman.fields.place import Place
from dragoman.fields.tags import TagField
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.folder import LoadedModel
from dragoman.reference.features import Features
from dragoman.reference.inputs.read_inputs import ReadInputs
from dragoman.reference.outputs.said import DecodedOutput, EncodedInputs, Said, TrueOutputs

_SHARES = 8
"""Most tags whose expected share of the words is a feature: the most frequent ones in training."""


class Tags(DecodedOutput):
    """Tags of the words that are read of each text. A text without words counts as one whose tags are as probable as
    they were frequent in training, and its loss is 0."""

    true_outputs = "lines of tags"

    def true_of_examples(self, loaded: LoadedModel, inputs: ReadInputs, examples: Examples) -> TrueOutputs:
        """The tags of a split."""
        return TrueOutputs(tags=expect(examples.target, TagColumn).rows(np.arange(len(examples))))

    def true_of_given(
        self, loaded: LoadedModel, inputs: ReadInputs, given: Sequence[object], places: Sequence[Place]
    ) -> TrueOutputs:
        """For each text its tags with spaces between them, or a list of them."""
        field = expect(loaded.target, TagField)
        lines = [tags if isinstance(tags, str) else " ".join(map(str, expect(tags, list))) for tags in given]
        tags = field.encode(lines, places)
        assert inputs.shown is not None
        for text, count, (file, line) in zip(inputs.shown, tags.lengths.tolist(), places, strict=True):
            if len(text.split()) != count:
                raise InputError(
                    f"the text has {len(text.split()):,} words, and there are {count:,} tags for it",
                    file=file,
                    line=line,
                    remedy="give one tag for each word; words are what white space stands between.",
                )
        return TrueOutputs(tags=tags)

    def decoded(self, loaded: LoadedModel, encoded: EncodedInputs, true: TrueOutputs | None) -> Said:
        """How certain the tags of the words are, how many are expected to be of each kind, and −log p of the true tags
        for each word."""
        assert encoded.inputs.words is not None
        field, memory = expect(loaded.target, TagField), encoded.memory
        first = encoded.inputs.words.select(encoded.rows)
        counts = first.lengths
        probabilities = np.exp(field.uninformed)[None].repeat(len(counts), axis=0)
        certainties = _certainties(probabilities)
        # A text may have more tags than words that are read of it.
        tags = None if true is None or true.tags is None else true.tags.select(encoded.rows).cut(counts)
        losses = None if tags is None else np.zeros(len(counts))
        filled = np.flatnonzero(counts)
        if len(filled):
            decoder = expect(expect(loaded.model, EncoderDecoder).decoder, TaggingDecoder)
            words = Layout.of(torch.from_numpy(counts[filled]), memory.states.device)
            starts = memory.layout.starts.cpu().numpy()
            places = torch.from_numpy(first.values + np.repeat(starts, counts)).to(memory.states.device)
            scores = decoder(memory).index_select(0, places)  # type: ignore[operator]  # a module
            of_words = decoder.probabilities(scores, words)
            probabilities[filled] = words.mean(of_words.double()).cpu().numpy()
            of_each = torch.from_numpy(_certainties(of_words.double().cpu().numpy()))
            certainties[filled] = words.to("cpu").mean(of_each).numpy()
            if tags is not None and losses is not None:
                true_tags = torch.from_numpy(tags.values.astype(np.int64)).to(scores.device)
                nats = decoder.nats(scores, words, true_tags).double()
                losses[filled] = words.mean(nats[:, None])[:, 0].cpu().numpy()
        return Said(memory.layout.mean(memory.states), _features(field, probabilities, certainties), losses)


def _certainties(probabilities: Float64[np.ndarray, "n K"]) -> Float64[np.ndarray, "n 2"]:
    """The highest probability, and the entropy."""
    with np.errstate(divide="ignore", invalid="ignore"):
        nats = np.where(probabilities > 0, -probabilities * np.log(probabilities), 0.0)
    return np.stack([probabilities.max(axis=1), nats.sum(axis=1)], axis=1)


def _features(
    field: TagField, probabilities: Float64[np.ndarray, "n K"], certainties: Float64[np.ndarray, "n 2"]
) -> Features:
    frequent = np.sort(np.argsort(-np.array(field.counts), kind="stable")[:_SHARES]).tolist()
    return {
        **{f"expected share of words tagged {field.names[tag]}": probabilities[:, tag] for tag in frequent},
        "highest probability of a word's tag": certainties[:, 0],
        "entropy of a word's tags": certainties[:, 1],
    }

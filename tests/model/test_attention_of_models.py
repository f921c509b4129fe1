"""The attention weights of whole models, of every architecture that reads or writes text."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from dragoman.contracts import Packed, TextSize
from dragoman.contracts.expect import expect
from dragoman.decoders.text_input_feeding import InputFeedingDecoder
from dragoman.layers.recurrent.time_major import TimeMajor
from dragoman.model.attention_weights import LayerWeights, Side, attention_weights
from dragoman.model.build import Model, build
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.taps import Call, Tap, tapped
from dragoman.recipe.architecture import ModelRecipe

STACK = {"layers": 2, "width": 16, "feed_forward": 24, "heads": 4, "dropout": 0.3}
GRU = {"kind": "gru", "width": 16}
TRANSFORMER = ["encoder layer 1", "encoder layer 2"]
TRANSFORMER += [f"decoder layer {n}{what}" for n in (1, 2) for what in ("", ", to the source")]
CROSS = ["decoder, to the source"]
MODELS: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "pre-norm": (STACK, STACK, TRANSFORMER),
    "post-norm": (STACK | {"norm": "post"}, STACK | {"norm": "post"}, TRANSFORMER),
    "dot": (GRU, {"kind": "rnn", "width": 16, "attention": "dot"}, CROSS),
    "scaled": (GRU, {"kind": "gru", "width": 16, "attention": "scaled_dot"}, CROSS),
    "additive": (GRU, {"kind": "lstm", "width": 16, "attention": "additive"}, CROSS),
    "multi-head": (GRU, {"kind": "lstm", "width": 16, "attention": "multi_head", "heads": 2}, CROSS),
    "fed": (GRU, {"kind": "lstm", "width": 16, "attention": "additive", "input_feeding": True}, CROSS),
    "fed multi-head": (
        GRU,
        {"kind": "gru", "width": 16, "attention": "multi_head", "heads": 2, "input_feeding": True},
        CROSS,
    ),
    "convolution": ({"kind": "convolution", "layers": 1, "width": 16}, STACK, TRANSFORMER[2:]),
    "no attention": (GRU, {"kind": "gru", "width": 16, "attention": "none"}, []),
    "language": ({"kind": "none"}, STACK, ["decoder layer 1", "decoder layer 2"]),
    "recurrent language": ({"kind": "none"}, {"kind": "lstm", "width": 16}, []),
}
SOURCES, TARGETS = [[5, 6, 7, 8, 3], [9, 3], [10, 11, 3]], [[12, 3], [13, 14, 15, 3], [16, 17, 3]]


def made(kind: str) -> Model:
    encoder, decoder, _ = MODELS[kind]
    tie = "decoder" if encoder.get("kind") else "none"
    recipe = ModelRecipe.model_validate({"encoder": encoder, "decoder": decoder, "tie": tie})
    return build(recipe, TextSize(23), TextSize(23), seed=1)


def weights_of(model: Model, rows: list[int]) -> list[LayerWeights]:
    sources, targets = ([side[row] for row in rows] for side in (SOURCES, TARGETS))
    return attention_weights(model, model.batch_of(Packed.of(sources), Packed.of(targets)))


@pytest.mark.parametrize("kind", list(MODELS))
def test_every_layer_and_head_of_every_sentence(kind: str) -> None:
    model = made(kind).train()
    together, alone = weights_of(model, [0, 1, 2]), [weights_of(model, [row]) for row in range(3)]
    assert [found.layer.name for found in together] == MODELS[kind][2]
    assert all(module.training for module in model.modules())
    for place, found in enumerate(together):
        for row, weights in enumerate(found.rows):
            source, target = len(SOURCES[row]), len(TARGETS[row])
            shape = {Side.ENCODER: (source, source), Side.DECODER: (target, target), Side.CROSS: (target, source)}
            assert weights.shape[1:] == shape[found.layer.side]
            np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-5)
            np.testing.assert_allclose(weights, alone[row][place].rows[0], atol=1e-6)
            if found.layer.side is Side.DECODER:
                assert np.array_equal(weights, np.tril(weights))


@pytest.mark.parametrize("kind", ["pre-norm", "fed", "fed multi-head"])
def test_the_weights_are_those_that_the_model_computes_with(kind: str) -> None:
    """Weights times values are the contexts that the decoder goes on with, at every position of every row."""
    model = expect(made(kind), EncoderDecoder).eval()
    batch = model.batch_of(Packed.of(SOURCES), Packed.of(TARGETS))
    fed = isinstance(model.decoder, InputFeedingDecoder)
    attention: Any = model.decoder.attention if fed else model.decoder.blocks[1].cross_attention
    computed: list[torch.Tensor] = []

    class Contexts(Tap):
        def after(self, call: Call, result: Any) -> Any:
            if call.module in ("decoder.attention", "decoder.blocks.1.cross_attention"):
                computed.append(result)
            return result

    with tapped(model, Contexts(), methods=("forward", "step")):
        model.outputs(batch)
    layout = batch.target.layout
    contexts = TimeMajor.of(layout).restore(torch.cat(computed)) if fed else computed[0]
    values = attention.project(model.encode(batch.source)).values
    for row, weights in enumerate(attention_weights(model, batch)[-1].rows):
        joined = (torch.from_numpy(weights) @ values[row, :, : weights.shape[2]]).transpose(0, 1).flatten(1)
        expected = attention.output(joined) if hasattr(attention, "output") else joined
        torch.testing.assert_close(contexts.split(layout.lengths.tolist())[row], expected, atol=1e-5, rtol=1e-5)

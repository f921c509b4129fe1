"""A Transformer's weights in CTranslate2's layout."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from dragoman.contracts.expect import expect
from dragoman.errors import UnsupportedError
from dragoman.layers.transformer.positional_encoding import SinusoidalPositions
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.optional.extra import CTRANSLATE2
from dragoman.plan.nodes import (
    Function,
    LearnedPositionsPlan,
    LinearPlan,
    NormPlan,
    PositionsPlan,
    TransformerBlockPlan,
    TransformerDecoderPlan,
    TransformerEncoderPlan,
)
from dragoman.plan.plan_of import plan_of
from dragoman.recipe import Recipe
from dragoman.recipe.transformer import TransformerRecipe
from dragoman.storage.json import JsonObject

_ACTIVATIONS = {Function.relu: "RELU", Function.gelu: "GELU"}
_KNOWN: dict[str, tuple[object, ...]] = {
    "activation": tuple(function.value for function in _ACTIVATIONS),
    "query_key_norm": (False,),
    "positions": ("sinusoidal", "learned"),
    "embedding_shortcut": (False,),
}
"""The settings of a Transformer that CTranslate2 computes with some values only, and these."""

# Low enough that its exponential is 0 beside any real score, and within the range of every type that CTranslate2 has.
_NEVER = -6e4


def longest_rows(recipe: Recipe) -> tuple[int, int]:
    """The number of positions of an exported model's encoder and decoder: the length to which a source is cut, and the
    length of the longest output that a search may then write, end symbols included."""
    known = recipe.model.text_encoder.longest, recipe.model.token_decoder.longest
    source = known[0] or recipe.cleaning.max_tokens
    written = math.ceil(recipe.search.max_length_ratio * source) + recipe.search.max_length_extra + 1
    return source, known[1] or written


def ctranslate2_obstacle(recipe: Recipe) -> str | None:
    """Why CTranslate2 cannot compute such models; None if it can."""
    sides = {"encoder": recipe.model.encoder, "decoder": recipe.model.decoder}
    if not all(isinstance(side, TransformerRecipe) for side in sides.values()):
        return f"it computes Transformers, and this is a {recipe.model.phrase}"
    for name, side in sides.items():
        for setting, known in _KNOWN.items():
            if (value := getattr(side, setting)) not in known:
                choices, found = " or ".join(str(choice).lower() for choice in known), str(value).lower()
                return f"it computes Transformers with {setting} {choices}, and the {name} of this one has {found}"
    return None


def transformer_spec(model: EncoderDecoder, recipe: Recipe, never_written: Sequence[int]) -> Any:
    """The ``ctranslate2.specs.TransformerSpec`` of a model, without vocabularies, filled in from its plan.

    Positional encodings are written as tables, because these models have the rates of the paper, exp(−2i ln 10000 / D),
    and CTranslate2 computes others. The symbols that are ``never_written`` get a bias that makes their probability 0.

    Raises:
        UnsupportedError: if the model is no Transformer, or one with settings that CTranslate2 does not know.
    """
    if (obstacle := ctranslate2_obstacle(recipe)) is not None:
        raise UnsupportedError(
            f"CTranslate2 cannot compute this model: {obstacle}",
            remedy="translate with `--engine auto`, or distil it into another Transformer with `dragoman distill`.",
        )
    plan = plan_of(model)
    encoder, decoder = expect(plan.encoder, TransformerEncoderPlan), expect(plan.decoder, TransformerDecoderPlan)
    specs = CTRANSLATE2.load("ctranslate2").specs
    source_positions, target_positions = longest_rows(recipe)
    filled = specs.TransformerSpec(
        specs.TransformerEncoderSpec(**_shape(encoder)), specs.TransformerDecoderSpec(**_shape(decoder))
    )
    _fill_stack(filled.encoder, filled.encoder.embeddings[0], encoder, source_positions)
    for layer, block in zip(filled.encoder.layer, encoder.blocks, strict=True):
        _fill_block(layer, block)
    _fill_stack(filled.decoder, filled.decoder.embeddings, decoder, target_positions)
    for layer, block in zip(filled.decoder.layer, decoder.blocks, strict=True):
        _fill_block(layer, block)
        _fill_cross_attention(layer.attention, block)
    bias = np.zeros(len(decoder.output.weight), np.float32)
    bias[list(never_written)] = _NEVER
    _fill_linear(filled.decoder.projection, LinearPlan(decoder.output.weight, bias))
    return filled


def _shape(stack: TransformerEncoderPlan | TransformerDecoderPlan) -> JsonObject:
    first = stack.blocks[0]
    return {
        "num_layers": len(stack.blocks),
        "num_heads": first.attention.heads,
        "pre_norm": first.around_attention.before,
        "activation": CTRANSLATE2.load("ctranslate2").specs.Activation[_ACTIVATIONS[first.feed_forward.function]],
    }


def _fill_stack(
    spec: Any, embeddings: Any, stack: TransformerEncoderPlan | TransformerDecoderPlan, positions: int
) -> None:
    """Fill in the embedding, the positions and the normalisation after the stack."""
    embeddings.weight = stack.embedding.weight
    spec.position_encodings.encodings = _positions(stack.positions, positions)
    if stack.norm is not None:
        _fill_norm(spec.layer_norm, stack.norm)


def _fill_block(spec: Any, block: TransformerBlockPlan) -> None:
    _fill_linear(spec.self_attention.linear[0], block.attention.inputs)
    _fill_linear(spec.self_attention.linear[1], block.attention.output)
    _fill_norm(spec.self_attention.layer_norm, block.around_attention.norm)
    _fill_linear(spec.ffn.linear_0, block.feed_forward.first)
    _fill_linear(spec.ffn.linear_1, block.feed_forward.second)
    _fill_norm(spec.ffn.layer_norm, block.around_feed_forward.norm)


def _fill_cross_attention(spec: Any, block: TransformerBlockPlan) -> None:
    cross, around = block.cross_attention, block.around_cross_attention
    assert cross is not None, "the decoder of a translator attends to its encoder"
    assert around is not None, "and normalises around that"
    for linear, filled in zip(spec.linear, (cross.queries, cross.memory_inputs, cross.output), strict=True):
        _fill_linear(linear, filled)
    _fill_norm(spec.layer_norm, around.norm)


def _fill_linear(spec: Any, linear: LinearPlan) -> None:
    spec.weight, spec.bias = linear.weight, linear.bias


def _fill_norm(spec: Any, norm: NormPlan) -> None:
    spec.gamma, spec.beta = norm.gain, norm.bias


def _positions(positions: PositionsPlan | None, count: int) -> Float[np.ndarray, "P D"]:
    """The vectors of the positions; of sinusoidal ones, which have no end, the first ``count``."""
    if isinstance(positions, LearnedPositionsPlan):
        return positions.weight
    assert positions is not None, "models without them are refused"
    with torch.no_grad():
        module = SinusoidalPositions(positions.width)
        return module(torch.arange(count), torch.zeros(count, positions.width)).numpy()

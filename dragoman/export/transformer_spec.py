"""A Transformer's weights in CTranslate2's layout."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from dragoman.decoders.text_transformer import TransformerDecoder
from dragoman.encoders.text_transformer import TransformerEncoder
from dragoman.errors import UnsupportedError
from dragoman.layers.attention.multi_head import SelfAttention
from dragoman.layers.normalization import LayerNorm
from dragoman.layers.transformer.decoder_block import DecoderBlock
from dragoman.layers.transformer.encoder_block import EncoderBlock
from dragoman.layers.transformer.feed_forward import FeedForward
from dragoman.layers.transformer.positional_encoding import LearnedPositions
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.optional.extra import CTRANSLATE2
from dragoman.recipe import Recipe
from dragoman.recipe.transformer import TransformerRecipe
from dragoman.storage.json import JsonObject

_ACTIVATIONS = {"relu": "RELU", "gelu": "GELU"}

# Low enough that its exponential is 0 beside any real score, and within the range of every type that CTranslate2 has.
_NEVER = -6e4


def longest_rows(recipe: Recipe) -> tuple[int, int]:
    """The number of positions of an exported model's encoder and decoder: the length to which a source is cut, and the
    length of the longest output that a search may then write, end symbols included."""
    known = recipe.model.text_encoder.longest, recipe.model.token_decoder.longest
    source = known[0] or recipe.cleaning.max_tokens
    written = math.ceil(recipe.search.max_length_ratio * source) + recipe.search.max_length_extra + 1
    return source, known[1] or written


def is_exportable(recipe: Recipe) -> bool:
    """Whether both encoder and decoder are Transformers."""
    model = recipe.model
    return isinstance(model.encoder, TransformerRecipe) and isinstance(model.decoder, TransformerRecipe)


def transformer_spec(model: EncoderDecoder, recipe: Recipe, never_written: Sequence[int]) -> Any:
    """The ``ctranslate2.specs.TransformerSpec`` of a model, without vocabularies.

    Positional encodings are written as tables, because these models have the rates of the paper, exp(−2i ln 10000 / D),
    and CTranslate2 computes others. The symbols that are ``never_written`` get a bias that makes their probability 0.

    Raises:
        UnsupportedError: if the model is no Transformer.
    """
    if not isinstance(model.encoder, TransformerEncoder) or not isinstance(model.decoder, TransformerDecoder):
        raise UnsupportedError(
            f"CTranslate2 computes Transformers, and this model has a {recipe.model.encoder.kind} encoder and a "
            f"{recipe.model.decoder.kind} decoder",
            remedy="translate with `--engine torch`, or distil it into a Transformer with `dragoman distill`.",
        )
    specs = CTRANSLATE2.load("ctranslate2").specs
    encoder, decoder = recipe.model.encoder, recipe.model.decoder
    assert isinstance(encoder, TransformerRecipe)
    assert isinstance(decoder, TransformerRecipe)
    source_positions, target_positions = longest_rows(recipe)
    filled = specs.TransformerSpec(
        specs.TransformerEncoderSpec(**_shape(encoder)), specs.TransformerDecoderSpec(**_shape(decoder))
    )
    _fill_stack(filled.encoder, filled.encoder.embeddings[0], model.encoder, source_positions)
    for layer, block in zip(filled.encoder.layer, model.encoder.blocks, strict=True):
        assert isinstance(block, EncoderBlock)
        _fill_encoder_block(layer, block)
    _fill_stack(filled.decoder, filled.decoder.embeddings, model.decoder, target_positions)
    for layer, block in zip(filled.decoder.layer, model.decoder.blocks, strict=True):
        _fill_decoder_block(layer, block)
    bias = torch.zeros(model.decoder.output.weight.shape[0])
    bias[list(never_written)] = _NEVER
    _fill_linear(filled.decoder.projection, model.decoder.output.weight, bias)
    return filled


def _shape(recipe: TransformerRecipe) -> JsonObject:
    activation = CTRANSLATE2.load("ctranslate2").specs.Activation[_ACTIVATIONS[recipe.activation]]
    return {
        "num_layers": recipe.layers,
        "num_heads": recipe.heads,
        "pre_norm": recipe.norm == "pre",
        "activation": activation,
    }


def _fill_stack(spec: Any, embeddings: Any, stack: TransformerEncoder | TransformerDecoder, positions: int) -> None:
    """Fill in the embedding, the positions and the normalisation after the stack."""
    embeddings.weight = _array(stack.embedding.weight)
    spec.position_encodings.encodings = _positions(stack.positions, positions, stack.embedding.weight.shape[1])
    if isinstance(stack.norm, LayerNorm):
        _fill_norm(spec.layer_norm, stack.norm)


def _fill_encoder_block(spec: Any, block: EncoderBlock) -> None:
    _fill_self_attention(spec.self_attention, block.attention, block.around_attention.norm)
    _fill_feed_forward(spec.ffn, block.feed_forward, block.around_feed_forward.norm)


def _fill_decoder_block(spec: Any, block: DecoderBlock) -> None:
    _fill_self_attention(spec.self_attention, block.self_attention, block.around_self_attention.norm)
    cross = block.cross_attention
    for linear, projection in zip(
        spec.attention.linear, (cross.queries, cross.memory_inputs, cross.output), strict=True
    ):
        _fill_linear(linear, projection.weight, projection.bias)
    _fill_norm(spec.attention.layer_norm, block.around_cross_attention.norm)
    _fill_feed_forward(spec.ffn, block.feed_forward, block.around_feed_forward.norm)


def _fill_self_attention(spec: Any, attention: SelfAttention, norm: LayerNorm) -> None:
    _fill_linear(spec.linear[0], attention.inputs.weight, attention.inputs.bias)
    _fill_linear(spec.linear[1], attention.output.weight, attention.output.bias)
    _fill_norm(spec.layer_norm, norm)


def _fill_feed_forward(spec: Any, network: FeedForward, norm: LayerNorm) -> None:
    _fill_linear(spec.linear_0, network.weight_1, network.bias_1)
    _fill_linear(spec.linear_1, network.weight_2, network.bias_2)
    _fill_norm(spec.layer_norm, norm)


def _fill_linear(spec: Any, weight: Tensor, bias: Tensor) -> None:
    spec.weight, spec.bias = _array(weight), _array(bias)


def _fill_norm(spec: Any, norm: LayerNorm) -> None:
    spec.gamma, spec.beta = _array(norm.gain), _array(norm.bias)


def _positions(positions: nn.Module, count: int, width: int) -> Float[np.ndarray, "P D"]:
    if isinstance(positions, LearnedPositions):
        return _array(positions.weight)
    with torch.no_grad():
        return _array(positions(torch.arange(count), torch.zeros(count, width)))


def _array(tensor: Tensor) -> Float[np.ndarray, ...]:
    return tensor.detach().float().cpu().contiguous().numpy()

"""Recipe to model. Every choice between components is one explicit table here."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dragoman.decoders.text_transformer import TransformerDecoder
from dragoman.encoders.text_transformer import TransformerEncoder
from dragoman.layers.attention.multi_head import CrossAttention, SelfAttention
from dragoman.layers.embedding import TokenEmbedding
from dragoman.layers.normalization import LayerNorm
from dragoman.layers.transformer.decoder_block import DecoderBlock
from dragoman.layers.transformer.encoder_block import EncoderBlock
from dragoman.layers.transformer.feed_forward import FeedForward
from dragoman.layers.transformer.positional_encoding import LearnedPositions, SinusoidalPositions
from dragoman.layers.transformer.residual import PostNorm, PreNorm, Residual
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.recipe.architecture import ModelRecipe, TransformerRecipe
from dragoman.text.vocabulary import START

RESIDUALS: dict[str, type[Residual]] = {"pre": PreNorm, "post": PostNorm}
FINAL_NORMS: dict[str, Callable[[int], nn.Module]] = {"pre": LayerNorm, "post": lambda width: nn.Identity()}
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"relu": F.relu, "gelu": F.gelu}
POSITIONS: dict[str, Callable[[TransformerRecipe], nn.Module]] = {
    "sinusoidal": lambda recipe: SinusoidalPositions(recipe.width),
    "learned": lambda recipe: LearnedPositions(recipe.width, recipe.max_positions),
}


def build(recipe: ModelRecipe, source_vocabulary: int, target_vocabulary: int, seed: int) -> EncoderDecoder:
    """A model with fresh weights, in float32 on the processor.

    Args:
        recipe: the architecture.
        source_vocabulary: symbols that the encoder reads.
        target_vocabulary: symbols that the decoder writes.
        seed: of the weights; the global random state is left as it was.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        source_embedding = TokenEmbedding(source_vocabulary, recipe.encoder.width)
        target_embedding = source_embedding
        if recipe.tie != "all":
            target_embedding = TokenEmbedding(target_vocabulary, recipe.decoder.width)
        output = nn.Linear(recipe.decoder.width, target_vocabulary, bias=False)
        if recipe.tie != "none":
            output.weight = target_embedding.embedding.weight
        encoder = ENCODERS[recipe.encoder.kind](recipe.encoder, source_embedding)
        decoder = DECODERS[recipe.decoder.kind](recipe.decoder, target_embedding, output)
    return EncoderDecoder(encoder, decoder, START)


def _transformer_encoder(recipe: TransformerRecipe, embedding: TokenEmbedding) -> TransformerEncoder:
    blocks = [
        EncoderBlock(
            _self_attention(recipe, causal=False), _feed_forward(recipe), (_residual(recipe), _residual(recipe))
        )
        for _ in range(recipe.layers)
    ]
    norm = FINAL_NORMS[recipe.norm](recipe.width)
    return TransformerEncoder(embedding, POSITIONS[recipe.positions](recipe), blocks, norm, recipe.dropout)


def _transformer_decoder(recipe: TransformerRecipe, embedding: TokenEmbedding, output: nn.Linear) -> TransformerDecoder:
    blocks = [
        DecoderBlock(
            _self_attention(recipe, causal=True),
            CrossAttention(recipe.width, recipe.heads, recipe.attention_dropout),
            _feed_forward(recipe),
            (_residual(recipe), _residual(recipe), _residual(recipe)),
        )
        for _ in range(recipe.layers)
    ]
    norm = FINAL_NORMS[recipe.norm](recipe.width)
    return TransformerDecoder(embedding, POSITIONS[recipe.positions](recipe), blocks, norm, output, recipe.dropout)


def _self_attention(recipe: TransformerRecipe, *, causal: bool) -> SelfAttention:
    return SelfAttention(recipe.width, recipe.heads, recipe.attention_dropout, causal=causal)


def _feed_forward(recipe: TransformerRecipe) -> FeedForward:
    return FeedForward(recipe.width, recipe.feed_forward, ACTIVATIONS[recipe.activation], recipe.activation_dropout)


def _residual(recipe: TransformerRecipe) -> Residual:
    return RESIDUALS[recipe.norm](recipe.width, recipe.dropout)


ENCODERS = {"transformer": _transformer_encoder}
DECODERS = {"transformer": _transformer_decoder}

"""Builds the layers of encoders and decoders from recipes. Every choice between layers is one explicit table."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dragoman.layers.attention.head_norm import HeadNorm
from dragoman.layers.attention.multi_head import CrossAttention, SelfAttention
from dragoman.layers.attention.rotary import RotaryPositions
from dragoman.layers.normalization import LayerNorm
from dragoman.layers.recurrent.cell import RecurrentCell
from dragoman.layers.recurrent.gru import ResetAfterGRU, ResetBeforeGRU
from dragoman.layers.recurrent.lstm import LSTM
from dragoman.layers.recurrent.rnn import RNN, ReLURNN
from dragoman.layers.transformer.embedding_shortcut import EmbeddingShortcut
from dragoman.layers.transformer.encoder_block import EncoderBlock
from dragoman.layers.transformer.feed_forward import FeedForward
from dragoman.layers.transformer.positional_encoding import LearnedPositions, NoPositions, SinusoidalPositions
from dragoman.layers.transformer.residual import PostNorm, PreNorm, Residual
from dragoman.layers.transformer.squared_relu import squared_relu
from dragoman.recipe.recurrent import RecurrentRecipe
from dragoman.recipe.transformer import TransformerRecipe

RESIDUALS: dict[str, type[Residual]] = {"pre": PreNorm, "post": PostNorm}
FINAL_NORMS: dict[str, Callable[[int], nn.Module]] = {"pre": LayerNorm, "post": lambda width: nn.Identity()}
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": F.relu,
    "gelu": F.gelu,
    "squared_relu": squared_relu,
}
"""The activation functions of a Transformer's feed-forward network."""
POSITIONS: dict[str, Callable[[int, int], nn.Module]] = {
    "sinusoidal": lambda width, longest: SinusoidalPositions(width),
    "learned": LearnedPositions,
    "rotary": lambda width, longest: NoPositions(),
}
OUTPUT_PROJECTIONS: dict[str, Callable[[Tensor], object]] = {"xavier": lambda weight: None, "zero": nn.init.zeros_}
"""What becomes of the last matrix of a sub-layer, which has been drawn at random whatever follows, so that all other
weights are the same."""
PERCEPTRON_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
}
PLAIN_CELLS: dict[str, type[RNN]] = {"tanh": RNN, "relu": ReLURNN}
GATED_CELLS: dict[str, Callable[[int, int], RecurrentCell]] = {"after": ResetAfterGRU, "before": ResetBeforeGRU}
CELLS: dict[str, Callable[[RecurrentRecipe, int], RecurrentCell]] = {
    "rnn": lambda recipe, inputs: PLAIN_CELLS[recipe.activation](inputs, recipe.width),
    "gru": lambda recipe, inputs: GATED_CELLS[recipe.reset](inputs, recipe.width),
    "lstm": lambda recipe, inputs: LSTM(inputs, recipe.width, recipe.forget_bias),
}


def self_attention_blocks(recipe: TransformerRecipe, *, causal: bool) -> list[EncoderBlock]:
    """The blocks of self-attention and a feed-forward network of an encoder or a language model."""
    return [
        EncoderBlock(self_attention(recipe, causal=causal), feed_forward(recipe), (residual(recipe), residual(recipe)))
        for _ in range(recipe.layers)
    ]


def positions(recipe: TransformerRecipe) -> nn.Module:
    """The positional encoding, which is added to embeddings."""
    return POSITIONS[recipe.positions](recipe.width, recipe.max_positions)


def final_norm(recipe: TransformerRecipe) -> nn.Module:
    """The normalisation after the last block."""
    return FINAL_NORMS[recipe.norm](recipe.width)


def self_attention(recipe: TransformerRecipe, *, causal: bool) -> SelfAttention:
    """The self-attention of a block."""
    rotary = RotaryPositions(recipe.width // recipe.heads) if recipe.positions == "rotary" else None
    attention = SelfAttention(
        recipe.width, recipe.heads, recipe.attention_dropout, causal=causal, norms=head_norms(recipe), rotary=rotary
    )
    OUTPUT_PROJECTIONS[recipe.output_projections](attention.output.weight)
    return attention


def cross_attention(recipe: TransformerRecipe, memory_width: int) -> CrossAttention:
    """The attention of a decoder's block to the encoder's hidden states."""
    norms = head_norms(recipe)
    attention = CrossAttention(recipe.width, recipe.heads, recipe.attention_dropout, memory_width, norms=norms)
    OUTPUT_PROJECTIONS[recipe.output_projections](attention.output.weight)
    return attention


def head_norms(recipe: TransformerRecipe) -> tuple[HeadNorm, HeadNorm] | None:
    """The normalisation of an attention's queries and of its keys; None for none."""
    width = recipe.width // recipe.heads
    return (HeadNorm(width), HeadNorm(width)) if recipe.query_key_norm else None


def embedding_shortcut(recipe: TransformerRecipe) -> EmbeddingShortcut | None:
    """The shortcut from the embedding to every block; None for none."""
    return EmbeddingShortcut(recipe.layers) if recipe.embedding_shortcut else None


def feed_forward(recipe: TransformerRecipe) -> FeedForward:
    """The feed-forward network of a block."""
    activation = ACTIVATIONS[recipe.activation]
    network = FeedForward(recipe.width, recipe.feed_forward, activation, recipe.activation_dropout)
    OUTPUT_PROJECTIONS[recipe.output_projections](network.weight_2)
    return network


def residual(recipe: TransformerRecipe) -> Residual:
    """The residual connection around a sub-layer of a block, with its normalisation."""
    return RESIDUALS[recipe.norm](recipe.width, recipe.dropout)

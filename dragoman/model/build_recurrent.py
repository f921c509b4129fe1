"""Recurrent recipes to encoders and decoders."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from dragoman.decoders.attentional_parts import AttentionalVector
from dragoman.decoders.language_recurrent import RecurrentLanguageDecoder
from dragoman.decoders.text_attentional import AttentionalDecoder
from dragoman.decoders.text_input_feeding import InputFeedingDecoder
from dragoman.decoders.text_recurrent import RecurrentDecoder
from dragoman.encoders.text_recurrent import RecurrentEncoder
from dragoman.layers.attention.additive import AdditiveAttention
from dragoman.layers.attention.dot_product import DotProductAttention
from dragoman.layers.attention.memory_attention import MemoryAttention
from dragoman.layers.attention.multi_head import CrossAttention
from dragoman.layers.embedding import TokenEmbedding
from dragoman.layers.output_layer import OutputLayer
from dragoman.layers.recurrent.bidirectional import Bidirectional, Unidirectional
from dragoman.layers.recurrent.bridge import Bridge
from dragoman.layers.recurrent.cell import RecurrentCell
from dragoman.layers.recurrent.gru import ResetAfterGRU, ResetBeforeGRU
from dragoman.layers.recurrent.lstm import LSTM
from dragoman.layers.recurrent.recurrent_stack import RecurrentStack
from dragoman.layers.recurrent.rnn import RNN, ReLURNN
from dragoman.model.memory_widths import MemoryWidths
from dragoman.recipe.recurrent import RecurrentDecoderRecipe, RecurrentEncoderRecipe, RecurrentRecipe

Decoder = RecurrentDecoder | AttentionalDecoder | InputFeedingDecoder

PLAIN_CELLS: dict[str, type[RNN]] = {"tanh": RNN, "relu": ReLURNN}
GATED_CELLS: dict[str, Callable[[int, int], RecurrentCell]] = {"after": ResetAfterGRU, "before": ResetBeforeGRU}
CELLS: dict[str, Callable[[RecurrentRecipe, int], RecurrentCell]] = {
    "rnn": lambda recipe, inputs: PLAIN_CELLS[recipe.activation](inputs, recipe.width),
    "gru": lambda recipe, inputs: GATED_CELLS[recipe.reset](inputs, recipe.width),
    "lstm": lambda recipe, inputs: LSTM(inputs, recipe.width, recipe.forget_bias),
}
ATTENTIONS: dict[str, Callable[[RecurrentDecoderRecipe, int], MemoryAttention]] = {
    "dot": lambda recipe, memory: DotProductAttention(memory, 1.0, recipe.attention_dropout),
    "scaled_dot": lambda recipe, memory: DotProductAttention(memory, memory**-0.5, recipe.attention_dropout),
    "additive": lambda recipe, memory: AdditiveAttention(recipe.width, memory, recipe.width, recipe.attention_dropout),
    "multi_head": lambda recipe, memory: CrossAttention(recipe.width, recipe.heads, recipe.attention_dropout, memory),
}


def recurrent_encoder(recipe: RecurrentEncoderRecipe, embedding: TokenEmbedding) -> RecurrentEncoder:
    """Cells over the source, in one or both directions."""
    cell = CELLS[recipe.kind]
    widths = [recipe.embedding] + [recipe.memory_width] * (recipe.layers - 1)
    if recipe.bidirectional:
        both = [Bidirectional(cell(recipe, width), cell(recipe, width)) for width in widths]
        stack = RecurrentStack(both, recipe.dropout, residual=recipe.residual)
    else:
        one = [Unidirectional(cell(recipe, width)) for width in widths]
        stack = RecurrentStack(one, recipe.dropout, residual=recipe.residual)
    return RecurrentEncoder(embedding, stack, recipe.dropout)


def recurrent_decoder(
    recipe: RecurrentDecoderRecipe, memory: MemoryWidths, embedding: TokenEmbedding, output: OutputLayer
) -> Decoder:
    """Cells over the target, with the attention that the recipe names."""
    bridge = Bridge(memory.final, [[recipe.width] * recipe.parts] * recipe.layers)
    if recipe.attention == "none":
        context = nn.Linear(memory.final, recipe.embedding)
        stack = _stack(recipe, recipe.embedding)
        return RecurrentDecoder(embedding, bridge, context, stack, _readout(recipe), output, recipe.dropout)
    attention = ATTENTIONS[recipe.attention](recipe, memory.states)
    join = AttentionalVector(attention.width, recipe.width, recipe.embedding)
    if recipe.input_feeding:
        stack = _stack(recipe, 2 * recipe.embedding)
        return InputFeedingDecoder(embedding, bridge, stack, attention, join, output, recipe.dropout)
    stack = _stack(recipe, recipe.embedding)
    return AttentionalDecoder(embedding, bridge, stack, attention, join, output, recipe.dropout)


def recurrent_language_decoder(
    recipe: RecurrentDecoderRecipe, embedding: TokenEmbedding, output: OutputLayer
) -> RecurrentLanguageDecoder:
    """Cells over the text, with nothing to look at but what they remember."""
    stack = _stack(recipe, recipe.embedding)
    return RecurrentLanguageDecoder(embedding, stack, _readout(recipe), output, recipe.dropout)


def _stack(recipe: RecurrentDecoderRecipe, inputs: int) -> RecurrentStack:
    widths = [inputs] + [recipe.width] * (recipe.layers - 1)
    cells = [Unidirectional(CELLS[recipe.kind](recipe, width)) for width in widths]
    return RecurrentStack(cells, recipe.dropout, residual=recipe.residual)


def _readout(recipe: RecurrentDecoderRecipe) -> nn.Module:
    """To the width of the output layer, where that is another."""
    return nn.Identity() if recipe.width == recipe.embedding else nn.Linear(recipe.width, recipe.embedding)

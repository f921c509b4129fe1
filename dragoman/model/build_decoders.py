"""Builds decoders from recipes."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from dragoman.contracts import Decoder, GuidedAlignment, LanguageDecoder, TagSize, TextDecoder, TextSize
from dragoman.decoders.attentional_parts import AttentionalVector
from dragoman.decoders.ctc import CTCDecoder
from dragoman.decoders.label import LabelDecoder
from dragoman.decoders.language_recurrent import RecurrentLanguageDecoder
from dragoman.decoders.language_transformer import TransformerLanguageDecoder
from dragoman.decoders.number import NumberDecoder
from dragoman.decoders.tags import TagDecoder
from dragoman.decoders.tags_conditional_random_field import RandomFieldDecoder
from dragoman.decoders.text_attentional import AttentionalDecoder
from dragoman.decoders.text_input_feeding import InputFeedingDecoder
from dragoman.decoders.text_recurrent import RecurrentDecoder
from dragoman.decoders.text_transformer import TransformerDecoder
from dragoman.layers.attention.additive import AdditiveAttention
from dragoman.layers.attention.dot_product import DotProductAttention
from dragoman.layers.attention.memory_attention import MemoryAttention
from dragoman.layers.attention.multi_head import CrossAttention
from dragoman.layers.embedding import TokenEmbedding
from dragoman.layers.output_layer import OutputLayer
from dragoman.layers.recurrent.bidirectional import Unidirectional
from dragoman.layers.recurrent.bridge import Bridge
from dragoman.layers.recurrent.recurrent_stack import RecurrentStack
from dragoman.layers.regression_loss import HuberLoss, absolute_loss, squared_loss
from dragoman.layers.transformer.decoder_block import DecoderBlock
from dragoman.model.build_encoders import MemoryWidths
from dragoman.model.build_layers import (
    CELLS,
    cross_attention,
    embedding_shortcut,
    feed_forward,
    final_norm,
    positions,
    residual,
    self_attention,
    self_attention_blocks,
)
from dragoman.recipe.recurrent import RecurrentDecoderRecipe
from dragoman.recipe.tags import RandomFieldRecipe
from dragoman.recipe.transformer import TransformerRecipe
from dragoman.text.tag_scheme import span_transitions


class Objective(NamedTuple):
    """Numbers of the training loss, which decoders get when they are built. They are not saved with the weights.

    Attributes:
        smoothing: share ε of the target probability that is spread evenly over all symbols or classes; decoders without
            such probabilities ignore it.
        class_weights: weight of each class in a loss over labels; None for 1 each.
        guide: the attention to the source that is guided by links; None for none.
        consistency: strength α of R-Drop; 0 for one pass over each example.
    """

    smoothing: float = 0.0
    class_weights: tuple[float, ...] | None = None
    guide: GuidedAlignment | None = None
    consistency: float = 0.0


ATTENTIONS: dict[str, Callable[[RecurrentDecoderRecipe, int], MemoryAttention]] = {
    "dot": lambda recipe, memory: DotProductAttention(memory, 1.0, recipe.attention_dropout),
    "scaled_dot": lambda recipe, memory: DotProductAttention(memory, memory**-0.5, recipe.attention_dropout),
    "additive": lambda recipe, memory: AdditiveAttention(recipe.width, memory, recipe.width, recipe.attention_dropout),
    "multi_head": lambda recipe, memory: CrossAttention(recipe.width, recipe.heads, recipe.attention_dropout, memory),
}
LOSSES: dict[str, Callable[[float], Callable[[Tensor, Tensor], Tensor]]] = {
    "squared": lambda delta: squared_loss,
    "absolute": lambda delta: absolute_loss,
    "huber": HuberLoss,
}


def transformer_decoder(
    recipe: TransformerRecipe,
    memory: MemoryWidths,
    embedding: TokenEmbedding,
    output: OutputLayer,
    start_symbol: int,
) -> TransformerDecoder:
    """A decoder of causal self-attention and attention to the encoder's hidden states, whatever their width."""
    blocks = [
        DecoderBlock(
            self_attention(recipe, causal=True),
            cross_attention(recipe, memory.states),
            feed_forward(recipe),
            (residual(recipe), residual(recipe), residual(recipe)),
        )
        for _ in range(recipe.layers)
    ]
    norm = final_norm(recipe)
    return TransformerDecoder(
        embedding,
        positions(recipe),
        blocks,
        norm,
        output,
        recipe.dropout,
        start_symbol=start_symbol,
        shortcut=embedding_shortcut(recipe),
    )


def recurrent_decoder(
    recipe: RecurrentDecoderRecipe,
    memory: MemoryWidths,
    embedding: TokenEmbedding,
    output: OutputLayer,
    start_symbol: int,
) -> RecurrentDecoder | AttentionalDecoder | InputFeedingDecoder:
    """A decoder of recurrent layers over the target, with the attention that the recipe names."""
    bridge = Bridge(memory.final, [[recipe.width] * recipe.parts] * recipe.layers)
    if recipe.attention == "none":
        context = nn.Linear(memory.final, recipe.embedding)
        stack, readout = _stack(recipe, recipe.embedding), _readout(recipe)
        return RecurrentDecoder(
            embedding, bridge, context, stack, readout, output, recipe.dropout, start_symbol=start_symbol
        )
    attention = ATTENTIONS[recipe.attention](recipe, memory.states)
    join = AttentionalVector(attention.width, recipe.width, recipe.embedding)
    kind = InputFeedingDecoder if recipe.input_feeding else AttentionalDecoder
    stack = _stack(recipe, 2 * recipe.embedding if recipe.input_feeding else recipe.embedding)
    return kind(embedding, bridge, stack, attention, join, output, recipe.dropout, start_symbol=start_symbol)


def transformer_language_decoder(
    recipe: TransformerRecipe, embedding: TokenEmbedding, output: OutputLayer
) -> TransformerLanguageDecoder:
    """A language model of causal self-attention."""
    blocks = self_attention_blocks(recipe, causal=True)
    norm = final_norm(recipe)
    shortcut = embedding_shortcut(recipe)
    return TransformerLanguageDecoder(
        embedding, positions(recipe), blocks, norm, output, recipe.dropout, shortcut=shortcut
    )


def recurrent_language_decoder(
    recipe: RecurrentDecoderRecipe, embedding: TokenEmbedding, output: OutputLayer
) -> RecurrentLanguageDecoder:
    """A language model of recurrent layers."""
    stack = _stack(recipe, recipe.embedding)
    return RecurrentLanguageDecoder(embedding, stack, _readout(recipe), output, recipe.dropout)


def ctc_decoder(memory: MemoryWidths, vocabulary: TextSize) -> CTCDecoder:
    """A decoder by connectionist temporal classification: a symbol or the blank at each position of the memory."""
    return CTCDecoder(nn.Linear(memory.states, vocabulary.symbols), vocabulary.special)


def label_decoder(memory: MemoryWidths, classes: int, objective: Objective) -> LabelDecoder:
    """A decoder by softmax regression on the encoder's final vector."""
    weights = None if objective.class_weights is None else torch.tensor(objective.class_weights)
    return LabelDecoder(memory.final, classes, objective.smoothing, weights)


def random_field_decoder(recipe: RandomFieldRecipe, memory: MemoryWidths, tags: TagSize) -> RandomFieldDecoder:
    """A decoder by a conditional random field, whose transitions the names of the tags limit if the recipe says so."""
    allowed = span_transitions(tags.names) if recipe.constrained else None
    return RandomFieldDecoder(memory.states, tags.values, allowed)


TEXT_DECODERS: dict[str, Callable[..., TextDecoder]] = {
    "transformer": transformer_decoder,
    "rnn": recurrent_decoder,
    "gru": recurrent_decoder,
    "lstm": recurrent_decoder,
}
LANGUAGE_DECODERS: dict[str, Callable[..., LanguageDecoder]] = {
    "transformer": transformer_language_decoder,
    "rnn": recurrent_language_decoder,
    "gru": recurrent_language_decoder,
    "lstm": recurrent_language_decoder,
}
OTHER_DECODERS: dict[str, Callable[..., Decoder]] = {
    "ctc": lambda recipe, memory, vocabulary, objective: ctc_decoder(memory, vocabulary),
    "label": lambda recipe, memory, classes, objective: label_decoder(memory, classes, objective),
    "number": lambda recipe, memory, size, objective: NumberDecoder(memory.final, LOSSES[recipe.loss](recipe.delta)),
    "tags": lambda recipe, memory, tags, objective: TagDecoder(memory.states, tags.values, objective.smoothing),
    "crf": lambda recipe, memory, tags, objective: random_field_decoder(recipe, memory, tags),
}
"""The decoders that do not predict token by token."""


def _stack(recipe: RecurrentDecoderRecipe, inputs: int) -> RecurrentStack:
    widths = [inputs] + [recipe.width] * (recipe.layers - 1)
    cells = [Unidirectional(CELLS[recipe.kind](recipe, width)) for width in widths]
    return RecurrentStack(cells, recipe.dropout, residual=recipe.residual)


def _readout(recipe: RecurrentDecoderRecipe) -> nn.Module:
    """A linear layer to the width of the output layer, or the identity where the width is the same."""
    return nn.Identity() if recipe.width == recipe.embedding else nn.Linear(recipe.width, recipe.embedding)

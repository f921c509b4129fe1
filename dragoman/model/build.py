"""Recipe to model. Every choice between components is one explicit table in the files ``build*.py``."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from dragoman.contracts import LanguageDecoder, TextDecoder, TextEncoder
from dragoman.layers.embedding import TokenEmbedding
from dragoman.model.build_convolution import convolutional_encoder
from dragoman.model.build_recurrent import recurrent_decoder, recurrent_encoder, recurrent_language_decoder
from dragoman.model.build_transformer import transformer_decoder, transformer_encoder, transformer_language_decoder
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.language_model import LanguageModel
from dragoman.recipe.architecture import ModelRecipe
from dragoman.text.vocabulary import START

ENCODERS: dict[str, Callable[..., TextEncoder]] = {
    "transformer": transformer_encoder,
    "rnn": recurrent_encoder,
    "gru": recurrent_encoder,
    "lstm": recurrent_encoder,
    "convolution": convolutional_encoder,
}
DECODERS: dict[str, Callable[..., TextDecoder]] = {
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

Model = EncoderDecoder | LanguageModel


def build(recipe: ModelRecipe, source_vocabulary: int, target_vocabulary: int, seed: int) -> Model:
    """A model with fresh weights, in float32 on the processor: an encoder and a decoder, or a decoder alone.

    Args:
        recipe: the architecture.
        source_vocabulary: symbols that the encoder reads.
        target_vocabulary: symbols that the decoder writes.
        seed: of the weights; the global random state is left as it was.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if recipe.is_language_model:
            return _language_model(recipe, target_vocabulary)
        source_embedding = TokenEmbedding(source_vocabulary, recipe.text_encoder.embedding)
        target_embedding = source_embedding
        if recipe.tie != "all":
            target_embedding = TokenEmbedding(target_vocabulary, recipe.decoder.embedding)
        output = nn.Linear(recipe.decoder.embedding, target_vocabulary, bias=False)
        if recipe.tie != "none":
            output.weight = target_embedding.embedding.weight
        encoder = ENCODERS[recipe.encoder.kind](recipe.encoder, source_embedding)
        decoder = DECODERS[recipe.decoder.kind](recipe.decoder, recipe.text_encoder, target_embedding, output)
    return EncoderDecoder(encoder, decoder, START)


def _language_model(recipe: ModelRecipe, vocabulary: int) -> LanguageModel:
    embedding = TokenEmbedding(vocabulary, recipe.decoder.embedding)
    output = nn.Linear(recipe.decoder.embedding, vocabulary, bias=False)
    if recipe.tie != "none":
        output.weight = embedding.embedding.weight
    return LanguageModel(LANGUAGE_DECODERS[recipe.decoder.kind](recipe.decoder, embedding, output), START)

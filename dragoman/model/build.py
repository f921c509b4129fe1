"""Recipe to model. Every choice between components is one explicit table in a file ``build_*.py``."""

from __future__ import annotations

import torch

from dragoman.contracts import Encoder, SourceSize, TargetSize, TextSize
from dragoman.layers.embedding import TokenEmbedding
from dragoman.layers.output_layer import OutputLayer
from dragoman.model.build_decoders import LANGUAGE_DECODERS, OTHER_DECODERS, TEXT_DECODERS, Objective
from dragoman.model.build_encoders import PICTURE_AND_ROW_ENCODERS, TEXT_ENCODERS, MemoryWidths
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.language_model import LanguageModel
from dragoman.model.memory import Need, most_parameters, refuse_what_cannot_fit, room_of, sizes_of
from dragoman.recipe.architecture import ModelRecipe, TokenByTokenRecipe

Model = EncoderDecoder | LanguageModel
_PLAIN = Objective()
_NOT_WORTH_COUNTING = 1_000_000_000
"""Of :func:`~dragoman.model.memory.most_parameters`, which are ten times as many as there are or more."""


def build(
    recipe: ModelRecipe, source: SourceSize, target: TargetSize, seed: int, objective: Objective = _PLAIN
) -> Model:
    """A model with fresh weights, in float32 on the processor: an encoder and a decoder, or a decoder alone.

    Args:
        recipe: the architecture.
        source: the vocabulary that the encoder reads, or the size of its pictures or rows.
        target: the vocabulary that the decoder writes, or how many classes it chooses among.
        seed: of the weights; the global random state is left as it was.
        objective: what its loss is made of, if it is to be trained.

    Raises:
        InputError: if its weights cannot fit into the memory of this machine.
    """
    check_size(recipe, source, target)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _built(recipe, source, target, objective)


def count_parameters(recipe: ModelRecipe, source: SourceSize, target: TargetSize) -> int:
    """Trainable numbers of the model that :func:`build` makes, counted without the memory for them."""
    with torch.random.fork_rng(devices=[]), torch.device("meta"):
        return sum(parameter.numel() for parameter in _built(recipe, source, target, _PLAIN).parameters())


def weighty_parameters(recipe: ModelRecipe, source: SourceSize, target: TargetSize) -> int:
    """Trainable numbers of a large model; 0 of a model so small that counting them is not worth the time."""
    if most_parameters(recipe, source, target) < _NOT_WORTH_COUNTING:
        return 0
    return count_parameters(recipe, source, target)


def check_size(recipe: ModelRecipe, source: SourceSize, target: TargetSize) -> None:
    """See to it that the weights of a model fit into the memory of this machine.

    Raises:
        InputError: if they cannot.
    """
    count = weighty_parameters(recipe, source, target)
    settings = sizes_of(recipe, source, target)
    refuse_what_cannot_fit([Need(4 * count, f"{count:,} parameters", settings)], room_of(torch.device("cpu")))


def _built(recipe: ModelRecipe, source: SourceSize, target: TargetSize, objective: Objective) -> Model:
    if isinstance(target, TextSize) != (recipe.says == "text"):
        raise TypeError(f"the outputs of a decoder of kind {recipe.decoder.kind} are not {target}")
    if recipe.is_language_model:
        assert isinstance(target, TextSize)
        return _language_model(recipe, target, objective)
    source_embedding = None
    if isinstance(source, TextSize):
        source_embedding = TokenEmbedding(source.symbols, recipe.text_encoder.embedding)
    if not isinstance(recipe.decoder, TokenByTokenRecipe):
        encoder, widths = _encoder(recipe, source, source_embedding)
        other = OTHER_DECODERS[recipe.decoder.kind](recipe.decoder, widths, target, objective)
        return EncoderDecoder(encoder, other)
    assert isinstance(target, TextSize)
    target_embedding = source_embedding
    if target_embedding is None or recipe.tie != "all":
        target_embedding = TokenEmbedding(target.symbols, recipe.decoder.embedding)
    output = _output_layer(recipe, target_embedding, target.symbols, objective)
    encoder, widths = _encoder(recipe, source, source_embedding)
    start = target.special.start
    decoder = TEXT_DECODERS[recipe.decoder.kind](recipe.decoder, widths, target_embedding, output, start)
    return EncoderDecoder(encoder, decoder)


def _encoder(recipe: ModelRecipe, source: SourceSize, embedding: TokenEmbedding | None) -> tuple[Encoder, MemoryWidths]:
    if embedding is None:
        return PICTURE_AND_ROW_ENCODERS[recipe.encoder.kind](recipe.encoder, source)
    reads = recipe.text_encoder
    return TEXT_ENCODERS[reads.kind](reads, embedding), MemoryWidths(reads.memory_width, reads.final_width)


def _language_model(recipe: ModelRecipe, vocabulary: TextSize, objective: Objective) -> LanguageModel:
    decoder = recipe.token_decoder
    embedding = TokenEmbedding(vocabulary.symbols, decoder.embedding)
    output = _output_layer(recipe, embedding, vocabulary.symbols, objective)
    return LanguageModel(LANGUAGE_DECODERS[decoder.kind](decoder, embedding, output), vocabulary.special.start)


def _output_layer(recipe: ModelRecipe, embedding: TokenEmbedding, vocabulary: int, objective: Objective) -> OutputLayer:
    """From hidden states to the vocabulary; its weight is the target embedding's where they are tied."""
    output = OutputLayer(recipe.token_decoder.embedding, vocabulary, objective.smoothing)
    if recipe.tie != "none":
        output.weight = embedding.embedding.weight
    return output

"""Builds a model from a recipe. Every choice between components is one explicit table in a file ``build_*.py``."""

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
from dragoman.model.shapes import shapes_alone
from dragoman.recipe.architecture import ModelRecipe, TokenByTokenRecipe

Model = EncoderDecoder | LanguageModel
_PLAIN = Objective()
_NOT_WORTH_COUNTING = 1_000_000_000
"""A model is small if :func:`~dragoman.model.memory.most_parameters`, which is at least ten times too many, is less."""


def build(
    recipe: ModelRecipe, source: SourceSize, target: TargetSize, seed: int, objective: Objective = _PLAIN
) -> Model:
    """A model with newly initialised weights, in float32 on the CPU: an encoder and a decoder, or a decoder alone.

    >>> from dragoman.contracts import Packed, TextSize
    >>> from dragoman.recipe import recipe_from
    >>> stack = {"layers": 1, "width": 8, "feed_forward": 16, "heads": 2}
    >>> recipe = recipe_from({"model": {"encoder": stack, "decoder": stack}})
    >>> model = build(recipe.model, TextSize(100), TextSize(100), seed=1)
    >>> model.encode(Packed.of([[5, 6, 3]])).states.shape
    torch.Size([3, 8])

    Args:
        recipe: the architecture.
        source: vocabulary that the encoder reads, or the size of its pictures or rows.
        target: vocabulary that the decoder writes, the tags, or the number of classes; 1 for a number.
        seed: seed of the weights; the global random state is left as it was.
        objective: numbers of the training loss, if the model is to be trained.

        Raises:
            InputError: if the weights cannot fit into the memory of this machine.
    """
    check_size(recipe, source, target)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _built(recipe, source, target, objective)


def count_parameters(recipe: ModelRecipe, source: SourceSize, target: TargetSize) -> int:
    """The number of trainable parameters of the model that :func:`build` makes, counted without memory for them.

    >>> from dragoman.contracts import TextSize
    >>> from dragoman.recipe import recipe_from
    >>> count_parameters(recipe_from({}).model, TextSize(10_000), TextSize(10_000))
    2605568
    """
    with shapes_alone():
        return sum(parameter.numel() for parameter in _built(recipe, source, target, _PLAIN).parameters())


def weighty_parameters(recipe: ModelRecipe, source: SourceSize, target: TargetSize) -> int:
    """The number of trainable parameters of a large model; 0 for a model so small that counting is not worth the
    time."""
    if most_parameters(recipe, source, target) < _NOT_WORTH_COUNTING:
        return 0
    return count_parameters(recipe, source, target)


def check_size(recipe: ModelRecipe, source: SourceSize, target: TargetSize) -> None:
    """Check that the weights of a model can fit into the memory of this machine.

    Raises:
        InputError: if they cannot.
    """
    count = weighty_parameters(recipe, source, target)
    settings = sizes_of(recipe, source, target)
    refuse_what_cannot_fit([Need(4 * count, f"{count:,} parameters", settings)], room_of(torch.device("cpu")))


def _built(recipe: ModelRecipe, source: SourceSize, target: TargetSize, objective: Objective) -> Model:
    if isinstance(target, TextSize) != (recipe.output_kind == "text"):
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
        return EncoderDecoder(encoder, other, consistency=objective.consistency)
    assert isinstance(target, TextSize)
    target_embedding = source_embedding
    if target_embedding is None or recipe.tie != "all":
        target_embedding = TokenEmbedding(target.symbols, recipe.decoder.embedding)
    output = _output_layer(recipe, target_embedding, target.symbols, objective)
    encoder, widths = _encoder(recipe, source, source_embedding)
    start = target.special.start
    decoder = TEXT_DECODERS[recipe.decoder.kind](recipe.decoder, widths, target_embedding, output, start)
    return EncoderDecoder(encoder, decoder, objective.guide, objective.consistency)


def _encoder(recipe: ModelRecipe, source: SourceSize, embedding: TokenEmbedding | None) -> tuple[Encoder, MemoryWidths]:
    if embedding is None:
        return PICTURE_AND_ROW_ENCODERS[recipe.encoder.kind](recipe.encoder, source)
    reads = recipe.text_encoder
    return TEXT_ENCODERS[reads.kind](reads, embedding), MemoryWidths(reads.memory_width, reads.final_width)


def _language_model(recipe: ModelRecipe, vocabulary: TextSize, objective: Objective) -> LanguageModel:
    decoder = recipe.token_decoder
    embedding = TokenEmbedding(vocabulary.symbols, decoder.embedding)
    output = _output_layer(recipe, embedding, vocabulary.symbols, objective)
    writer = LANGUAGE_DECODERS[decoder.kind](decoder, embedding, output)
    return LanguageModel(writer, vocabulary.special.start, objective.consistency)


def _output_layer(recipe: ModelRecipe, embedding: TokenEmbedding, vocabulary: int, objective: Objective) -> OutputLayer:
    """The output layer over the vocabulary; it shares the weights of the target embedding where they are tied."""
    output = OutputLayer(recipe.token_decoder.embedding, vocabulary, objective.smoothing)
    if recipe.tie != "none":
        output.weight = embedding.embedding.weight
    return output

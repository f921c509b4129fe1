"""From the modules of a model to its plan. Every module has one line in a table here, and one function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from dragoman.decoders.attentional_parts import AttentionalParts
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
from dragoman.decoders.word_scores import WordScores
from dragoman.encoders.flat import PictureNumbers, RowNumbers
from dragoman.encoders.multilayer_perceptron import MultilayerPerceptron
from dragoman.encoders.picture_lenet import LeNetEncoder
from dragoman.encoders.picture_residual import ResidualPictureEncoder
from dragoman.encoders.text_convolution import ConvolutionalEncoder
from dragoman.encoders.text_recurrent import RecurrentEncoder
from dragoman.encoders.text_transformer import TransformerEncoder
from dragoman.errors import UnsupportedError
from dragoman.layers.attention.additive import AdditiveAttention
from dragoman.layers.attention.dot_product import DotProductAttention
from dragoman.layers.attention.multi_head import CrossAttention, Projection, SelfAttention
from dragoman.layers.convolution.batch_norm import BatchNorm2d
from dragoman.layers.convolution.cross_correlation_2d import CrossCorrelation2d
from dragoman.layers.convolution.gated_block import GatedConvolutionBlock
from dragoman.layers.convolution.residual_block import ResidualBlock
from dragoman.layers.embedding import TokenEmbedding
from dragoman.layers.hidden_layers import HiddenLayers
from dragoman.layers.normalization import LayerNorm
from dragoman.layers.recurrent.bidirectional import Bidirectional, Unidirectional
from dragoman.layers.recurrent.gru import GatedRecurrentUnits, ResetAfterGRU, ResetBeforeGRU
from dragoman.layers.recurrent.lstm import LSTM
from dragoman.layers.recurrent.recurrent_stack import RecurrentStack
from dragoman.layers.recurrent.rnn import RNN, ReLURNN
from dragoman.layers.transformer.decoder_block import DecoderBlock
from dragoman.layers.transformer.embedding_shortcut import EmbeddingShortcut, NoShortcut
from dragoman.layers.transformer.encoder_block import EncoderBlock
from dragoman.layers.transformer.feed_forward import FeedForward
from dragoman.layers.transformer.positional_encoding import LearnedPositions, NoPositions, SinusoidalPositions
from dragoman.layers.transformer.residual import PostNorm, PreNorm
from dragoman.layers.transformer.squared_relu import squared_relu
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.language_model import LanguageModel
from dragoman.plan.nodes import (
    AdditiveAttentionPlan,
    AttentionalDecoderPlan,
    CellKind,
    CellPlan,
    ConvolutionalEncoderPlan,
    ConvolutionPlan,
    CrossAttentionPlan,
    DecoderPlan,
    DotAttentionPlan,
    EmbeddingPlan,
    EncoderPlan,
    FeedForwardPlan,
    Function,
    GatedConvolutionPlan,
    HeadNormsPlan,
    HiddenLayersPlan,
    LearnedPositionsPlan,
    LeNetPlan,
    LinearPlan,
    MemoryAttentionPlan,
    NormPlan,
    PerceptronPlan,
    PicturePlan,
    Plan,
    PositionOutputPlan,
    PositionsPlan,
    RecurrentDecoderPlan,
    RecurrentEncoderPlan,
    RecurrentLayerPlan,
    RecurrentStackPlan,
    ResidualBlockPlan,
    ResidualPictureEncoderPlan,
    ResidualPlan,
    RowPlan,
    SelfAttentionPlan,
    SinusoidalPositionsPlan,
    TransformerBlockPlan,
    TransformerDecoderPlan,
    TransformerEncoderPlan,
    VectorOutputPlan,
)

Result = TypeVar("Result")


def plan_of(model: EncoderDecoder | LanguageModel) -> Plan:
    """What a model computes, with its present weights, in evaluation mode.

    Arrays share the memory of float32 weights on a CPU.

    >>> from dragoman.contracts import TextSize
    >>> from dragoman.model.build import build
    >>> from dragoman.recipe import recipe_from
    >>> stack = {"layers": 2, "width": 8, "feed_forward": 16, "heads": 2}
    >>> recipe = recipe_from({"model": {"encoder": stack, "decoder": stack, "tie": "decoder"}}).model
    >>> plan = plan_of(build(recipe, TextSize(100), TextSize(90), seed=1))
    >>> len(plan.decoder.blocks), plan.decoder.output.weight.shape
    (2, (90, 8))

    Raises:
        UnsupportedError: if the tables here have no line for one of its modules, which only PyTorch can then compute.
    """
    encoder = None if isinstance(model, LanguageModel) else _of(ENCODERS, model.encoder)
    return Plan(encoder, _of(DECODERS, model.decoder))


def _of(table: Mapping[type, Callable[..., Result]], module: object) -> Result:
    """What the table's function makes of a module."""
    function = table.get(type(module))
    if function is None:
        known = ", ".join(kind.__name__ for kind in table)
        raise UnsupportedError(
            f"there is no plan of a module of type {type(module).__name__}; there are plans of {known}",
            cause="this architecture is new, and only its PyTorch module knows what it computes.",
            remedy="let PyTorch compute it (`--engine torch`).",
        )
    return function(module)


def _array(tensor: Tensor) -> Float[np.ndarray, ...]:
    return tensor.detach().float().cpu().contiguous().numpy()


def _linear(weight: Tensor, bias: Tensor | None = None) -> LinearPlan:
    return LinearPlan(_array(weight), None if bias is None else _array(bias))


def _projection(module: Projection | nn.Linear) -> LinearPlan:
    return _linear(module.weight, module.bias)


def _norm(module: LayerNorm) -> NormPlan:
    return NormPlan(_array(module.gain), _array(module.bias), module.epsilon)


def _embedding(module: TokenEmbedding) -> EmbeddingPlan:
    return EmbeddingPlan(_array(module.weight), module.scale)


def _function(function: Callable[[Tensor], Tensor]) -> Function:
    found = FUNCTIONS.get(function)
    if found is None:
        raise UnsupportedError(
            f"there is no plan of the activation function {getattr(function, '__name__', function)}",
            remedy="let PyTorch compute it (`--engine torch`).",
        )
    return found


# Transformers.


def _self_attention(module: SelfAttention) -> SelfAttentionPlan:
    return SelfAttentionPlan(
        _projection(module.inputs),
        _projection(module.output),
        module.heads,
        _head_norms(module),
        rotary=module.rotary is not None,
    )


def _cross_attention(module: CrossAttention) -> CrossAttentionPlan:
    return CrossAttentionPlan(
        _projection(module.queries),
        _projection(module.memory_inputs),
        _projection(module.output),
        module.heads,
        _head_norms(module),
    )


def _head_norms(module: SelfAttention | CrossAttention) -> HeadNormsPlan | None:
    if module.query_norm is None or module.key_norm is None:
        return None
    queries, keys = (
        NormPlan(_array(norm.gain), np.zeros(len(norm.gain), np.float32), norm.epsilon)
        for norm in (module.query_norm, module.key_norm)
    )
    return HeadNormsPlan(queries, keys)


def _feed_forward(module: FeedForward) -> FeedForwardPlan:
    return FeedForwardPlan(
        _linear(module.weight_1, module.bias_1), _function(module.activation), _linear(module.weight_2, module.bias_2)
    )


def _encoder_block(module: EncoderBlock) -> TransformerBlockPlan:
    return TransformerBlockPlan(
        _self_attention(module.attention),
        _of(RESIDUALS, module.around_attention),
        _feed_forward(module.feed_forward),
        _of(RESIDUALS, module.around_feed_forward),
    )


def _decoder_block(module: DecoderBlock) -> TransformerBlockPlan:
    return TransformerBlockPlan(
        _self_attention(module.self_attention),
        _of(RESIDUALS, module.around_self_attention),
        _feed_forward(module.feed_forward),
        _of(RESIDUALS, module.around_feed_forward),
        _cross_attention(module.cross_attention),
        _of(RESIDUALS, module.around_cross_attention),
    )


def _transformer_encoder(module: TransformerEncoder) -> TransformerEncoderPlan:
    return TransformerEncoderPlan(
        _embedding(module.embedding),
        _of(POSITIONS, module.positions),
        tuple(_of(BLOCKS, block) for block in module.blocks),
        _of(FINAL_NORMS, module.norm),
        _of(SHORTCUTS, module.shortcut),
    )


def _transformer_decoder(module: TransformerDecoder | TransformerLanguageDecoder) -> TransformerDecoderPlan:
    return TransformerDecoderPlan(
        _embedding(module.embedding),
        _of(POSITIONS, module.positions),
        tuple(_of(BLOCKS, block) for block in module.blocks),
        _of(FINAL_NORMS, module.norm),
        _projection(module.output),
        _of(SHORTCUTS, module.shortcut),
    )


# Recurrent networks.


def _cell(kind: CellKind) -> Callable[[RNN | GatedRecurrentUnits | LSTM], CellPlan]:
    def plan(module: RNN | GatedRecurrentUnits | LSTM) -> CellPlan:
        inputs = _linear(module.weight_input, module.bias)
        return CellPlan(kind, inputs, _linear(module.weight_hidden), module.width)

    return plan


def _reset_after(module: ResetAfterGRU) -> CellPlan:
    recurrent = _linear(module.weight_hidden, F.pad(module.bias_candidate, (2 * module.width, 0)))
    return CellPlan(CellKind.gru_after, _linear(module.weight_input, module.bias), recurrent, module.width)


def _unidirectional(module: Unidirectional) -> RecurrentLayerPlan:
    return RecurrentLayerPlan(_of(CELLS, module.cell))


def _bidirectional(module: Bidirectional) -> RecurrentLayerPlan:
    return RecurrentLayerPlan(_of(CELLS, module.forward_cell), _of(CELLS, module.backward_cell))


def _stack(module: RecurrentStack) -> RecurrentStackPlan:
    return RecurrentStackPlan(tuple(_of(RECURRENT_LAYERS, layer) for layer in module.layers), module.residual)


def _recurrent_encoder(module: RecurrentEncoder) -> RecurrentEncoderPlan:
    return RecurrentEncoderPlan(_embedding(module.embedding), _stack(module.layers))


def _recurrent_decoder(module: RecurrentDecoder) -> RecurrentDecoderPlan:
    return RecurrentDecoderPlan(
        _embedding(module.embedding),
        _projection(module.bridge.linear),
        _projection(module.context),
        _stack(module.layers),
        _of(READOUTS, module.readout),
        _projection(module.output),
    )


def _recurrent_language_decoder(module: RecurrentLanguageDecoder) -> RecurrentDecoderPlan:
    return RecurrentDecoderPlan(
        _embedding(module.embedding),
        None,
        None,
        _stack(module.layers),
        _of(READOUTS, module.readout),
        _projection(module.output),
    )


def _dot_attention(module: DotProductAttention) -> DotAttentionPlan:
    return DotAttentionPlan(module.scale)


def _additive_attention(module: AdditiveAttention) -> AdditiveAttentionPlan:
    return AdditiveAttentionPlan(
        _linear(module.weight_query), _linear(module.weight_key, module.bias), _array(module.vector)
    )


def _attentional_decoder(*, feeding: bool) -> Callable[[AttentionalParts], AttentionalDecoderPlan]:
    def plan(module: AttentionalParts) -> AttentionalDecoderPlan:
        return AttentionalDecoderPlan(
            _embedding(module.embedding),
            _projection(module.bridge.linear),
            _stack(module.layers),
            _of(ATTENTIONS, module.attention),
            _projection(module.join.linear),
            feeding,
            _projection(module.output),
        )

    return plan


# Convolutions.


def _gated_convolution(module: GatedConvolutionBlock) -> GatedConvolutionPlan:
    convolution = module.convolution
    taps = convolution.weight.shape[1]
    return GatedConvolutionPlan(_linear(convolution.weight.flatten(1), convolution.bias), taps)


def _convolutional_encoder(module: ConvolutionalEncoder) -> ConvolutionalEncoderPlan:
    return ConvolutionalEncoderPlan(
        _embedding(module.embedding),
        _of(POSITIONS, module.positions),
        tuple(_of(CONTEXTS, block) for block in module.blocks),
    )


def _convolution(module: CrossCorrelation2d, norm: BatchNorm2d | None = None) -> ConvolutionPlan:
    """A convolution, with the batch normalisation behind it in its weights, folded in double precision."""
    weight = module.weight.detach().double()
    bias = weight.new_zeros(len(weight)) if module.bias is None else module.bias.detach().double()
    if norm is not None:
        factor = norm.gain.detach().double() / (norm.running_variance.double() + norm.epsilon).sqrt()
        weight = weight * factor[:, None, None, None]
        bias = (bias - norm.running_mean.double()) * factor + norm.bias.detach().double()
    return ConvolutionPlan(_array(weight), _array(bias), module.stride, module.padding)


def _residual_block(module: ResidualBlock) -> ResidualBlockPlan:
    shortcut = None if module.shortcut is None else _convolution(module.shortcut, module.shortcut_norm)
    return ResidualBlockPlan(
        _convolution(module.convolution_1, module.norm_1), _convolution(module.convolution_2, module.norm_2), shortcut
    )


def _residual_picture_encoder(module: ResidualPictureEncoder) -> ResidualPictureEncoderPlan:
    return ResidualPictureEncoderPlan(
        PicturePlan(*module.size, None),
        _convolution(module.stem, module.stem_norm),
        tuple(_of(CONTEXTS_OF_PICTURES, block) for block in module.blocks),
        _linear(module.weight, module.bias),
        tuple(_of(CONTEXTS, block) for block in module.context),
        _norm(module.norm),
    )


def _lenet(module: LeNetEncoder) -> LeNetPlan:
    return LeNetPlan(
        PicturePlan(*module.size),
        (_convolution(module.convolution_1), _convolution(module.convolution_2)),
        module.pooling.kernel,
        _hidden_layers(module.hidden),
    )


# Pictures and rows as one vector, and outputs that are no text.


def _hidden_layers(module: HiddenLayers) -> HiddenLayersPlan:
    layers = tuple(_linear(weight, bias) for weight, bias in zip(module.weights, module.biases, strict=True))
    return HiddenLayersPlan(layers, _function(module.activation))


def _perceptron(module: MultilayerPerceptron) -> PerceptronPlan:
    return PerceptronPlan(_of(NUMBERS, module.numbers), _hidden_layers(module.hidden))


def _ctc(module: CTCDecoder) -> PositionOutputPlan:
    weight = _array(module.output.weight)
    bias = _array(module.output.bias).copy()
    bias[list(module.not_at_a_place)] = -np.inf
    return PositionOutputPlan(LinearPlan(weight, bias), len(weight))


def _word_scores(module: WordScores) -> PositionOutputPlan:
    return PositionOutputPlan(_linear(module.weight, module.bias), 0)


def _vector_output(module: LabelDecoder | NumberDecoder) -> VectorOutputPlan:
    return VectorOutputPlan(_linear(module.weight, module.bias))


FUNCTIONS: dict[Callable[[Tensor], Tensor], Function] = {
    F.relu: Function.relu,
    torch.relu: Function.relu,
    F.gelu: Function.gelu,
    torch.tanh: Function.tanh,
    torch.sigmoid: Function.sigmoid,
    squared_relu: Function.squared_relu,
}
RESIDUALS: dict[type, Callable[..., ResidualPlan]] = {
    PreNorm: lambda module: ResidualPlan(_norm(module.norm), before=True),
    PostNorm: lambda module: ResidualPlan(_norm(module.norm), before=False),
}
FINAL_NORMS: dict[type, Callable[..., NormPlan | None]] = {LayerNorm: _norm, nn.Identity: lambda module: None}
SHORTCUTS: dict[type, Callable[..., Float[np.ndarray, " _"] | None]] = {
    NoShortcut: lambda module: None,
    EmbeddingShortcut: lambda module: _array(module.factors),
}
POSITIONS: dict[type, Callable[..., PositionsPlan | None]] = {
    SinusoidalPositions: lambda module: SinusoidalPositionsPlan(module.width),
    LearnedPositions: lambda module: LearnedPositionsPlan(_array(module.weight)),
    NoPositions: lambda module: None,
}
BLOCKS: dict[type, Callable[..., TransformerBlockPlan]] = {EncoderBlock: _encoder_block, DecoderBlock: _decoder_block}
CELLS: dict[type, Callable[..., CellPlan]] = {
    RNN: _cell(CellKind.rnn_tanh),
    ReLURNN: _cell(CellKind.rnn_relu),
    ResetAfterGRU: _reset_after,
    ResetBeforeGRU: _cell(CellKind.gru_before),
    LSTM: _cell(CellKind.lstm),
}
RECURRENT_LAYERS: dict[type, Callable[..., RecurrentLayerPlan]] = {
    Unidirectional: _unidirectional,
    Bidirectional: _bidirectional,
}
READOUTS: dict[type, Callable[..., LinearPlan | None]] = {nn.Identity: lambda module: None, nn.Linear: _projection}
ATTENTIONS: dict[type, Callable[..., MemoryAttentionPlan]] = {
    DotProductAttention: _dot_attention,
    AdditiveAttention: _additive_attention,
    CrossAttention: _cross_attention,
}
CONTEXTS: dict[type, Callable[..., GatedConvolutionPlan]] = {GatedConvolutionBlock: _gated_convolution}
CONTEXTS_OF_PICTURES: dict[type, Callable[..., ResidualBlockPlan]] = {ResidualBlock: _residual_block}
NUMBERS: dict[type, Callable[..., PicturePlan | RowPlan]] = {
    PictureNumbers: lambda module: PicturePlan(*module.size),
    RowNumbers: lambda module: RowPlan(module.outputs),
}
ENCODERS: dict[type, Callable[..., EncoderPlan]] = {
    TransformerEncoder: _transformer_encoder,
    RecurrentEncoder: _recurrent_encoder,
    ConvolutionalEncoder: _convolutional_encoder,
    ResidualPictureEncoder: _residual_picture_encoder,
    LeNetEncoder: _lenet,
    MultilayerPerceptron: _perceptron,
}
DECODERS: dict[type, Callable[..., DecoderPlan]] = {
    TransformerDecoder: _transformer_decoder,
    TransformerLanguageDecoder: _transformer_decoder,
    RecurrentDecoder: _recurrent_decoder,
    RecurrentLanguageDecoder: _recurrent_language_decoder,
    AttentionalDecoder: _attentional_decoder(feeding=False),
    InputFeedingDecoder: _attentional_decoder(feeding=True),
    CTCDecoder: _ctc,
    TagDecoder: _word_scores,
    RandomFieldDecoder: _word_scores,
    LabelDecoder: _vector_output,
    NumberDecoder: _vector_output,
}

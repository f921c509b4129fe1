"""What a model computes, as a typed tree with its weights. It knows nothing of PyTorch, and has no part for training.

Vectors are columns, as in the equations: a linear map is W x + b, with one row of W for each output. Weights are
float32 arrays that belong to the model; where modules share a parameter, nodes share the array.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from jaxtyping import Float

Vector = Float[np.ndarray, " _"]
Weights = Float[np.ndarray, "_ _"]


class Function(Enum):
    """An activation function."""

    relu = "relu"
    gelu = "gelu"
    tanh = "tanh"
    sigmoid = "sigmoid"
    squared_relu = "squared_relu"


class CellKind(Enum):
    """The equations of a recurrent layer. Gates lie in matrices as r, z, n (GRU) and i, f, g, o (LSTM)."""

    rnn_tanh = "rnn_tanh"
    rnn_relu = "rnn_relu"
    gru_after = "gru_after"
    gru_before = "gru_before"
    lstm = "lstm"


@dataclass(frozen=True, slots=True, eq=False)
class LinearPlan:
    """W x + b; without a bias, W x."""

    weight: Weights
    bias: Vector | None = None


@dataclass(frozen=True, slots=True, eq=False)
class NormPlan:
    """(x − mean) / √(variance + ε) · gain + bias, over the numbers of a vector."""

    gain: Vector
    bias: Vector
    epsilon: float


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddingPlan:
    """The vector of a symbol, multiplied by ``scale``."""

    weight: Weights
    scale: float


@dataclass(frozen=True, slots=True)
class SinusoidalPositionsPlan:
    """Sines in the first half of the vector, cosines in the second, at the rates exp(−2i ln 10000 / width)."""

    width: int


@dataclass(frozen=True, slots=True, eq=False)
class LearnedPositionsPlan:
    """One vector for each position; there are no positions behind the last."""

    weight: Weights


PositionsPlan = SinusoidalPositionsPlan | LearnedPositionsPlan


@dataclass(frozen=True, slots=True, eq=False)
class ResidualPlan:
    """x + f(norm(x)) where ``before``, and norm(x + f(x)) otherwise."""

    norm: NormPlan
    before: bool


@dataclass(frozen=True, slots=True, eq=False)
class HeadNormsPlan:
    """The normalisation of each head's queries, and of its keys."""

    queries: NormPlan
    keys: NormPlan


@dataclass(frozen=True, slots=True, eq=False)
class SelfAttentionPlan:
    """Multi-head attention among a row's positions; queries, keys and values are the thirds of ``inputs``.

    Where it is ``rotary``, numbers k and k + d/2 of each head's queries and keys are turned, as a point of the plane,
    by the position times 10000^(−2k/d).
    """

    inputs: LinearPlan
    output: LinearPlan
    heads: int
    norms: HeadNormsPlan | None = None
    rotary: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class CrossAttentionPlan:
    """Multi-head attention to the encoder's hidden states; keys and values are the halves of ``memory_inputs``."""

    queries: LinearPlan
    memory_inputs: LinearPlan
    output: LinearPlan
    heads: int
    norms: HeadNormsPlan | None = None


@dataclass(frozen=True, slots=True)
class DotAttentionPlan:
    """softmax(scale · hᵀ m_s) over the encoder's hidden states m, which are keys and values as they are."""

    scale: float


@dataclass(frozen=True, slots=True, eq=False)
class AdditiveAttentionPlan:
    """softmax(vᵀ tanh(W h + U m_s + b)) over the encoder's hidden states m, which are the values."""

    queries: LinearPlan
    keys: LinearPlan
    vector: Vector


MemoryAttentionPlan = DotAttentionPlan | AdditiveAttentionPlan | CrossAttentionPlan


@dataclass(frozen=True, slots=True, eq=False)
class FeedForwardPlan:
    """second(function(first(x)))."""

    first: LinearPlan
    function: Function
    second: LinearPlan


@dataclass(frozen=True, slots=True, eq=False)
class TransformerBlockPlan:
    """Self-attention and a feed-forward network, each with its residual connection; in a decoder, attention to the
    encoder's hidden states between them."""

    attention: SelfAttentionPlan
    around_attention: ResidualPlan
    feed_forward: FeedForwardPlan
    around_feed_forward: ResidualPlan
    cross_attention: CrossAttentionPlan | None = None
    around_cross_attention: ResidualPlan | None = None


@dataclass(frozen=True, slots=True, eq=False)
class CellPlan:
    """One recurrent layer in one direction: W x + b of all gates, and U h of all gates.

    The bias of ``recurrent`` is inside of the recurrent product; only a GRU that resets behind the product has one.
    """

    kind: CellKind
    inputs: LinearPlan
    recurrent: LinearPlan
    width: int

    @property
    def parts(self) -> int:
        """How many vectors the state has: h, and the memory c of an LSTM."""
        return 2 if self.kind is CellKind.lstm else 1


@dataclass(frozen=True, slots=True, eq=False)
class RecurrentLayerPlan:
    """A cell over a row, or two in opposite directions, whose hidden states are joined."""

    forwards: CellPlan
    backwards: CellPlan | None = None

    @property
    def cells(self) -> tuple[CellPlan, ...]:
        """The cells of all directions, forwards first."""
        return (self.forwards,) if self.backwards is None else (self.forwards, self.backwards)


@dataclass(frozen=True, slots=True, eq=False)
class RecurrentStackPlan:
    """Layers one above the other; where ``residual``, a layer adds its input to its output if both are equally wide."""

    layers: tuple[RecurrentLayerPlan, ...]
    residual: bool


@dataclass(frozen=True, slots=True, eq=False)
class GatedConvolutionPlan:
    """(x + a ⊗ σ(b)) · √½ with [a; b] = W [x_{t−k} … x_{t+k}] + bias; the weights of the leftmost tap stand first."""

    convolution: LinearPlan
    taps: int


@dataclass(frozen=True, slots=True, eq=False)
class ConvolutionPlan:
    """A two-dimensional cross-correlation with a bias; batch normalisation is part of the weights."""

    weight: Float[np.ndarray, "O I K L"]
    bias: Vector
    stride: tuple[int, int]
    padding: tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class ResidualBlockPlan:
    """relu(second(relu(first(x))) + shortcut(x)); without a shortcut, x itself is added."""

    first: ConvolutionPlan
    second: ConvolutionPlan
    shortcut: ConvolutionPlan | None


@dataclass(frozen=True, slots=True, eq=False)
class HiddenLayersPlan:
    """Fully connected layers, each followed by the same activation function; without any, the input is passed on."""

    layers: tuple[LinearPlan, ...]
    function: Function


@dataclass(frozen=True, slots=True)
class PicturePlan:
    """Pictures as numbers from 0, white, to 1, black.

    Attributes:
        channels: number of channels of a picture.
        height: height in pixels.
        width: width in pixels; None for any.
    """

    channels: int
    height: int
    width: int | None


@dataclass(frozen=True, slots=True)
class RowPlan:
    """Rows of a table, as the vector of numbers that the encoder's first module makes of each."""

    numbers: int


@dataclass(frozen=True, slots=True, eq=False)
class TransformerEncoderPlan:
    """Embedding plus position, unless that is none, blocks of self-attention, and a normalisation where blocks
    normalise their inputs. With a ``shortcut`` λ, block l reads x + λ_l · x_0, where x_0 is what the first reads."""

    embedding: EmbeddingPlan
    positions: PositionsPlan | None
    blocks: tuple[TransformerBlockPlan, ...]
    norm: NormPlan | None
    shortcut: Vector | None = None


@dataclass(frozen=True, slots=True, eq=False)
class RecurrentEncoderPlan:
    """Embedding and recurrent layers; the final vector joins the last states of all layers and directions."""

    embedding: EmbeddingPlan
    layers: RecurrentStackPlan


@dataclass(frozen=True, slots=True, eq=False)
class ConvolutionalEncoderPlan:
    """(e + blocks(e)) · √½, where e is embedding plus position."""

    embedding: EmbeddingPlan
    positions: PositionsPlan | None
    blocks: tuple[GatedConvolutionPlan, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ResidualPictureEncoderPlan:
    """A convolution, residual blocks, a linear layer over each column, gated convolutions, and a normalisation."""

    picture: PicturePlan
    stem: ConvolutionPlan
    blocks: tuple[ResidualBlockPlan, ...]
    column: LinearPlan
    context: tuple[GatedConvolutionPlan, ...]
    norm: NormPlan


@dataclass(frozen=True, slots=True, eq=False)
class LeNetPlan:
    """Convolutions, each followed by ReLU and the maximum over windows, then fully connected layers."""

    picture: PicturePlan
    convolutions: tuple[ConvolutionPlan, ...]
    window: tuple[int, int]
    hidden: HiddenLayersPlan


@dataclass(frozen=True, slots=True, eq=False)
class PerceptronPlan:
    """Fully connected layers over the numbers of a picture, channel by channel and row by row, or of a table's row."""

    numbers: PicturePlan | RowPlan
    hidden: HiddenLayersPlan


EncoderPlan = (
    TransformerEncoderPlan
    | RecurrentEncoderPlan
    | ConvolutionalEncoderPlan
    | ResidualPictureEncoderPlan
    | LeNetPlan
    | PerceptronPlan
)


@dataclass(frozen=True, slots=True, eq=False)
class TransformerDecoderPlan:
    """Embedding plus position, causal blocks, a normalisation where blocks normalise their inputs, and the output
    layer. The blocks of a language model have no attention to an encoder. ``shortcut`` is as in an encoder."""

    embedding: EmbeddingPlan
    positions: PositionsPlan | None
    blocks: tuple[TransformerBlockPlan, ...]
    norm: NormPlan | None
    output: LinearPlan
    shortcut: Vector | None = None


@dataclass(frozen=True, slots=True, eq=False)
class RecurrentDecoderPlan:
    """Embedding, recurrent layers, readout and output layer.

    Attributes:
        embedding: embedding of the symbols.
        bridge: tanh of it is the first state of all layers, side by side; None begins with zeros.
        context: map from the encoder's final vector to what is added to every embedding; None adds nothing.
        layers: the recurrent layers.
        readout: linear layer before the output layer; None for none.
        output: the output layer.
    """

    embedding: EmbeddingPlan
    bridge: LinearPlan | None
    context: LinearPlan | None
    layers: RecurrentStackPlan
    readout: LinearPlan | None
    output: LinearPlan


@dataclass(frozen=True, slots=True, eq=False)
class AttentionalDecoderPlan:
    """Embedding, recurrent layers, attention of the top layer's state h to the memory, h̃ = tanh(join [context; h]), and
    the output layer, which reads h̃. Where ``feeding``, the lowest layer reads [embedding; h̃ of the step before]."""

    embedding: EmbeddingPlan
    bridge: LinearPlan
    layers: RecurrentStackPlan
    attention: MemoryAttentionPlan
    join: LinearPlan
    feeding: bool
    output: LinearPlan


@dataclass(frozen=True, slots=True, eq=False)
class PositionOutputPlan:
    """Scores of symbols or tags at each position of the memory: connectionist temporal classification and tags.

    Attributes:
        output: linear layer from the memory; a bias of −∞ is of symbols that may stand at no position.
        symbols: how many symbols a text is written with, the blank included; 0 if outputs are no symbols.
    """

    output: LinearPlan
    symbols: int


@dataclass(frozen=True, slots=True, eq=False)
class VectorOutputPlan:
    """Scores of classes, or a number, from the encoder's final vector."""

    output: LinearPlan


DecoderPlan = (
    TransformerDecoderPlan | RecurrentDecoderPlan | AttentionalDecoderPlan | PositionOutputPlan | VectorOutputPlan
)


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A whole model; without an encoder it is a language model."""

    encoder: EncoderPlan | None
    decoder: DecoderPlan

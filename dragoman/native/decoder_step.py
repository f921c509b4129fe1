"""A step of a Transformer decoder in one native call: its weights in the kernel's order, its inputs and its outputs.

It computes no gradient; :meth:`~dragoman.decoders.text_transformer.TransformerDecoder.step` computes the same in
PyTorch.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from ctypes import c_float, c_int64, c_void_p
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from dragoman.contracts import Layout
from dragoman.native.decoding import library

_PANEL = 32


class _Map(ctypes.Structure):
    _fields_ = (("weight", c_void_p), ("bias", c_void_p), ("inputs", c_int64), ("outputs", c_int64))


class _Norm(ctypes.Structure):
    _fields_ = (("gain", c_void_p), ("bias", c_void_p), ("epsilon", c_float))


class _Block(ctypes.Structure):
    _fields_ = (
        *((name, _Map) for name in ("inputs", "attended", "queries", "found", "inner", "outer")),
        ("norms", _Norm * 3),
    )


class _Decoder(ctypes.Structure):
    """``struct Decoder`` of sources/decoding_kernels.h; the classes beside it are other structs of that file."""

    _fields_ = (
        ("blocks", c_void_p),
        ("embedding", c_void_p),
        ("output", _Map),
        ("norm", _Norm),
        *((name, c_int64) for name in ("depth", "width", "heads", "inner", "pre_norm", "squared_relu")),
        ("embedding_scale", c_float),
        ("scale", c_float),
    )


class _Step(ctypes.Structure):
    _fields_ = (
        *((name, c_int64) for name in ("rows", "length", "count")),
        *((name, c_void_p) for name in ("tokens", "position", "past", "present", "ancestry", "memories", "sentences")),
        *((name, c_void_p) for name in ("starts", "lengths", "logits", "values", "ids", "normalizers")),
    )


@dataclass(frozen=True, slots=True)
class LinearMap:
    """The weights of a linear map y = x Wᵀ + b."""

    weight: Float[Tensor, "E D"]
    bias: Float[Tensor, " E"] | None


@dataclass(frozen=True, slots=True)
class Normalization:
    """The gain, the bias and the ε of a layer normalisation."""

    gain: Float[Tensor, " D"]
    bias: Float[Tensor, " D"]
    epsilon: float


@dataclass(frozen=True, slots=True)
class BlockWeights:
    """The weights of a block.

    Attributes:
        maps: linear maps into and out of self-attention, cross-attention and the feed-forward network.
        norms: normalisations before or behind each of the three.
    """

    maps: tuple[LinearMap, LinearMap, LinearMap, LinearMap, LinearMap, LinearMap]
    norms: tuple[Normalization, Normalization, Normalization]


@dataclass(frozen=True, slots=True)
class DecoderWeights:
    """All weights of a decoder, and the options of its computation.

    Attributes:
        embedding: embedding of the target vocabulary, and the factor of its vectors.
        blocks: weights of the blocks, all with the same widths.
        norm: normalisation before the output layer, if there is one.
        output: output layer, from hidden states to the vocabulary.
        heads: number of heads of every attention.
        pre_norm: whether normalisations stand before their sub-layers.
        squared_relu: whether the results of ReLU are squared.
    """

    embedding: tuple[Float[Tensor, "V D"], float]
    blocks: Sequence[BlockWeights]
    norm: Normalization | None
    output: LinearMap
    heads: int
    pre_norm: bool
    squared_relu: bool


class PackedDecoder:
    """The weights of a decoder, laid out once for many steps. Later changes of the weights have no effect.

    Args:
        weights: the weights, in float32, on the CPU, contiguous.
    """

    def __init__(self, weights: DecoderWeights) -> None:
        self._kept: list[Tensor | ctypes.Array[_Block]] = []
        table, embedding_scale = weights.embedding
        blocks = (_Block * len(weights.blocks))(*[self._block(block) for block in weights.blocks])
        self._kept.append(blocks)
        self.vocabulary, self.width = weights.output.weight.shape
        self.depth = len(weights.blocks)
        self._decoder = _Decoder(
            ctypes.addressof(blocks),
            self._pointer(table),
            self._map(weights.output),
            self._norm(weights.norm),
            self.depth,
            self.width,
            weights.heads,
            weights.blocks[0].maps[4].weight.shape[0],
            weights.pre_norm,
            weights.squared_relu,
            embedding_scale,
            (self.width // weights.heads) ** -0.5,
        )

    def _pointer(self, tensor: Tensor) -> int:
        self._kept.append(tensor)
        return tensor.data_ptr()

    def _map(self, linear: LinearMap) -> _Map:
        outputs, inputs = linear.weight.shape
        padded = F.pad(linear.weight, (0, 0, 0, -outputs % _PANEL))
        panels = padded.view(-1, _PANEL, inputs).transpose(1, 2).contiguous()
        bias = padded.new_zeros(len(padded))
        if linear.bias is not None:
            bias[:outputs] = linear.bias
        return _Map(self._pointer(panels), self._pointer(bias), inputs, outputs)

    def _norm(self, norm: Normalization | None) -> _Norm:
        if norm is None:
            return _Norm(None, None, 0.0)
        return _Norm(self._pointer(norm.gain), self._pointer(norm.bias), norm.epsilon)

    def _block(self, block: BlockWeights) -> _Block:
        return _Block(*map(self._map, block.maps), (_Norm * 3)(*map(self._norm, block.norms)))

    def room(self, rows: int) -> Float[Tensor, "R E"]:
        """An empty tensor for queries, keys and values of all blocks, which a step fills."""
        return torch.empty(rows, 3 * self.width * self.depth)

    def step(
        self,
        tokens: Int[Tensor, " R"],
        position: Float[Tensor, " D"],
        past: Sequence[Float[Tensor, "_ E"]],
        ancestry: Int[Tensor, "R t"],
        memories: Sequence[Float[Tensor, "N F"]],
        sentences: Int[Tensor, " R"],
        layout: Layout,
        scores: Scores,
    ) -> None:
        """Compute ``scores``, and fill the last tensor of ``past``.

        Args:
            tokens: last token of each hypothesis, as int64, contiguous.
            position: positional encoding, which is added to every embedding.
            past: one tensor of :meth:`room` for each step, the present one last.
            ancestry: ``ancestry[r, t]`` is the row that hypothesis ``r`` had at step ``t``, as int32, contiguous; in
                the last column it is ``r``.
            memories: for each block, keys and values of packed sentences side by side, F = 2 D, contiguous.
            sentences: number of each hypothesis's sentence, as int64, contiguous.
            layout: where each sentence's tokens lie.
            scores: the tensors to be filled.
        """
        pasts = (c_void_p * len(past))(*[tensor.data_ptr() for tensor in past])
        memory = (c_void_p * len(memories))(*[tensor.data_ptr() for tensor in memories])
        step = _Step(
            len(tokens),
            len(past),
            0 if scores.ids is None else scores.ids.shape[1],
            tokens.data_ptr(),
            position.data_ptr(),
            ctypes.addressof(pasts),
            past[-1].data_ptr(),
            ancestry.data_ptr(),
            ctypes.addressof(memory),
            sentences.data_ptr(),
            layout.starts.data_ptr(),
            layout.lengths.data_ptr(),
            *[None if tensor is None else tensor.data_ptr() for tensor in scores.tensors],
        )
        library().dragoman_decoder_step(
            ctypes.addressof(self._decoder), ctypes.addressof(step), torch.get_num_threads()
        )


@dataclass(frozen=True, slots=True)
class Scores:
    """The tensors into which a step writes its scores; None for those that are not needed.

    Attributes:
        logits: all logits.
        values: the largest logits of each row.
        ids: ids of the symbols with the largest logits.
        normalizers: log Σ exp of each row.
    """

    logits: Float[Tensor, "R V"] | None = None
    values: Float[Tensor, "R k"] | None = None
    ids: Int[Tensor, "R k"] | None = None
    normalizers: Float[Tensor, " R"] | None = None

    @property
    def tensors(self) -> tuple[Tensor | None, ...]:
        """The tensors in the kernel's order."""
        return self.logits, self.values, self.ids, self.normalizers

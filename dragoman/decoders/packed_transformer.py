"""A Transformer decoder for searches on a CPU: its weights are laid out once, and each step is one native call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeGuard

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from dragoman.contracts import Layout, Memory
from dragoman.decoders.text_transformer import TransformerDecoder
from dragoman.layers.attention.multi_head import Projection
from dragoman.layers.normalization import LayerNorm
from dragoman.layers.transformer.decoder_block import DecoderBlock
from dragoman.layers.transformer.embedding_shortcut import NoShortcut
from dragoman.layers.transformer.residual import PreNorm
from dragoman.layers.transformer.squared_relu import squared_relu
from dragoman.native import decoding
from dragoman.native.decoder_step import (
    BlockWeights,
    DecoderWeights,
    LinearMap,
    Normalization,
    PackedDecoder,
    Scores,
)


@dataclass(frozen=True, slots=True)
class PackedState:
    """The keys and values that a search's hypotheses attend to. States share these tensors, which are never
    overwritten.

    Attributes:
        past: for each step, queries, keys and values of all blocks: one row per hypothesis of that step.
        ancestry: ``ancestry[r, t]`` is the row that hypothesis ``r`` had at step ``t``, as int32.
        memories: for each block, keys and values of the packed sentences, side by side.
        layout: where each sentence's tokens lie.
        sentences: number of the sentence that each hypothesis attends to.
    """

    past: tuple[Float[Tensor, "_ E"], ...]
    ancestry: Int[Tensor, "R t"]
    memories: tuple[Float[Tensor, "N F"], ...]
    layout: Layout
    sentences: Int[Tensor, " R"]

    def select(self, rows: Int[Tensor, " K"]) -> PackedState:
        """The state of hypotheses ``rows``, in that order; only a few integers are moved."""
        ancestry, sentences = self.ancestry.index_select(0, rows), self.sentences.index_select(0, rows)
        return PackedState(self.past, ancestry, self.memories, self.layout, sentences)


class PackedTransformer:
    """A Transformer decoder as a :class:`~dragoman.contracts.RankingStep` of native code.

    Weights of the decoder that are changed afterwards have no effect here.

    Args:
        decoder: the decoder, in evaluation mode; see :meth:`takes`.
    """

    def __init__(self, decoder: TransformerDecoder) -> None:
        self._decoder = decoder
        self._packed = PackedDecoder(_weights(decoder))

    @staticmethod
    def takes(decoder: object) -> TypeGuard[TransformerDecoder]:
        """Whether native kernels can run this decoder as it is now: in evaluation mode, in float32 on a CPU, with one
        activation in all blocks, ReLU or its square, with queries and keys that are compared as they are projected, and
        without a shortcut from the embedding."""
        return (
            isinstance(decoder, TransformerDecoder)
            and not decoder.training
            and len(decoder.blocks) > 0
            and {block.feed_forward.activation for block in decoder.blocks} in ({F.relu}, {squared_relu})
            and isinstance(decoder.shortcut, NoShortcut)
            and all(_compares_as_projected(block) for block in decoder.blocks)
            and decoding.available(*decoder.parameters())
        )

    def start(self, memory: Memory) -> PackedState:
        """The state before the first token: one hypothesis per row of the memory."""
        maps = [block.cross_attention.memory_inputs for block in self._decoder.blocks]
        sentences = torch.arange(memory.layout.batch)
        memories = tuple(projection(memory.states) for projection in maps)
        return PackedState((), torch.empty((len(sentences), 0), dtype=torch.int32), memories, memory.layout, sentences)

    def __call__(self, tokens: Int[Tensor, " R"], state: PackedState) -> tuple[Float[Tensor, "R V"], PackedState]:
        """The unnormalised scores of each next token after ``tokens``."""
        logits = torch.empty(len(tokens), self._packed.vocabulary)
        return logits, self._step(tokens, state, Scores(logits=logits))

    def best(
        self, tokens: Int[Tensor, " R"], state: PackedState, count: int
    ) -> tuple[Float[Tensor, "R k"], Int[Tensor, "R k"], Float[Tensor, " R"], PackedState]:
        """The largest of the unnormalised scores; see :class:`~dragoman.contracts.RankingStep`."""
        rows, count = len(tokens), min(count, self._packed.vocabulary)
        values, normalizers = torch.empty(rows, count), torch.empty(rows)
        ids = torch.empty((rows, count), dtype=torch.int64)
        state = self._step(tokens, state, Scores(values=values, ids=ids, normalizers=normalizers))
        return values, ids, normalizers, state

    def _step(self, tokens: Int[Tensor, " R"], state: PackedState, scores: Scores) -> PackedState:
        own = torch.arange(len(tokens), dtype=torch.int32)[:, None]
        grown = PackedState(
            (*state.past, self._packed.room(len(tokens))),
            torch.cat([state.ancestry, own], 1),
            state.memories,
            state.layout,
            state.sentences,
        )
        self._packed.step(
            tokens.contiguous(),
            self._position(len(state.past)),
            grown.past,
            grown.ancestry,
            grown.memories,
            grown.sentences,
            grown.layout,
            scores,
        )
        return grown

    def _position(self, place: int) -> Float[Tensor, " D"]:
        like = self._decoder.embedding.weight[:1]
        return self._decoder.positions(torch.tensor([place]), like)[0].contiguous()


def _compares_as_projected(block: DecoderBlock) -> bool:
    own = block.self_attention
    return own.query_norm is None and own.rotary is None and block.cross_attention.query_norm is None


def _weights(decoder: TransformerDecoder) -> DecoderWeights:
    norm = decoder.norm
    return DecoderWeights(
        embedding=(decoder.embedding.weight, decoder.embedding.scale),
        blocks=[_block(block) for block in decoder.blocks],
        norm=_norm(norm) if isinstance(norm, LayerNorm) else None,
        output=LinearMap(decoder.output.weight, decoder.output.bias),
        heads=decoder.blocks[0].self_attention.heads,
        pre_norm=isinstance(decoder.blocks[0].around_self_attention, PreNorm),
        squared_relu=decoder.blocks[0].feed_forward.activation is squared_relu,
    )


def _block(block: DecoderBlock) -> BlockWeights:
    own, cross, feed_forward = block.self_attention, block.cross_attention, block.feed_forward
    residuals = block.around_self_attention, block.around_cross_attention, block.around_feed_forward
    first, second, third = (_norm(residual.norm) for residual in residuals)
    return BlockWeights(
        maps=(
            _map(own.inputs),
            _map(own.output),
            _map(cross.queries),
            _map(cross.output),
            LinearMap(feed_forward.weight_1, feed_forward.bias_1),
            LinearMap(feed_forward.weight_2, feed_forward.bias_2),
        ),
        norms=(first, second, third),
    )


def _map(projection: Projection) -> LinearMap:
    return LinearMap(projection.weight, projection.bias)


def _norm(norm: LayerNorm) -> Normalization:
    return Normalization(norm.gain, norm.bias, norm.epsilon)

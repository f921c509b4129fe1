"""What every attention layer of a model looks at: one pass over given inputs and outputs, whose weights are kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from dragoman.contracts import AnyBatch, Layout, Memory
from dragoman.contracts.expect import expect
from dragoman.layers.attention.memory_attention import MemoryAttention
from dragoman.layers.attention.multi_head import SelfAttention
from dragoman.layers.recurrent.time_major import TimeMajor
from dragoman.model.build import Model
from dragoman.model.taps import Call, Tap, evaluating, tapped
from dragoman.native.library import without_kernels


class Side(Enum):
    """The side on which a layer attends, and what it attends to."""

    ENCODER = "encoder"
    """The encoder's positions attend to each other."""
    DECODER = "decoder"
    """The decoder's positions attend to those before them and to themselves."""
    CROSS = "to the source"
    """The decoder's positions attend to the encoder's hidden states."""


@dataclass(frozen=True, slots=True)
class AttentionLayer:
    """An attention layer of a model.

    Attributes:
        module: The name of the layer's module.
        side: The side on which it attends.
        number: The number of its block, counted from 1; None for the one attention of a recurrent decoder.
    """

    module: str
    side: Side
    number: int | None

    @property
    def name(self) -> str:
        """The name for people, such as "encoder layer 1" or "decoder layer 2, to the source"."""
        where = "encoder" if self.side is Side.ENCODER else "decoder"
        numbered = where if self.number is None else f"{where} layer {self.number}"
        return f"{numbered}, to the source" if self.side is Side.CROSS else numbered


@dataclass(frozen=True, slots=True)
class LayerWeights:
    """The attention weights of one layer for several rows.

    Attributes:
        layer: The layer.
        rows: For each row the weights of every head H, query T and key S; the weights of a query sum to 1.
    """

    layer: AttentionLayer
    rows: list[Float[np.ndarray, "H _ _"]]


def attention_layers(model: Model) -> list[AttentionLayer]:
    """The attention layers of a model, in the order in which data flows; none for a model without attention.

    >>> from dragoman.contracts import TextSize
    >>> from dragoman.model.build import build
    >>> from dragoman.recipe import recipe_from
    >>> stack = {"layers": 1, "width": 8, "feed_forward": 16, "heads": 2}
    >>> recipe = recipe_from({"model": {"encoder": stack, "decoder": stack}}).model
    >>> for layer in attention_layers(build(recipe, TextSize(100), TextSize(100), seed=1)):
    ...     print(layer.name)
    encoder layer 1
    decoder layer 1
    decoder layer 1, to the source
    """
    found = []
    for module, layer in model.named_modules():
        side = _side(module, layer)
        if side is not None:
            block = re.search(r"\.(\d+)\.", module)
            found.append(AttentionLayer(module, side, None if block is None else int(block[1]) + 1))
    return found


def attention_weights(
    model: Model, batch: AnyBatch, layers: Sequence[AttentionLayer] | None = None
) -> list[LayerWeights]:
    """The weights of every attention layer while the model reads a mini-batch, targets included (teacher forcing).

    The query of a decoder's position t is what the decoder knows before it writes token t of the target: it has read
    the start symbol and the tokens before t. So row t of the weights to the source belongs to the token that is
    written, and row and column t of the decoder's self-attention to the token that is read, the one before.

    Every row is as if it stood alone, but for rounding. The model computes in evaluation mode, without dropout, and is
    left as it was.

    Args:
        model: A model; where its inputs are pictures, the keys are the positions across a picture.
        batch: Inputs and outputs, on the model's device.
        layers: The layers that are wanted; None for all of :func:`attention_layers`.

    Returns:
        The weights of each layer, in the same order.
    """
    layers = attention_layers(model) if layers is None else layers
    tap = _Attentions({layer.module for layer in layers})
    with torch.inference_mode(), evaluating(model), without_kernels():
        with tapped(model, tap, methods=("forward", "step")):
            model.outputs(batch)  # type: ignore[arg-type]  # a batch of the kind that the model takes
        modules = dict(model.named_modules())
        return [LayerWeights(layer, tap.weights(layer.module, modules[layer.module], batch)) for layer in layers]


def _side(name: str, module: nn.Module) -> Side | None:
    match module:
        case SelfAttention():
            return Side.ENCODER if name.startswith("encoder.") else Side.DECODER
        case MemoryAttention():
            return Side.CROSS
        case _:
            return None


class _Attentions(Tap):
    """Keeps what the attention layers are called with: whole rows at once, or step by step."""

    def __init__(self, modules: set[str]) -> None:
        self._modules = modules
        self._whole: dict[str, tuple[object, ...]] = {}
        self._steps: dict[str, list[Tensor]] = {module: [] for module in modules}
        self._memory: Memory | None = None

    def after(self, call: Call, result: object) -> object:
        """Keep the queries, and the encoder's hidden states."""
        if call.module == "encoder":
            self._memory = expect(result, Memory)
        elif call.module in self._modules and call.method == "forward":
            self._whole[call.module] = call.arguments
        elif call.module in self._modules:
            self._steps[call.module].append(expect(call.arguments[0], Tensor))
        return result

    def weights(self, name: str, module: nn.Module, batch: AnyBatch) -> list[Float[np.ndarray, "H _ _"]]:
        """The weights of a layer for each row."""
        if isinstance(module, SelfAttention):
            x, layout = self._whole[name]
            queries = keys = expect(layout, Layout)
            found = module.weights(expect(x, Tensor), queries)
        else:
            attention, memory = expect(module, MemoryAttention), expect(self._memory, Memory)
            queries, keys = batch.target.layouts[0], memory.layout
            found = attention.weights(self._queries(name, queries), queries, memory)
        sizes = zip(queries.lengths.tolist(), keys.lengths.tolist(), strict=True)
        every = found.float().cpu().numpy()
        return [row[:, :written, :read].copy() for row, (written, read) in zip(every, sizes, strict=True)]

    def _queries(self, name: str, layout: Layout) -> Float[Tensor, "N Q"]:
        """The queries of packed rows; those of single steps come in the order of time."""
        if name in self._whole:
            return expect(self._whole[name][0], Tensor)
        return TimeMajor.of(layout).restore(torch.cat(self._steps[name]))

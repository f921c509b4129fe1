"""The layers of a model with the shapes that they hand on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from dragoman.contracts import Batch, Memory, Packed
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.text.vocabulary import END

# Lengths of the row that is sent through; primes, so that they are not mistaken for a width.
_SOURCE_LENGTH, _TARGET_LENGTH = 211, 223


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One layer.

    Attributes:
        name: its path in the model.
        kind: its class.
        depth: how deep it is nested, from 0.
        shape: of its output, for one sentence of S source and T target tokens, such as ``S × 128``.
        parameters: trainable numbers in it and below; what is shared is counted where it first appears.
    """

    name: str
    kind: str
    depth: int
    shape: str
    parameters: int


def describe(model: EncoderDecoder) -> list[LayerRow]:
    """Send one sentence through the model and note what comes out of each layer, in the model's order."""
    shapes: dict[str, str] = {}

    def note(name: str) -> Any:
        def hook(module: nn.Module, inputs: Any, output: Any) -> None:
            states = output.states if isinstance(output, Memory) else output
            if isinstance(states, Tensor):
                shapes[name] = _symbolic(states)

        return hook

    handles = [module.register_forward_hook(note(name)) for name, module in model.named_modules() if name]
    try:
        with torch.inference_mode():
            source, target = (Packed.of([[END] * n], model.device) for n in (_SOURCE_LENGTH, _TARGET_LENGTH))
            model.decoder.output(model(Batch(source, target, torch.zeros(1, dtype=torch.int64))))
    finally:
        for handle in handles:
            handle.remove()
    return _rows(model, shapes)


def parameter_count(model: nn.Module) -> int:
    """Trainable numbers; what is shared is counted once."""
    return sum(p.numel() for p in model.parameters())


def _rows(model: nn.Module, shapes: dict[str, str]) -> list[LayerRow]:
    counted: set[int] = set()
    rows = []
    for name, module in model.named_modules():
        depth = name.count(".")
        fresh = [p for p in module.parameters() if id(p) not in counted]
        is_leaf = next(module.children(), None) is None
        if is_leaf:
            counted.update(id(p) for p in module.parameters())
        if name and (name in shapes or not is_leaf):
            size = sum(p.numel() for p in fresh)
            rows.append(LayerRow(name, type(module).__name__, depth, shapes.get(name, ""), size))
    return rows


def _symbolic(output: Tensor) -> str:
    names = {_SOURCE_LENGTH: "S", _TARGET_LENGTH: "T"}
    return " × ".join(names.get(size, f"{size:,}") for size in output.shape)

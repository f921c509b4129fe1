"""The layers of a model with the shapes that they hand on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from dragoman.contracts import Memory, Packed
from dragoman.model.build import Model
from dragoman.text.vocabulary import END

# Lengths of the row that is sent through; primes, so that they are not mistaken for a width.
_SOURCE_LENGTH, _TARGET_LENGTH = 211, 223


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One layer, or several equal ones.

    Attributes:
        name: its name in the layer around it; ``0 to 3`` stands for equal layers, one behind the other.
        kind: its class.
        depth: how deep it is nested, from 0.
        shape: of its output, for one sentence of S source and T target tokens, such as ``S × 128``.
        parameters: trainable numbers in it and below (of all, if several); what is shared is counted where it first
            appears.
    """

    name: str
    kind: str
    depth: int
    shape: str
    parameters: int


def describe(model: Model) -> list[LayerRow]:
    """Send one sentence through the model and note what comes out of each layer, in the model's order."""
    shapes: dict[str, str] = {}

    def note(name: str) -> Any:
        def hook(module: nn.Module, inputs: Any, output: Any) -> None:
            states = output.states if isinstance(output, Memory) else output
            states = states[0] if isinstance(states, tuple) else states
            if isinstance(states, Tensor):
                shapes.setdefault(name, _symbolic(states))

        return hook

    handles = [module.register_forward_hook(note(name)) for name, module in model.named_modules() if name]
    try:
        with torch.inference_mode():
            source, target = (Packed.of([[END] * n], model.device) for n in (_SOURCE_LENGTH, _TARGET_LENGTH))
            model.decoder.output(model.states(source, target))
    finally:
        for handle in handles:
            handle.remove()
    return _rows(model, shapes)


def parameter_count(model: nn.Module) -> int:
    """Trainable numbers; what is shared is counted once."""
    return sum(p.numel() for p in model.parameters())


def _rows(model: nn.Module, shapes: dict[str, str]) -> list[LayerRow]:
    counted: set[int] = set()
    rows: list[LayerRow] = []

    def visit(module: nn.Module, path: str, depth: int) -> None:
        for name, kind, child, repeats in _children(module):
            inside = f"{path}.{name.split()[0]}".strip(".")
            fresh = {id(p): p.numel() for p in child.parameters() if id(p) not in counted}
            if not fresh and next(child.parameters(), None) is None:
                continue
            rows.append(LayerRow(name, kind, depth, shapes.get(inside, ""), repeats * sum(fresh.values())))
            visit(child, inside, depth + 1)
            counted.update(fresh)

    visit(model, "", 0)
    return rows


def _children(module: nn.Module) -> list[tuple[str, str, nn.Module, int]]:
    """Name, class, layer and how often it is repeated; equal layers of a stack are one entry."""
    children = list(module.named_children())
    shapes = [
        [(type(part), *(p.shape for p in part.parameters())) for part in child.modules()] for _, child in children
    ]
    if isinstance(module, nn.ModuleList) and len(children) > 1 and all(shape == shapes[0] for shape in shapes):
        first = children[0][1]
        return [(f"0 to {len(children) - 1}", f"{len(children)} × {type(first).__name__}", first, len(children))]
    return [(name, type(child).__name__, child, 1) for name, child in children]


def _symbolic(output: Tensor) -> str:
    names = {_SOURCE_LENGTH: "S", _TARGET_LENGTH: "T"}
    return " × ".join(names.get(size, f"{size:,}") for size in output.shape)

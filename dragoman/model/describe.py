"""The layers of a model with the shapes of their outputs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from dragoman.contracts import Source, SourceSize
from dragoman.layers.convolution.cross_correlation_2d import CrossCorrelation2d
from dragoman.model.build import Model
from dragoman.model.example_input import example_inputs, example_target, symbol
from dragoman.model.taps import Call, Tap, evaluating, states_of, tapped


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One layer, or several equal ones.

    Attributes:
        name: name of the layer in the layer around it; ``0 to 3`` stands for equal layers, one behind the other.
        kind: class of the layer.
        depth: depth of nesting, from 0.
        shape: shape of the output for one example, such as ``S × 128`` or ``16 × 28 × 28``: channels, height and width.
        parameters: number of trainable parameters in the layer and in the layers inside it, summed over equal layers;
            shared parameters are counted where they first appear.
        fully_connected: for a convolution over pictures, the number of weights c_i·h_1·w_1·c_o·h_2·w_2 of a fully
            connected layer in its place, from c_i channels to c_o; else None.
        times: how often the row occurs, if it is inside one of several equal layers.
    """

    name: str
    kind: str
    depth: int
    shape: str
    parameters: int
    fully_connected: int | None = None
    times: int = 1


@dataclass(frozen=True, slots=True)
class _Call:
    """One call of a layer.

    Attributes:
        order: number of calls that returned before it.
        inputs: shape of the first input; empty if that is no tensor.
        outputs: shape of the output.
    """

    order: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    @property
    def changes_shape(self) -> bool:
        """Whether numbers came out in another shape than they went in. A look-up is none."""
        return self.inputs != self.outputs and len(self.inputs) in (0, len(self.outputs))


_OF_MAPS = 4
"""The number of axes of a convolution's maps: examples, channels, height and width."""

Calls = dict[str, list[_Call]]
"""The calls of each layer, by its full name."""


def describe(model: Model, source: SourceSize) -> list[LayerRow]:
    """The layers of a model, in the order of their use, found by sending one example through it.

    Where pictures may have any width, a narrower one is sent as well: sizes that differ depend on the width W.

    >>> from dragoman.contracts import PictureSize
    >>> from dragoman.model.build import build
    >>> from dragoman.recipe import recipe_from
    >>> lenet = {"encoder": {"kind": "lenet"}, "decoder": {"kind": "label"}}
    >>> recipe = recipe_from({"model": lenet, "pictures": {"height": 28, "width": 28}}).model
    >>> size = PictureSize(channels=1, height=28, width=28)
    >>> for row in describe(build(recipe, size, 10, seed=1), size):
    ...     print("  " * row.depth + row.name, row.shape, row.parameters)
    encoder 84 119532
      convolution_1 16 × 28 × 28 416
      pooling 16 × 14 × 14 0
      convolution_2 32 × 10 × 10 12832
      pooling 32 × 5 × 5 0
      hidden 84 106284
        weights  106080
        biases  204
    decoder 10 850

    Args:
        model: the model.
        source: size of the inputs, as given to :func:`~dragoman.model.build.build`.
    """
    inputs = example_inputs(source, model.device)
    found = [_calls(model, example.source) for example in inputs]
    layers = _Layers(found, [example.width for example in inputs])
    return list(layers.rows(model))


def convolution_totals(rows: Iterable[LayerRow]) -> tuple[int, int]:
    """The parameters of all convolutions over pictures, and the weights of fully connected layers in their place."""
    convolutions = [row for row in rows if row.fully_connected is not None]
    parameters = sum(row.times * row.parameters for row in convolutions)
    return parameters, sum(row.times * (row.fully_connected or 0) for row in convolutions)


def _calls(model: Model, source: Source) -> Calls:
    """The calls of every layer, for one example that passes through the whole model."""
    shapes = _Shapes()
    with evaluating(model), torch.inference_mode(), tapped(model, shapes):
        model.outputs(model.batch_of(source, example_target(model.device)))  # type: ignore[arg-type]  # its own
    return shapes.calls


class _Shapes(Tap):
    """Records the shapes of the inputs and outputs of layers."""

    def __init__(self) -> None:
        self.calls: Calls = {}
        self._done = 0

    def after(self, call: Call, result: object) -> object:
        """Record a layer whose output is a tensor; the model itself is no layer."""
        states = states_of(result)
        if call.module and isinstance(states, Tensor):
            first = call.arguments[0] if call.arguments else None
            taken = tuple(first.shape) if isinstance(first, Tensor) else ()
            self.calls.setdefault(call.module, []).append(_Call(self._done, taken, tuple(states.shape)))
            self._done += 1
        return result


class _Layers:
    """Turns the calls of layers into rows.

    Args:
        found: the calls for each example.
        widths: width of each example's picture; 0 where there is none.
    """

    def __init__(self, found: list[Calls], widths: list[int]) -> None:
        self._found = found
        self._widths = widths
        self._counted: set[int] = set()

    def rows(self, module: nn.Module, path: str = "", depth: int = 0, times: int = 1) -> Iterator[LayerRow]:
        """The rows of the layers in ``module``, and of the layers inside those."""
        for name, repeats, child, place in self._children(module, path):
            inside = f"{path}.{name.split()[0]}".strip(".")
            fresh = {id(p): p.numel() for p in child.parameters() if id(p) not in self._counted}
            kind = f"{repeats} × {type(child).__name__}" if repeats > 1 else type(child).__name__
            row = LayerRow(name, kind, depth, self._shape(inside, place), repeats * sum(fresh.values()), None, times)
            if isinstance(child, CrossCorrelation2d):
                row = replace(row, fully_connected=self._fully_connected(inside, repeats))
            yield row
            yield from self.rows(child, inside, depth + 1, times * repeats)
            self._counted.update(fresh)

    def _children(self, module: nn.Module, path: str) -> list[tuple[str, int, nn.Module, int]]:
        """Name, number of equal layers, layer, and the number of its call, in the order of first use.

        A layer without parameters is listed once per use if it changes the shape, such as pooling.
        """
        children = list(module.named_children())
        if isinstance(module, nn.ModuleList) and self._all_equal(children, path):
            return [(f"0 to {len(children) - 1}", len(children), children[0][1], 0)]
        found: list[tuple[int, tuple[str, int, nn.Module, int]]] = []
        order = -1
        for name, child in children:
            inside = f"{path}.{name}".strip(".")
            if next(child.parameters(), None) is not None:
                order = self._first_use(inside, order)
                found.append((order, (name, 1, child, 0)))
                continue
            for number, call in enumerate(self._found[0].get(inside, [])):
                if call.changes_shape:
                    found.append((call.order, (name, 1, child, number)))
        return [layer for _, layer in sorted(found, key=lambda pair: pair[0])]

    def _first_use(self, name: str, before: int) -> int:
        """When a layer, or one inside it, was first used; the value ``before`` if it never was."""
        calls = self._found[0].items()
        used = [of[0].order for key, of in calls if key == name or key.startswith(f"{name}.")]
        return min(used, default=before)

    def _all_equal(self, children: list[tuple[str, nn.Module]], path: str) -> bool:
        """Whether the layers of a stack have the same layers with the same shapes."""
        parts = [
            [
                (type(part), *(p.shape for p in part.parameters()), self._outputs(f"{path}.{name}.{inner}".strip(".")))
                for inner, part in child.named_modules()
            ]
            for name, child in children
        ]
        return len(children) > 1 and all(part == parts[0] for part in parts)

    def _outputs(self, name: str) -> tuple[int, ...] | None:
        calls = self._found[0].get(name)
        return calls[0].outputs if calls else None

    def _shape(self, name: str, place: int) -> str:
        """The shape of the output as text, without the axis of the batch."""
        if name not in self._found[0]:
            return ""
        shapes = [self._alone(number, calls[name][place].outputs) for number, calls in enumerate(self._found)]
        return " × ".join(symbol(sizes[0], sizes[-1], self._widths) for sizes in zip(*shapes, strict=True))

    def _alone(self, number: int, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of one example, without the columns between pictures that stand side by side."""
        sizes = shape[1:] if shape[0] == 1 and len(shape) > 1 else shape
        if len(shape) != _OF_MAPS or not self._widths[number]:
            return sizes
        every = (call for calls in self._found[number].values() for call in calls if len(call.inputs) == _OF_MAPS)
        laid = min(every, key=lambda call: call.order).inputs[3]
        return (*sizes[:2], math.ceil(self._widths[number] * sizes[2] / laid))

    def _fully_connected(self, name: str, repeats: int) -> int | None:
        if name not in self._found[0]:
            return None
        call = self._found[0][name][0]
        return repeats * math.prod(self._alone(0, call.inputs)) * math.prod(self._alone(0, call.outputs))

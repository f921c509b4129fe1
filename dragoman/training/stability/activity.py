"""How strongly the units of a model respond: root mean squares, dead and saturated units, attention scores."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from dragoman.contracts import AnyBatch, Layout
from dragoman.contracts.expect import expect
from dragoman.model.build import Model
from dragoman.model.taps import Call, Tap, evaluating, recurrent_cells, states_of, tapped, unrolled
from dragoman.native.library import without_kernels
from dragoman.training.stability.passes import send

FLAT_END = 0.01
"""A sigmoid nearer than this to 0 or 1, or a tanh nearer to −1 or 1, counts as saturated."""

_OF_MAPS = 4
"""Axes of the maps of a convolution: examples, channels, height and width."""

Key = TypeVar("Key", bound=Hashable)
Arguments = tuple[object, ...]
Place = tuple[str, int]
"""A module, and which of its functions it is."""


@dataclass(frozen=True, slots=True)
class Activity:
    """The activity of a model's units; see :class:`~dragoman.training.observer.StabilityRecord`."""

    activation: Mapping[str, float]
    dead: Mapping[str, float]
    saturated: Mapping[str, float]
    attention_logit: Mapping[str, float]


class Watched:
    """The activity of a model's units, still on the model's device, so that nothing waits for it.

    Args:
        norms: for each output of a module, the module's name, the number of its values, and its Euclidean norm.
        flat: for each result of a sigmoid or tanh, its place, the number of its values, and how many are near its
            bounds.
        alive: for each ReLU, the units that were above 0 on any token.
        logits: for each attention, the module's name and the largest score.
    """

    def __init__(
        self,
        norms: Sequence[tuple[str, int, Float[Tensor, ""]]],
        flat: Sequence[tuple[Place, int, Tensor]],
        alive: Mapping[Place, Bool[Tensor, " U"]],
        logits: Sequence[tuple[str, Tensor]],
    ) -> None:
        self._norms = [(name, count) for name, count, _ in norms]
        self._flat = [(place, count) for place, count, _ in flat]
        self._alive = [(place, units.numel()) for place, units in alive.items()]
        self._logits = [name for name, _ in logits]
        numbers = [norm for _, _, norm in norms] + [count for _, _, count in flat] + [score for _, score in logits]
        numbers += [units.sum() for units in alive.values()]
        self._numbers = torch.stack([number.float() for number in numbers]) if numbers else torch.zeros(0)

    def read(self) -> Activity:
        """The activity, in one transfer from the device."""
        numbers = iter(self._numbers.tolist())
        squares, saturated, alive = _Shares[str](), _Shares[Place](), _Shares[Place]()
        logits: dict[str, float] = {}
        for name, count in self._norms:
            squares.add(name, next(numbers) ** 2, count)
        for place, count in self._flat:
            saturated.add(place, next(numbers), count)
        for name in self._logits:
            logits[name] = float(np.maximum(next(numbers), logits.get(name, -math.inf)))
        for place, count in self._alive:
            alive.add(place, count - next(numbers), count)
        return Activity(
            {name: math.sqrt(mean) for name, mean in squares.means().items()},
            _named(alive.means()),
            _named(saturated.means()),
            logits,
        )


def watch(model: Model, batches: Iterable[AnyBatch]) -> Watched:
    """Compute batches in evaluation mode, without a gradient, and measure how the units of a model respond.

    - Root mean squares are taken of the outputs of modules with weights of their own, of blocks, of encoder and
      decoder; the outputs of convolutions count with what stands between pictures.
    - Dead units are counted in the results of ReLU; a unit is a channel of maps, or a column. GELU is left out, since
      it is never quite flat.
    - Saturated values are counted in the results of tanh and sigmoid. The sigmoids of recurrent cells and of gated
      convolutions are left out, since they are gates, which work at their bounds; the other functions of a cell count.
      In additive attention the hidden layer counts, padding included.
    - If a module calls such functions several times, the calls are numbered from 0, in their order.
    - Attention scores are taken before the softmax, of real queries and of the keys that they see.

    Args:
        model: the model, which is left as it was.
        batches: the batches, on the model's device.
    """
    cells = recurrent_cells(model)
    watcher = _Watcher(model, cells)
    tap = tapped(model, watcher, methods=("forward", "step"), functions=watcher.functions)
    with evaluating(model), torch.no_grad(), without_kernels(), unrolled(cells.values()), tap:
        for batch in batches:
            send(model, batch)
    return watcher.watched()


class _Shares(Generic[Key]):
    """Sums and counts by key."""

    def __init__(self) -> None:
        self._sums: dict[Key, float] = defaultdict(float)
        self._counts: dict[Key, int] = defaultdict(int)

    def add(self, key: Key, total: float, count: int) -> None:
        self._sums[key] += total
        self._counts[key] += count

    def means(self) -> dict[Key, float]:
        return {key: total / self._counts[key] for key, total in self._sums.items()}


def _named(places: Mapping[Place, float]) -> dict[str, float]:
    several = {name for name, number in places if number}
    return {f"{name}.{number}" if name in several else name: value for (name, number), value in places.items()}


class _Watcher(Tap):
    """A tap that records the outputs of modules and the results of activation functions and attention.

    A step that a decoder computes by a recurrent cell or an attention is a call of that module too.

    Args:
        model: The model whose modules are observed.
        cells: The names of its recurrent cells.
    """

    def __init__(self, model: nn.Module, cells: Iterable[str]) -> None:
        self._cells = frozenset(cells)
        self._looked_at = _looked_at(model)
        self._places: dict[Call, int] = defaultdict(int)
        self._norms: list[tuple[str, int, Tensor]] = []
        self._flat: list[tuple[Place, int, Tensor]] = []
        self._alive: dict[Place, Tensor] = {}
        self._logits: list[tuple[str, Tensor]] = []
        self._notes: dict[Callable[..., Any], Callable[[Call, Arguments, Mapping[str, object], Tensor], None]] = {
            torch.relu: self._rectified,
            F.relu: self._rectified,
            torch.tanh: self._tanh,
            torch.tanh_: self._tanh_piece,
            torch.sigmoid: self._sigmoid,
            torch.softmax: self._softmax,
            F.scaled_dot_product_attention: self._fused_attention,
        }
        self.functions = frozenset(self._notes)

    def watched(self) -> Watched:
        """All that was recorded."""
        return Watched(self._norms, self._flat, self._alive, self._logits)

    def after(self, call: Call, result: object) -> object:
        """Record the norm of a module's output; steps within its own call are parts of that."""
        self._places.pop(call, None)
        part = call.method == "step" and call.caller is not None and call.caller.module == call.module
        if call.module in self._looked_at and not part:
            states = expect(states_of(result), Tensor)
            exact = torch.promote_types(states.dtype, torch.float32)
            self._norms.append((call.module, states.numel(), torch.linalg.vector_norm(states, dtype=exact)))
        return result

    def computed(
        self,
        call: Call,
        function: Callable[..., object],
        arguments: Arguments,
        named: Mapping[str, object],
        result: object,
    ) -> None:
        """Record the result of a function, unless the model itself calls it outside of its modules."""
        if call.module:
            self._notes[function](call, arguments, named, expect(result, Tensor))

    def _next_place(self, call: Call) -> Place:
        self._places[call] += 1
        return call.module, self._places[call] - 1

    def _rectified(self, call: Call, args: Arguments, kwargs: Mapping[str, object], result: Tensor) -> None:
        units = 1 if result.ndim == _OF_MAPS else result.ndim - 1
        alive = (result > 0).transpose(0, units).flatten(1).any(1)
        place = self._next_place(call)
        self._alive[place] = alive | self._alive[place] if place in self._alive else alive

    def _tanh(self, call: Call, args: Arguments, kwargs: Mapping[str, object], result: Tensor) -> None:
        self._flat.append((self._next_place(call), result.numel(), (result.abs() > 1 - FLAT_END).sum()))

    def _tanh_piece(self, call: Call, args: Arguments, kwargs: Mapping[str, object], result: Tensor) -> None:
        """Record a tanh that is computed in place, for one layer piece by piece."""
        self._flat.append(((call.module, 0), result.numel(), (result.abs() > 1 - FLAT_END).sum()))

    def _sigmoid(self, call: Call, args: Arguments, kwargs: Mapping[str, object], result: Tensor) -> None:
        if call.module not in self._cells:
            flat = ((result - 0.5).abs() > 0.5 - FLAT_END).sum()
            self._flat.append((self._next_place(call), result.numel(), flat))

    def _softmax(self, call: Call, args: Arguments, kwargs: Mapping[str, object], result: Tensor) -> None:
        self._logits.append((call.module, _largest_score(expect(args[0], Tensor), _layout_of(call))))

    def _fused_attention(self, call: Call, args: Arguments, kwargs: Mapping[str, object], result: Tensor) -> None:
        queries, keys = (expect(argument, Tensor) for argument in args[:2])
        mask, scale = kwargs.get("attn_mask"), kwargs.get("scale")
        scores = (
            queries @ keys.transpose(-1, -2) * (queries.shape[-1] ** -0.5 if scale is None else expect(scale, float))
        )
        if isinstance(mask, Tensor):
            scores = scores.masked_fill(~mask, -math.inf)
        self._logits.append((call.module, _largest_score(scores, _layout_of(call))))


def _layout_of(call: Call) -> Layout | None:
    """The layout that a module was called with, if there is one."""
    told = call.arguments[1] if call.method == "forward" and len(call.arguments) > 1 else None
    return told if isinstance(told, Layout) else None


def _largest_score(scores: Float[Tensor, "B *H T S"], queries: Layout | None) -> Float[Tensor, ""]:
    """The largest score of real queries; the scores of hidden keys are −∞ already."""
    if queries is not None and not queries.rectangular:
        real = queries.mask.view(queries.batch, *[1] * (scores.ndim - 3), queries.longest, 1)
        scores = scores.masked_fill(~real, -math.inf)
    return scores.amax()


def _looked_at(model: nn.Module) -> frozenset[str]:
    """The names of modules with weights of their own, of blocks, and of the direct parts of the model."""
    lists = [module for module in model.modules() if isinstance(module, nn.ModuleList)]
    chosen = {id(child) for parent in (model, *lists) for child in parent.children()}
    named = [(name, module) for name, module in model.named_modules() if name]
    return frozenset(name for name, module in named if id(module) in chosen or _has_own_weights(module))


def _has_own_weights(module: nn.Module) -> bool:
    """Whether a module holds weights, directly, in a list of parameters or in an embedding table."""
    holders = [m for m in module.children() if isinstance(m, nn.ParameterList | nn.Embedding)]
    return any(next(m.parameters(recurse=False), None) is not None for m in (module, *holders))

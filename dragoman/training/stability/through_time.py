"""How much of a loss at the end of a row reaches the hidden states before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from dragoman.contracts import AnyBatch
from dragoman.contracts.expect import expect
from dragoman.model.build import Model
from dragoman.model.taps import Call, Tap, evaluating, recurrent_cells, states_of, tapped, unrolled
from dragoman.training.stability.passes import last_token_loss

LONGEST = 200
"""Steps that are looked at. Batches with longer rows are passed over if there are others."""

_ENOUGH_ROWS = 0.25
"""Share of the rows that must reach a distance for their mean to be reported."""

_FEWEST_POINTS = 3
"""Points that a line is fitted to at the least."""


@dataclass(frozen=True, slots=True)
class ThroughTime:
    """What was seen; see :class:`~dragoman.training.observer.StabilityRecord`."""

    through_time: Mapping[str, tuple[float, ...]]
    growth: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of a cell over the rows of a batch, or of several, as they come.

    Attributes:
        rows: whose step it is.
        distances: how many steps the row has yet to go.
    """

    rows: Int[np.ndarray, " N"]
    distances: Int[np.ndarray, " N"]

    @classmethod
    def of(cls, sizes: Sequence[int], first: int) -> Steps:
        """Those of one batch.

        Args:
            sizes: rows alive at each step, longest first.
            first: number of the first row.
        """
        alive = np.arange(sizes[0])
        lengths = (np.asarray(sizes)[:, None] > alive).sum(0)
        distances = [lengths[:size] - 1 - step for step, size in enumerate(sizes)]
        return cls(first + np.concatenate([alive[:size] for size in sizes]), np.concatenate(distances))

    @classmethod
    def join(cls, parts: Sequence[Steps]) -> Steps:
        """Those of several batches."""
        return cls(np.concatenate([p.rows for p in parts]), np.concatenate([p.distances for p in parts]))


class Traces:
    """The gradients of all steps of all cells, still where the model computes, so that nobody waits for them.

    Args:
        norms: of each cell and batch ‖∂L/∂h‖ of every step's rows.
        steps: likewise the steps.
    """

    def __init__(
        self, norms: Mapping[str, Sequence[Float[Tensor, " _"]]], steps: Mapping[str, Sequence[Steps]]
    ) -> None:
        self._steps = {name: Steps.join(parts) for name, parts in steps.items()}
        parts = [part.float() for name in self._steps for part in norms[name]]
        self._norms = torch.cat(parts) if parts else torch.zeros(0)

    def read(self) -> ThroughTime:
        """All of it, in one transfer."""
        norms, begin = self._norms.cpu().numpy().astype(np.float64), 0
        means: dict[str, tuple[float, ...]] = {}
        slopes: dict[str, float] = {}
        for name, steps in self._steps.items():
            of_cell = norms[begin : begin + len(steps.rows)]
            begin += len(steps.rows)
            reach = _reach(steps)
            means[name] = tuple((np.bincount(steps.distances, of_cell) / np.bincount(steps.distances))[:reach].tolist())
            slope = growth(np.where(steps.distances < reach, of_cell, 0.0), steps)
            if slope is not None:
                slopes[name] = slope
        return ThroughTime(means, slopes)


def trace(model: Model, batches: Sequence[AnyBatch]) -> Traces:
    """Unroll every recurrent cell of a model in evaluation mode, and follow the loss of each row's last target token
    alone back through time (Bengio et al. 1994; Pascanu et al. 2013, section 2).

    Distance counts the steps that a cell has yet to go until the end of its row; for a cell that goes from the last
    token to the first, that is the first token. Without recurrent cells nothing is computed.

    Args:
        model: left as it was, its gradients too.
        batches: on the model's device.
    """
    cells = recurrent_cells(model)
    norms: dict[str, list[Tensor]] = {name: [] for name in cells}
    steps: dict[str, list[Steps]] = {name: [] for name in cells}
    rows = 0
    for batch in _short_enough(batches) if cells else ():
        hidden = _HiddenStates(cells)
        tap = tapped(model, hidden, methods=("step",))
        with evaluating(model), torch.enable_grad(), unrolled(cells.values()), tap:
            loss = last_token_loss(model, batch)
        states = [state for of_cell in hidden.by_cell.values() for state in of_cell]
        gradients = iter(torch.autograd.grad(loss, states, allow_unused=True, materialize_grads=True))
        for name, of_cell in hidden.by_cell.items():
            norms[name].append(_norms(torch.cat([next(gradients) for _ in of_cell])))
            steps[name].append(Steps.of([len(state) for state in of_cell], rows))
        rows += len(batch.examples)
    return Traces(norms, steps)


def growth(norms: Float[np.ndarray, " N"], steps: Steps) -> float | None:
    """The slope of ln ‖∂L/∂h‖ over the distance: of least-squares lines of one slope, one for each row, so that it does
    not matter which rows are the longer ones.

    Only normal numbers above 0 count; None if they stand at fewer than three distances.
    """
    usable = np.isfinite(norms) & (norms >= torch.finfo(torch.float32).tiny)
    distances, rows = steps.distances[usable].astype(np.float64), steps.rows[usable]
    if len(np.unique(distances)) < _FEWEST_POINTS:
        return None
    counts = np.maximum(np.bincount(rows), 1)
    x, y = (part - (np.bincount(rows, part) / counts)[rows] for part in (distances, np.log(norms[usable])))
    return float(x @ y / (x @ x)) if x.any() else None


class _HiddenStates(Tap):
    """Notes the hidden state after every step of recurrent cells, by the cell's name."""

    def __init__(self, cells: Iterable[str]) -> None:
        self.by_cell: dict[str, list[Tensor]] = {name: [] for name in cells}

    def after(self, call: Call, result: object) -> object:
        """The state of a cell begins with the hidden state."""
        if call.module in self.by_cell:
            self.by_cell[call.module].append(expect(states_of(result), Tensor))
        return result


def _short_enough(batches: Sequence[AnyBatch]) -> list[AnyBatch]:
    longest = [max((layout.longest for layout in batch.layouts), default=0) for batch in batches]
    limit = max(LONGEST, min(longest, default=0))
    return [batch for batch, length in zip(batches, longest, strict=True) if length <= limit]


def _norms(gradients: Float[Tensor, "N D"]) -> Float[Tensor, " N"]:
    """Of each row, without squares that are too small or too large for a number."""
    exact = gradients.to(torch.promote_types(gradients.dtype, torch.float32))
    largest = exact.abs().amax(1)
    scale = torch.where(largest > 0, largest, 1)
    return scale * torch.linalg.vector_norm(exact / scale[:, None], dim=1)


def _reach(steps: Steps) -> int:
    """How many distances enough rows have."""
    rows = np.bincount(steps.distances)
    return min(int((rows >= _ENOUGH_ROWS * rows[0]).sum()), LONGEST)

"""Gradients through time: how much of the loss at the end of a row reaches the hidden states before it."""

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
"""The most steps that are followed. Batches with longer rows are left out if there are others."""

_ENOUGH_ROWS = 0.25
"""Share of the rows that must reach a distance for their mean to be reported."""

_FEWEST_POINTS = 3
"""The fewest points that a line is fitted to."""


@dataclass(frozen=True, slots=True)
class ThroughTime:
    """Norms of the gradients through time; see :class:`~dragoman.training.observer.StabilityRecord`."""

    through_time: Mapping[str, tuple[float, ...]]
    growth: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of a recurrent cell over the rows of one or several batches, in the order of their computation.

    >>> Steps.of([2, 1], first=0)  # two rows, of 2 and 1 tokens
    Steps(rows=array([0, 1, 0]), distances=array([1, 0, 0]))

    Attributes:
        rows: number of each step's row.
        distances: number of steps that the row still has after each step.
    """

    rows: Int[np.ndarray, " N"]
    distances: Int[np.ndarray, " N"]

    @classmethod
    def of(cls, sizes: Sequence[int], first: int) -> Steps:
        """The steps of one batch.

        Args:
            sizes: number of rows that have a token at each step, with the longest row first.
            first: number of the first row.
        """
        alive = np.arange(sizes[0])
        lengths = (np.asarray(sizes)[:, None] > alive).sum(0)
        distances = [lengths[:size] - 1 - step for step, size in enumerate(sizes)]
        return cls(first + np.concatenate([alive[:size] for size in sizes]), np.concatenate(distances))

    @classmethod
    def join(cls, parts: Sequence[Steps]) -> Steps:
        """The steps of several batches, one after the other."""
        return cls(np.concatenate([p.rows for p in parts]), np.concatenate([p.distances for p in parts]))


class Traces:
    """The norms of the gradients at all steps of all cells, still on the model's device, so that nothing waits.

    Args:
        norms: for each cell and each batch, ‖∂L/∂h‖ of every row at every step.
        steps: for each cell and each batch, the steps of these norms.
    """

    def __init__(
        self, norms: Mapping[str, Sequence[Float[Tensor, " _"]]], steps: Mapping[str, Sequence[Steps]]
    ) -> None:
        self._steps = {name: Steps.join(parts) for name, parts in steps.items()}
        parts = [part.float() for name in self._steps for part in norms[name]]
        self._norms = torch.cat(parts) if parts else torch.zeros(0)

    def read(self) -> ThroughTime:
        """The mean norms and their growth, in one transfer from the device."""
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

    The distance of a step is the number of steps to the end of its row, which for a cell that runs from the last token
    to the first is the first token. Without recurrent cells nothing is computed.

    Args:
        model: the model, which is left as it was with its gradients.
        batches: the batches, on the model's device.
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
    """The slope of ln ‖∂L/∂h‖ over the distance, by least squares with one slope for all rows and an intercept for
    each, so that it does not matter which rows are the longer ones.

    Only norms that are normal numbers above 0 count; None if they stand at fewer than three distances.

    >>> steps = Steps.of([1, 1, 1], first=0)  # one row of three tokens: distances 2, 1, 0
    >>> round(growth(np.exp([-2.0, -1.0, 0.0]), steps), 6)
    -1.0
    """
    usable = np.isfinite(norms) & (norms >= torch.finfo(torch.float32).tiny)
    distances, rows = steps.distances[usable].astype(np.float64), steps.rows[usable]
    if len(np.unique(distances)) < _FEWEST_POINTS:
        return None
    counts = np.maximum(np.bincount(rows), 1)
    x, y = (part - (np.bincount(rows, part) / counts)[rows] for part in (distances, np.log(norms[usable])))
    return float(x @ y / (x @ x)) if x.any() else None


class _HiddenStates(Tap):
    """A tap that records the hidden state after every step of recurrent cells, by the cell's name."""

    def __init__(self, cells: Iterable[str]) -> None:
        self.by_cell: dict[str, list[Tensor]] = {name: [] for name in cells}

    def after(self, call: Call, result: object) -> object:
        """Record the hidden state, which the state of a cell begins with."""
        if call.module in self.by_cell:
            self.by_cell[call.module].append(expect(states_of(result), Tensor))
        return result


def _short_enough(batches: Sequence[AnyBatch]) -> list[AnyBatch]:
    longest = [max((layout.longest for layout in batch.layouts), default=0) for batch in batches]
    limit = max(LONGEST, min(longest, default=0))
    return [batch for batch, length in zip(batches, longest, strict=True) if length <= limit]


def _norms(gradients: Float[Tensor, "N D"]) -> Float[Tensor, " N"]:
    """The Euclidean norm of each row, scaled so that squares neither underflow nor overflow."""
    exact = gradients.to(torch.promote_types(gradients.dtype, torch.float32))
    largest = exact.abs().amax(1)
    scale = torch.where(largest > 0, largest, 1)
    return scale * torch.linalg.vector_norm(exact / scale[:, None], dim=1)


def _reach(steps: Steps) -> int:
    """The number of distances that enough rows reach."""
    rows = np.bincount(steps.distances)
    return min(int((rows >= _ENOUGH_ROWS * rows[0]).sum()), LONGEST)

"""Integrated gradients: what each number of an input contributes to what a model computes from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

PathFunction = Callable[[Float[Tensor, "S *n"]], Float[Tensor, " S"]]
"""The function that is explained, for S inputs at a time, each on its own."""

TOLERANCE = 5e-3
"""Largest gap of the contributions, as a share of what they sum up to, or of 1 if that is less."""
_NODES, _PANELS = 4, 8
_NARROWEST = 2**-16
_NODE_PLACES, _NODE_WEIGHTS = (0.5 * part for part in np.polynomial.legendre.leggauss(_NODES))


@dataclass(frozen=True, slots=True, eq=False)
class PathIntegral:
    """The contribution of each number of an input x to F(x) − F(x′), where x′ is the baseline.

    Attributes:
        contributions: one for each number, in the shape of the input, in float64.
        value: F(x).
        baseline_value: F(x′).
        evaluations: number of points of the path at which the gradient was computed.
    """

    contributions: Float[Tensor, "*n"]
    value: float
    baseline_value: float
    evaluations: int

    @property
    def gap(self) -> float:
        """What the contributions lack: F(x) − F(x′) − their sum."""
        return self.value - self.baseline_value - float(self.contributions.sum())

    def scaled(self, factor: float, offset: float) -> PathIntegral:
        """The integral of ``offset`` + ``factor`` · F."""
        value, baseline_value = offset + factor * self.value, offset + factor * self.baseline_value
        return PathIntegral(factor * self.contributions, value, baseline_value, self.evaluations)


def integrated_gradients(
    function: PathFunction,
    inputs: Float[Tensor, "*n"],
    baseline: Float[Tensor, "*n"],
    *,
    tolerance: float = TOLERANCE,
    most: int = 4096,
    together: int = 64,
) -> PathIntegral:
    r"""The integral of the gradient along the straight line from a baseline to an input.

    .. math:: (x_i - x'_i) \int_0^1 \frac{\partial F(x' + \alpha (x - x'))}{\partial x_i} \, d\alpha

    (Sundararajan, Taly & Yan 2017, equation 1). The contributions sum up to F(x) − F(x′), which the paper calls
    completeness (proposition 1), and on each part of the path to the difference between its ends. That tells where more
    points are needed: the path is cut into panels with four Gauss–Legendre points each, and panels whose sum is wrong
    are halved, until all errors together, whatever their signs, are at most ``tolerance`` · max(1, |F(x) − F(x′)|).
    Where a function has a kink at every turn, ``most`` points may be used up before; the gap is known in any case.

    >>> x = torch.tensor([1.0, 2.0])
    >>> found = integrated_gradients(lambda points: points[:, 0] * points[:, 1] ** 2, x, torch.zeros(2))
    >>> found.contributions.round(decimals=3), round(found.value, 3)
    (tensor([1.3330, 2.6670], dtype=torch.float64), 4.0)

    Args:
        function: the function F.
        inputs: the input x.
        baseline: the baseline x′, an input without information.
        tolerance: largest sum of the errors, as above.
        most: number of points after which no more panels are halved; up to twice as many may have been used then.
        together: number of points that are computed together.
    """
    path = _Path(function, baseline, inputs - baseline, together)
    edges = np.linspace(0, 1, _PANELS + 1)
    values = path.values(edges)
    panels = path.panels(edges[:-1], edges[1:], values[:-1], values[1:])
    evaluations = _NODES * len(panels)
    largest = tolerance * max(1.0, abs(values[-1] - values[0]))
    while sum(panel.error for panel in panels) > largest and evaluations < most:
        # What is narrower than that lacks rounding errors alone.
        wrong = [panel for panel in panels if panel.error > largest / len(panels) and panel.width > _NARROWEST]
        if not wrong:
            break
        halves = path.halves(wrong)
        evaluations += _NODES * len(halves)
        panels = [panel for panel in panels if panel not in wrong] + halves
    total = torch.stack([panel.contributions for panel in panels]).sum(0)
    return PathIntegral(total, float(values[-1]), float(values[0]), evaluations)


@dataclass(frozen=True, slots=True, eq=False)
class _Panel:
    """A part of the path.

    Attributes:
        begin: share of the path before it.
        end: share of the path up to its end.
        first: value of the function at its beginning.
        last: value of the function at its end.
        contributions: integral of the gradient over it.
    """

    begin: float
    end: float
    first: float
    last: float
    contributions: Float[Tensor, "*n"]

    @property
    def width(self) -> float:
        """Share of the path that it covers."""
        return self.end - self.begin

    @property
    def error(self) -> float:
        """By how much the contributions differ from what they should sum up to."""
        return abs(self.last - self.first - float(self.contributions.sum()))


@dataclass(frozen=True, slots=True, eq=False)
class _Path:
    """The straight line from ``baseline``, along ``difference``."""

    function: PathFunction
    baseline: Float[Tensor, "*n"]
    difference: Float[Tensor, "*n"]
    together: int

    def panels(self, begins: np.ndarray, ends: np.ndarray, first: np.ndarray, last: np.ndarray) -> list[_Panel]:
        """Parts of the path, with the values of the function at their ends."""
        places = begins[:, None] + (ends - begins)[:, None] * (0.5 + _NODE_PLACES)
        gradients = self._gradients(places.ravel())
        weights = torch.from_numpy(((ends - begins)[:, None] * _NODE_WEIGHTS).ravel())
        weighted = gradients * weights.view(-1, *[1] * self.baseline.dim())
        sums = weighted.view(len(begins), _NODES, *self.baseline.shape).sum(1) * self.difference.double().cpu()
        return [
            _Panel(float(begins[n]), float(ends[n]), float(first[n]), float(last[n]), sums[n])
            for n in range(len(begins))
        ]

    def halves(self, panels: list[_Panel]) -> list[_Panel]:
        """The halves of some panels."""
        begins, ends, first, last = (
            np.array([getattr(panel, name) for panel in panels]) for name in ("begin", "end", "first", "last")
        )
        middles = (begins + ends) / 2
        values = self.values(middles)
        return self.panels(begins, middles, first, values) + self.panels(middles, ends, values, last)

    def values(self, places: np.ndarray) -> np.ndarray:
        """The function at some shares of the path."""
        with torch.no_grad():
            parts = [self.function(self._points(part)).double().cpu() for part in self._chunks(places)]
        return torch.cat(parts).numpy()

    def _gradients(self, places: np.ndarray) -> Float[Tensor, S * n]:
        parts = []
        for part in self._chunks(places):
            with torch.enable_grad():
                points = self._points(part).requires_grad_()
                (gradient,) = torch.autograd.grad(self.function(points).sum(), points)
            parts.append(gradient.double().cpu())
        return torch.cat(parts)

    def _chunks(self, places: np.ndarray) -> list[np.ndarray]:
        return [places[begin : begin + self.together] for begin in range(0, len(places), self.together)]

    def _points(self, places: np.ndarray) -> Float[Tensor, S * n]:
        shares = torch.from_numpy(places).to(self.baseline).view(-1, *[1] * self.baseline.dim())
        return self.baseline + shares * self.difference

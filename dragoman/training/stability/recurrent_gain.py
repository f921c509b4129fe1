"""The gain of recurrent weights: how strongly a recurrent cell responds to its own state."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from dragoman.model.build import Model
from dragoman.model.taps import recurrent_cells


class Gains:
    """The root mean square of the singular values of each cell's recurrent weights, ‖U‖ / √rows: 1 if orthogonal.

    Args:
        model: the model whose recurrent cells are measured.
    """

    def __init__(self, model: Model) -> None:
        self._weights = {name: cell.weight_hidden for name, cell in recurrent_cells(model).items()}

    def now(self) -> Float[Tensor, " C"]:
        """The norm ‖U‖ of each cell's recurrent weights, on the model's device."""
        if not self._weights:
            return torch.zeros(0)
        norms = [torch.linalg.vector_norm(weight.detach().float()) for weight in self._weights.values()]
        return torch.stack(norms)

    def read(self, now: Float[Tensor, " C"]) -> dict[str, float]:
        """The gains by the cells' names, from what :meth:`now` gave."""
        rows = [math.sqrt(len(weight)) for weight in self._weights.values()]
        return {name: norm / root for name, norm, root in zip(self._weights, now.tolist(), rows, strict=True)}

"""How strongly a recurrent layer responds to its own state."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from dragoman.model.build import Model
from dragoman.model.taps import recurrent_cells


class Gains:
    """The root mean square of the singular values of each cell's recurrent weights: ‖U‖ / √rows, 1 of orthogonal ones.

    Args:
        model: whose cells.
    """

    def __init__(self, model: Model) -> None:
        self._weights = {name: cell.weight_hidden for name, cell in recurrent_cells(model).items()}

    def now(self) -> Float[Tensor, " C"]:
        """Of every cell, still where the model computes."""
        if not self._weights:
            return torch.zeros(0)
        norms = [torch.linalg.vector_norm(weight.detach().float()) for weight in self._weights.values()]
        return torch.stack(norms)

    def read(self, now: Float[Tensor, " C"]) -> dict[str, float]:
        """What :meth:`now` gave, by the cells' names."""
        rows = [math.sqrt(len(weight)) for weight in self._weights.values()]
        return {name: norm / root for name, norm, root in zip(self._weights, now.tolist(), rows, strict=True)}

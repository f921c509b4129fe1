"""Muon: momentum whose directions all have the same size, for matrices of hidden layers; AdamW for the rest.

    M ← μ·M + (1 − μ)·G                  momentum of the gradient G of a matrix
    N = μ·M + (1 − μ)·G                  one step ahead (Nesterov)
    O = U·Vᵀ  for  N = U·S·Vᵀ            the nearest matrix with orthogonal rows or columns
    W ← W − η·(λ·W + √max(1, rows / columns)·O)

Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks" (kellerjordan.github.io/posts/muon);
weight decay λ as in Liu et al. 2025, "Muon is scalable for LLM training" (arXiv 2502.16982), equation 3. O is
found by a few steps of a Newton–Schulz iteration, whose singular values end between about 0.7 and 1.2. On a
processor a native kernel makes the whole update (:mod:`dragoman.native.muon`); :func:`orthogonalize` and
:meth:`Muon._change` are what it is tested equal to.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from dragoman.native import muon as native
from dragoman.native.training import available

STEPS = 5
"""Steps of the iteration; Jordan et al. 2024."""
_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Coefficients a, b, c of X ← a·X + b·(X·Xᵀ)·X + c·(X·Xᵀ)²·X; Jordan et al. 2024."""
_SMALLEST_NORM = 1e-7


def orthogonalize_equations(matrices: Float[Tensor, "N r c"]) -> Float[Tensor, "N r c"]:
    """U·Vᵀ of each matrix U·S·Vᵀ, by its singular values: the slow reference of :func:`orthogonalize`."""
    left, _, right = torch.linalg.svd(matrices, full_matrices=False)
    return left @ right


def orthogonalize(matrices: Float[Tensor, "N r c"]) -> Float[Tensor, "N r c"]:
    """Nearly U·Vᵀ of each matrix U·S·Vᵀ, with the same singular vectors: singular values are between 0.7 and 1.2 but
    for those that were tiny beside the largest.

    >>> wide = torch.tensor([[[3.0, 0.0, 0.0], [0.0, 0.5, 0.0]]])
    >>> bool((orthogonalize(wide) - orthogonalize_equations(wide)).abs().max() < 0.35)
    True

    Args:
        matrices: matrices of one shape, in any precision, in which all is computed.
    """
    a, b, c = _COEFFICIENTS
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if tall else matrices
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp_min(_SMALLEST_NORM)
    for _ in range(STEPS):
        square = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(square, square, square, beta=b, alpha=c), x, beta=a)
    return x.mT if tall else x


@dataclass(frozen=True, slots=True)
class MatrixPlace:
    """Where a matrix lies in a flat tensor.

    Attributes:
        begin: index of its first number.
        rows: number of rows r.
        columns: number of columns c.
    """

    begin: int
    rows: int
    columns: int

    def of(self, flat: Float[Tensor, " P"]) -> Float[Tensor, "r c"]:
        """The matrix, a view of ``flat``."""
        return flat[self.begin : self.begin + self.rows * self.columns].view(self.rows, self.columns)


class Muon(torch.optim.Optimizer):
    """Muon for matrices, and AdamW for all other parameters, as one optimizer.

    >>> weights = torch.nn.Parameter(torch.zeros(4))
    >>> weights.grad = torch.tensor([2.0, 0.0, 0.0, 0.1])
    >>> hidden = {"params": [weights], "places": [MatrixPlace(0, 2, 2)], "weight_decay": 0.0}
    >>> optimizer = Muon([hidden], None, learning_rate=0.1, momentum=0.0, precision=torch.float32)
    >>> optimizer.step()
    >>> -10 * weights.view(2, 2).detach()  # near the unit matrix, whatever the sizes in the gradient
    tensor([[0.6978, -0.0000],
            [-0.0000, 0.7578]])

    Args:
        hidden: groups of one flat parameter each, with the ``places`` of the matrices that it holds and a
            ``weight_decay``.
        adam: the optimizer of all other parameters, a part of this one from now on.
        learning_rate: the learning rate η of matrices.
        momentum: the momentum μ.
        precision: the precision that matrices are made orthogonal in.
    """

    def __init__(
        self,
        hidden: Sequence[Mapping[str, object]],
        adam: torch.optim.AdamW | None,
        *,
        learning_rate: float,
        momentum: float,
        precision: torch.dtype,
    ) -> None:
        super().__init__([dict(group) for group in hidden], {"lr": learning_rate, "fused": False})
        self._hidden = list(self.param_groups)
        self._momentum, self._precision = momentum, precision
        self._adam = adam
        if adam is not None:
            # One list of groups and one state for both, so that whoever reads or sets them sees a single optimizer.
            self.param_groups += adam.param_groups
            adam.state = self.state

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]  # no closure computes the gradients anew
        """Change all parameters by their present gradients."""
        if self._adam is not None:
            self._adam.step()
        for group in self._hidden:
            (weights,) = group["params"]
            state = self.state[weights]
            if not state:
                state["momentum"] = torch.zeros_like(weights)
            if self._by_kernel(group["places"], weights):
                native.muon_update(
                    weights,
                    state["momentum"],
                    weights.grad,
                    torch.tensor([(place.begin, place.rows, place.columns) for place in group["places"]]),
                    (_COEFFICIENTS,) * STEPS,
                    decay_of_momentum=self._momentum,
                    rate=group["lr"],
                    decay=group["weight_decay"],
                    smallest_norm=_SMALLEST_NORM,
                )
            else:
                self._change(weights, weights.grad, state["momentum"], group)

    def _by_kernel(self, places: Sequence[MatrixPlace], weights: Tensor) -> bool:
        """Whether the native kernel makes the update: it computes in bfloat16, and is for matrices that fit a cache."""
        small = all(min(place.rows, place.columns) <= native.LARGEST for place in places)
        return self._precision == torch.bfloat16 and small and available(weights)

    def _change(self, weights: Tensor, gradient: Tensor, momentum: Tensor, group: Mapping[str, Any]) -> None:
        """Change momentum and weights in PyTorch."""
        momentum.lerp_(gradient, 1 - self._momentum)
        ahead = gradient.lerp(momentum, self._momentum)
        if group["weight_decay"]:
            weights.mul_(1 - group["lr"] * group["weight_decay"])
        for places in _by_shape(group["places"]):
            matrices = torch.stack([place.of(ahead) for place in places]).to(self._precision)
            factor = math.sqrt(max(1.0, places[0].rows / places[0].columns))
            for place, change in zip(places, orthogonalize(matrices), strict=True):
                place.of(weights).add_(change, alpha=-group["lr"] * factor)


def _by_shape(places: Sequence[MatrixPlace]) -> list[list[MatrixPlace]]:
    """Places of one shape together, which are made orthogonal by the same products."""
    shapes: dict[tuple[int, int], list[MatrixPlace]] = {}
    for place in places:
        shapes.setdefault((place.rows, place.columns), []).append(place)
    return list(shapes.values())

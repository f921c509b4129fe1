"""The plain recurrent network."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from dragoman.layers.initialization import orthogonal_blocks, xavier_uniform
from dragoman.layers.recurrent.cell import CellState

Activation = Callable[[Tensor], Tensor]


def rnn_equations(
    x: Float[Tensor, "B E"],
    h: Float[Tensor, "B D"],
    weight_input: Float[Tensor, "D E"],
    weight_hidden: Float[Tensor, "D D"],
    bias: Float[Tensor, " D"],
    activation: Activation,
) -> Float[Tensor, "B D"]:
    """h_t = f(W x_t + U h_{t−1} + b) (Elman 1990, with a bias).

    >>> one = torch.ones(1, 1)
    >>> rnn_equations(one, one, 2 * one, 3 * one, torch.zeros(1), torch.relu)
    tensor([[5.]])
    """
    return activation(x @ weight_input.t() + h @ weight_hidden.t() + bias)


class RNN(nn.Module):
    """A layer of plain recurrent units with f = tanh. Gradients vanish or explode over many steps (Bengio et al. 1994).

    >>> x, cell = torch.randn(2, 5, 8), RNN(8, 16)
    >>> state = (torch.zeros(2, 16),)
    >>> for t in range(5):
    ...     state = cell.step(cell.project(x[:, t]), state)
    >>> state[0].shape
    torch.Size([2, 16])

    Args:
        inputs: width E of the input.
        width: number of units D.
    """

    parts = 1
    activation: Activation = staticmethod(torch.tanh)
    kernel = staticmethod(torch.rnn_tanh)

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.width = width
        self.weight_input = nn.Parameter(torch.empty(width, inputs))
        self.weight_hidden = nn.Parameter(torch.empty(width, width))
        self.bias = nn.Parameter(torch.zeros(width))
        xavier_uniform(self.weight_input.data)
        orthogonal_blocks(self.weight_hidden.data)

    def project(self, x: Float[Tensor, "N E"]) -> Float[Tensor, "N D"]:
        """The input's part W x + b of the units."""
        return F.linear(x, self.weight_input, self.bias)

    def step(self, projected: Float[Tensor, "R D"], state: CellState) -> CellState:
        """The state after one step, equal to :func:`rnn_equations`."""
        return (self.activation(torch.addmm(projected, state[0], self.weight_hidden.t())),)

    def forward(
        self, x: Float[Tensor, "N E"], sizes: Int[Tensor, " L"], state: CellState
    ) -> tuple[Float[Tensor, "N D"], CellState]:
        """All steps by the fused kernel; see :class:`~dragoman.layers.recurrent.cell.RecurrentCell`."""
        weights = [self.weight_input, self.weight_hidden, self.bias, torch.zeros_like(self.bias)]
        hidden, last = self.kernel(x, sizes, state[0][None], weights, True, 1, 0.0, self.training, False)
        return hidden, (last[0],)


class ReLURNN(RNN):
    """A layer of plain recurrent units with f = ReLU.

    Its recurrent matrix is initialised as orthogonal, so that states do not explode at once (Le et al. 2015 use the
    identity).

    >>> x, cell = torch.randn(2, 8), ReLURNN(8, 16)
    >>> (h,) = cell.step(cell.project(x), (torch.zeros(2, 16),))
    >>> h.shape, bool((h >= 0).all())
    (torch.Size([2, 16]), True)

    Args:
        inputs: width E of the input.
        width: number of units D.
    """

    activation: Activation = staticmethod(torch.relu)
    kernel = staticmethod(torch.rnn_relu)

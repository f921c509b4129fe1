"""Gated recurrent units, with the reset gate after or before the recurrent product."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from dragoman.layers.initialization import orthogonal_blocks, xavier_uniform
from dragoman.layers.recurrent.cell import CellState
from dragoman.layers.recurrent.steps import run_steps


def gru_reset_after_equations(
    x: Float[Tensor, "B E"],
    h: Float[Tensor, "B D"],
    weight_input: Float[Tensor, "3*D E"],
    weight_hidden: Float[Tensor, "3*D D"],
    bias: Float[Tensor, " 3*D"],
    bias_candidate: Float[Tensor, " D"],
) -> Float[Tensor, "B D"]:
    """The reset gate scales U h (Cho et al. 2014, eq. 5 to 8, in the variant of cuDNN, whose candidate has two biases).

    The three gates lie in the matrices as r, z, n. As in Cho et al., z keeps the old state; in Chung et al. 2014 it
    lets the new one in.

    >>> zeros = torch.zeros(3, 1), torch.zeros(3, 1), torch.zeros(3), torch.zeros(1)
    >>> gru_reset_after_equations(torch.ones(1, 1), torch.ones(1, 1), *zeros)  # every gate is half open
    tensor([[0.5000]])
    """
    w_r, w_z, w_n = weight_input.chunk(3)
    u_r, u_z, u_n = weight_hidden.chunk(3)
    b_r, b_z, b_n = bias.chunk(3)
    r = torch.sigmoid(x @ w_r.t() + h @ u_r.t() + b_r)
    z = torch.sigmoid(x @ w_z.t() + h @ u_z.t() + b_z)
    n = torch.tanh(x @ w_n.t() + b_n + r * (h @ u_n.t() + bias_candidate))
    return (1 - z) * n + z * h


def gru_reset_before_equations(
    x: Float[Tensor, "B E"],
    h: Float[Tensor, "B D"],
    weight_input: Float[Tensor, "3*D E"],
    weight_hidden: Float[Tensor, "3*D D"],
    bias: Float[Tensor, " 3*D"],
) -> Float[Tensor, "B D"]:
    """The reset gate scales h (Cho et al. 2014, eq. 5 to 8). The gates lie in the matrices as r, z, n.

    >>> zeros = torch.zeros(3, 1), torch.zeros(3, 1), torch.zeros(3)
    >>> gru_reset_before_equations(torch.ones(1, 1), torch.ones(1, 1), *zeros)  # every gate is half open
    tensor([[0.5000]])
    """
    w_r, w_z, w_n = weight_input.chunk(3)
    u_r, u_z, u_n = weight_hidden.chunk(3)
    b_r, b_z, b_n = bias.chunk(3)
    r = torch.sigmoid(x @ w_r.t() + h @ u_r.t() + b_r)
    z = torch.sigmoid(x @ w_z.t() + h @ u_z.t() + b_z)
    n = torch.tanh(x @ w_n.t() + (r * h) @ u_n.t() + b_n)
    return (1 - z) * n + z * h


class GatedRecurrentUnits(nn.Module):
    """The weights and the input projection that both placements of the reset gate share.

    Args:
        inputs: width E of the input.
        width: number of units D.
    """

    parts = 1

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.width = width
        self.weight_input = nn.Parameter(torch.empty(3 * width, inputs))
        self.weight_hidden = nn.Parameter(torch.empty(3 * width, width))
        self.bias = nn.Parameter(torch.zeros(3 * width))
        xavier_uniform(self.weight_input.data, fan_out=width)
        orthogonal_blocks(self.weight_hidden.data)

    def project(self, x: Float[Tensor, "N E"]) -> Float[Tensor, "N G"]:
        """The input's part W x + b of all gates."""
        return F.linear(x, self.weight_input, self.bias)


class ResetAfterGRU(GatedRecurrentUnits):
    """A layer of gated recurrent units, reset after the product: one recurrent product per step, and a fused kernel.

    >>> x, cell = torch.randn(2, 5, 8), ResetAfterGRU(8, 16)
    >>> state = (torch.zeros(2, 16),)
    >>> for t in range(5):
    ...     state = cell.step(cell.project(x[:, t]), state)
    >>> state[0].shape
    torch.Size([2, 16])

    Args:
        inputs: width E of the input.
        width: number of units D.
    """

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__(inputs, width)
        self.bias_candidate = nn.Parameter(torch.zeros(width))

    @property
    def _bias_hidden(self) -> Float[Tensor, " G"]:
        return F.pad(self.bias_candidate, (2 * self.width, 0))

    def step(self, projected: Float[Tensor, "R G"], state: CellState) -> CellState:
        """The state after one step, equal to :func:`gru_reset_after_equations`."""
        (h,) = state
        recurrent = F.linear(h, self.weight_hidden, self._bias_hidden)
        split = 2 * self.width
        r, z = torch.sigmoid(projected[:, :split] + recurrent[:, :split]).chunk(2, 1)
        n = torch.tanh(torch.addcmul(projected[:, split:], r, recurrent[:, split:]))
        return (torch.lerp(n, h, z),)

    def forward(
        self, x: Float[Tensor, "N E"], sizes: Int[Tensor, " L"], state: CellState
    ) -> tuple[Float[Tensor, "N D"], CellState]:
        """All steps by the fused kernel; see :class:`~dragoman.layers.recurrent.cell.RecurrentCell`."""
        weights = [self.weight_input, self.weight_hidden, self.bias, self._bias_hidden]
        hidden, last = torch.gru(x, sizes, state[0][None], weights, True, 1, 0.0, self.training, False)
        return hidden, (last[0],)


class ResetBeforeGRU(GatedRecurrentUnits):
    """A layer of gated recurrent units as first published: two recurrent products per step, one after the other.

    >>> x, cell = torch.randn(2, 5, 8), ResetBeforeGRU(8, 16)
    >>> state = (torch.zeros(2, 16),)
    >>> for t in range(5):
    ...     state = cell.step(cell.project(x[:, t]), state)
    >>> state[0].shape
    torch.Size([2, 16])

    Args:
        inputs: width E of the input.
        width: number of units D.
    """

    def step(self, projected: Float[Tensor, "R G"], state: CellState) -> CellState:
        """The state after one step, equal to :func:`gru_reset_before_equations`."""
        (h,) = state
        split = 2 * self.width
        gates = torch.addmm(projected[:, :split], h, self.weight_hidden[:split].t())
        r, z = torch.sigmoid(gates).chunk(2, 1)
        n = torch.tanh(torch.addmm(projected[:, split:], r * h, self.weight_hidden[split:].t()))
        return (torch.lerp(n, h, z),)

    def forward(
        self, x: Float[Tensor, "N E"], sizes: Int[Tensor, " L"], state: CellState
    ) -> tuple[Float[Tensor, "N D"], CellState]:
        """All steps, one by one: this placement has no fused kernel, but the inputs' part is one product."""
        return run_steps(self, self.project(x), sizes, state)

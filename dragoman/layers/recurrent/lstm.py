"""Long short-term memory."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from dragoman.layers.initialization import orthogonal_blocks, xavier_uniform
from dragoman.layers.linear import linear
from dragoman.layers.recurrent.cell import CellState
from dragoman.native import lstm as native
from dragoman.native.training import available


def lstm_equations(
    x: Float[Tensor, "B E"],
    h: Float[Tensor, "B D"],
    c: Float[Tensor, "B D"],
    weight_input: Float[Tensor, "4*D E"],
    weight_hidden: Float[Tensor, "4*D D"],
    bias: Float[Tensor, " 4*D"],
) -> tuple[Float[Tensor, "B D"], Float[Tensor, "B D"]]:
    """One step of the LSTM: Hochreiter & Schmidhuber 1997 with the forget gate of Gers et al. 2000, without peepholes.

    The gates lie in the matrices in this order: input gate i, forget gate f, candidate g, output gate o.

    >>> zeros = torch.zeros(4, 1), torch.zeros(4, 1), torch.zeros(4)
    >>> lstm_equations(torch.ones(1, 1), torch.ones(1, 1), torch.ones(1, 1), *zeros)  # every gate is half open
    (tensor([[0.2311]]), tensor([[0.5000]]))
    """
    w_i, w_f, w_g, w_o = weight_input.chunk(4)
    u_i, u_f, u_g, u_o = weight_hidden.chunk(4)
    b_i, b_f, b_g, b_o = bias.chunk(4)
    i = torch.sigmoid(x @ w_i.t() + h @ u_i.t() + b_i)
    f = torch.sigmoid(x @ w_f.t() + h @ u_f.t() + b_f)
    g = torch.tanh(x @ w_g.t() + h @ u_g.t() + b_g)
    o = torch.sigmoid(x @ w_o.t() + h @ u_o.t() + b_o)
    c = f * c + i * g
    h = o * torch.tanh(c)
    return h, c


class LSTM(nn.Module):
    """A layer of long short-term memory; its state is h and the memory cell c.

    >>> x, cell = torch.randn(2, 5, 8), LSTM(8, 16)
    >>> state = (torch.zeros(2, 16), torch.zeros(2, 16))
    >>> for t in range(5):
    ...     state = cell.step(cell.project(x[:, t]), state)
    >>> state[0].shape
    torch.Size([2, 16])

    Args:
        inputs: width E of the input.
        width: number of units D.
        forget_bias: initial bias of the forget gate; 1 lets the memory last from the start (Gers et al. 2000,
            Jozefowicz et al. 2015).
    """

    parts = 2

    def __init__(self, inputs: int, width: int, forget_bias: float = 1.0) -> None:
        super().__init__()
        self.width = width
        self.weight_input = nn.Parameter(torch.empty(4 * width, inputs))
        self.weight_hidden = nn.Parameter(torch.empty(4 * width, width))
        self.bias = nn.Parameter(torch.zeros(4 * width))
        xavier_uniform(self.weight_input.data, fan_out=width)
        orthogonal_blocks(self.weight_hidden.data)
        self.bias.data[width : 2 * width] = forget_bias

    def project(self, x: Float[Tensor, "N E"]) -> Float[Tensor, "N G"]:
        """The input's part W x + b of all gates."""
        return linear(x, self.weight_input, self.bias)

    def step(self, projected: Float[Tensor, "R G"], state: CellState) -> CellState:
        """The state after one step, equal to :func:`lstm_equations`."""
        h, c = state
        i, f, g, o = torch.addmm(projected, h, self.weight_hidden.t()).chunk(4, 1)
        c = torch.addcmul(torch.sigmoid(f) * c, torch.sigmoid(i), torch.tanh(g))
        return torch.sigmoid(o) * torch.tanh(c), c

    def forward(
        self, x: Float[Tensor, "N E"], sizes: Int[Tensor, " L"], state: CellState
    ) -> tuple[Float[Tensor, "N D"], CellState]:
        """All steps by a fused kernel, a native one if possible; see
        :class:`~dragoman.layers.recurrent.cell.RecurrentCell`."""
        if available(x, self.weight_hidden):
            return native.lstm(self.project(x), self.weight_hidden, (state[0], state[1]), sizes)
        weights = [self.weight_input, self.weight_hidden, self.bias, torch.zeros_like(self.bias)]
        before = [part[None] for part in state]
        hidden, h, c = torch.lstm(x, sizes, before, weights, True, 1, 0.0, self.training, False)
        return hidden, (h[0], c[0])

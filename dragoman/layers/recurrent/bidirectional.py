"""Two recurrent layers in opposite directions."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from dragoman.contracts import Layout
from dragoman.layers.recurrent.cell import CellState, RecurrentCell, no_state
from dragoman.layers.recurrent.time_major import TimeMajor


class Orders:
    """The order of a layout's tokens in time, forwards and backwards, computed once for all layers of a stack.

    >>> orders = Orders(Layout.of([2, 1]), both=True)
    >>> orders.forwards.order, orders.backwards.order
    (tensor([0, 2, 1]), tensor([1, 2, 0]))

    Args:
        layout: where each row's tokens lie.
        both: whether a layer reads backwards, too.
    """

    def __init__(self, layout: Layout, *, both: bool) -> None:
        self.batch = layout.batch
        self.forwards = TimeMajor.of(layout)
        self.backwards = TimeMajor.of(layout, backwards=True) if both else self.forwards


class Unidirectional(nn.Module):
    """A cell over whole packed rows, from the first token to the last.

    >>> from dragoman.layers.recurrent.lstm import LSTM
    >>> x, layout = torch.randn(2, 5, 8), Layout.of([5, 5])
    >>> hidden, (h, c) = Unidirectional(LSTM(8, 16))(layout.unpad(x), Orders(layout, both=False))
    >>> layout.pad(hidden).shape, torch.equal(layout.pad(hidden)[:, -1], h)
    (torch.Size([2, 5, 16]), True)

    Args:
        cell: the recurrent cell.
    """

    both = False

    def __init__(self, cell: RecurrentCell) -> None:
        super().__init__()
        self.cell = cell
        self.width = cell.width

    def forward(
        self, x: Float[Tensor, "N E"], orders: Orders, state: CellState | None = None
    ) -> tuple[Float[Tensor, "N D"], CellState]:
        """The hidden states of packed rows, and the state after each row's last token, both in the layout's order.

        Args:
            x: packed inputs.
            orders: order of their tokens in time.
            state: the state before the first token, one row per row of the layout; zeros by default.
        """
        return _run(self.cell, x, orders.forwards, orders.batch, state)


class Bidirectional(nn.Module):
    """h_t = [h→_t ; h←_t] (Schuster & Paliwal 1997): every state depends on the tokens on both of its sides.

    >>> from dragoman.layers.recurrent.lstm import LSTM
    >>> x, layout = torch.randn(2, 5, 8), Layout.of([5, 5])
    >>> hidden, state = Bidirectional(LSTM(8, 16), LSTM(8, 16))(layout.unpad(x), Orders(layout, both=True))
    >>> layout.pad(hidden).shape
    torch.Size([2, 5, 32])

    Args:
        forward_cell: the cell that reads from the first token to the last.
        backward_cell: the cell that reads from the last token to the first.
    """

    both = True

    def __init__(self, forward_cell: RecurrentCell, backward_cell: RecurrentCell) -> None:
        super().__init__()
        self.forward_cell = forward_cell
        self.backward_cell = backward_cell
        self.width = forward_cell.width + backward_cell.width

    def forward(self, x: Float[Tensor, "N E"], orders: Orders) -> tuple[Float[Tensor, "N D"], CellState]:
        """The joined hidden states of packed rows, and the final states of both directions, forward ones first."""
        ahead, last = _run(self.forward_cell, x, orders.forwards, orders.batch, None)
        back, first = _run(self.backward_cell, x, orders.backwards, orders.batch, None)
        return torch.cat([ahead, back], 1), (*last, *first)


def _run(
    cell: RecurrentCell, x: Float[Tensor, "N E"], order: TimeMajor, batch: int, state: CellState | None
) -> tuple[Float[Tensor, "N D"], CellState]:
    begin = no_state(cell, x, batch) if state is None else tuple(part.index_select(0, order.rows) for part in state)
    hidden, after = cell(order.arrange(x), order.sizes, begin)
    by_row = torch.argsort(order.rows)
    return order.restore(hidden), tuple(part.index_select(0, by_row) for part in after)

"""Recurrent layers one above the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from jaxtyping import Float
from torch import Tensor, nn

from dragoman.contracts import Layout
from dragoman.layers.dropout import Dropout
from dragoman.layers.recurrent.bidirectional import Bidirectional, Orders, Unidirectional
from dragoman.layers.recurrent.cell import CellState


class RecurrentStack(nn.Module):
    """Each layer reads the hidden states of the one below (Graves et al. 2013, eq. 11).

    Dropout stands between layers, not on the recurrent connections, where it would erase the memory
    (Zaremba et al. 2015, eq. 3 to 5).

    >>> import torch
    >>> from dragoman.layers.recurrent.lstm import LSTM
    >>> x, layout = torch.randn(2, 5, 8), Layout.of([5, 5])
    >>> stack = RecurrentStack([Unidirectional(LSTM(8, 16)), Unidirectional(LSTM(16, 16))], 0.0, residual=False)
    >>> hidden, states = stack(layout.unpad(x), layout)
    >>> layout.pad(hidden).shape
    torch.Size([2, 5, 16])

    Args:
        layers: the stack, lowest first.
        dropout: dropout rate between layers.
        residual: whether a layer's input is added to its output (Wu et al. 2016, section 3.1), where both are equally
            wide.
    """

    def __init__(
        self, layers: Iterable[Unidirectional] | Iterable[Bidirectional], dropout: float, *, residual: bool
    ) -> None:
        super().__init__()
        self.layers: Sequence[Unidirectional] = nn.ModuleList(layers)  # type: ignore[assignment]  # it is one of them
        self.dropout = Dropout(dropout)
        self.residual = residual
        self.width = self.layers[-1].width

    def forward(
        self, x: Float[Tensor, "N E"], layout: Layout, states: Sequence[CellState] | None = None
    ) -> tuple[Float[Tensor, "N D"], list[CellState]]:
        """The top layer's hidden states of packed rows, and every layer's state after each row's last token.

        Args:
            x: packed inputs.
            layout: where each row's tokens lie.
            states: the state of every layer before the first token; zeros by default, and if layers are bidirectional.
        """
        orders = Orders(layout, both=self.layers[0].both)
        after = []
        for index, layer in enumerate(self.layers):
            inputs = x if index == 0 else self.dropout(x)
            if states is None:
                hidden, state = layer(inputs, orders)
            else:
                hidden, state = layer(inputs, orders, states[index])
            x = self._join(inputs, hidden)
            after.append(state)
        return x, after

    def step(
        self, x: Float[Tensor, "R E"], states: Sequence[CellState]
    ) -> tuple[Float[Tensor, "R D"], list[CellState]]:
        """The top layer's hidden states for one more token of each row, and every layer's state after it.

        Only for layers of one direction.
        """
        cell = self.layers[0].cell
        lowest = cell.step(cell.project(x), states[0])
        return self._rise(self._join(x, lowest[0]), lowest, states)

    def step_projected(
        self, projected: Float[Tensor, "R G"], states: Sequence[CellState]
    ) -> tuple[Float[Tensor, "R D"], list[CellState]]:
        """The same as :meth:`step`, from the projected input of the lowest layer, without its residual connection."""
        lowest = self.layers[0].cell.step(projected, states[0])
        return self._rise(lowest[0], lowest, states)

    def _rise(
        self, x: Float[Tensor, "R D"], lowest: CellState, states: Sequence[CellState]
    ) -> tuple[Float[Tensor, "R D"], list[CellState]]:
        """The step of all layers above the lowest, whose state is given."""
        after = [lowest]
        for layer, before in zip(self.layers[1:], states[1:], strict=True):
            inputs = self.dropout(x)
            state = layer.cell.step(layer.cell.project(inputs), before)
            x = self._join(inputs, state[0])
            after.append(state)
        return x, after

    def _join(self, inputs: Float[Tensor, "N E"], hidden: Float[Tensor, "N D"]) -> Float[Tensor, "N D"]:
        if self.residual and inputs.shape == hidden.shape:
            return inputs + hidden
        return hidden

"""The interface of recurrent cells."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from jaxtyping import Float, Int
from torch import Tensor, nn

CellState = tuple[Float[Tensor, "_ _"], ...]
"""What a cell hands to its next step, one row per sequence: the hidden state h, and the memory c of an LSTM."""


@runtime_checkable
class RecurrentCell(Protocol):
    """One layer of a recurrent network.

    Attributes:
        width: number of units D.
        parts: number of tensors in its state.
        weight_input: input weights W of all gates, one above the other.
        weight_hidden: recurrent weights U of all gates, one above the other.
        bias: biases of all gates, one behind the other.
    """

    width: int
    parts: int
    weight_input: nn.Parameter
    weight_hidden: nn.Parameter
    bias: nn.Parameter

    def project(self, x: Float[Tensor, "N E"]) -> Float[Tensor, "N G"]:
        """The part of the gates that depends on the input alone, for any number of steps at once."""
        ...

    def step(self, projected: Float[Tensor, "R G"], state: CellState) -> CellState:
        """The state after one step, from the projected input and the state before."""
        ...

    def __call__(
        self, x: Float[Tensor, "N E"], sizes: Int[Tensor, " L"], state: CellState
    ) -> tuple[Float[Tensor, "N D"], CellState]:
        """All steps of :class:`~dragoman.layers.recurrent.time_major.TimeMajor` rows by the fused kernel.

        Args:
            x: the inputs by time.
            sizes: number of rows that have a token at each step.
            state: the state before the first step, longest row first.

        Returns:
            The hidden states by time, and the state of each row after its own last step, longest row first.
        """
        ...


def no_state(cell: RecurrentCell, like: Float[Tensor, "N E"], rows: int) -> CellState:
    """The state of ``rows`` sequences before their first step: zeros, of the type and device of ``like``.

    >>> import torch
    >>> from dragoman.layers.recurrent.lstm import LSTM
    >>> h, c = no_state(LSTM(8, 16), torch.randn(10, 8), rows=3)
    >>> h.shape, c.shape
    (torch.Size([3, 16]), torch.Size([3, 16]))
    """
    return tuple(like.new_zeros((rows, cell.width)) for _ in range(cell.parts))

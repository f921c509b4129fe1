"""A recurrence step by step, for cells that have no fused kernel."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor

from dragoman.layers.recurrent.cell import CellState, RecurrentCell


def run_steps(
    cell: RecurrentCell, projected: Float[Tensor, "N G"], sizes: Int[Tensor, " L"], state: CellState
) -> tuple[Float[Tensor, "N D"], CellState]:
    """The result of a cell's ``forward``, by one call of its ``step`` for each token.

    >>> from dragoman.layers.recurrent.rnn import RNN
    >>> cell, sizes = RNN(8, 16), torch.tensor([2, 1])  # a row of two tokens, and one of one
    >>> hidden, (last,) = run_steps(cell, cell.project(torch.randn(3, 8)), sizes, (torch.zeros(2, 16),))
    >>> hidden.shape, last.shape
    (torch.Size([3, 16]), torch.Size([2, 16]))

    Args:
        cell: the recurrent cell.
        projected: the cell's projected inputs, ordered by time.
        sizes: number of rows that have a token at each step.
        state: the state before the first step, longest row first.
    """
    hidden, finished = [], []
    for inputs, size in zip(torch.split(projected, sizes.tolist()), sizes.tolist(), strict=True):
        if size < len(state[0]):
            finished.append(tuple(part[size:] for part in state))
            state = tuple(part[:size] for part in state)
        state = cell.step(inputs, state)
        hidden.append(state[0])
    # The rows that finished last are the longest, and stand first.
    parts = zip(state, *reversed(finished), strict=True)
    return torch.cat(hidden), tuple(torch.cat(part) for part in parts)

"""A recurrence step by step, for cells that have no fused kernel."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor

from dragoman.layers.recurrent.cell import CellState, RecurrentCell


def run_steps(
    cell: RecurrentCell, projected: Float[Tensor, "N G"], sizes: Int[Tensor, " L"], state: CellState
) -> tuple[Float[Tensor, "N D"], CellState]:
    """What a cell's ``forward`` returns, by one call of its ``step`` after the other.

    Args:
        cell: whose steps.
        projected: its projected inputs by time.
        sizes: rows alive at each step.
        state: before the first step, longest row first.
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

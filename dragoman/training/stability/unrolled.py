"""Recurrent cells that go step by step with the same weights, so that every step can be seen."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, cast

from jaxtyping import Float, Int
from torch import Tensor, nn

from dragoman.layers.recurrent.cell import CellState, RecurrentCell
from dragoman.layers.recurrent.steps import run_steps
from dragoman.training.stability.replacement import replaced

_OF_A_CELL = ("parts", "project", "step", "weight_input", "weight_hidden")


def recurrent_cells(model: nn.Module) -> dict[str, nn.Module]:
    """Every :class:`~dragoman.layers.recurrent.cell.RecurrentCell` of a model by its name."""
    return {name: m for name, m in model.named_modules() if all(hasattr(m, part) for part in _OF_A_CELL)}


@contextmanager
def unrolled(cells: Iterable[nn.Module]) -> Iterator[None]:
    """Meanwhile these cells call their ``step`` for every step, and no fused kernel."""
    with ExitStack() as stack:
        for cell in cells:
            stack.enter_context(replaced(cell, "forward", functools.partial(_by_steps, cast(Any, cell))))
        yield


def _by_steps(
    cell: RecurrentCell, x: Float[Tensor, "N E"], sizes: Int[Tensor, " L"], state: CellState
) -> tuple[Float[Tensor, "N D"], CellState]:
    return run_steps(cell, cell.project(x), sizes, state)

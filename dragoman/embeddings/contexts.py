"""How often symbols occur in contexts: in the same example as others, and beside them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from dragoman.text.ragged import Ragged

REACH = 2
"""Places on either side of a symbol whose symbols are its neighbours."""


def in_examples(sides: Sequence[Ragged], symbols: int) -> Float[Tensor, "V n"]:
    """Whether a symbol occurs in an example, on whichever of its sides: 1 or 0, as a sparse matrix.

    >>> pairs = [Ragged.of([[0, 1, 1]]), Ragged.of([[3]])]
    >>> in_examples(pairs, symbols=4).to_dense().T
    tensor([[1., 1., 0., 1.]])

    Args:
        sides: the sources, the targets, or both, of the same examples, with numbers from one vocabulary.
        symbols: number of symbols V.
    """
    ids = np.concatenate([side.values for side in sides])
    occurs = _counted(ids, np.concatenate([_numbers(side) for side in sides]), (symbols, len(sides[0])))
    return torch.sparse_coo_tensor(
        occurs.indices(), torch.ones_like(occurs.values()), occurs.shape, is_coalesced=True, check_invariants=False
    )


def beside(sides: Sequence[Ragged], symbols: int, reach: int = REACH) -> Float[Tensor, "V V"]:
    """How often one symbol stands at most ``reach`` places before or behind another, as a sparse matrix.

    >>> beside([Ragged.of([[0, 1, 2], [2]])], symbols=3, reach=1).to_dense()
    tensor([[0., 1., 0.],
            [1., 0., 1.],
            [0., 1., 0.]])

    Args:
        sides: rows whose neighbours are counted; there are none across two rows.
        symbols: number of symbols V.
        reach: largest distance.
    """
    firsts, seconds = [], []
    for rows in sides:
        numbers = _numbers(rows)
        for distance in range(1, reach + 1):
            together = numbers[:-distance] == numbers[distance:]
            firsts.append(rows.values[:-distance][together])
            seconds.append(rows.values[distance:][together])
    one, other = np.concatenate(firsts), np.concatenate(seconds)
    return _counted(np.concatenate([one, other]), np.concatenate([other, one]), (symbols, symbols))


def _numbers(rows: Ragged) -> Int[np.ndarray, " N"]:
    """The number of the row that each symbol stands in."""
    return np.repeat(np.arange(len(rows)), rows.lengths)


def _counted(rows: Int[np.ndarray, " k"], columns: Int[np.ndarray, " k"], shape: tuple[int, int]) -> Tensor:
    """A sparse matrix of how often each place is named."""
    places, counts = np.unique(rows.astype(np.int64) * shape[1] + columns, return_counts=True)
    indices = torch.from_numpy(np.stack(np.divmod(places, shape[1])))
    values = torch.from_numpy(counts.astype(np.float32))
    return torch.sparse_coo_tensor(indices, values, shape, is_coalesced=True, check_invariants=False)

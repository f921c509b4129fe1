"""Where the numbers of a vector stand in a row of a register, whose width is a multiple of 16."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from dragoman.plan.program import WIDTH_UNIT


def padded(width: int) -> int:
    """The next multiple of 16.

    >>> padded(16), padded(17)
    (16, 32)
    """
    return -(-width // WIDTH_UNIT) * WIDTH_UNIT


@dataclass(frozen=True, slots=True)
class Columns:
    """Blocks of numbers, each of which begins at a multiple of 16, with zeros up to the next one.

    The heads of an attention, the gates of a recurrent layer and the directions of an encoder are a block each.

    >>> Columns((3, 2)).width, Columns((3, 2)).padded, Columns((3, 2)).places
    (5, 32, array([ 0,  1,  2, 16, 17]))
    """

    blocks: tuple[int, ...]

    @classmethod
    def of(cls, width: int, parts: int = 1) -> Columns:
        """A vector of ``width`` numbers in equal blocks."""
        return cls((width // parts,) * parts)

    @property
    def width(self) -> int:
        """How many numbers the vector has."""
        return sum(self.blocks)

    @property
    def padded(self) -> int:
        """The width of a register that holds it."""
        return sum(map(padded, self.blocks))

    @property
    def places(self) -> Int[np.ndarray, " _"]:
        """The column of each number."""
        ends = np.cumsum([padded(block) for block in self.blocks])
        starts = (end - padded(block) for end, block in zip(ends, self.blocks, strict=True))
        return np.concatenate([np.arange(start, start + n) for start, n in zip(starts, self.blocks, strict=True)])

    def __add__(self, other: Columns) -> Columns:
        """The blocks of both, side by side."""
        return Columns(self.blocks + other.blocks)

    def times(self, count: int) -> Columns:
        """The same blocks so many times."""
        return Columns(self.blocks * count)

    def spread(self, vectors: Float[np.ndarray, "*rows D"], fill: float = 0.0) -> Float[np.ndarray, "*rows P"]:
        """Vectors in their columns, float32, with ``fill`` between the blocks; without a copy if nothing is between."""
        if self.width == self.padded:
            return vectors.astype(np.float32, copy=False)
        wide = np.full((*vectors.shape[:-1], self.padded), fill, np.float32)
        wide[..., self.places] = vectors
        return wide

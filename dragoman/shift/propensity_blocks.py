"""Blocks of examples that are about equally likely to be new: within a block, permuting who is new changes nothing but
chance, however much the inputs have shifted.

Among examples with the same propensity, the probability of being new given the inputs, the inputs of old and new ones
are distributed alike (Rosenbaum & Rubin 1983, theorem 1). So whatever depends on the inputs and on p(y | x) alone is
exchangeable between old and new examples of a block, if p(y | x) has not changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64

SIZE = 10
"""Units in a block. More would be less alike; with fewer more blocks have none to compare."""
_AT_ONCE = 4_000_000
"""Entries of a table of permutations that are held in memory at once."""


@dataclass(frozen=True, slots=True)
class PropensityBlocks:
    """N units in the order of their propensity, cut into blocks.

    Attributes:
        order: places of the units in rising order of propensity.
        block: block of each unit in that order, from 0.
        is_new: whether each unit in that order is new.
    """

    order: Int64[np.ndarray, " N"]
    block: Int64[np.ndarray, " N"]
    is_new: Bool[np.ndarray, " N"]

    @classmethod
    def of(
        cls, log_ratios: Float64[np.ndarray, " N"], is_new: Bool[np.ndarray, " N"], generator: np.random.Generator
    ) -> PropensityBlocks:
        """Blocks of units with similar log-ratios of densities, new against old, which rise with the propensity."""
        # In a random order first, so that units with equal ratios are not sorted by who is new.
        shuffled = generator.permutation(len(log_ratios))
        order = shuffled[np.argsort(log_ratios[shuffled], kind="stable")]
        blocks = max(1, round(len(order) / SIZE))
        return cls(order, np.arange(len(order)) * blocks // len(order), is_new[order])

    @property
    def sizes(self) -> Int64[np.ndarray, " b"]:
        """Units of each block."""
        return np.bincount(self.block)

    @property
    def new(self) -> Int64[np.ndarray, " b"]:
        """New units of each block."""
        return np.bincount(self.block, weights=self.is_new).astype(np.int64)

    @property
    def overlap(self) -> Float64[np.ndarray, " b"]:
        """How much each block tells: old · new / (old + new), one half for a pair of an old and a new unit."""
        return (self.sizes - self.new) * self.new / self.sizes

    def centred(self, values: Float64[np.ndarray, "N s"]) -> Float64[np.ndarray, "N s"]:
        """Values of the units, given in their own order, in the order of the blocks and less the mean of the block."""
        ordered = values[self.order]
        starts = np.concatenate([[0], np.cumsum(self.sizes)[:-1]])
        means = np.add.reduceat(ordered, starts, axis=0) / self.sizes[:, None]
        return ordered - means[self.block]

    def permuted_sums(
        self, centred: Float64[np.ndarray, "N s"], count: int, generator: np.random.Generator
    ) -> Float64[np.ndarray, "P s"]:
        """The sums of centred values over new units: as observed, then after each of ``count`` permutations of who is
        new within the blocks, P = count + 1."""
        parts = [self.is_new.astype(np.float64)[None] @ centred]
        parts.extend(members @ centred for members in self._permutations(count, generator))
        return np.concatenate(parts)

    def influences(
        self, centred: Float64[np.ndarray, "N s"], documents: Int64[np.ndarray, " N"]
    ) -> Float64[np.ndarray, "D s"]:
        """What each document contributes to the sums of centred values over new units: Σ_i (S_i − s) z_i over its
        units, where S is 1 for a new unit and 0 for an old one, and s its mean in the block. That values are centred
        has made them smaller than chance does, by a factor that is put back.

        Args:
            centred: centred values z in the order of the blocks.
            documents: document of each unit in their own order, numbered from 0.
        """
        share = (self.new / self.sizes)[self.block]
        lost = np.sqrt(self.sizes / np.maximum(self.sizes - 1, 1))[self.block]
        sums = np.zeros((int(documents.max()) + 1, centred.shape[1]))
        np.add.at(sums, documents[self.order], ((self.is_new - share) * lost)[:, None] * centred)
        return sums

    def _permutations(self, count: int, generator: np.random.Generator) -> Iterator[Float64[np.ndarray, "p N"]]:
        rows = max(1, _AT_ONCE // len(self.order))
        for begin in range(0, count, rows):
            keys = generator.random((min(rows, count - begin), len(self.order))) + self.block
            yield self.is_new[np.argsort(keys, axis=1)].astype(np.float64)

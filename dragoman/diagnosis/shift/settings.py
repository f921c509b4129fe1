"""How the tests of a diagnosis of shift are done."""

from __future__ import annotations

from dataclasses import dataclass

from dragoman.errors import InputError

FEWEST_PERMUTATIONS = 99
MOST_PERMUTATIONS = 100_000


@dataclass(frozen=True, slots=True)
class Settings:
    """How the tests are done.

    Attributes:
        alpha: probability of a wrong answer to any of the questions.
        permutations: number of permutations of each test; the smallest p-value is 1 / (permutations + 1).
        seed: seed of all random numbers.

    Raises:
        InputError: if a number is out of its range, or the permutations are too few for α.
    """

    alpha: float = 0.05
    permutations: int = 999
    seed: int = 1

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1:
            raise InputError(
                f"α was given as {self.alpha:g}", remedy="give a probability between 0 and 1, such as 0.05."
            )
        if not FEWEST_PERMUTATIONS <= self.permutations <= MOST_PERMUTATIONS:
            raise InputError(
                f"{self.permutations:,} permutations were asked for",
                remedy=f"give a number from {FEWEST_PERMUTATIONS} to {MOST_PERMUTATIONS:,}, such as 999.",
            )
        if self.seed < 0:
            raise InputError(f"the seed was given as {self.seed}", remedy="give a number from 0 on.")
        # The first two questions share α, so half of it has to be within reach.
        needed = 2 / self.alpha - 1
        if self.permutations < needed:
            raise InputError(
                f"with {self.permutations:,} permutations no p-value is below {1 / (self.permutations + 1):.2g}, so "
                f"nothing could be found at α = {self.alpha:g}",
                remedy=f"give at least {needed:,.0f} permutations.",
            )

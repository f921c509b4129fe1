"""Is a shift a label shift? If it is, the inputs of each class, p(x | y), are as they were.

So old examples that are chosen by their class alone, with the new shares, must look like the new examples. They are
chosen without replacement, each with probability w(y) / max w (rejection sampling; von Neumann 1951): what is left is
a sample with the new shares, and under label shift it is exchangeable with the new examples, so the two-sample test
keeps its size. Drawing with replacement would repeat examples, which no permutation test allows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from dragoman.shift.covariate import CovariateShift, covariate_shift
from dragoman.shift.permutations import PERMUTATIONS, SEED

FEWEST_KEPT = 50
"""Fewest old examples that the test is made with; with fewer it would pass nearly everything."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether a label shift explains all that sets new examples apart.

    Attributes:
        kept: number of old examples that were left after sampling to the new shares.
        shift: the two-sample test between these and the new examples; None if too few were left. A small p-value says
            that it is no label shift, or not that alone.
        reason: sentence that says why there is no test; empty if there is.
    """

    kept: int
    shift: CovariateShift | None
    reason: str

    @property
    def p_value(self) -> float | None:
        """The p-value of "the inputs of each class are distributed as before"; None if too few examples were left."""
        return None if self.shift is None else self.shift.p_value


def kept_by_class(
    classes: Int[np.ndarray, " n"], weights: Float[np.ndarray, " K"], *, seed: int = SEED
) -> Bool[np.ndarray, " n"]:
    """Which of n old examples are kept, each with probability w(y) / max w over the classes that occur.

    >>> kept = kept_by_class(np.repeat([0, 1], 1000), np.array([0.5, 2.0]))
    >>> bool(kept[1000:].all()), round(float(kept[:1000].mean()), 1)
    (True, 0.2)

    Args:
        classes: class of each example, from 0 to K − 1.
        weights: weight w of each class, at least 0.
        seed: seed of the draws.
    """
    wanted = weights[classes]
    highest = float(wanted.max(initial=0.0))
    if highest == 0:
        return np.zeros(len(classes), dtype=bool)
    return np.random.default_rng([seed, 2]).random(len(classes)) < wanted / highest


def label_shift_gate(
    old: Float[np.ndarray, "n d"],
    old_classes: Int[np.ndarray, " n"],
    new: Float[np.ndarray, "m d"],
    weights: Float[np.ndarray, " K"],
    names: Sequence[str],
    *,
    old_documents: Int[np.ndarray, " n"] | None = None,
    new_documents: Int[np.ndarray, " m"] | None = None,
    permutations: int = PERMUTATIONS,
    seed: int = SEED,
) -> Gate:
    """Test whether new inputs are distributed as old ones of the new shares.

    Args:
        old: d features of n old examples.
        old_classes: class of each old example, from 0 to K − 1.
        new: the same features of m new examples.
        weights: weight of each class, its new share by its old one, such as :attr:`LabelShift.weights`.
        names: names of the features.
        old_documents: document of each old example, by any number.
        new_documents: document of each new example, by any number.
        permutations: number of permutations behind the p-value.
        seed: seed of all draws.

    Raises:
        InputError: if there are too few new examples for a test.
    """
    kept = kept_by_class(old_classes, weights, seed=seed)
    count = int(kept.sum())
    if count < FEWEST_KEPT:
        return Gate(
            count,
            None,
            f"only {count} of {len(old):,} old examples are left with the new shares of the classes, too few to say "
            f"whether their inputs are as before; {FEWEST_KEPT} would do",
        )
    shift = covariate_shift(
        old[kept],
        new,
        names,
        old_documents=None if old_documents is None else old_documents[kept],
        new_documents=new_documents,
        permutations=permutations,
        seed=seed,
    )
    return Gate(count, shift, "")

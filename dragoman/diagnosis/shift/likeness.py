"""Which old examples are like new ones, so that their losses can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from dragoman.diagnosis.shift.classes import ClassesCompared
from dragoman.diagnosis.shift.settings import Settings
from dragoman.reference.profile import Profile
from dragoman.shift.density_ratio import density_ratio

_LEAST_WEIGHT = 1e-6
_LARGEST_LOG = 30.0


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much more frequent each example is among the new ones than among the old ones, as a logarithm.

    Attributes:
        old: ln p_new / p_old of each old example.
        new: the same of each new example.
        phrase: which old examples are like new ones, as it follows "old examples".
        coverage: estimated share of the new distribution that lies where there are old examples: the mean of
            p_new / p_old over the old distribution is 1 if all of it does.
    """

    old: Float64[np.ndarray, " n"]
    new: Float64[np.ndarray, " m"]
    phrase: str
    coverage: float = 1.0


def likeness_of(
    old: Profile, new: Profile, compared: Sequence[ClassesCompared], settings: Settings, *, shifted: bool
) -> Likeness:
    """Examples of one class are alike where the shares of the classes explain the difference; where nothing differs,
    all are; else those of one ratio of densities are.

    Args:
        old: the reference.
        new: the new examples, with the same features.
        compared: classes of both.
        settings: how tests are done.
        shifted: whether the inputs differ.
    """
    # The level at which the question on the inputs within the classes is answered, with that on the outputs beside it.
    level = settings.alpha if new.losses is None else settings.alpha / 2
    explaining = [each for each in compared if each.explains(level)]
    if explaining:
        chosen = max(explaining, key=lambda each: each.found.within or 0.0)
        # Where losses of new examples are to be compared, their classes are needed.
        of_new = np.ones(len(new)) if chosen.new is None and new.losses is None else chosen.new
        if chosen.old is not None and of_new is not None:
            logs = [np.log(np.maximum(weights, _LEAST_WEIGHT)) for weights in (chosen.old, of_new)]
            return Likeness(logs[0], logs[1], f"with the same shares of the {chosen.found.kind}")
    if not shifted:
        return Likeness(np.zeros(len(old)), np.zeros(len(new)), "(their inputs were not found to differ)")
    ratio = density_ratio(old.values, new.values, documents=_pooled(old, new), seed=settings.seed)
    coverage = float(np.exp(np.minimum(ratio.old, _LARGEST_LOG)).mean())
    return Likeness(ratio.old, ratio.new, "with like inputs", min(coverage, 1.0))


def _pooled(old: Profile, new: Profile) -> Int64[np.ndarray, " N"] | None:
    """The document of each old and then of each new example; those of a side that has none are documents each."""
    if old.documents is None and new.documents is None:
        return None
    first = np.arange(len(old)) if old.documents is None else old.documents
    second = np.arange(len(new)) if new.documents is None else new.documents
    return np.concatenate([first, second + first.max() + 1]).astype(np.int64)

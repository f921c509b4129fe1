"""What the test of covariate shift could have seen at the size of the samples: its power, estimated by resampling.

No sample shows what others would have shown. So smaller samples are drawn from the given ones without replacement, and
the share of them in which the test rejects is an unbiased estimate for samples of that size. It is carried to the full
size as if the test's statistic were normal, with a mean that grows with the square root of nm / (n + m) as that of a
difference of means does.

Half a shift is a mixture: half of the new examples are old ones, which the old sample then does not hold. Which share
of foreign examples would have been seen where nothing was found is not estimated: it depends on how foreign they are,
of which two samples without a difference say nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from jaxtyping import Float, Int64

from dragoman.shift.permutations import SEED
from dragoman.shift.samples import Sample, Samples, samples_of
from dragoman.shift.two_sample_tests import two_sample_tests

LEVEL = 0.05
DRAWS = 25
"""Samples behind each estimate, whose standard error is then at most 0.1."""
FEWEST = 5
"""From samples of fewer examples or documents nothing is estimated."""
MOST = 300
"""Examples that a drawn sample holds on each side, if documents are no larger, so that an estimate takes a second."""
_STREAM = 0xB0_A710


@dataclass(frozen=True, slots=True)
class Power:
    """Estimated power of the test of covariate shift.

    Attributes:
        level: level α at which the test rejects.
        seen: probability that other samples of this size with the shift that was seen are rejected.
        half: the same probability for a shift half its size: every other new example is an old one.
        old: number of old examples that the estimates hold for; of documents where they are permuted.
        new: number of new examples, or documents.
        by_document: whether documents are counted.
        draws: number of drawn samples behind each estimate.
        note: what a reader must know of how it was estimated, as one sentence.
    """

    level: float
    seen: float
    half: float
    old: int
    new: int
    by_document: bool
    draws: int
    note: str

    def sentence(self) -> str:
        """What half the shift would have looked like, as one sentence.

        >>> Power(0.05, 0.98, 0.42, 2000, 200, False, 25, "").sentence()
        'At 200 new examples a shift half this size would be missed in about 6 of 10 samples.'
        """
        missed = round(10 * (1 - self.half))
        rarely = {0: "hardly ever be missed", 10: "nearly always be missed"}
        how = rarely.get(missed, f"be missed in about {missed} of 10 samples")
        return (
            f"At {self.new:,} new {'documents' if self.by_document else 'examples'} a shift half this size would {how}."
        )


def estimated_power(
    old: Float[np.ndarray, "n d"],
    new: Float[np.ndarray, "m d"],
    *,
    old_documents: Int64[np.ndarray, " n"] | None = None,
    new_documents: Int64[np.ndarray, " m"] | None = None,
    level: float = LEVEL,
    seed: int = SEED,
) -> Power | None:
    """The power of :func:`~dragoman.shift.covariate.covariate_shift` for the shift between two samples, and for half.

    Args:
        old: d features of n examples of the training distribution, all finite.
        new: the same features of m new examples.
        old_documents: the document of each old example; documents are used as the test uses them.
        new_documents: the document of each new example.
        level: level α of the test.
        seed: seed of all draws.

    Returns:
        the estimates, or None if there are too few documents for them.

    Raises:
        InputError: if there are too few examples or documents for the test, or all features are constant.

    >>> draws = np.random.default_rng(1)
    >>> power = estimated_power(draws.normal(0, 1, (80, 2)), draws.normal(1, 1, (40, 2)))
    >>> power.seen > power.half > 0.3
    True
    """
    generator = np.random.default_rng([seed, _STREAM])
    samples = samples_of(len(old), len(new), old_documents, new_documents, generator)
    n, m = samples.old.units, samples.new.units
    # Half of each sample for the whole shift; for half of it, as much as leaves enough old units to replace new ones.
    seen = _Size.of(samples, 0.5, foreign=1.0)
    half = _Size.of(samples, n / (n + m / 2), foreign=0.5)
    if min(seen.old, seen.new, half.old, half.new) < FEWEST:
        return None
    rates = [_carried(_rate(old, new, samples, size, level, generator), n, m, size, level) for size in (seen, half)]
    units = "documents" if samples.by_document else "examples"
    return Power(
        level=level,
        seen=rates[0],
        half=rates[1],
        old=n,
        new=m,
        by_document=samples.by_document,
        draws=DRAWS,
        note=f"Estimated from {DRAWS} smaller samples ({half.old:,} old and {half.new:,} new {units}) that were drawn "
        "from the given ones, and carried to their size by a normal approximation; the standard error is about 0.1.",
    )


@dataclass(frozen=True, slots=True)
class _Size:
    """How many units a drawn sample has on each side, and how many of the new ones are new in truth."""

    old: int
    new: int
    foreign: int

    @classmethod
    def of(cls, samples: Samples, share: float, *, foreign: float) -> _Size:
        """A share of both samples."""
        old, new = (_limited(side, share) for side in (samples.old, samples.new))
        return cls(old, new, round(foreign * new))


def _limited(sample: Sample, share: float) -> int:
    """The number of units that are a share of a sample, but not more examples than :data:`MOST`."""
    most = MOST * sample.units // len(sample.rows)
    return min(int(share * sample.units), max(most, FEWEST))


def _rate(
    old: Float[np.ndarray, "n d"],
    new: Float[np.ndarray, "m d"],
    samples: Samples,
    size: _Size,
    level: float,
    generator: np.random.Generator,
) -> float:
    """The share of drawn samples in which the test rejects."""
    permutations = math.ceil(4 / level) - 1
    rejected = 0
    for draw in range(DRAWS):
        drawn = generator.permutation(samples.old.units)[: size.old + size.new - size.foreign]
        kept, moved = samples.old.places(drawn[: size.old]), samples.old.places(drawn[size.old :])
        foreign = samples.new.places(generator.permutation(samples.new.units)[: size.foreign])
        ours = np.concatenate([kept, moved])
        values = np.concatenate([old[samples.old.rows[ours]], new[samples.new.rows[foreign]]]).astype(np.float64)
        units = np.concatenate([samples.old.numbers[ours], samples.new.numbers[foreign] + samples.old.units])
        tests = two_sample_tests(values, len(kept), units, permutations=permutations, seed=draw, generator=generator)
        rejected += tests.overall <= level
    return rejected / DRAWS


def _carried(rate: float, old: int, new: int, size: _Size, level: float) -> float:
    """The power at the full size, ``old`` and ``new`` units, from the rate at the size of the drawn samples."""
    normal = NormalDist()
    threshold = normal.inv_cdf(1 - level)
    # A rate of 0 or 1 is one that so few draws cannot tell from it.
    mean = normal.inv_cdf(min(max(rate, 0.5 / DRAWS), 1 - 0.5 / DRAWS)) + threshold
    larger = math.sqrt((old * new / (old + new)) / (size.old * size.new / (size.old + size.new)))
    return normal.cdf(max(mean, 0.0) * larger - threshold)

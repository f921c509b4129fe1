"""Tables with a shift of a known kind: what diagnoses of shift are held against.

The examples of class y, of K, are drawn from a mixture of normal distributions, p(x | y), in some of the columns; the
other columns say nothing of the class. Every kind of shift is planted by a change of one factor alone:

- label shift changes p(y), and draws x from the same p(x | y);
- covariate shift changes p(x): of examples from the old distribution those are kept that a function of x alone chooses,
  which leaves p(y | x) as it was, to the letter;
- concept shift changes p(y | x): in one half of the space of x the classes change their names in a circle, for some of
  the examples; p(x) stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float64, Int64

KINDS = ("none", "covariate", "label", "concept")


@dataclass(frozen=True, slots=True)
class Sample:
    """Some examples.

    Attributes:
        values: the numbers of each example, [n, d].
        classes: class of each example, from 0 to K − 1.
    """

    values: Float64[np.ndarray, "n d"]
    classes: Int64[np.ndarray, " n"]

    def __len__(self) -> int:
        return len(self.values)

    def table(self) -> pd.DataFrame:
        """The examples as rows of a table: columns ``x1`` … ``xd``, and ``y``, the class as text."""
        columns = {f"x{place + 1}": column for place, column in enumerate(self.values.T)}
        return pd.DataFrame({**columns, "y": [f"class {number}" for number in self.classes.tolist()]})

    def rows(self, start: int, stop: int | None = None) -> Sample:
        """The examples from ``start`` to before ``stop``."""
        return Sample(self.values[start:stop], self.classes[start:stop])


@dataclass(frozen=True, slots=True)
class World:
    """The old distribution p(x, y).

    Attributes:
        shares: p(y), [K].
        means: means of the normal distributions of each class, [K, components, d].
        direction: unit vector along which the inputs shift, or that parts the space of a concept shift in two, [d].
        shifted: p(y) of a label shift of strength 1, [K].
    """

    shares: Float64[np.ndarray, " K"]
    means: Float64[np.ndarray, "K c d"]
    direction: Float64[np.ndarray, " d"]
    shifted: Float64[np.ndarray, " K"]

    @classmethod
    def drawn(
        cls,
        generator: np.random.Generator,
        *,
        classes: int = 4,
        components: int = 2,
        informative: int = 4,
        noise: int = 4,
        spread: float = 1.8,
    ) -> World:
        """A world with ``classes`` classes in ``informative`` columns, and ``noise`` columns without information.

        ``spread`` is the standard deviation of the means of the components, whose own standard deviation is 1: the
        larger, the easier the classes are told apart.
        """
        size = informative + noise
        means = np.zeros((classes, components, size))
        means[:, :, :informative] = generator.normal(0, spread, (classes, components, informative))
        direction = generator.normal(size=size)
        return cls(
            shares=generator.dirichlet(np.full(classes, 20.0)),
            means=means,
            direction=direction / np.linalg.norm(direction),
            shifted=generator.dirichlet(np.full(classes, 1.0)),
        )

    def sample(
        self, count: int, generator: np.random.Generator, shares: Float64[np.ndarray, " K"] | None = None
    ) -> Sample:
        """``count`` examples, with the old shares of the classes or with others."""
        chosen = self.shares if shares is None else shares
        classes = generator.choice(len(chosen), size=count, p=chosen)
        component = generator.integers(0, self.means.shape[1], size=count)
        noise = generator.normal(size=(count, self.means.shape[2]))
        return Sample(self.means[classes, component] + noise, classes.astype(np.int64))

    def posterior(self, values: Float64[np.ndarray, "n d"]) -> Float64[np.ndarray, "n K"]:
        """The true p(y | x) of the old distribution, [n, K]."""
        distances = ((values[:, None, None, :] - self.means) ** 2).sum(axis=3)
        joint = self.shares * np.exp(-0.5 * (distances - distances.min(axis=(1, 2), keepdims=True))).sum(axis=2)
        return joint / joint.sum(axis=1, keepdims=True)

    def projected(self, values: Float64[np.ndarray, "n d"]) -> Float64[np.ndarray, " n"]:
        """How far the inputs lie along :attr:`direction`, standardised by the old distribution's mean and variance."""
        along = self.means @ self.direction
        weights = self.shares[:, None] / along.shape[1]
        mean = float((weights * along).sum())
        variance = 1 + float((weights * (along - mean) ** 2).sum())
        return (values @ self.direction - mean) / np.sqrt(variance)


def planted(kind: str, world: World, count: int, generator: np.random.Generator, *, strength: float = 1.0) -> Sample:
    """``count`` new examples after a shift of one of :data:`KINDS`.

    Args:
        kind: kind of the shift.
        world: distribution that is shifted.
        count: number of examples.
        generator: source of the draws.
        strength: 0 is no shift at all. At 1, label shift draws the classes by shares from a uniform Dirichlet
            distribution; covariate shift moves the mean of the inputs by about 0.6 standard deviations along one
            direction; concept shift renames one half of the examples in one half of the space.
    """
    return _PLANTED[kind](world, count, generator, strength)


def _none(world: World, count: int, generator: np.random.Generator, strength: float) -> Sample:
    return world.sample(count, generator)


def _label(world: World, count: int, generator: np.random.Generator, strength: float) -> Sample:
    mixed = (1 - min(strength, 1.0)) * world.shares + min(strength, 1.0) * world.shifted
    return world.sample(count, generator, mixed)


def _covariate(world: World, count: int, generator: np.random.Generator, strength: float) -> Sample:
    """Examples are kept with probability 1 / (1 + exp(−2 · strength · t)), where t is their place on the direction."""
    parts: list[Sample] = []
    while sum(map(len, parts)) < count:
        drawn = world.sample(2 * count, generator)
        kept = generator.random(len(drawn)) < 1 / (1 + np.exp(-2 * strength * world.projected(drawn.values)))
        parts.append(Sample(drawn.values[kept], drawn.classes[kept]))
    values = np.concatenate([part.values for part in parts])
    return Sample(values[:count], np.concatenate([part.classes for part in parts])[:count])


def _concept(world: World, count: int, generator: np.random.Generator, strength: float) -> Sample:
    drawn = world.sample(count, generator)
    renamed = (world.projected(drawn.values) > 0) & (generator.random(count) < 0.5 * strength)
    classes = np.where(renamed, (drawn.classes + 1) % len(world.shares), drawn.classes)
    return Sample(drawn.values, classes)


_PLANTED: dict[str, Callable[[World, int, np.random.Generator, float], Sample]] = {
    "none": _none,
    "covariate": _covariate,
    "label": _label,
    "concept": _concept,
}

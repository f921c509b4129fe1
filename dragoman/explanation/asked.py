"""What a caller wants explained, and how."""

from __future__ import annotations

from dataclasses import dataclass, fields

from dragoman.contracts import Beam, BestFirstBeam, DiverseBeam, Exact, Greedy, MinimumBayesRisk, Sample, SearchMethod
from dragoman.errors import InputError
from dragoman.recipe.search import SearchRecipe

ALTERNATIVES = 3
"""How many alternatives are shown unless a caller says otherwise."""
_MOST_ALTERNATIVES = 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """What a caller wants explained.

    Attributes:
        proposed: an output that the caller proposes instead of the model's own; None if there is none.
        method: method of search; None for the one that the model's recipe names.
        alternatives: number of the most probable other tokens that are shown in the place of each token, and of the
            hypotheses that the search gave up at each step.

    Raises:
        InputError: if ``alternatives`` is out of range.
    """

    proposed: str | None = None
    method: SearchMethod | None = None
    alternatives: int = ALTERNATIVES

    def __post_init__(self) -> None:
        if not 0 <= self.alternatives <= _MOST_ALTERNATIVES:
            raise InputError(
                f"{self.alternatives} alternatives were asked for",
                remedy=f"give a number from 0 to {_MOST_ALTERNATIVES:,}.",
            )

    def method_for(self, recipe: SearchRecipe) -> SearchMethod:
        """The method of search that was asked for, or else the recipe's."""
        if self.method is not None:
            return self.method
        return Greedy() if recipe.beam == 1 else Beam(recipe.beam, recipe.length_penalty)


def described(method: SearchMethod) -> str:
    """A method of search in a few words.

    >>> described(Beam(width=4, length_penalty=1.0)), described(Greedy())
    ('beam search (width 4, length penalty 1)', 'greedy search')
    """
    values = {field.name.replace("_", " "): getattr(method, field.name) for field in fields(method)}
    shown = ", ".join(f"{name} {value:g}" for name, value in values.items() if isinstance(value, int | float))
    return f"{method.feature.value} ({shown})" if shown else method.feature.value


def exponent_of(method: SearchMethod) -> float:
    """The exponent α of the length penalty by which a method compares hypotheses; 0 if it uses log-probabilities."""
    match method:
        case Beam() | BestFirstBeam() | DiverseBeam() | Exact():
            return method.length_penalty
        case Greedy() | Sample() | MinimumBayesRisk():
            return 0.0

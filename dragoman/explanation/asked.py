"""What a caller wants explained, and how."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields

from dragoman.contracts import (
    Beam,
    BestFirstBeam,
    DiverseBeam,
    Exact,
    Greedy,
    MinimumBayesRisk,
    Proof,
    Sample,
    SearchMethod,
)
from dragoman.errors import InputError
from dragoman.predict.search_request import search_request
from dragoman.recipe.search import SearchRecipe

ALTERNATIVES = 3
"""How many alternatives are shown unless a caller says otherwise."""
_MOST_ALTERNATIVES = 1000
_ASKED = {
    "proposed": "an output that is proposed",
    "search": "a method of search",
    "beam": "a beam width",
    "alternatives": "a number of alternatives",
    "label": "a label to explain",
    "words": "a word to explain",
    "pixels": "whether pixels are explained",
}
"""What each attribute is for, for people."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a caller wants explained.

    Attributes:
        proposed: an output that the caller proposes instead of the model's own; None if there is none.
        search: method of search; None for the model's usual one.
        beam: beam width, in the place of a method; 1 is greedy search.
        alternatives: number of the most probable other tokens that are shown in the place of each token, and of the
            hypotheses that the search gave up at each step.
        label: label or tag to explain; None for the one that is predicted.
        words: numbers, from 0, of the words whose tags are explained; None for all.
        pixels: whether to find which pixels each character was read from, which takes longest.

    Raises:
        InputError: if ``alternatives`` is out of range.
    """

    proposed: str | None = None
    search: SearchMethod | None = None
    beam: int | None = None
    alternatives: int = ALTERNATIVES
    label: str | None = None
    words: tuple[int, ...] | None = None
    pixels: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.alternatives <= _MOST_ALTERNATIVES:
            raise InputError(
                f"{self.alternatives} alternatives were asked for",
                remedy=f"give a number from 0 to {_MOST_ALTERNATIVES:,}.",
            )

    def refuse_but(self, used: Collection[str], model: str) -> None:
        """Refuse what a kind of model has no use for.

        Args:
            used: names of the attributes that it uses.
            model: the model in a sentence.

        Raises:
            InputError: if another attribute was given.
        """
        for field in fields(self):
            if field.name not in used and getattr(self, field.name) != field.default:
                raise InputError(f"{_ASKED[field.name]} was given, and {model}", remedy="leave it out.")

    def method(self, recipe: SearchRecipe, usual: SearchMethod | None = None) -> SearchMethod:
        """The method of search that was asked for.

        Args:
            recipe: the model's search settings.
            usual: the method if none was asked for; by default the recipe's.

        Raises:
            InputError: if a number is out of its range, or both a method and a beam width were asked for.
        """
        if self.search is None and self.beam is None and usual is not None:
            return usual
        return search_request(recipe, search=self.search, beam=self.beam).method


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


def keeps_trace(method: SearchMethod) -> bool:
    """Whether a method of search can tell what it considered."""
    return isinstance(method, Greedy | Beam | BestFirstBeam | DiverseBeam | Sample)


def proved(proof: Proof, score: float) -> str:
    """What exact search knows of an output with this score, in words.

    >>> proved(Proof(bound=-1.0, proved=True, expansions=9), -1.0)
    'Proved: no output of the model scores higher.'
    >>> proved(Proof(bound=-1.0, proved=False, expansions=9), -1.5)
    'Not proved: the budget was spent, and another output may score up to 0.500 higher.'
    """
    if proof.proved:
        return "Proved: no output of the model scores higher."
    gap = proof.gap(score)
    return f"Not proved: the budget was spent, and another output may score up to {gap:.3f} higher."

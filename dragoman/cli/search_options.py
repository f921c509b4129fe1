"""The options of a search: written once, and the same in every command that searches for text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dragoman.cli.option_group import OptionGroup
from dragoman.cli.options import finite
from dragoman.errors import InputError

if TYPE_CHECKING:
    from dragoman.contracts import Sample, SearchMethod, SearchRequest, Utility
    from dragoman.recipe.search import SearchRecipe

_PANEL = "Search"


def search_option(help: str, *names: str, **limits: Any) -> Any:
    """An option of a search."""
    return typer.Option(*names, help=help, rich_help_panel=_PANEL, show_default=False, **limits)


_SEARCH = (
    "greedy, beam, best-first (a beam in another order), diverse (a beam in groups), sample, exact, or mbr (minimum "
    "Bayes risk)."
)

Whole = int | None
Number = float | None

Search = Annotated[str | None, search_option(_SEARCH)]
Beam = Annotated[Whole, search_option("Beam width; 1 is greedy. By default the recipe's.", min=1, max=1000)]
LengthPenalty = Annotated[
    Number,
    search_option(
        "Exponent by which longer outputs are favoured; 0 for none. By default the recipe's, of exact search 0.",
        min=-10,
        max=10,
        callback=finite,
    ),
]
Groups = Annotated[Whole, search_option("Groups of a diverse beam; by default as many as it is wide.", min=1, max=1000)]
Strength = Annotated[
    Number,
    search_option(
        "Penalty of a diverse beam for a symbol that another group chose; by default 0.5.",
        min=0,
        max=1000,
        callback=finite,
    ),
]
Temperature = Annotated[
    Number,
    search_option(
        "Of draws: above 0; below 1 the probable becomes more so, above 1 less. By default 1.",
        max=1000,
        callback=finite,
    ),
]
TopK = Annotated[
    Whole, search_option("Draw from so many of the most probable symbols; 0, the default: all.", min=0, max=10**7)
]
TopP = Annotated[
    Number,
    search_option(
        "Draw from the most probable symbols that together have this share; by default 1.",
        min=0.01,
        max=1,
        callback=finite,
    ),
]
Seed = Annotated[Whole, search_option("Of the draws; by default 1.", min=0, max=2**31 - 1)]
Samples = Annotated[
    Whole, search_option("Draws among which mbr chooses; by default 32, or the n best of --beam.", min=1, max=10**5)
]
Measure = Annotated[str | None, search_option("How mbr compares candidates: chrf, the default, or bleu.")]
Expansions = Annotated[
    Whole, search_option("Budget of exact search for each line, in hypotheses; by default 100,000.", min=1, max=10**12)
]
Seconds = Annotated[
    Number, search_option("Budget of exact search for each line, in seconds; by default none.", max=10**9)
]

_CANDIDATES = 32
_OF_DRAWS = frozenset({"temperature", "top_k", "top_p", "seed"})
_OF_BEAMS = frozenset({"beam", "length_penalty"})
_TAKES = {
    "greedy": frozenset[str](),
    "beam": _OF_BEAMS,
    "best-first": _OF_BEAMS,
    "diverse": _OF_BEAMS | {"groups", "strength"},
    "sample": _OF_DRAWS,
    "exact": _OF_BEAMS | {"expansions", "seconds"},
    "mbr": _OF_BEAMS | _OF_DRAWS | {"samples", "utility"},
}
"""For each search the options that it takes."""

SEARCHES = tuple(_TAKES)
"""The names of the searches."""


@dataclass(frozen=True, kw_only=True)
class GivenSearch(OptionGroup):
    """The search that a person asks for."""

    search: Search = None
    beam: Beam = None
    length_penalty: LengthPenalty = None
    groups: Groups = None
    strength: Strength = None
    temperature: Temperature = None
    top_k: TopK = None
    top_p: TopP = None
    seed: Seed = None
    samples: Samples = None
    utility: Measure = None
    expansions: Expansions = None
    seconds: Seconds = None

    @property
    def given(self) -> bool:
        """Whether anything was given."""
        return self.search is not None or bool(self._given())

    @property
    def names_method(self) -> bool:
        """Whether more was given than the width of a beam."""
        return self.search is not None or self._given() not in ([], ["beam"])

    def check(self, usual: str = "beam") -> None:
        """Refuse a search that is not there, and options that do nothing for the search.

        Args:
            usual: name of the search of the command where none is given.

        Raises:
            InputError: naming all options that do not go together.
        """
        if self.search is not None and self.search not in _TAKES:
            raise InputError(f"no search is called {self.search}", remedy=f"give {', '.join(SEARCHES)}.")
        name = self.search or usual
        useless = [option for option in self._given() if option not in _TAKES[name]]
        if useless:
            takers = [search for search in SEARCHES if _TAKES[search].issuperset(useless)]
            raise InputError(
                f"{_typed(useless)} cannot be given with "
                + (f"--search {name}" if self.search is not None else f"the usual search, {name}"),
                cause=f"only --search {' or '.join(takers)} takes " + ("it." if len(useless) == 1 else "all of these.")
                if takers
                else None,
                remedy="leave out what does not belong to the search, or give another --search.",
            )
        of_draws = [option for option in self._given() if option in _OF_DRAWS | {"samples"}]
        of_beams = [option for option in self._given() if option in _OF_BEAMS]
        if name == "mbr" and of_draws and of_beams:
            raise InputError(
                f"{_typed(of_draws)} cannot be given beside {_typed(of_beams)}",
                cause="the candidates of minimum Bayes risk are either draws or the n best of a beam.",
                remedy=f"leave out {_typed(of_draws)} to choose among the n best, or {_typed(of_beams)} to choose "
                "among draws.",
            )

    def request(self, recipe: SearchRecipe, n_best: int = 1, usual: str = "beam") -> SearchRequest:
        """The search request, with the recipe's settings for what was not given.

        Args:
            recipe: the model's search settings.
            n_best: number of outputs for each input.
            usual: name of the search of the command where none is given.

        Raises:
            InputError: if options do not go together, or a number is out of its range.
        """
        from dragoman.predict.search_request import search_request

        if (self.search or usual) == "beam":
            self.check(usual)
            return search_request(recipe, beam=self.beam, length_penalty=self.length_penalty, n_best=n_best)
        return search_request(recipe, search=self.method(recipe, n_best, usual), n_best=n_best)

    def method(self, recipe: SearchRecipe, n_best: int = 1, usual: str = "beam") -> SearchMethod:
        """The method of search, with the recipe's settings for what was not given.

        Args:
            recipe: the model's search settings.
            n_best: number of outputs for each input; a beam whose width was not given is at least as wide.
            usual: name of the search of the command where none is given.

        Raises:
            InputError: if options do not go together, or a number is out of its range.
        """
        from dragoman import contracts as methods

        self.check(usual)
        width = self.beam or max(recipe.beam, n_best)
        penalty = recipe.length_penalty if self.length_penalty is None else self.length_penalty
        match self.search or usual:
            case "greedy":
                return methods.Greedy()
            case "beam":
                return methods.Beam(width, penalty) if width > 1 else methods.Greedy()
            case "best-first":
                return methods.BestFirstBeam(width, penalty)
            case "diverse":
                groups = self.groups or width
                wide = width if self.beam is not None else -(-width // groups) * groups
                return methods.DiverseBeam(wide, groups, **_given(strength=self.strength), length_penalty=penalty)
            case "sample":
                return self._draws()
            case "exact":
                budget = _given(expansions=self.expansions, seconds=self.seconds, length_penalty=self.length_penalty)
                return methods.Exact(width=width, **budget)
            case _:
                if self.beam is None and self.length_penalty is None:
                    return methods.MinimumBayesRisk(
                        self._draws(), self.samples or max(_CANDIDATES, n_best), self._utility()
                    )
                return methods.MinimumBayesRisk(methods.Beam(width, penalty), width, self._utility())

    def _draws(self) -> Sample:
        from dragoman.contracts import Sample

        return Sample(**_given(temperature=self.temperature, top_k=self.top_k, top_p=self.top_p, seed=self.seed))

    def _utility(self) -> Utility:
        from dragoman.contracts import Utility

        names = [utility.value for utility in Utility]
        if self.utility is not None and self.utility not in names:
            raise InputError(f"no utility is called {self.utility}", remedy=f"give --utility {' or '.join(names)}.")
        return Utility(self.utility or Utility.CHRF)

    def _given(self) -> list[str]:
        """The names of the options that were given, without the search itself."""
        options = (field.name for field in fields(self))
        return [option for option in options if option != "search" and getattr(self, option) is not None]


def _given(**values: float | None) -> dict[str, Any]:
    """The values that were given."""
    return {name: value for name, value in values.items() if value is not None}


def _typed(options: Iterable[str]) -> str:
    """The options as they are typed."""
    return ", ".join(f"--{option.replace('_', '-')}" for option in options)

"""The training budget of every recipe in a comparison."""

from __future__ import annotations

from dataclasses import dataclass

from dragoman.errors import RecipeError
from dragoman.recipe import Recipe
from dragoman.recipe.section import LARGEST
from dragoman.recipe.shortened import evenly_validated, shortened

_NEVER = 1_000_000


@dataclass(frozen=True, slots=True)
class Budget:
    """A budget: exactly one of three limits.

    >>> from dragoman.recipe import load_recipe
    >>> Budget(updates=300).apply(load_recipe("tiny")).training.updates
    300

    Attributes:
        tokens: number of target tokens to train on.
        updates: number of updates.
        minutes: minutes of training, without validation.
    """

    tokens: int | None = None
    updates: int | None = None
    minutes: float | None = None

    def __post_init__(self) -> None:
        given = [name for name in ("tokens", "updates", "minutes") if getattr(self, name) is not None]
        if len(given) != 1:
            said = f"{' and '.join(given)} were given" if given else "none was given"
            raise RecipeError([f"a comparison has one budget: tokens, updates or minutes; {said}"])
        if not 0 < getattr(self, given[0]) <= LARGEST:
            raise RecipeError(
                [f"the budget is {getattr(self, given[0])} {given[0]}; give more than 0 and at most {LARGEST:,}"]
            )

    def apply(self, recipe: Recipe) -> Recipe:
        """The recipe with this budget as its only limit: early stopping is turned off.

        Ten validations are spread over a budget of tokens or updates. A warm-up that does not fit is shortened.
        """
        training = recipe.training
        if self.updates is not None:
            training = evenly_validated(shortened(training, self.updates))
        patient = training.early_stopping.model_copy(update={"patience": _NEVER})
        length = {"tokens": self.tokens, "minutes": self.minutes}
        settings = training.model_copy(update={**length, "early_stopping": patient})
        return recipe.model_copy(update={"training": settings})

"""Remedies for a run that has not learnt well: as sentences, and as changes to its recipe."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dragoman.diagnosis.fit.criteria import FitKind
from dragoman.diagnosis.fit.width import widened
from dragoman.errors import RecipeError
from dragoman.recipe import Recipe, merge, nest, recipe_from
from dragoman.recipe.difference import changed_settings

Change = Callable[[Recipe], Recipe | None]

MORE_STEPS, HIGHER_RATE, MUCH_HIGHER_RATE = "more steps", "higher rate", "much higher rate"
WIDER, NARROWER, LESS_DROPOUT = "wider", "narrower", "less dropout"
MORE_DROPOUT, MORE_DECAY, MORE_DATA, EARLY_STOPPING = "more dropout", "more decay", "more data", "early stopping"

_DROPOUTS = ("dropout", "attention_dropout", "activation_dropout")
_LITTLE_DROPOUT = 0.1
_FIRST_DROPOUT, _MOST_DROPOUT, _MOST_AT_FIRST = 0.2, 0.5, 0.75
_FIRST_DECAY, _MOST_DECAY = {"decoupled": 0.1, "l2": 1e-3}, 1.0
_HIGHEST_RATE = 1.0


@dataclass(frozen=True, slots=True)
class Action:
    """One remedy.

    Attributes:
        name: one of the names above.
        what: sentence that tells a person what to do.
        cost: cost of training with the remedy, as a multiple of the present cost.
        cures: the fault that a run had if this remedy helps it.
        change: function from a recipe to the changed recipe, or to None where the remedy does not apply; None in its
            place if the remedy is no setting of a recipe.
    """

    name: str
    what: str
    cost: float
    cures: FitKind
    change: Change | None = None

    def applied(self, recipe: Recipe) -> Recipe | None:
        """The recipe with the remedy applied; None if it does not apply."""
        return None if self.change is None else self.change(recipe)


def settings(before: Recipe, after: Recipe) -> tuple[str, ...]:
    """The arguments after ``--set`` that turn one recipe into the other.

    >>> from dragoman.recipe import load_recipe
    >>> recipe = load_recipe("tiny")
    >>> settings(recipe, rate_times(2.0)(recipe))
    ('training.optimizer.learning_rate=0.01',)
    """
    return changed_settings(before, after)


def largest_dropout(recipe: Recipe) -> float:
    """The largest dropout rate in a model; 0 if it has no dropout."""
    return max(_dropouts(recipe, _DROPOUTS).values(), default=0.0)


def more_steps(recipe: Recipe) -> Recipe | None:
    """Double the updates, or the tokens that they are counted in; the learning rate's schedule is stretched to the new
    end."""
    unit = "updates" if recipe.training.tokens is None else "tokens"
    return _changed(recipe, {f"training.{unit}": 2 * (recipe.training.tokens or recipe.training.updates)})


def rate_times(factor: float) -> Change:
    """A change that multiplies the learning rate by ``factor``, as long as it stays below 1."""

    def change(recipe: Recipe) -> Recipe | None:
        rate = float(f"{factor * recipe.training.optimizer.learning_rate:.6g}")
        return _changed(recipe, {"training.optimizer.learning_rate": rate}) if rate <= _HIGHEST_RATE else None

    return change


def less_dropout(recipe: Recipe) -> Recipe | None:
    """Halve every dropout rate; small rates become 0, and R-Drop, which then would do nothing, with them."""
    share = 0.5 if largest_dropout(recipe) > _LITTLE_DROPOUT else 0.0
    rates = _dropouts(recipe, _DROPOUTS)
    lowered = {key: float(f"{share * rate:.4g}") for key, rate in rates.items() if rate}
    r_drop = {"training.r_drop": 0.0} if not share and recipe.training.r_drop else {}
    return _changed(recipe, {**lowered, **_fitting_start(recipe, lowered), **r_drop} if lowered else {})


def more_dropout(recipe: Recipe) -> Recipe | None:
    """Double the dropout rates of layers, to between 0.2 and 0.5; None if they are higher already."""
    rates = _dropouts(recipe, _DROPOUTS[:1])
    raised = {key: min(max(2 * rate, _FIRST_DROPOUT), _MOST_DROPOUT) for key, rate in rates.items()}
    higher = {key: float(f"{rate:.4g}") for key, rate in raised.items() if rate > rates[key]}
    return _changed(recipe, {**higher, **_fitting_start(recipe, higher)} if higher else {})


def more_decay(recipe: Recipe) -> Recipe | None:
    """Multiply the weight decay by ten; where it is 0, set a common initial value."""
    optimizer = recipe.training.optimizer
    raised = float(f"{10 * optimizer.weight_decay:.6g}") or _FIRST_DECAY[optimizer.decay]
    raised = min(raised, _MOST_DECAY)
    return _changed(recipe, {"training.optimizer.weight_decay": raised} if raised > optimizer.weight_decay else {})


ACTIONS: Mapping[str, Action] = {
    action.name: action
    for action in (
        Action(EARLY_STOPPING, "Stop where the validation loss is lowest.", 0.0, FitKind.OVERFITTING),
        Action(HIGHER_RATE, "Raise the learning rate three times.", 1.0, FitKind.NOT_CONVERGED, rate_times(3.0)),
        Action(MUCH_HIGHER_RATE, "Raise the learning rate ten times.", 1.0, FitKind.NOT_CONVERGED, rate_times(10.0)),
        Action(
            LESS_DROPOUT, "Halve dropout, or leave it out where it is small.", 1.0, FitKind.UNDERFITTING, less_dropout
        ),
        Action(MORE_DROPOUT, "Raise dropout.", 1.0, FitKind.OVERFITTING, more_dropout),
        Action(MORE_DECAY, "Raise weight decay.", 1.0, FitKind.OVERFITTING, more_decay),
        Action(
            NARROWER,
            "Take a model half as wide.",
            0.5,
            FitKind.OVERFITTING,
            lambda recipe: widened(recipe, 0.5),
        ),
        Action(
            MORE_STEPS,
            "Train for twice as many updates, with the schedule stretched over them.",
            2.0,
            FitKind.NOT_CONVERGED,
            more_steps,
        ),
        Action(WIDER, "Take a model twice as wide.", 2.5, FitKind.UNDERFITTING, lambda recipe: widened(recipe, 2.0)),
        Action(MORE_DATA, "Find more training data: twice as much.", 10.0, FitKind.OVERFITTING),
    )
}
"""The remedies by name, ordered by cost. The cost of more data is a guess at the effort of finding it."""


def _dropouts(recipe: Recipe, names: tuple[str, ...]) -> dict[str, float]:
    """The dropout rates that have an effect, keyed by their place in the recipe."""
    rates = recipe.model.dropout_rates
    return {f"model.{name}": rate for name, rate in rates.items() if name.rpartition(".")[2] in names}


def _fitting_start(recipe: Recipe, rates: Mapping[str, float]) -> dict[str, float]:
    """The change of ``training.dropout_start`` that these new rates need: none where they have one that suits them."""
    start = recipe.training.dropout_start
    largest = max(rates.values(), default=0.0)
    if start == 1 or (largest and start * largest < 1):
        return {}
    return {"training.dropout_start": float(f"{_MOST_AT_FIRST / largest:.2g}") if largest else 1.0}


def _changed(recipe: Recipe, changes: Mapping[str, object]) -> Recipe | None:
    """The recipe with these values; None if there are none, or the recipe would be invalid."""
    if not changes:
        return None
    values: JsonObject = recipe.model_dump(mode="json", exclude_none=True)
    for key, value in changes.items():
        values = merge(values, nest(key, value))
    try:
        return recipe_from(values)
    except RecipeError:
        return None

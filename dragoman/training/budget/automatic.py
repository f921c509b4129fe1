"""A recipe for a corpus, a machine and a time: looks at the data, times a few updates, and chooses by the tables."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from dragoman.data.dataset import Dataset
from dragoman.errors import InputError, RecipeError
from dragoman.recipe import Recipe, changed
from dragoman.recipe.difference import typed
from dragoman.storage.json import JsonObject
from dragoman.training.budget.choose import (
    LONGEST,
    Choice,
    Shape,
    choose_shape,
    choose_training,
    deserved_passes,
    shapes_for,
)
from dragoman.training.budget.corpus import CorpusSeen, look_at
from dragoman.training.budget.deadline import Clock
from dragoman.training.budget.kept import given_settings, without
from dragoman.training.budget.machine import measure_speed
from dragoman.training.budget.plan import VALIDATIONS, Speed, plan_within, seconds_for
from dragoman.training.memory import check_dataset
from dragoman.training.precision import Hardware

_PROBE_SHARE = 0.02
"""Share of the time that a measurement of speed may take, of which there are two at the most."""
_LONGEST_PROBE = 5.0
"""Seconds that a measurement of speed takes at the most, where its fewest updates do not take more."""
_SMALLEST_BATCH = 256
"""Target tokens of a mini-batch below which no smaller one is tried where memory is short."""
_MOST_MINUTES = 1_000_000
_LENGTHS = ("training.updates", "training.tokens")
_NO_BUDGET: JsonObject = {"training": {"budget": None}}


def check_budget(recipe: Recipe, *, starts_from_a_model: bool) -> None:
    """Make sure that a recipe can be chosen for a budget, as far as that is known before its data is read.

    Raises:
        RecipeError: listing what stands against it.
    """
    budget = recipe.training.budget
    if budget is None:
        return
    given = given_settings(recipe)
    problems = []
    if starts_from_a_model:
        problems.append(
            "training.budget: model and vocabulary are those of the model that training starts from, so there is "
            "nothing to choose; leave the recipe out, so that the model's own is taken"
        )
    for name in _LENGTHS:
        if name in given and budget:
            problems.append(f"training.budget = {budget:g} and {name} each say how long the run is; give one of them")
    if problems:
        raise RecipeError(problems)


def with_minutes(recipe: Recipe, minutes: float | None) -> Recipe:
    """The recipe with so many minutes as its budget; as it is where they are None.

    >>> from dragoman.recipe import load_recipe
    >>> with_minutes(load_recipe("auto"), 10).training.budget
    10

    Raises:
        RecipeError: if the minutes are not a number above 0, or the recipe says itself how to train.
    """
    if minutes is None:
        return recipe
    if not 0 < minutes <= _MOST_MINUTES:
        raise RecipeError(
            [
                f"--minutes {minutes:g}: a run takes more than 0 minutes and at most {_MOST_MINUTES:,}; give a number "
                "such as 10"
            ]
        )
    if recipe.training.budget is None:
        raise RecipeError(
            [
                f"--minutes {minutes:g}: the preset `auto` chooses a recipe for them, and this one says itself how to "
                "train"
            ],
            remedy=f"give the preset auto; or let this recipe end in time with its schedule complete by --set "
            f"training.finish_within={minutes:g}, or stop where it is then by --set training.minutes={minutes:g}.",
        )
    training = recipe.training.model_copy(update={"budget": minutes})
    return recipe.model_copy(update={"training": training})


@dataclass(slots=True)
class Chooser:
    """The choice of a recipe for a run, in two steps: what has to be known before the data is encoded, and the rest.

    Attributes:
        asked: the recipe that a person gave, with its budget.
        hardware: the device and the precision.
        log: function that is given a sentence on each thing chosen.
        clock: the clock.
        began: when the run began, by the clock.
        processes: number of processes that share the mini-batches of an update.
        reasons: what was chosen so far, and why.
    """

    asked: Recipe
    hardware: Hardware
    log: Callable[[str], None]
    clock: Clock
    began: float
    processes: int = 1
    reasons: list[str] = field(default_factory=list, init=False)
    _given: frozenset[str] = field(init=False)
    _shape: Shape | None = field(default=None, init=False)
    _measured: tuple[Recipe, str, Speed] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._given = given_settings(self.asked)

    @property
    def has_length(self) -> bool:
        """Whether a person said how long the run is, so that no time limits it."""
        return any(name in self._given for name in _LENGTHS)

    @property
    def comment(self) -> list[str]:
        """Lines on what was chosen and why, for the head of the recipe."""
        return ["Chosen for these data, this machine and this time by the preset `auto`.", *self.reasons]

    def shaped(self, dataset: Dataset) -> Recipe:
        """The recipe with the largest model that one pass fits with, and with its vocabulary.

        Args:
            dataset: the data, encoded with the vocabulary of the recipe that was asked for.

        Raises:
            InputError: if the time does not suffice for one pass with any model, with what would do; or the data is of
                another kind.
        """
        seen = look_at(self.asked, dataset)
        shapes = shapes_for(seen, self._minutes)
        self._shape = shapes[0] if self.has_length else self._largest(seen, shapes, dataset)
        choice = self._chosen(seen, self._shape)
        recipe = self._fitting(self._with(self.asked, choice), dataset)
        self._say(choice, recipe)
        return recipe

    def complete(self, recipe: Recipe, dataset: Dataset) -> Recipe:
        """The complete recipe, without a budget.

        Args:
            recipe: the recipe that :meth:`shaped` gave.
            dataset: the data, encoded with its vocabulary.

        Raises:
            InputError: if the time does not suffice for one pass, with what would do.
        """
        assert self._shape is not None, "the shape is chosen first"
        seen = look_at(recipe, dataset)
        if self.has_length:
            updates, passes = self._given_length(recipe, seen)
            choice = choose_training(seen, self._shape, updates, passes, min(VALIDATIONS, updates))
            self._say(choice, recipe)
            return self._with(recipe, choice)
        speed = self._speed(recipe, dataset)
        minutes = self.asked.training.budget or self._deserved(seen, speed)
        plan = plan_within(60 * minutes, self._spent(), speed, seen)
        if plan.updates < 1 or plan.passes < 1:
            raise self._too_short(minutes, speed, seen)
        choice = choose_training(seen, self._shape, plan.updates, plan.passes, plan.validations)
        self._say(choice, recipe)
        self._tell(
            f"time: {minutes:g} minutes, evaluation included; this machine takes {speed.pass_seconds(seen):.3g} "
            "seconds for a pass over the pairs"
        )
        return changed(self._with(recipe, choice), {"training": {"finish_within": minutes}})

    @property
    def _minutes(self) -> float:
        return self.asked.training.budget or LONGEST

    def _largest(self, seen: CorpusSeen, shapes: Sequence[Shape], dataset: Dataset) -> Shape:
        """The first shape that one pass fits with, by the speed of the smallest."""
        smallest = shapes[-1]
        candidate = self._fitting(self._with(self.asked, self._chosen(seen, smallest)), dataset)
        speed = self._speed(candidate, dataset)
        for shape in shapes:
            factor = shape.operations(seen) / smallest.operations(seen)
            its_own = replace(speed, seconds_per_update=factor * speed.seconds_per_update)
            plan = plan_within(60 * self._minutes, self._spent(), its_own, seen)
            if plan.updates >= 1 and plan.passes >= 1:
                return shape
        raise self._too_short(self._minutes, speed, seen)

    def _chosen(self, seen: CorpusSeen, shape: Shape) -> Choice:
        tokenizer = self.asked.tokenizer
        return choose_shape(seen, shape, drawn_anew=bool(tokenizer.dropout or tokenizer.sampling))

    def _speed(self, recipe: Recipe, dataset: Dataset) -> Speed:
        """The speed of training by a recipe, measured once for each dataset."""
        if self._measured is None or self._measured[:2] != (recipe, dataset.fingerprint):
            seconds = min(_PROBE_SHARE * 60 * self._minutes, _LONGEST_PROBE)
            speed = measure_speed(recipe, dataset, self.hardware, seconds, self.clock, self.processes)
            self._measured = (recipe, dataset.fingerprint, speed)
        return self._measured[2]

    def _with(self, recipe: Recipe, choice: Choice) -> Recipe:
        """The recipe with what was chosen, where a person did not choose it, and without a budget."""
        return changed(changed(recipe, _NO_BUDGET), without(choice.changes, self._given))

    def _fitting(self, recipe: Recipe, dataset: Dataset) -> Recipe:
        """The recipe with a mini-batch that memory suffices for."""
        tokens = recipe.training.batch.tokens
        try:
            check_dataset(recipe, dataset, self.hardware.device)
        except InputError:
            if "training.batch.tokens" in self._given or tokens // 2 < _SMALLEST_BATCH:
                raise
            return self._fitting(changed(recipe, {"training": {"batch": {"tokens": tokens // 2}}}), dataset)
        return recipe

    def _given_length(self, recipe: Recipe, seen: CorpusSeen) -> tuple[int, float]:
        """The updates that a person asked for, and the passes that these are."""
        training = recipe.training
        per_update = min(training.batch.tokens * training.batch.accumulation, seen.target_tokens)
        tokens = training.tokens or training.updates * per_update
        return max(round(tokens / per_update), 1), tokens / seen.target_tokens

    def _deserved(self, seen: CorpusSeen, speed: Speed) -> float:
        """The minutes that a corpus deserves, in tenths."""
        seconds = seconds_for(deserved_passes(seen), self._spent(), speed, seen)
        return min(math.ceil(seconds / 6) / 10, LONGEST)

    def _spent(self) -> float:
        return self.clock() - self.began

    def _say(self, choice: Choice, recipe: Recipe) -> None:
        values = recipe.model_dump(mode="json")
        for reason in choice.reasons:
            given = [f"{name} = {typed(_value(values, name))}" for name in reason.settings if name in self._given]
            self._tell(f"given: {', '.join(given)}" if given else reason.text)

    def _tell(self, text: str) -> None:
        self.reasons.append(text)
        self.log(text)

    def _too_short(self, minutes: float, speed: Speed, seen: CorpusSeen) -> InputError:
        needed = math.ceil(seconds_for(1, self._spent(), speed, seen) / 6 + 1) / 10
        plan = plan_within(60 * minutes, self._spent(), speed, seen)
        pairs = int(plan.passes * seen.pairs)
        fewer = f"; or train on at most {pairs:,} pairs" if pairs > 0 else ""
        return InputError(
            f"{minutes:g} minutes are too short for one pass over these {seen.pairs:,} pairs: training alone takes "
            f"{speed.pass_seconds(seen):.3g} seconds here, and preparing, validating and evaluating come on top",
            cause="the time is too short for so much data, or this machine is busy.",
            remedy=f"give the run --minutes {needed:g} or more (in a recipe training.budget){fewer}; or take a smaller "
            "model, such as --set model.encoder.width=64 --set model.decoder.width=64.",
        )


def _value(values: JsonObject, name: str) -> object:
    """The value of a dotted name in nested values."""
    found: object = values
    for part in name.split("."):
        found = found[part] if isinstance(found, dict) else None
    return found

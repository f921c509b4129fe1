"""What is given to an adaptation, checked and made a plan."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dragoman.adaptation.plan import Balance, Plan
from dragoman.errors import InputError
from dragoman.recipe import Recipe, changed, merge
from dragoman.recipe.data import DataRecipe
from dragoman.storage.json import JsonObject
from dragoman.tasks.table import task_of
from dragoman.training.start import Start

REPLAY, MINUTES = 0.5, 10.0
_SPLITS = ("train", "validation", "test")

Corpora = Sequence[Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Wishes:
    """How an adaptation shall be made.

    Attributes:
        replay: share of old examples in one pass.
        minutes: time for trials and training; None for the usual time or, if updates are set, for no limit of time.
        changes: nested values that replace those of the parent's recipe.
        framed: whether new examples are given as a table in memory.
    """

    replay: float = REPLAY
    minutes: float | None = None
    changes: Mapping[str, object] | None = None
    framed: bool = False


def plan_of(start: Start, given: Mapping[str, Corpora], old: Corpora, wishes: Wishes) -> Plan:
    """The plan of an adaptation.

    Args:
        start: the parent.
        given: new corpora for ``train``, ``validation`` and ``test``, each as a recipe writes a corpus.
        old: old corpora; none for those of the parent's run.
        wishes: how it shall be made.

    Raises:
        InputError: if something is missing, out of range, or of other languages than the parent's.
        RecipeError: if corpora or changes are wrong.
    """
    changes: JsonObject = merge({}, dict(wishes.changes or {}))
    parent = start.loaded.recipe
    _check_replay(wishes.replay)
    if not given["train"] and not wishes.framed:
        raise InputError("there are no new examples", remedy=f"give {task_of(parent).words.data}.")
    _check_languages(parent, changes, [*(section for each in given.values() for section in each), *old], start)
    kept = {name: values for name, values in changes.items() if name != "data"}
    minutes, updates = _length(wishes.minutes, kept)
    recipe = _with(parent, {name: given[name] for name in _SPLITS}, changes)
    old_recipe = _with(parent, {"train": old, "validation": (), "test": ()}, changes) if old else None
    balance = Balance(float(wishes.replay))
    return Plan(start.folder.absolute(), recipe, old_recipe, balance, minutes, updates, kept)


def _with(parent: Recipe, corpora: Mapping[str, Corpora], changes: JsonObject) -> Recipe:
    """The parent's recipe with other corpora and changes, and without a length of its own."""
    learnt = parent.data.train[:1]
    columns = {name: getattr(one, name) for one in learnt for name in ("source_column", "target_column")}
    sections = {
        name: [{**columns, **section} if "path" in section else dict(section) for section in given]
        for name, given in corpora.items()
    }
    # A warm-up of the parent's would not fit into few updates; the length brings one of its own.
    schedule: JsonObject = {"warmup": 0, "warmup_share": None}
    length: JsonObject = {"tokens": None, "minutes": None, "schedule": schedule}
    # How many examples are held out was chosen for another corpus; the default is at most a tenth.
    usual = DataRecipe()
    held_out = {name: getattr(usual, name) for name in ("validation_pairs", "test_pairs")}
    return changed(parent, merge({"data": {**sections, **held_out}, "training": length}, changes))


def _check_replay(replay: float) -> None:
    if isinstance(replay, (int, float)) and 0 <= replay < 1:
        return
    raise InputError(
        f"the share of old examples in a pass is {replay!r}, and not from 0 to below 1",
        cause="1 would leave no room for new examples.",
        remedy="give a share such as --replay 0.5, or 0 for no old examples.",
    )


def _length(minutes: float | None, changes: JsonObject) -> tuple[float | None, int | None]:
    """The time for trials and training, and the most updates; None where there is no limit of the kind. What says the
    length is taken out of the changes."""
    training = changes.get("training")
    given = dict(training) if isinstance(training, Mapping) else {}
    if "tokens" in given:
        raise InputError(
            "the length of an adaptation is not given in tokens",
            remedy="give --minutes, or updates: --set training.updates=500.",
        )
    said, updates = given.pop("minutes", None), given.pop("updates", None)
    if isinstance(training, Mapping):
        changes["training"] = given
    minutes = said if minutes is None else minutes
    minutes = MINUTES if minutes is None and updates is None else minutes
    if minutes is not None and not (isinstance(minutes, (int, float)) and 0 < minutes < math.inf):
        raise InputError(f"{minutes!r} is no number of minutes", remedy="give a number above 0, such as --minutes 10.")
    return None if minutes is None else float(minutes), updates


def _check_languages(parent: Recipe, changes: JsonObject, sections: Corpora, start: Start) -> None:
    """Refuse examples that are said to be of other languages than the parent's."""
    data = changes.get("data")
    said = [data, *sections] if isinstance(data, Mapping) else list(sections)
    for name, is_text in zip(("source_language", "target_language"), task_of(parent).text_sides, strict=True):
        own = getattr(parent.data, name)
        for section in said:
            given = section.get(name)
            if is_text and given is not None and given != own:
                raise InputError(
                    f"the examples' {name.replace('_', ' ')} is {given}, and the model's is {own}",
                    file=start.folder,
                    cause="another model than was meant, or files of other languages.",
                    remedy=f"give examples of {parent.data.source_language} → {parent.data.target_language}, or train "
                    "a model of these languages by `dragoman train --start-from`.",
                )

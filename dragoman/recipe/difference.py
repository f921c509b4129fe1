"""The differences between two recipes, setting by setting."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dragoman.recipe.recipe import Recipe
from dragoman.storage.json import JsonObject

_ABSENT = "not set"


@dataclass(frozen=True, slots=True)
class Difference:
    """One setting that differs.

    Attributes:
        key: the setting's place in the recipe, such as ``training.updates``.
        old: the value in the first recipe, as TOML would write it on one line; ``not set`` if it has none.
        new: the value in the second.
    """

    key: str
    old: str
    new: str


def differences(before: Recipe, after: Recipe) -> tuple[Difference, ...]:
    """The settings to change in one recipe to get the other, in the order of the recipe.

    >>> from dragoman.recipe import changed, load_recipe
    >>> recipe = load_recipe("tiny")
    >>> differences(recipe, changed(recipe, {"training": {"seed": 2}}))
    (Difference(key='training.seed', old='1', new='2'),)
    """
    old, new = _settings_of(before), _settings_of(after)
    return tuple(
        Difference(key, _shown(old.get(key)), _shown(new.get(key)))
        for key in dict.fromkeys([*old, *new])
        if old.get(key) != new.get(key)
    )


def asked_for(recipe: Recipe, changes: Mapping[str, object]) -> tuple[Difference, ...]:
    """The differences of nested values to a recipe's own, for settings that it has; the values may be invalid."""
    old = _settings_of(recipe)
    return tuple(
        Difference(key, _shown(old[key]), _shown(value))
        for key, value in _leaves(changes)
        if key in old and old[key] != value
    )


def typed(value: object) -> str:
    """A value as it is typed after ``--set KEY=``: TOML on one line, without white space, and text without quotes."""
    return value if isinstance(value, str) else _shown(value)


def changed_settings(before: Recipe, after: Recipe) -> tuple[str, ...]:
    """The arguments after ``--set`` that turn one recipe into the other; settings that only the first has cannot be
    typed."""
    old, new = _settings_of(before), _settings_of(after)
    return tuple(f"{key}={typed(value)}" for key, value in new.items() if old.get(key) != value)


def _settings_of(recipe: Recipe) -> JsonObject:
    return dict(_leaves(recipe.model_dump(mode="json", exclude_none=True)))


def _leaves(values: Mapping[str, object], before: str = "") -> Iterator[tuple[str, object]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{before}{key}.")
        else:
            yield before + key, value


def _shown(value: object) -> str:
    if value is None:
        return _ABSENT
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key}={_shown(part)}" for key, part in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(_shown, value)) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (str, bool)) else str(value)

"""The settings of a recipe that a person gave, which no choice changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dragoman.recipe import Recipe
from dragoman.recipe.section import Section
from dragoman.storage.json import JsonObject

_COMPLETE = 0.75
"""Share of a section's settings from which it is taken for one that was written out whole, chosen or not; what differs
from the defaults there was given."""


def given_settings(recipe: Recipe) -> frozenset[str]:
    """The dotted names of the settings that a person gave.

    >>> from dragoman.recipe import load_recipe
    >>> given = given_settings(load_recipe("auto", changes={"model": {"encoder": {"layers": 2}}}))
    >>> "model.encoder.layers" in given, "model.decoder.layers" in given
    (True, False)
    """
    return frozenset(_given(recipe, ""))


def without(changes: Mapping[str, object], given: frozenset[str], path: str = "") -> JsonObject:
    """Nested changes without those of settings that a person gave.

    >>> without({"training": {"updates": 10, "average": 0.9}}, frozenset({"training.average"}))
    {'training': {'updates': 10}}
    """
    kept: JsonObject = {}
    for name, value in changes.items():
        if isinstance(value, Mapping):
            kept[name] = without(value, given, f"{path}{name}.")
        elif f"{path}{name}" not in given:
            kept[name] = value
    return kept


def _given(section: Section, path: str) -> Iterator[str]:
    names = type(section).model_fields
    whole = len(section.model_fields_set) >= _COMPLETE * len(names)
    for name in names:
        value = getattr(section, name)
        if isinstance(value, Section):
            yield from _given(value, f"{path}{name}.")
        elif name in section.model_fields_set and (
            not whole or value != names[name].get_default(call_default_factory=True)
        ):
            yield f"{path}{name}"

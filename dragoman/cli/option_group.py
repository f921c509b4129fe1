"""Groups of options that several commands have: written once, as a dataclass, and the same in each command."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import TypeVar, get_type_hints

from dragoman.storage.json import JsonObject


@dataclass(frozen=True, kw_only=True)
class OptionGroup:
    """A group of options: each attribute is one, and None where it was not given."""


Command = TypeVar("Command", bound=Callable[..., None])


def takes_groups(command: Command) -> Command:
    """A command in which each parameter that is an :class:`OptionGroup` becomes an option for each of its
    attributes."""
    hints = get_type_hints(command, include_extras=True)
    groups = {name: group for name, group in hints.items() if _is_group(group)}

    @functools.wraps(command)
    def expanded(**values: object) -> None:
        given = {
            name: group(**{field.name: values.pop(field.name) for field in fields(group)})
            for name, group in groups.items()
        }
        command(**given, **values)

    parameters = []
    for parameter in inspect.signature(command).parameters.values():
        if parameter.name in groups:
            group = groups[parameter.name]
            options = get_type_hints(group, include_extras=True)
            parameters += [
                inspect.Parameter(field.name, parameter.KEYWORD_ONLY, default=None, annotation=options[field.name])
                for field in fields(group)
            ]
        else:
            kept = hints[parameter.name]
            parameters.append(parameter.replace(kind=parameter.KEYWORD_ONLY, annotation=kept))
    expanded.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    expanded.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters} | {"return": None}
    del expanded.__wrapped__
    return expanded  # type: ignore[return-value]


def _is_group(hint: object) -> bool:
    return isinstance(hint, type) and issubclass(hint, OptionGroup)


def typed_values(values: Mapping[str, object]) -> JsonObject:
    """The values of a command's parameters, with those of its groups of options among them."""
    groups = [value for value in values.values() if isinstance(value, OptionGroup)]
    return {**values, **{field.name: getattr(group, field.name) for group in groups for field in fields(group)}}

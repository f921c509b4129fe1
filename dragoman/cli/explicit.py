"""What was typed, as opposed to what stands at its default."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from typing import get_type_hints

from typer.models import ArgumentInfo, ParameterInfo

from dragoman.errors import InputError


def refuse_beside(
    option: str,
    command: Callable[..., object],
    values: Mapping[str, object],
    allowed: Collection[str],
    *,
    why: str,
    remedy: str,
) -> None:
    """See to it that nothing was typed beside an option or an argument that makes it meaningless.

    Args:
        option: the option as it is typed, such as ``--resume``; or what the argument names.
        command: the function of the command.
        values: the values of the command's parameters.
        allowed: those of them that go with the option, its own included.
        why: where all else comes from, as the second half of a sentence.
        remedy: a sentence.

    Raises:
        InputError: naming everything else that was typed.
    """
    hints = get_type_hints(command, include_extras=True)
    typed = [
        _as_typed(name, values[name], hints[name].__metadata__[0])
        for name, parameter in inspect.signature(command).parameters.items()
        if name not in allowed and values[name] not in (None, [], parameter.default)
    ]
    if typed:
        raise InputError(f"{', '.join(typed)} cannot be given beside {option}: {why}", remedy=remedy)


def _as_typed(name: str, value: object, info: ParameterInfo) -> str:
    if isinstance(info, ArgumentInfo):
        return str(value)
    # Inside of Annotated, typer keeps the first of the names that an option is given as its default.
    names = [text for text in (info.default, *(info.param_decls or ())) if isinstance(text, str)]
    return next((text for text in names if text.startswith("--")), f"--{name.replace('_', '-')}")

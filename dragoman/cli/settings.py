"""Settings given on the command line as changes to a recipe."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dragoman.errors import RecipeError


def parse_settings(settings: Iterable[str]) -> dict[str, Any]:
    """``training.seed=2`` and the like, as nested values. A value that is not TOML is taken as a string.

    Raises:
        RecipeError: listing every setting without ``=``.
    """
    settings = list(settings)
    wrong = [setting for setting in settings if "=" not in setting or setting.startswith("=")]
    if wrong:
        raise RecipeError([f"--set {setting}: write it as key=value, such as training.seed=2" for setting in wrong])
    from dragoman.recipe import merge

    changes: dict[str, Any] = {}
    for setting in settings:
        key, value = setting.split("=", 1)
        changes = merge(changes, nest(key.strip(), _parse(value.strip())))
    return changes


def nest(key: str, value: Any) -> dict[str, Any]:
    """``a.b.c`` and a value as ``{"a": {"b": {"c": value}}}``."""
    for part in reversed(key.split(".")):
        value = {part: value}
    return value


def corpus(source: Path | None, target: Path | None, table: Path | None, columns: str | None) -> dict[str, Any]:
    """The section of a corpus with what was given; paths are made absolute, so that they outlive the folder.

    Raises:
        RecipeError: if ``columns`` is not two names.
    """
    section: dict[str, Any] = {
        name: path.absolute() for name, path in (("source", source), ("target", target), ("table", table)) if path
    }
    if columns is not None:
        names = columns.split(",")
        if len(names) != 2:
            raise RecipeError([f"--columns {columns}: give the source's and the target's name, such as en,de"])
        section["source_column"], section["target_column"] = names
    return section


def _parse(value: str) -> Any:
    try:
        return tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return value

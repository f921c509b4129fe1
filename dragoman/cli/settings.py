"""Settings given on the command line as changes to a recipe."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dragoman.errors import RecipeError

if TYPE_CHECKING:
    from dragoman.recipe import Recipe


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


def corpora(
    source: Path | None = None,
    target: Path | None = None,
    files: Iterable[Path] | None = None,
    catalogues: Iterable[Path] | None = None,
    columns: str | None = None,
    file_format: str | None = None,
    texts: Iterable[Path] | None = None,
) -> list[dict[str, Any]]:
    """The corpora that were given, as a recipe writes them; paths are made absolute, so that they outlive the folder.

    Args:
        source: text file of the source.
        target: text file of the target.
        files: files of pairs.
        catalogues: folders, zips or wheels with files by language.
        columns: of the files, such as ``en,de``.
        file_format: of the files; None to tell it by name and content.
        texts: text files for a language model.

    Raises:
        RecipeError: if ``columns`` is not two names.
    """
    given: dict[str, Any] = {}
    if columns is not None:
        names = columns.split(",")
        if len(names) != 2 or not all(names):
            raise RecipeError([f"--columns {columns}: give the source's and the target's name, such as en,de"])
        given["source_column"], given["target_column"] = names
    if file_format is not None:
        given["format"] = file_format
    sections: list[dict[str, Any]] = []
    lines = {name: path.absolute() for name, path in (("source", source), ("target", target)) if path is not None}
    if lines:
        sections.append(lines)
    sections += [{"path": path.absolute(), **given} for path in files or ()]
    sections += [{"path": path.absolute(), "format": "catalogue"} for path in catalogues or ()]
    sections += [{"text": path.absolute()} for path in texts or ()]
    return _named_apart(sections)


def recipe_with(
    recipe: str,
    sections: dict[str, list[dict[str, Any]]],
    source_language: str | None,
    target_language: str | None,
    settings: list[str],
) -> Recipe:
    """A recipe with the corpora, languages and settings that were given in the place of its own.

    Raises:
        RecipeError: if there is then no training corpus, or anything is wrong with it.
    """
    from dragoman.recipe import load_recipe, merge

    data: dict[str, Any] = {split: given for split, given in sections.items() if given}
    languages = (("source_language", source_language), ("target_language", target_language))
    data |= {name: language for name, language in languages if language is not None}
    complete = load_recipe(recipe, changes=merge({"data": data}, parse_settings(settings)))
    if not complete.data.train:
        raise RecipeError(
            [
                "data.train: no training data; give --source and --target, --corpus or --catalogue, or --text to a "
                "language model"
            ],
            file=recipe,
        )
    return complete


def _named_apart(sections: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same, with a name for those whose files are called alike."""
    stems = [
        (section.get("path") or section.get("text") or section.get("source") or Path()).stem for section in sections
    ]
    return [
        {**section, "name": f"{stem} {1 + stems[:place].count(stem)}"} if stems.count(stem) > 1 else section
        for place, (section, stem) in enumerate(zip(sections, stems, strict=True))
    ]


def _parse(value: str) -> Any:
    try:
        return tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return value

"""Settings given on the command line as changes to a recipe."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from dragoman.errors import InputError, RecipeError
from dragoman.storage.json import JsonObject

if TYPE_CHECKING:
    from dragoman.recipe import Recipe

Sections = list[JsonObject]
"""Corpora, as a recipe writes them."""


def parse_settings(settings: Iterable[str]) -> JsonObject:
    """``training.seed=2`` and the like, as nested values. A value that is not TOML is taken as a string.

    Raises:
        RecipeError: listing every setting without ``=``.
    """
    settings = list(settings)
    wrong = [setting for setting in settings if "=" not in setting or setting.startswith("=")]
    if wrong:
        raise RecipeError([f"--set {setting}: write it as key=value, such as training.seed=2" for setting in wrong])
    from dragoman.recipe import merge, nest

    changes: JsonObject = {}
    for setting in settings:
        key, value = setting.split("=", 1)
        changes = merge(changes, nest(key.strip(), _parse(value.strip())))
    return changes


def remark(message: str) -> None:
    """Print a line on what was done with the settings, apart from the output."""
    print(message, file=sys.stderr, flush=True)


def corpora(
    source: Path | None = None,
    target: Path | None = None,
    files: Iterable[Path] | None = None,
    catalogues: Iterable[Path] | None = None,
    columns: str | None = None,
    file_format: str | None = None,
    texts: Iterable[str] | None = None,
    *,
    written: tuple[str | None, str | None] = (None, None),
) -> Sections:
    """The corpora that were given, as a recipe writes them; paths are made absolute, so that they outlive the folder,
    and one with wildcards is every file that matches.

    Args:
        source: text file of the source.
        target: text file of the target.
        files: tables, files of pairs, or folders of pictures.
        catalogues: folders, zips or wheels with files by language.
        columns: names of the columns: source and target, such as ``en,de``, or the target alone.
        file_format: format of the files; None to detect it by name and content.
        texts: text files, each by itself or as ``LABEL=FILE``.
        written: what separates the fields of tables, and what stands before fractions; None to tell it by the files.

    Raises:
        RecipeError: if ``columns`` is not one or two names, or a label is empty.
        InputError: if no file matches a path with wildcards.
    """
    given: dict[str, Any] = {}
    if columns is not None:
        names = _names("--columns", columns)
        if len(names) > 2:
            raise RecipeError([f"--columns {columns}: give the source's and the target's name, such as en,de"])
        given = dict(zip(("source_column", "target_column")[-len(names) :], names, strict=True))
    if file_format is not None:
        given["format"] = file_format
    given |= {key: value for key, value in zip(("separator", "decimal"), written, strict=True) if value is not None}
    sections: Sections = []
    lines = {name: path.absolute() for name, path in (("source", source), ("target", target)) if path is not None}
    if lines:
        sections.append(lines)
    sections += [{"path": path.absolute(), **given} for path in files or ()]
    sections += [{"path": path.absolute(), "format": "catalogue"} for path in catalogues or ()]
    sections += [_text_section(text) for text in texts or ()]
    from dragoman.recipe.patterns import expand_patterns

    named = _named_apart(expand_patterns(sections))
    check_files([section[key] for section in named for key in ("source", "target", "path", "text") if key in section])
    return named


def check_files(paths: Iterable[Path]) -> None:
    """See to it that files and folders that were given are there, before anything is loaded that takes time.

    Raises:
        InputError: naming the first that is not.
    """
    for path in paths:
        if not path.exists():
            raise InputError("no such file", file=path, remedy="check the path.")


def recipe_with(
    recipe: str,
    splits: Mapping[str, Sections],
    settings: Iterable[str],
    *,
    columns: str | None = None,
    lists: Mapping[str, str | None] = MappingProxyType({}),
    languages: Mapping[str, str | None] = MappingProxyType({}),
    weights: Path | None = None,
    needs_data: bool = True,
    instead_of_its_own: bool = False,
) -> Recipe:
    """A recipe with the corpora, languages and settings that were given in the place of its own.

    Args:
        recipe: a TOML file or a preset.
        splits: the corpora of each split.
        settings: such as ``training.seed=2``.
        columns: the columns that :func:`corpora` was given.
        lists: keys of ``data`` that are lists of columns, each as it was given, such as ``a,b``.
        languages: keys of ``data`` that are languages.
        weights: file with a weight for each training example.
        needs_data: whether there has to be a training corpus then.
        instead_of_its_own: whether the recipe's own corpora are left out, also those of splits that are not given.

    Raises:
        RecipeError: if there has to be and is none, or anything is wrong with the recipe.
    """
    from dragoman.recipe import load_recipe, merge
    from dragoman.recipe.columns import check_columns

    data: dict[str, Any] = {split: given for split, given in splits.items() if given or instead_of_its_own}
    data |= {name: language for name, language in languages.items() if language is not None}
    data |= {name: _names(f"--{name.replace('_', '-')}", names) for name, names in lists.items() if names is not None}
    if weights is not None:
        check_files([weights])
        data["weights"] = str(weights.absolute())
    changes = parse_settings(settings)
    complete = load_recipe(recipe, changes=merge({"data": data}, changes) if data else changes, log=remark)
    check_columns(columns, complete)
    if needs_data and not complete.data.train:
        from dragoman.tasks.table import task_of

        raise RecipeError([f"data.train: no training data; give {task_of(complete).words.data}"], file=recipe)
    return complete


def _names(option: str, text: str) -> list[str]:
    names = text.split(",")
    if not all(names):
        raise RecipeError([f"{option} {text}: an empty name; separate the names by single commas, such as a,b"])
    return names


def _text_section(text: str) -> JsonObject:
    """``FILE`` or ``LABEL=FILE``; either may have more equals signs, so the file system says which are meant."""
    parts = text.split("=")
    if len(parts) == 1 or Path(text).exists():
        return {"text": Path(text).absolute()}
    splits = [("=".join(parts[:place]), "=".join(parts[place:])) for place in range(1, len(parts))]
    label, file = next((split for split in splits if Path(split[1]).is_file()), splits[0])
    if not label or not file:
        raise RecipeError([f"--text {text}: write it as LABEL=FILE, such as en=english.txt"])
    return {"text": Path(file).absolute(), "label": label}


def _named_apart(sections: Sections) -> Sections:
    """The same, with a name for those that would be called alike."""
    titles = [
        section.get("name")
        or section.get("label")
        or (section.get("path") or section.get("text") or section.get("source") or Path()).stem
        for section in sections
    ]
    return [
        {**section, "name": f"{title} {1 + titles[:place].count(title)}"} if titles.count(title) > 1 else section
        for place, (section, title) in enumerate(zip(sections, titles, strict=True))
    ]


def _parse(value: str) -> object:
    try:
        return tomllib.loads(f"value = {value}")["value"]
    except (ValueError, RecursionError):
        # Besides what is no TOML: whole numbers of thousands of digits, and brackets within brackets without end.
        return value

"""Recipes as TOML: reading reports every mistake at once, with the nearest valid name."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, get_args

import tomli_w
from pydantic import BaseModel, Tag, ValidationError
from pydantic_core import ErrorDetails

from dragoman.errors import InputError, RecipeError
from dragoman.recipe.idle import idle_settings
from dragoman.recipe.patterns import expand_patterns
from dragoman.recipe.recipe import Recipe
from dragoman.recipe.shortened import fitting_warmup
from dragoman.storage.given import given_path
from dragoman.storage.json import JsonObject


def presets() -> list[str]:
    """The names of the recipes that come with the package.

    >>> "tiny" in presets()
    True
    """
    folder = resources.files("dragoman") / "presets"
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


def preset_values(name: str) -> JsonObject:
    """The values that a preset sets, nested; all others have their defaults."""
    return tomllib.loads((resources.files("dragoman") / "presets" / f"{name}.toml").read_text(encoding="utf-8"))


def load_recipe(
    source: Path | str, *, changes: Mapping[str, object] | None = None, log: Callable[[str], None] | None = None
) -> Recipe:
    """Read a recipe from a TOML file or a preset's name.

    Args:
        source: a path, or one of :func:`presets`. Relative paths in a recipe file count from its folder.
        changes: nested values that replace those of the file. Where they choose another ``kind``, settings that only
            the old kind has are dropped.
        log: called with a sentence where the changes ask for so few updates that the file's warm-up does not fit and
            is shortened (:func:`~dragoman.recipe.shortened.shortened`); without it that is a mistake.

    Raises:
        InputError: if there is no such file or preset, the file is not TOML, or no file matches a path of a corpus
            with wildcards.
        RecipeError: if values are wrong or keys unknown; the message lists all of them.

    >>> recipe = load_recipe("tiny", changes={"training": {"updates": 2000}})
    >>> recipe.training.updates, recipe.model.encoder.kind
    (2000, 'transformer')
    """
    path = given_path(source, "a recipe")
    if str(source) in presets():
        text = (resources.files("dragoman") / "presets" / f"{source}.toml").read_text(encoding="utf-8")
        base = Path.cwd()
    else:
        text, base = _read(path), path.parent
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"not a TOML file: {error}", file=path, remedy="mend the syntax there.") from error
    _anchor_paths(values, base)
    changes = changes or {}
    fitting = fitting_warmup(values, changes) if log else None
    if log and fitting:
        changes = merge(changes, fitting[0])
        log(fitting[1])
    merged = merge(_without_old_kinds(values, changes, Recipe), changes)
    _expand_corpora(merged)
    recipe = recipe_from(merged, file=source)
    idle = idle_settings(recipe.model, values, changes)
    if idle:
        raise RecipeError(
            list(idle.values()), file=source, remedy="take them out, so that the recipe shows what is done."
        )
    return recipe


def changed(recipe: Recipe, changes: Mapping[str, object], *, file: Path | str | None = None) -> Recipe:
    """The recipe with other values; where they choose another ``kind``, settings that only the old kind has are
    dropped.

    Raises:
        RecipeError: listing every mistake.

    >>> changed(load_recipe("tiny"), {"training": {"seed": 7}}).training.seed
    7
    """
    if not changes:
        return recipe
    values = recipe.model_dump(mode="json", exclude_none=True)
    return recipe_from(merge(_without_old_kinds(values, changes, Recipe), changes), file=file)


def recipe_from(values: Mapping[str, object], *, file: Path | str | None = None) -> Recipe:
    """Check nested values and make a recipe of them.

    Raises:
        RecipeError: listing every mistake.

    >>> recipe_from({"model": {"encoder": {"kind": "gru"}, "decoder": {"kind": "gru"}}}).model.encoder.kind
    'gru'
    """
    try:
        return Recipe.model_validate(dict(values))
    except ValidationError as error:
        problems = [_explain(problem) for problem in error.errors()]
        raise RecipeError(problems, file=file, remedy=_compare_with(values, file)) from None


def _compare_with(values: Mapping[str, object], file: Path | str | None) -> str:
    """What to do about mistakes: a complete recipe to compare with is the preset itself, or the one whose encoder and
    decoder are of the same kinds."""
    kinds = _encoder_and_decoder(values)
    named = str(file) if str(file) in presets() else None
    alike = (name for name in ("tiny", *presets()) if _encoder_and_decoder(preset_values(name)) == kinds)
    preset = named or next(alike, "tiny")
    return f"correct these; `dragoman describe {preset} --toml` prints a complete recipe to compare with."


def _encoder_and_decoder(values: Mapping[str, object]) -> tuple[object, object]:
    model = values.get("model")
    found = []
    for part in ("encoder", "decoder"):
        section = model.get(part) if isinstance(model, Mapping) else None
        found.append(section.get("kind", "transformer") if isinstance(section, Mapping) else None)
    return found[0], found[1]


def recipe_of_model(values: Mapping[str, object], *, file: Path | str | None = None) -> Recipe:
    """The recipe that stands in a model's folder. It has every value written out, so what is missing was unknown to the
    version that trained the model, and is set to what that version did.

    Raises:
        RecipeError: listing every mistake.
    """
    return recipe_from(merge(_BEFORE, values), file=file)


_BEFORE = {"cleaning": {"no_break_spaces": False}}
"""What versions did that did not know these settings."""


def merge(values: Mapping[str, object], changes: Mapping[str, object]) -> JsonObject:
    """Merge nested values level by level; ``changes`` win.

    >>> merge({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}})
    {'a': {'b': 3, 'c': 2}}
    """
    merged = dict(values)
    for key, value in changes.items():
        old = merged.get(key)
        merged[key] = merge(old, value) if isinstance(value, Mapping) and isinstance(old, Mapping) else value
    return merged


def nest(key: str, value: object) -> JsonObject:
    """A value under the names of its sections.

    >>> nest("training.optimizer.beta1", 0.9)
    {'training': {'optimizer': {'beta1': 0.9}}}
    """
    first, inner, rest = key.partition(".")
    return {first: nest(rest, value) if inner else value}


def dump_recipe(recipe: Recipe) -> str:
    """The recipe as TOML, with every value written out.

    >>> dump_recipe(load_recipe("tiny")).startswith("[data]")
    True
    """
    return tomli_w.dumps(recipe.model_dump(mode="json", exclude_none=True))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        near = difflib.get_close_matches(str(path), presets(), n=1)
        hint = f"did you mean the preset `{near[0]}`? " if near else ""
        raise InputError(
            f"no such recipe file or preset: {path}",
            remedy=f"{hint}give a TOML file or one of the presets {', '.join(presets())}.",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read the recipe: {error}", file=path, remedy="give a UTF-8 TOML file.") from error


def _anchor_paths(values: JsonObject, base: Path) -> None:
    data = values.get("data")
    for entry in data.values() if isinstance(data, dict) else ():
        for corpus in entry if isinstance(entry, list) else [entry]:
            for key in ("source", "target", "text", "path", "table"):
                _anchor(corpus, key, base)
    _anchor(data, "weights", base)
    _anchor(values.get("tokenizer"), "model", base)


def _expand_corpora(values: JsonObject) -> None:
    data = values.get("data")
    for split in ("train", "validation", "test"):
        corpora = data.get(split) if isinstance(data, dict) else None
        several: list[Any] = corpora if isinstance(corpora, list) else [corpora]
        if isinstance(data, dict) and all(isinstance(corpus, dict) for corpus in several):
            expanded = expand_patterns(several)
            if expanded != several:
                values["data"] = data = {**data, split: expanded}


def _anchor(section: object, key: str, base: Path) -> None:
    if isinstance(section, dict) and isinstance(section.get(key), str):
        section[key] = base / section[key]


def _explain(problem: ErrorDetails) -> str:
    """One line for one of pydantic's errors: where, what is wrong, and what would be right."""
    where = ".".join(_keys(problem["loc"])) or "recipe"
    if problem["type"] == "extra_forbidden":
        key = str(problem["loc"][-1])
        elsewhere = _kinds_that_know(key, problem["loc"][:-1])
        if elsewhere:
            return f'{where}: kind = "{problem["loc"][-2]}" has no such key; it is for {", ".join(elsewhere)}'
        known = _known_keys(problem["loc"][:-1])
        near = difflib.get_close_matches(key, known, n=1)
        return f"{where}: unknown key" + (f"; did you mean `{near[0]}`?" if near else f"; known: {', '.join(known)}")
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "literal_error":
        near = difflib.get_close_matches(
            str(problem["input"]), problem["ctx"]["expected"].replace("'", "").split(), n=1
        )
        message += f"; did you mean `{near[0].strip(',')}`?" if near else ""
    if problem["type"] == "union_tag_invalid":
        kinds = [tag.strip().strip("'") for tag in problem["ctx"]["expected_tags"].split(",")]
        near = difflib.get_close_matches(problem["ctx"]["tag"], kinds, n=1)
        hint = f"; did you mean `{near[0]}`?" if near else ""
        return f"{where}.kind: there is no kind `{problem['ctx']['tag']}`; known: {', '.join(kinds)}{hint}"
    shown = problem["input"]
    return f"{where}: {message}" + ("" if isinstance(shown, (dict, BaseModel)) else f" (got {shown!r})")


def _keys(location: tuple[int | str, ...]) -> list[str]:
    """The keys that lead to a value; pydantic puts the kind of a section between them where there are several."""
    keys: list[str] = []
    section: Any = Recipe
    for part in location:
        kinds = _kinds(section)
        if part in kinds:
            section = kinds[str(part)]
            continue
        keys.append(str(part))
        section = _inside(section, part)
    return keys


def _without_old_kinds(values: Mapping[str, object], changes: Mapping[str, object], section: object) -> JsonObject:
    """The values without those that only make sense for a kind that ``changes`` replace. What no kind knows stays, and
    is reported as a mistake."""
    kept = dict(values)
    for key, change in changes.items():
        old = kept.get(key)
        if not isinstance(change, Mapping) or not isinstance(old, Mapping):
            continue
        inside = _inside(section, key)
        kinds = _kinds(inside)
        chosen = kinds.get(str(change.get("kind")))
        if not kinds:
            kept[key] = _without_old_kinds(old, change, inside)
        elif chosen is not None and change["kind"] != old.get("kind"):
            foreign = {name for kind in kinds.values() for name in kind.model_fields} - set(chosen.model_fields)
            kept[key] = {name: value for name, value in old.items() if name not in foreign}
    return kept


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    section: Any = Recipe
    for part in location:
        kinds = _kinds(section)
        section = kinds[str(part)] if part in kinds else _inside(section, part)
    return list(section.model_fields)


def _kinds_that_know(key: str, location: tuple[int | str, ...]) -> list[str]:
    """The other kinds of the section there that have this key."""
    section: Any = Recipe
    others: dict[str, type[BaseModel]] = {}
    for part in location:
        others = _kinds(section)
        section = others[str(part)] if part in others else _inside(section, part)
    return [kind for kind, known in others.items() if key in known.model_fields]


def _inside(section: object, part: int | str) -> object:
    """What stands under a key of a section: another section, or what its kinds are."""
    if isinstance(part, int) or not hasattr(section, "model_fields") or part not in section.model_fields:
        return section
    annotation = section.model_fields[part].annotation
    return annotation if _kinds(annotation) else _section_in(annotation) or section


def _kinds(annotation: object) -> dict[str, type[BaseModel]]:
    """The sections of a union by the tag of their kind; nothing if it is no such union."""
    return {
        part.tag: get_args(member)[0]
        for member in get_args(annotation)
        for part in get_args(member)[1:]
        if isinstance(part, Tag)
    }


def _section_in(annotation: object) -> type[BaseModel] | None:
    """The section that an annotation such as ``X``, ``X | None`` or ``tuple[X, ...]`` is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _section_in(part)) is not None), None)

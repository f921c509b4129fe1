"""A recipe as TOML with every available setting; those without a value are comments, since TOML has no null."""

from __future__ import annotations

import tomli_w
from pydantic import BaseModel

from dragoman.recipe.data import CorpusRecipe
from dragoman.recipe.recipe import Recipe


def complete_recipe(recipe: Recipe) -> str:
    """The recipe as TOML. Each setting without a value is a comment in its section, with its meaning; where no corpus
    is named, a comment shows the settings of one.

    >>> from dragoman.recipe import load_recipe
    >>> "[training.optimizer]" in complete_recipe(load_recipe("tiny"))
    True
    """
    lines = tomli_w.dumps(recipe.model_dump(mode="json", exclude_none=True)).splitlines()
    for section, values in _sections(recipe):
        comments = [_comment(values, name) for name in type(values).model_fields if getattr(values, name) is None]
        if comments:
            place = lines.index(f"[{section}]") + 1
            lines[place:place] = comments
    if not recipe.data.train:
        lines += ["", "# [[data.train]]", *(_comment(CorpusRecipe, name) for name in CorpusRecipe.model_fields)]
    return "\n".join(lines) + "\n"


def _sections(values: BaseModel, path: str = "") -> list[tuple[str, BaseModel]]:
    """Every section with its dotted name, outer ones first; corpora have no settings without a value to speak of."""
    found: list[tuple[str, BaseModel]] = [(path, values)] if path else []
    for name in type(values).model_fields:
        inner = getattr(values, name)
        if isinstance(inner, BaseModel):
            found += _sections(inner, f"{path}.{name}" if path else name)
    return found


def _comment(section: BaseModel | type[BaseModel], name: str) -> str:
    kind = section if isinstance(section, type) else type(section)
    meaning = " ".join((kind.model_fields[name].description or "").split()).replace("``", "`")
    return f"# {name} = …  # {meaning}"

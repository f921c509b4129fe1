"""Settings that would do nothing for a model, so that a person who chose them is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dragoman.recipe.architecture import ModelRecipe
from dragoman.recipe.kinds import INPUTS, OUTPUTS, title_of

Kind = tuple[str, str]
"""What goes into a model, and what comes out."""

_KINDS = frozenset((reads, says) for reads in INPUTS for says in OUTPUTS)

TRANSLATORS = frozenset({("text", "text")})
WRITERS_OF_TEXT = frozenset({("text", "text"), ("nothing", "text")})
READERS_OF_LINES = frozenset({("picture", "text")})
WITH_TEXT = frozenset(kind for kind in _KINDS if "text" in kind)
FROM_TEXT = frozenset(kind for kind in _KINDS if kind[0] == "text" or kind[0] == "nothing")
TO_TEXT = frozenset(kind for kind in _KINDS if kind[1] == "text")
FROM_PICTURES = frozenset(kind for kind in _KINDS if kind[0] == "picture")
FROM_ROWS = frozenset(kind for kind in _KINDS if kind[0] == "row")

_CALLED = {
    TRANSLATORS: "translators",
    WRITERS_OF_TEXT: "translators and language models",
    READERS_OF_LINES: "readers of pictures",
    WITH_TEXT: "models that read or write text",
    FROM_TEXT: "models that read text, and language models",
    TO_TEXT: "models that write text",
    FROM_PICTURES: "models that read pictures",
    FROM_ROWS: "models that read rows of a table",
    frozenset({("nothing", "text")}): "language models",
}

ACTS: dict[str, frozenset[Kind]] = {
    "cleaning": WITH_TEXT,
    "cleaning.no_break_spaces": WRITERS_OF_TEXT,
    "cleaning.max_ratio": TRANSLATORS,
    "cleaning.copies": TRANSLATORS,
    "cleaning.max_copied_words": TRANSLATORS,
    "cleaning.language": TRANSLATORS,
    "cleaning.numbers": TRANSLATORS,
    "cleaning.placeholders": TRANSLATORS,
    "cleaning.drop_near_duplicates": FROM_TEXT,
    "tokenizer": WITH_TEXT,
    "tokenizer.shared": TRANSLATORS,
    "tokenizer.placeholders": WRITERS_OF_TEXT,
    "tokenizer.placeholder_families": WRITERS_OF_TEXT,
    "tokenizer.dropout": TRANSLATORS,
    "tokenizer.sampling": TRANSLATORS,
    "pictures": FROM_PICTURES,
    "rendering": READERS_OF_LINES,
    "search": TO_TEXT,
    "reference.texts": FROM_TEXT,
    "data.features": FROM_ROWS,
    "data.categorical": FROM_ROWS,
    "data.leave_out": FROM_ROWS,
    "training.guided_alignment.weight": TRANSLATORS,
    "training.guided_alignment.layer": TRANSLATORS,
    "training.guided_alignment.heads": TRANSLATORS,
    "training.batch.window": frozenset({("nothing", "text")}),
}
"""The kinds of model that a setting, or all settings of a section, are for. What is not named is for all."""

_COMPLETE = 0.75
"""Share of a section's settings from which a recipe is taken for a complete one, which holds every setting, chosen or
not, as ``dragoman describe --toml`` and the folders of runs and models have it."""


def idle_settings(model: ModelRecipe, values: Mapping[str, object], changes: Mapping[str, object]) -> dict[str, str]:
    """A sentence on each setting that a person chose and that does nothing for a model, by its dotted name.

    Args:
        model: what is to be trained.
        values: nested values of a recipe, as a file has them.
        changes: nested values that were given beside it.
    """
    # A name that stands in both is told once.
    chosen = dict.fromkeys([*_settings(values, complete=False), *_settings(changes, complete=True)])
    kind = (model.input_kind, model.output_kind)
    found: dict[str, str] = {}
    for name in chosen:
        key = name if name in ACTS else name.split(".")[0]
        if kind not in ACTS.get(key, _KINDS):
            found[name] = f"{name} does nothing for {title_of(model)}; it is for {_CALLED[ACTS[key]]}"
    return found


def _settings(values: Mapping[str, object], *, complete: bool, path: str = "") -> Iterator[str]:
    """The dotted names of settings; those of sections that hold nearly everything are left out unless ``complete``."""
    from dragoman.recipe.recipe import Recipe

    for name, value in values.items():
        dotted = f"{path}{name}"
        if not isinstance(value, Mapping):
            yield dotted
            continue
        section = Recipe.model_fields[name].annotation if not path and name in Recipe.model_fields else None
        size = len(getattr(section, "model_fields", ()))
        if complete or not size or len(value) < _COMPLETE * size:
            yield from _settings(value, complete=complete, path=f"{dotted}.")

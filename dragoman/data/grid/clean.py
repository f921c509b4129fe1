"""Which examples are kept whose sources or targets are not both text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from dragoman.data.cleaning import CleaningReport
from dragoman.data.drops import Drop
from dragoman.data.grid.items import Items
from dragoman.data.rendering import Rendering
from dragoman.fields.cells import is_missing
from dragoman.fields.typed_text import MISSING
from dragoman.recipe.data import CleaningRecipe
from dragoman.text.normalization import UNICODE_FORMS, is_visible, normalize

EMPTY, DUPLICATE, UNWRITABLE, NO_TARGET = "empty", "duplicate", "no font", "no target"


def clean_items(
    items: Items,
    recipe: CleaningRecipe,
    report: CleaningReport,
    *,
    reads: str,
    says: str,
    everything: bool,
    rendering: Rendering | None,
    drop: Callable[[list[Drop]], None],
) -> Items:
    """Examples without those that cannot be learnt from; texts are normalised. Rows of a table are kept as they are.

    Args:
        items: examples as they were read.
        recipe: which rules apply.
        report: is told what was done.
        reads: ``text``, ``picture`` or ``row``.
        says: ``text``, ``label`` or ``number``.
        everything: whether duplicates are dropped too, as from training examples.
        rendering: how texts become pictures, if they do.
        drop: is given what was dropped.
    """
    report.read += len(items)
    rules: list[str | None] = [None] * len(items)
    if reads == "text":
        items = replace(items, sources=_normalized(items.sources, recipe, report))
        rules = [None if is_visible(text) else EMPTY for text in items.sources]
    if says == "text":
        items = replace(items, targets=_normalized(items.targets, recipe, report))
        rules = [None if is_visible(text) else EMPTY for text in items.targets]
    else:
        rules = [
            NO_TARGET if lacks_target(says, target) else rule for rule, target in zip(rules, items.targets, strict=True)
        ]
    # What has a source of None is rendered: the same text once is enough, as it looks different every time.
    rendered = [reads == "picture" and source is None for source in items.sources]
    if everything and recipe.drop_duplicates:
        seen: set[tuple[object, object]] = set()
        for row, pair in enumerate(zip(items.sources, items.targets, strict=True)):
            if reads == "text" or rendered[row]:
                rules[row] = rules[row] or (DUPLICATE if pair in seen else None)
                seen.add(pair)
    if rendering is not None:
        writable = rendering.writable(items.targets)
        for row, fits in enumerate(writable):
            rules[row] = rules[row] or (UNWRITABLE if rendered[row] and not fits else None)
    kept = np.array([row for row, rule in enumerate(rules) if rule is None], dtype=np.int64)
    dropped = [items.dropped(row, rule) for row, rule in enumerate(rules) if rule is not None]
    report.count(dropped)
    drop(dropped)
    report.kept += len(kept)
    return items.select(kept) if dropped else items


def lacks_target(says: str, target: object) -> bool:
    """Whether a cell holds no label, or no number: it is empty, or among numbers says that there is none, as ``NA``."""
    missing = is_missing(target)
    return missing or (says == "number" and isinstance(target, str) and target.strip().casefold() in MISSING)


def _normalized(texts: object, recipe: CleaningRecipe, report: CleaningReport) -> list[str]:
    form, collapse = UNICODE_FORMS[recipe.unicode_form], recipe.collapse_white_space
    assert isinstance(texts, (list, tuple))
    found = [normalize(text, form, collapse_white_space=collapse) for text in texts]
    report.changed += sum(one != other for one, other in zip(texts, found, strict=True))
    return found

"""Corpora that a model is measured on, as examples that its own fields encode."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from dragoman.contracts.expect import expect
from dragoman.data.cleaning import CleaningReport
from dragoman.data.columns.label import LabelColumn
from dragoman.data.columns.number import NumberColumn
from dragoman.data.columns.picture import PictureColumn
from dragoman.data.columns.row import RowColumn
from dragoman.data.columns.text import TextColumn
from dragoman.data.corpora import read_corpus
from dragoman.data.examples import Examples
from dragoman.data.grid.clean import clean_items
from dragoman.data.grid.items import Items, joined
from dragoman.data.grid.read_items import read_items
from dragoman.data.pair import Pair
from dragoman.data.rendering import Rendering
from dragoman.errors import InputError
from dragoman.fields.field import Field, TargetField
from dragoman.fields.label import LabelField
from dragoman.fields.number import NumberField
from dragoman.fields.picture import PictureField
from dragoman.fields.row import RowField
from dragoman.recipe import Recipe
from dragoman.recipe.data import CorpusRecipe
from dragoman.text.codec import Codec
from dragoman.text.normalization import UNICODE_FORMS, normalize

Tell = Callable[[str], None]


def _to_standard_error(message: str) -> None:
    print(message, file=sys.stderr)


def examples_of(
    corpora: Sequence[CorpusRecipe],
    recipe: Recipe,
    source: Field,
    target: TargetField,
    *,
    tell: Tell = _to_standard_error,
) -> Examples:
    """The examples of some corpora, read, normalised and encoded as a test split is.

    Args:
        corpora: at least one.
        recipe: of the model.
        source: encodes the sources.
        target: encodes the targets.
        tell: is given a sentence on what was left out.

    Raises:
        InputError: if a corpus cannot be read, or holds what the fields cannot encode, such as an unknown label; or if
            there is no example.
    """
    rendered = any(corpus.text is not None for corpus in corpora) and isinstance(source, PictureField)
    rendering = Rendering.of(recipe.rendering, recipe.training.seed) if rendered else None
    if isinstance(source, Codec) and isinstance(target, Codec):
        parts = [_pairs(corpus, recipe) for corpus in corpora]
    else:
        parts = [_items(corpus, recipe, rendering, tell) for corpus in corpora]
    items = joined(parts)
    if not len(items):
        file = next((corpus.path or corpus.text or corpus.source for corpus in corpora), None)
        raise InputError("no examples to evaluate on", file=file, remedy="give a corpus with at least one.")
    numbers = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    columns = _columns(items, corpora[0], recipe, source, target, tell)
    files = {name: number for number, name in enumerate(dict.fromkeys(items.files))}
    columns |= {
        "corpus": pa.array(numbers, pa.int16()),
        "file": pa.array([files[name] for name in items.files], pa.int32()),
        "line": pa.array(items.lines, pa.int64()),
    }
    return Examples(pa.table(columns), source, target, rendering)


def _pairs(corpus: CorpusRecipe, recipe: Recipe) -> Items:
    languages = (recipe.data.source_language, recipe.data.target_language)
    found = [entry for entry in read_corpus(corpus, *languages) if isinstance(entry, Pair)]
    form, collapse = UNICODE_FORMS[recipe.cleaning.unicode_form], recipe.cleaning.collapse_white_space
    sources, targets = (
        [normalize(getattr(entry, side), form, collapse_white_space=collapse) for entry in found]
        for side in ("source", "target")
    )
    return Items(sources, targets, [entry.file for entry in found], [entry.line for entry in found])


def _items(corpus: CorpusRecipe, recipe: Recipe, rendering: Rendering | None, tell: Tell) -> Items:
    report = CleaningReport()
    items = clean_items(
        read_items(corpus, recipe.model.reads),
        recipe.cleaning,
        report,
        reads=recipe.model.reads,
        says=recipe.model.says,
        everything=False,
        rendering=rendering,
        drop=lambda drops: None,
    )
    if report.read > report.kept:
        tell(f"{corpus.title}: {report.as_text('examples')}")
    return items


def _columns(
    items: Items, corpus: CorpusRecipe, recipe: Recipe, source: Field, target: TargetField, tell: Tell
) -> dict[str, pa.Array]:
    if isinstance(source, Codec) and isinstance(target, Codec):
        return TextColumn.of(source, "source", items.sources) | TextColumn.of(target, "target", items.targets)
    columns: dict[str, pa.Array]
    if isinstance(source, RowField):
        columns, remarks = RowColumn.of(source, items)
        for remark in remarks:
            tell(remark)
    elif isinstance(source, PictureField):
        columns = PictureColumn.of(source, items, corpus.source_column)
    else:
        columns = TextColumn.of(expect(source, Codec), "source", items.sources, recipe.cleaning.max_tokens)
    if isinstance(target, LabelField):
        return columns | LabelColumn.of(target, items)
    if isinstance(target, NumberField):
        return columns | NumberColumn.of(NumberField.parse(items.targets, items.places, corpus.target_column))
    return columns | TextColumn.of(expect(target, Codec), "target", items.targets)

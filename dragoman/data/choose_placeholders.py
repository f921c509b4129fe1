"""What counts as a placeholder in the corpora of a recipe: as it says, or learnt from a look at how they begin."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

import numpy as np

from dragoman.contracts.expect import expect
from dragoman.data.cells import Absent, lines_of
from dragoman.data.chunk import Chunk
from dragoman.data.learn_codecs import codecs_of_model
from dragoman.data.parent_fields import ParentFields
from dragoman.native import text as native
from dragoman.recipe import Recipe
from dragoman.text.codec import Codec
from dragoman.text.learn_placeholders import LearntPlaceholders, evidence_of, learn_placeholders
from dragoman.text.placeholders import EVERY_SYNTAX, SURE_SYNTAX, PlaceholderSyntax

LOOK = 20_000
"""Entries of each corpus, at its beginning, that are looked at."""


def look_ahead(chunks: Iterable[Chunk]) -> tuple[list[Chunk], Iterator[Chunk]]:
    """The first chunks of a corpus, :data:`LOOK` entries or a little more, and all of its chunks; it is read once."""
    remaining = iter(chunks)
    first: list[Chunk] = []
    while sum(map(len, first)) < LOOK and (chunk := next(remaining, None)) is not None:
        first.append(chunk)
    return first, itertools.chain(first, remaining)


def choose_placeholders(
    recipe: Recipe, chunks: Iterable[Chunk], *, paired: bool, parent: ParentFields | None = None
) -> LearntPlaceholders:
    """The syntax for training corpora that begin with ``chunks``.

    Where training starts from a model whose vocabulary is kept, its families are joined with those below. The families
    are those that the recipe names; else those of the model whose vocabulary is taken over; else, for a language model,
    whose text is no witness of what a translation keeps, the unmistakable ones; else what is learnt.

    Raises:
        InputError: if the recipe takes the vocabulary of a model that is not there.
    """
    pairs = [pair for chunk in chunks for pair in _pairs(chunk)]
    syntax = _settled(recipe, paired=paired)
    if parent is not None and parent.vocabularies:
        syntax = expect(parent.target, Codec).placeholders.joined(syntax or learn_placeholders(pairs).syntax)
    if syntax is None:
        return learn_placeholders(pairs)
    return LearntPlaceholders(syntax, evidence_of(pairs, syntax))


def _settled(recipe: Recipe, *, paired: bool) -> PlaceholderSyntax | None:
    tokenizer = recipe.tokenizer
    if tokenizer.model is not None:
        return codecs_of_model(tokenizer.model)[1].placeholders
    if tokenizer.placeholder_families is not None:
        return PlaceholderSyntax.of(*tokenizer.placeholder_families)
    return None if paired else SURE_SYNTAX


def _pairs(chunk: Chunk) -> Iterator[tuple[str, str]]:
    """The pairs that may have placeholders."""
    targets = lines_of(chunk.targets)
    sources = targets if isinstance(chunk.sources, Absent) else lines_of(chunk.sources)
    if native.available():
        left, right = (native.may_hold_placeholders(side, EVERY_SYNTAX.triggers) for side in (sources, targets))
        rows = np.flatnonzero((left | right) & chunk.is_example)
    else:
        rows = np.flatnonzero(chunk.is_example)
    yield from zip(sources.select(rows), targets.select(rows), strict=True)

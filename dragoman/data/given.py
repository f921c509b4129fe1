"""Corpora that a model is measured on, as examples that its own fields encode."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from dragoman.data.drops import Drop
from dragoman.data.examples import Examples
from dragoman.data.gather import Gatherer
from dragoman.data.pipes import remembering_pipes
from dragoman.fields.field import SourceField, TargetField
from dragoman.recipe import Recipe
from dragoman.recipe.data import CorpusRecipe

Log = Callable[[str], None]

_TEST = "test"


def _to_standard_error(message: str) -> None:
    print(message, file=sys.stderr)


class _Forgotten:
    """Takes what was dropped, which is counted elsewhere."""

    def write(self, split: str, corpus: str, drops: Iterable[Drop]) -> None:
        """Take drops of one corpus."""


def examples_of(
    corpora: Sequence[CorpusRecipe],
    recipe: Recipe,
    source: SourceField,
    target: TargetField,
    *,
    log: Log = _to_standard_error,
) -> Examples:
    """The examples of some corpora, read, normalised and encoded as a test split is.

    Args:
        corpora: at least one.
        recipe: the model's.
        source: encodes the sources.
        target: encodes the targets.
        log: is given a sentence on what was left out, missing or unknown.

    Raises:
        InputError: if a corpus cannot be read, or holds what the fields cannot encode, such as an unknown label; or if
            there is no example.
    """
    data = recipe.data.model_copy(update={"train": tuple(corpora), "validation": (), "test": ()})
    recipe = recipe.model_copy(update={"data": data})
    drops = _Forgotten()
    batches: list[pa.RecordBatch] = []
    with remembering_pipes(), tempfile.TemporaryDirectory(prefix="dragoman-") as folder:
        gatherer = Gatherer(recipe, Path(folder), drops, lambda message: None)
        gathered = gatherer.gather_corpora(_TEST, corpora)
        for title, report in gathered.reports.items():
            if report.read > report.kept:
                log(f"{title}: {report.as_text(f'{gatherer.noun}s')}")
        encoder = gatherer.encoder(source, target, lambda split, corpus, dropped: None, log)
        everything = np.zeros(len(gathered.keys), dtype=np.int8)
        encoder.encode(gathered.spool, [_TEST], everything, lambda split, batch: batches.append(batch))
    written = encoder.written[_TEST]
    if not written.rows and written.faults:
        raise written.faults[0]
    for line in written.report.describe():
        log(line)
    return Examples(pa.Table.from_batches(batches).combine_chunks(), source, target, gatherer.rendering)

"""Measuring a parent and the model that was adapted from it, on the same held-out examples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
from jaxtyping import Float

from dragoman.adaptation.extension import NAMES
from dragoman.adaptation.mixture import Mixture
from dragoman.adaptation.report import LOSS, Side
from dragoman.assessment.assess import assess
from dragoman.contracts.expect import expect
from dragoman.data.columns.encoded import Whereabouts
from dragoman.data.columns.text import TextColumn
from dragoman.data.dataset import Dataset
from dragoman.data.examples import Examples
from dragoman.data.rendering import Rendering
from dragoman.evaluation.sentence_statistics import SentenceStatistics
from dragoman.evaluation.significance import paired_bootstrap
from dragoman.fields.field import Field
from dragoman.model.folder import LoadedModel
from dragoman.native.lines import Lines
from dragoman.tasks.assessment import Assessed, HeldOut, held_out_of
from dragoman.tasks.table import task_of
from dragoman.text.codec import Codec, masks_by_row

Log = Callable[[str], None]
_SIDES = ("source", "target")


def measure_sides(
    parent: LoadedModel, adapted: LoadedModel, dataset: Dataset, mixture: Mixture, log: Log
) -> tuple[Side, Side | None]:
    """Measure both models on the new and on the old held-out examples.

    Args:
        parent: the parent, with fields that know every label of the examples.
        adapted: the adapted model.
        dataset: dataset of the adaptation, whose test set has new and old examples.
        mixture: counts of the dataset.
        log: called with a sentence on each part.
    """
    held_out = held_out_of(dataset)
    is_new = held_out.examples.corpora < mixture.new_corpora
    new = _side("new", np.flatnonzero(is_new), held_out, parent, adapted, dataset, log)
    if is_new.all():
        return new, None
    return new, _side("old", np.flatnonzero(~is_new), held_out, parent, adapted, dataset, log)


def _side(
    name: str,
    part: np.ndarray,
    held_out: HeldOut,
    parent: LoadedModel,
    adapted: LoadedModel,
    dataset: Dataset,
    log: Log,
) -> Side:
    log(f"measuring both models on {len(part):,} {name} held-out examples")
    examples = held_out.examples.take(part)
    mine = replace(held_out, examples=examples)
    theirs = replace(mine, examples=as_read_by(parent, examples, dataset), source=parent.source, target=parent.target)
    before, after = assess([Assessed(parent, theirs), Assessed(adapted, mine)], log=log)
    pairs = list(zip([before.statistics, *before.further()], [after.statistics, *after.further()], strict=True))
    pairs.append((_loss(parent, theirs, dataset), _loss(adapted, mine, dataset)))
    return Side(name, len(examples), held_out.split, tuple(paired_bootstrap(one, other) for one, other in pairs))


def _loss(model: LoadedModel, held_out: HeldOut, dataset: Dataset) -> SentenceStatistics:
    """The loss of each example, and its number of units."""
    measured = replace(dataset, validation=held_out.examples, source=held_out.source, target=held_out.target)
    found = task_of(model.recipe).losses(model.model, model.recipe, measured).validation()
    counts = np.stack([found.sums, found.units], axis=1).astype(np.float64)
    return SentenceStatistics(f"{LOSS} ({task_of(model.recipe).words.loss})", "", counts, _mean)


def _mean(sums: Float[np.ndarray, " 2"]) -> float:
    return float(sums[0] / sums[1])


def as_read_by(model: LoadedModel, examples: Examples, dataset: Dataset) -> Examples:
    """The same examples with their texts as another model's vocabularies cut them."""
    fields = (model.source, model.target)
    table = examples.stored
    for side, field, own in zip(_SIDES, fields, (dataset.source, dataset.target), strict=True):
        if type(field) is Codec and NAMES[Codec](field) != NAMES[Codec](own):
            table = _cut_anew(table, side, fields)
    return Examples(table, *fields, Rendering.load(dataset.folder))


def _cut_anew(table: pa.Table, side: str, fields: Sequence[Field]) -> pa.Table:
    """The table with the texts of one side cut by its field."""
    field = expect(fields[_SIDES.index(side)], Codec)
    texts = table.column(f"{side}_text").to_pylist()
    masks = {}
    if all(type(each) is Codec for each in fields):
        sources = table.column("source_text").to_pylist()
        masks = masks_by_row(sources if any(sources) else texts, *(expect(each, Codec) for each in fields))
    if not any(texts):
        return table
    encoded = TextColumn.encode(side, field, Lines.of(texts), Whereabouts(list, side, masks))
    for name, column in encoded.columns.items():
        place = table.column_names.index(name)
        table = table.set_column(place, table.schema.field(name), column.cast(table.schema.field(name).type))
    return table

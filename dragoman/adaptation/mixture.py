"""The dataset of an adaptation: new and old examples in the shares that were asked for, and no leak between them.

Nothing is read or encoded again: the splits of two datasets with the same fields, or with new fields that extend the
old ones, are joined as they are stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Float, Int, UInt64

from dragoman.adaptation.extension import as_numbered_by, check_extends, counted
from dragoman.adaptation.keys import stored_keys
from dragoman.data.dataset import Corpus, Dataset, DatasetWriter
from dragoman.data.examples import Examples
from dragoman.data.rendering import Rendering
from dragoman.data.split import overlap
from dragoman.errors import InputError
from dragoman.recipe import Recipe, changed
from dragoman.recipe.data import CorpusRecipe
from dragoman.storage.json import JsonObject

_HEAVIEST = 1000
"""The greatest weight that a recipe gives to a corpus."""
_USES = {"train": "training", "validation": "validation", "test": "the test"}
_SPLITS = tuple(_USES)
Part = Int[np.ndarray, " _"]
"""Numbers of some examples of a split, in ascending order."""


@dataclass(frozen=True, slots=True)
class Side:
    """The splits of the new or of the old examples, as an adaptation uses them.

    Attributes:
        dataset: dataset that the examples come from.
        train: examples that are learnt from.
        validation: examples that learning rate and length are chosen by.
        test: examples that both models are measured on; they count in the validation set if there is no test set.
    """

    dataset: Dataset
    train: Part
    validation: Part
    test: Part

    @classmethod
    def of(cls, dataset: Dataset) -> Side:
        """The splits of a dataset as they are. Where it has no test set, every other validation example is one."""
        training, validation = np.arange(len(dataset.train)), np.arange(len(dataset.validation))
        if dataset.test is not None:
            return cls(dataset, training, validation, np.arange(len(dataset.test)))
        return cls(dataset, training, validation[::2], validation[1::2])

    @property
    def test_examples(self) -> Examples:
        """The split that :attr:`test` counts in."""
        test = self.dataset.test
        return self.dataset.validation if test is None else test

    def split(self, name: str) -> tuple[Examples, Part]:
        """A split with the numbers of the examples that are used of it."""
        examples = {"train": self.dataset.train, "validation": self.dataset.validation, "test": self.test_examples}
        parts: dict[str, Part] = {"train": self.train, "validation": self.validation, "test": self.test}
        return examples[name], parts[name]


@dataclass(frozen=True, slots=True)
class Mixture:
    """What a joined dataset holds, by number of examples.

    Attributes:
        new_corpora: number of corpora of the new examples, which come first in the dataset.
        new: new examples in each split.
        old: old examples in each split.
        weight: how often each old training example is seen in one pass, on average; 0 if none is replayed.
        left_out: training examples, new and old, that were left out because a held-out example has the same source.
    """

    new_corpora: int
    new: Mapping[str, int]
    old: Mapping[str, int]
    weight: float
    left_out: tuple[int, int]

    def describe(self) -> list[str]:
        """What is learnt from and measured on, in lines for people."""
        lines = [_counts("new", self.new)]
        if any(self.old.values()):
            often = f", each seen {self.weight:.2g} times in a pass" if self.weight else ""
            lines.append(_counts("old", self.old) + often)
        return [*lines, *self.remarks()]

    def remarks(self) -> list[str]:
        """A sentence on what was left out, if anything was."""
        if not any(self.left_out):
            return []
        new, old = self.left_out
        return [f"Left out of training, because held-out examples have their sources: {new:,} new and {old:,} old."]

    def to_dict(self) -> JsonObject:
        """The counts as values for JSON."""
        return {**asdict(self), "left_out": list(self.left_out)}

    @classmethod
    def from_dict(cls, values: JsonObject) -> Mixture:
        """The counts that :meth:`to_dict` wrote."""
        return cls(**{**values, "left_out": tuple(values["left_out"])})


def mix(new: Dataset, old: Dataset | None, folder: Path, *, replay: float, running: bool, seed: int) -> Mixture:
    """Write the dataset of an adaptation.

    No example is trained on whose source is that of a held-out one, new or old. In one pass the old training examples
    are seen so often that they are the share ``replay`` of all that is seen. In the validation set the old examples
    have the share ``replay`` of the units (target tokens, labels or numbers), so that its loss is (1 − replay) times
    the loss on the new ones + replay times the loss on the old ones; of the side of which there is more, a random part
    is left out. The test set has all held-out examples of both sides.

    Args:
        new: dataset of the new examples.
        old: dataset of the old examples; None if there is none.
        folder: folder of the dataset to be written.
        replay: share of old examples in one pass, from 0 to below 1.
        running: whether lines follow each other as one text, so that examples cannot be repeated singly: of the old
            text, its beginning then takes the place of a weight.
        seed: seed of the choice of validation examples.

    Raises:
        InputError: if there are no old examples to replay, or too few; or if they were encoded by other fields.
        OutputError: if the folder exists, or cannot be written.
    """
    sides = [Side.of(new)]
    if old is not None:
        sides.append(Side.of(_as_read_by(old, new)))
    sides, left_out = _without_leaks(sides)
    weights = _balanced(sides, replay)
    if running and len(sides) == 2:
        sides[1] = replace(sides[1], train=sides[1].train[: round(weights[1] * len(sides[1].train))])
        weights[1] = 1.0
    if not replay and len(sides) == 2:
        sides[1] = replace(sides[1], train=sides[1].train[:0])
    sides = _proportioned(sides, replay, seed)
    _write(sides, weights, folder)
    counts = [{name: len(side.split(name)[1]) for name in _SPLITS} for side in sides]
    return Mixture(
        len(new.corpora),
        counts[0],
        counts[1] if len(counts) == 2 else dict.fromkeys(_SPLITS, 0),
        weights[1] if replay else 0.0,
        (left_out[0], left_out[1] if len(left_out) == 2 else 0),
    )


def _counts(name: str, counts: Mapping[str, int]) -> str:
    return f"{name} examples: " + ", ".join(f"{counts[split]:,} for {use}" for split, use in _USES.items())


def mixed_recipe(recipe: Recipe, old: Recipe, mixture: Mixture) -> Recipe:
    """The recipe of an adaptation: its new corpora, and the old ones with their weights behind them.

    Args:
        recipe: recipe with the new corpora.
        old: recipe with the old corpora.
        mixture: counts of the dataset.
    """
    changes: JsonObject = {}
    for name in _SPLITS:
        sections: list[JsonObject] = [_section(each, each.title, each.weight) for each in getattr(recipe.data, name)]
        if mixture.old[name]:
            taken = {each.title for each in getattr(recipe.data, name)}
            factor = mixture.weight if name == "train" else 1.0
            for each in getattr(old.data, name):
                title = old_name(each.title, taken)
                taken.add(title)
                sections.append(_section(each, title, min(each.weight * factor, _HEAVIEST)))
        changes[name] = sections
    return changed(recipe, {"data": changes})


def _section(corpus: CorpusRecipe, title: str, weight: float) -> JsonObject:
    named = {} if title == corpus.title else {"name": title}
    return {**corpus.model_dump(mode="json", exclude_none=True), **named, "weight": weight}


def _as_read_by(old: Dataset, new: Dataset) -> Dataset:
    """The old dataset with the fields of the new one, which extend its own."""
    check_extends(old, new)
    before, after = (old.source, old.target), (new.source, new.target)
    rendering = Rendering.load(old.folder)

    def read(examples: Examples) -> Examples:
        return Examples(as_numbered_by(examples.stored, before, after), *after, rendering)

    return replace(
        old,
        source=new.source,
        target=new.target,
        train=read(old.train),
        validation=read(old.validation),
        test=None if old.test is None else read(old.test),
    )


def _without_leaks(sides: Sequence[Side]) -> tuple[list[Side], list[int]]:
    """The sides without training examples whose source is held out on any side, and how many these were of each."""
    held_out = np.concatenate([_keys(side, name) for side in sides for name in ("validation", "test")])
    kept = [~np.isin(_keys(side, "train"), held_out) for side in sides]
    clean = [replace(side, train=side.train[mask]) for side, mask in zip(sides, kept, strict=True)]
    return clean, [int((~mask).sum()) for mask in kept]


def _keys(side: Side, name: str) -> UInt64[np.ndarray, " k"]:
    examples, part = side.split(name)
    return stored_keys(examples)[part]


def _balanced(sides: Sequence[Side], replay: float) -> list[float]:
    """The factor of the weights of each side's corpora: 1 of the new examples, and of the old ones what makes them the
    share ``replay`` of one pass."""
    if not replay:
        return [1.0] * len(sides)
    if len(sides) < 2:
        raise InputError(
            f"there are no old examples, and {replay:g} of each pass shall be old ones",
            cause="the model does not lie in its run, whose dataset holds them.",
            remedy="give the run's folder, or old examples (--old-corpus), or adapt without them: --replay 0.",
        )
    seen = [float(_own_weights(side)[side.train].sum()) for side in sides]
    for amount, name in zip(seen, ("new", "old"), strict=True):
        if not amount:
            raise InputError(
                f"there is no {name} training example left",
                cause="all of them have the sources of held-out ones.",
                remedy="give more, or other validation and test examples.",
            )
    weight = replay / (1 - replay) * seen[0] / seen[1]
    heaviest = max(corpus.weight for corpus in sides[1].dataset.corpora)
    if weight * heaviest > _HEAVIEST:
        raise InputError(
            f"{len(sides[1].train):,} old examples are too few to be {replay:g} of each pass over "
            f"{len(sides[0].train):,} new ones: each would be seen {weight * heaviest:,.0f} times",
            remedy="give more old examples, or a smaller share: --replay.",
        )
    return [1.0, weight]


def _own_weights(side: Side) -> Float[np.ndarray, " n"]:
    weights = side.dataset.training_weights
    return np.ones(len(side.dataset.train)) if weights is None else weights


def _proportioned(sides: Sequence[Side], replay: float, seed: int) -> list[Side]:
    """The sides with so many validation examples that the old ones have the share ``replay`` of their units."""
    if len(sides) < 2:
        return list(sides)
    new, old = sides
    if not replay:
        return [new, replace(old, validation=old.validation[:0])]
    units = [side.dataset.validation.target_lengths[side.validation] for side in sides]
    wanted = min(units[0].sum() / (1 - replay), units[1].sum() / replay)
    shares = ((1 - replay) * wanted, replay * wanted)
    return [
        replace(side, validation=side.validation[_chosen(lengths, share, seed)])
        for side, lengths, share in zip(sides, units, shares, strict=True)
    ]


def _chosen(lengths: Int[np.ndarray, " v"], units: float, seed: int) -> Part:
    """A random part with as many units, one example at least."""
    order = np.random.default_rng([seed, len(lengths)]).permutation(len(lengths))
    count = int(np.searchsorted(np.cumsum(lengths[order]), units * (1 + 1e-9), side="right"))
    return np.sort(order[: max(count, 1)])


def _write(sides: Sequence[Side], weights: Sequence[float], folder: Path) -> None:
    """Write the joined dataset, with the fields of the first side."""
    first = sides[0].dataset
    corpora, files = _joined_names(sides, weights)
    with DatasetWriter(folder) as writer:
        for name in _SPLITS:
            table = pa.concat_tables(_tables(sides, name)).combine_chunks()
            with writer.split(name) as split:
                for batch in table.to_batches():
                    split.write(batch)
            if name == "train":
                target = counted(first.target, table)
        writer.write_fields(first.source, target)
        renderings = [rendering for side in sides if (rendering := Rendering.load(side.dataset.folder)) is not None]
        if renderings:
            renderings[0].save(writer.folder)
        writer.write_facts(corpora, files)
        writer.write_report(_report(sides, corpora))


def _joined_names(sides: Sequence[Side], weights: Sequence[float]) -> tuple[list[Corpus], list[str]]:
    """The corpora and the files of all sides; an old corpus that is called as a new one is marked as old."""
    corpora: list[Corpus] = []
    for side, weight in zip(sides, weights, strict=True):
        taken = {corpus.name for corpus in corpora}
        corpora += [Corpus(old_name(each.name, taken), each.weight * weight) for each in side.dataset.corpora]
    return corpora, [file for side in sides for file in side.dataset.files]


def old_name(name: str, taken: set[str]) -> str:
    """The name of an old corpus, which is none of those that are taken.

    >>> old_name("manual", {"manual"})
    'manual (old)'
    """
    while name in taken:
        name = f"{name} (old)"
    return name


def _tables(sides: Sequence[Side], name: str) -> list[pa.Table]:
    """One split of each side, with the numbers that corpora, files and names have in the joined dataset."""
    schema = sides[0].dataset.train.stored.schema
    tables, corpora, files = [], 0, 0
    for side in sides:
        examples, part = side.split(name)
        stored = examples.stored.take(pa.array(part))
        columns = {each: stored.column(each) for each in stored.column_names}
        columns["corpus"] = pa.array(examples.corpora[part] + corpora, schema.field("corpus").type)
        columns["file"] = pa.array(_files(stored) + files, schema.field("file").type)
        tables.append(pa.table([columns[each] for each in schema.names], schema=schema))
        corpora += len(side.dataset.corpora)
        files += len(side.dataset.files)
    return tables


def _files(stored: pa.Table) -> Int[np.ndarray, " n"]:
    """The number of each example's file; datasets of format 1 have one file alone."""
    if "file" not in stored.column_names:
        return np.zeros(len(stored), dtype=np.int64)
    return np.asarray(stored.column("file").to_numpy(), dtype=np.int64)


def _report(sides: Sequence[Side], corpora: Sequence[Corpus]) -> dict[str, object]:
    """The report of the joined dataset: what was read and dropped of both, and all else of the new examples."""
    reports = [side.dataset.report for side in sides]
    names = iter(corpora)
    about: JsonObject = {}
    for side, report in zip(sides, reports, strict=True):
        for own in side.dataset.corpora:
            joined = next(names)
            about[joined.name] = {**report.get("corpora", {}).get(own.name, {}), "weight": joined.weight}
    cleaning: JsonObject = {}
    for report in reports:
        for name, counts in report["cleaning"].items():
            cleaning[name] = added(cleaning[name], counts) if name in cleaning else counts
    keys = {name: np.concatenate([_keys(side, name) for side in sides]) for name in _SPLITS}
    return {
        **reports[0],
        "cleaning": cleaning,
        "sources_also_in_training": {name: overlap(keys["train"], keys[name]) for name in _SPLITS[1:]},
        "pairs": {name: len(keys[name]) for name in _SPLITS},
        "corpora": about,
    }


def added(one: JsonObject, other: JsonObject) -> JsonObject:
    """Two reports of the same form as one: numbers are added, lists follow each other.

    >>> added({"read": 3, "dropped": {"empty": 1}}, {"read": 4, "dropped": {"copies": 2}})
    {'read': 7, 'dropped': {'empty': 1, 'copies': 2}}
    """
    joined = dict(one)
    for name, value in other.items():
        mine = joined.get(name)
        if isinstance(mine, dict) and isinstance(value, dict):
            joined[name] = added(mine, value)
        elif isinstance(mine, list) and isinstance(value, list):
            joined[name] = [*mine, *value]
        elif isinstance(mine, int) and isinstance(value, int):
            joined[name] = mine + value
        else:
            joined[name] = value
    return joined

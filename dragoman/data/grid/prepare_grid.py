"""From corpora to a dataset whose sources or targets are not both text: read, clean, split, learn, encode, write."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from jaxtyping import Int, UInt64

from dragoman.contracts.expect import expect
from dragoman.data.cleaning import CleaningReport
from dragoman.data.columns.label import LabelColumn
from dragoman.data.columns.number import NumberColumn
from dragoman.data.columns.picture import PictureColumn
from dragoman.data.columns.row import RowColumn
from dragoman.data.columns.text import TextColumn
from dragoman.data.dataset import Corpus, Dataset, DatasetWriter
from dragoman.data.drops import DropList
from dragoman.data.encode import TOO_MANY_TOKENS
from dragoman.data.grid.clean import clean_items
from dragoman.data.grid.items import Items, joined
from dragoman.data.grid.keys import source_keys
from dragoman.data.grid.read_items import FRAME, items_of_frame, read_items
from dragoman.data.pipes import remembering_pipes
from dragoman.data.rendering import Rendering
from dragoman.data.split import overlap, split
from dragoman.errors import InputError
from dragoman.fields.field import Field, TargetField
from dragoman.fields.label import LabelField
from dragoman.fields.number import NumberField
from dragoman.fields.picture import PictureField
from dragoman.fields.row import RowField
from dragoman.images.preparation import Preparation
from dragoman.progress.watched import teller
from dragoman.recipe import Recipe
from dragoman.recipe.data import CorpusRecipe
from dragoman.text.codec import Codec
from dragoman.text.tokenizer import Tokenizer

if TYPE_CHECKING:
    from pandas import DataFrame

_FEWEST = 2
BROKEN = "broken picture"
"""The rule that drops a picture that cannot be read."""
_ROWS = 1024
"""Examples that are encoded and written together."""

Tell = Callable[[str], None]


@dataclass(slots=True)
class _Gathered:
    """The examples of one split, with the number of each one's corpus, and what cleaning did by corpus."""

    items: Items
    corpora: Int[np.ndarray, " n"]
    keys: UInt64[np.ndarray, " n"]
    reports: dict[str, CleaningReport] = field(default_factory=dict)

    def select(self, chosen: Int[np.ndarray, " k"]) -> _Gathered:
        return _Gathered(self.items.select(chosen), self.corpora[chosen], self.keys[chosen], self.reports)

    def total(self) -> dict[str, Any]:
        total = CleaningReport()
        for report in self.reports.values():
            total.add(report)
        return {**total.to_dict(), "corpora": {name: report.to_dict() for name, report in self.reports.items()}}


def prepare_grid(
    recipe: Recipe,
    folder: Path,
    *,
    train: DataFrame | None = None,
    validation: DataFrame | None = None,
    test: DataFrame | None = None,
    tell: Tell | None = None,
) -> Dataset:
    """Make the dataset that a recipe asks for.

    What is learnt of the data (a vocabulary, the labels, means and deviations) is learnt from the training examples.
    Examples with the same source stay on one side when a validation or test set is held out.

    Args:
        recipe: which corpora; what goes in and comes out.
        folder: of the dataset; nothing is left there if anything fails.
        train: a table instead of the recipe's training corpora.
        validation: likewise.
        test: likewise.
        tell: is given a sentence on each thing done; by default these are shown where a person watches.

    Raises:
        InputError: if a corpus cannot be read or used, or nothing is left of it.
        OutputError: if the folder exists or cannot be written.
    """
    tell = tell or teller()
    with remembering_pipes(), DatasetWriter(folder) as writer, DropList(writer.folder) as drops:
        frames = {"train": train, "validation": validation, "test": test}
        _Preparing(recipe, writer, drops, tell).run(frames)
    return Dataset.open(folder)


class _Preparing:
    """One dataset in the making."""

    def __init__(self, recipe: Recipe, writer: DatasetWriter, drops: DropList, tell: Tell) -> None:
        self.recipe = recipe
        self.writer = writer
        self.drops = drops
        self.tell = tell
        self.corpora: dict[str, int] = {}
        self.files: dict[str, int] = {}
        sections = itertools.chain(recipe.data.train, recipe.data.validation, recipe.data.test)
        rendered = recipe.model.reads == "picture" and any(section.text is not None for section in sections)
        self.rendering = Rendering.of(recipe.rendering, recipe.training.seed) if rendered else None

    def run(self, frames: dict[str, DataFrame | None]) -> None:
        found = {name: g for name, frame in frames.items() if (g := self._gather(name, frame)) is not None}
        if "train" not in found:
            raise InputError("no training data", remedy="give `data.train` in the recipe, or a DataFrame.")
        cleaning = {name: gathered.total() for name, gathered in found.items()}
        splits, held_out = self._hold_out(found)
        leaks = {
            name: overlap(splits["train"].keys, gathered.keys) for name, gathered in found.items() if name != "train"
        }
        for name, count in leaks.items():
            if count:
                self.tell(f"{name}: {count:,} of its sources occur in training too; its figures will flatter")
        source, target = self._learn(splits["train"].items)
        counts = {name: self._write(name, gathered, source, target, cleaning) for name, gathered in splits.items()}
        self.writer.write_fields(source, target)
        if self.rendering is not None:
            self.rendering.save(self.writer.folder)
        weights = {corpus.title: corpus.weight for corpus in self.recipe.data.train}
        self.writer.write_facts([Corpus(name, weights.get(name, 1.0)) for name in self.corpora], list(self.files))
        report = {"cleaning": cleaning, "held_out": held_out, "sources_also_in_training": leaks, "pairs": counts}
        self.writer.write_report({**report, "corpora": self._facts(splits), "coverage": {}})

    def _gather(self, name: str, frame: DataFrame | None) -> _Gathered | None:
        sections: Sequence[CorpusRecipe] = getattr(self.recipe.data, name)
        reads = self.recipe.model.reads
        parts: dict[str, Callable[[], Items]] = {
            section.title: partial(read_items, section, reads) for section in sections
        }
        if frame is not None:
            columns = sections[0] if sections else CorpusRecipe.model_construct()
            parts = {FRAME: lambda: items_of_frame(frame, columns, reads)}
        if not parts:
            return None
        reports: dict[str, CleaningReport] = {}
        items: list[Items] = []
        numbers: list[Int[np.ndarray, " m"]] = []
        for title, read in parts.items():
            reports[title] = CleaningReport()
            items.append(self._clean(name, title, read(), reports[title]))
            number = self.corpora.setdefault(title, len(self.corpora))
            numbers.append(np.full(len(items[-1]), number, dtype=np.int64))
            self.tell(f"{name}, {title}: {reports[title].as_text('examples')}")
        both = joined(items)
        if not len(both):
            raise InputError(
                f"nothing is left of the {name} corpus: {'; '.join(r.as_text('examples') for r in reports.values())}",
                file=(sections[0].path or sections[0].text or sections[0].source) if sections else None,
                cause="it is empty, or holds something else.",
                remedy="look at the corpus, and give one with examples.",
            )
        keys = source_keys(both, reads, exclude=self._target_name())
        return _Gathered(both, np.concatenate(numbers), keys, reports)

    def _clean(self, split_name: str, title: str, items: Items, report: CleaningReport) -> Items:
        return clean_items(
            items,
            self.recipe.cleaning,
            report,
            reads=self.recipe.model.reads,
            says=self.recipe.model.says,
            everything=split_name == "train",
            rendering=self.rendering,
            drop=lambda drops: self.drops.write(split_name, title, drops),
        )

    def _target_name(self) -> str:
        sections = self.recipe.data.train
        return (sections[0] if sections else CorpusRecipe.model_construct()).target_column

    def _source_name(self) -> str:
        sections = self.recipe.data.train
        return (sections[0] if sections else CorpusRecipe.model_construct()).source_column

    def _hold_out(self, found: dict[str, _Gathered]) -> tuple[dict[str, _Gathered], dict[str, int]]:
        """Take the missing validation set, and with it the missing test set, out of the training examples."""
        if "validation" in found:
            return found, {}
        data, training = self.recipe.data, found["train"]
        parts = split(
            training.keys,
            validation_pairs=data.validation_pairs,
            test_pairs=0 if "test" in found else data.test_pairs,
            seed=self.recipe.training.seed,
        )
        if len(parts.train) < _FEWEST or not len(parts.validation):
            raise InputError(
                f"no validation set can be held out of {len(training.keys):,} training examples",
                cause="there are too few examples, or too few different ones.",
                remedy="give more examples, or a validation corpus.",
            )
        splits = {"train": training.select(parts.train), "validation": training.select(parts.validation)}
        if len(parts.test):
            splits["test"] = training.select(parts.test)
        held_out = {name: len(gathered.keys) for name, gathered in splits.items() if name != "train"}
        for name, count in held_out.items():
            self.tell(f"{name}: {count:,} example{'s' if count != 1 else ''} held out of the training corpus")
        return {**splits, **{name: gathered for name, gathered in found.items() if name != "train"}}, held_out

    def _learn(self, items: Items) -> tuple[Field, TargetField]:
        source, target = self._learn_source(items), self._learn_target(items)
        for line in (*source.describe(), *target.describe()):
            self.tell(line)
        return source, target

    def _learn_source(self, items: Items) -> Field:
        reads = self.recipe.model.reads
        if reads == "text":
            return self._codec(items.sources)
        if reads == "picture":
            asked = self.recipe.pictures
            preparation = Preparation(asked.height, asked.width, asked.channels, asked.contrast)
            return PictureField(preparation, int(asked.max_megapixels * 1e6))
        assert items.rows is not None
        return RowField.learn(
            items.rows,
            exclude=self._target_name(),
            features=self.recipe.data.features,
            categorical=self.recipe.data.categorical,
            leave_out=self.recipe.data.leave_out,
            file=items.files[0],
            lines=items.lines,
        )

    def _learn_target(self, items: Items) -> TargetField:
        says = self.recipe.model.says
        if says == "text":
            return self._codec(items.targets)
        if says == "label":
            return LabelField.learn(items.targets, items.places)
        return NumberField.learn(NumberField.parse(items.targets, items.places, self._target_name()))

    def _codec(self, texts: Sequence[str]) -> Codec:
        asked = self.recipe.tokenizer
        tokenizer = Tokenizer.train(
            texts, kind=asked.kind, vocabulary_size=asked.vocabulary_size, single_digits=asked.single_digits
        )
        return Codec(tokenizer)

    def _write(
        self, name: str, gathered: _Gathered, source: Field, target: TargetField, cleaning: dict[str, Any]
    ) -> int:
        """The examples of a split, those left out that are too long for training; how many were written."""
        rows = 0
        faults: list[InputError] = []
        with pa.OSFile(str(self.writer.folder / f"{name}.arrow"), "wb") as sink:
            stream = None
            for part in _parts(gathered, _ROWS if isinstance(source, PictureField) else len(gathered.keys)):
                try:
                    table = self._table(name, part, source, target)
                except InputError:
                    if not isinstance(source, PictureField):
                        raise
                    part, unread = self._readable(name, part, source, cleaning)
                    faults += unread
                    table = self._table(name, part, source, target)
                kept = np.flatnonzero(self._short_enough(table)) if name != "test" else np.arange(len(part.keys))
                if self._drop(name, part, kept, cleaning, TOO_MANY_TOKENS):
                    count = len(part.keys) - len(kept)
                    self.tell(f"{name}: {count:,} examples have too many tokens and were dropped")
                batch = table.take(pa.array(kept)).combine_chunks().to_batches()
                stream = stream or pa.ipc.new_file(sink, table.schema)
                for one in batch:
                    stream.write_batch(one)
                rows += len(kept)
            if stream is not None:
                stream.close()
        if rows == 0 and faults:
            raise faults[0]
        if rows == 0:
            raise InputError(
                f"every {name} example has too many tokens",
                cause="each line holds a whole document, or `cleaning.max_tokens` is very small.",
                remedy="break the lines into sentences, or raise `cleaning.max_tokens` and `training.batch.tokens`.",
            )
        return rows

    def _table(self, name: str, part: _Gathered, source: Field, target: TargetField) -> pa.Table:
        items = part.items
        columns: dict[str, pa.Array] = {}
        if isinstance(source, RowField):
            columns, remarks = RowColumn.of(source, items)
            for remark in remarks:
                self.tell(remark)
        elif isinstance(source, Codec):
            # A long test text is cut as it would be in use; one to learn from is left out.
            most = self.recipe.cleaning.max_tokens if name == "test" else None
            columns = TextColumn.of(source, "source", items.sources, most)
        else:
            columns = PictureColumn.of(expect(source, PictureField), items, self._source_name())
        if isinstance(target, LabelField):
            columns |= LabelColumn.of(target, items)
        elif isinstance(target, NumberField):
            columns |= NumberColumn.of(NumberField.parse(items.targets, items.places, self._target_name()))
        else:
            columns |= TextColumn.of(expect(target, Codec), "target", items.targets)
        files = [self.files.setdefault(file, len(self.files)) for file in items.files]
        columns |= {
            "corpus": pa.array(part.corpora, pa.int16()),
            "file": pa.array(files, pa.int32()),
            "line": pa.array(items.lines, pa.int64()),
        }
        return pa.table(columns)

    def _readable(
        self, name: str, part: _Gathered, source: PictureField, cleaning: dict[str, Any]
    ) -> tuple[_Gathered, list[InputError]]:
        """Some examples without those whose pictures cannot be read, which are counted and named, and why not."""
        items, faults = part.items, dict[int, InputError]()
        for row, (picture, place) in enumerate(zip(items.sources, items.places, strict=True)):
            try:
                if picture is not None:
                    source.encode(picture, place, self._source_name())
            except InputError as error:
                faults[row] = error
        kept = np.array([row for row in range(len(items)) if row not in faults], dtype=np.int64)
        for fault in faults.values():
            self.tell(f"{name}, left out: {str(fault).splitlines()[0]}")
        self._drop(name, part, kept, cleaning, BROKEN)
        return part.select(kept), [*faults.values()]

    def _short_enough(self, table: pa.Table) -> np.ndarray:
        limit = min(self.recipe.cleaning.max_tokens, self.recipe.training.batch.tokens)
        fits = np.ones(table.num_rows, dtype=np.bool_)
        for side in ("source_ids", "target_ids"):
            if side in table.column_names:
                allowed = limit if side == "target_ids" else self.recipe.cleaning.max_tokens
                fits &= np.diff(table.column(side).combine_chunks().offsets.to_numpy()) <= allowed
        return fits

    def _drop(
        self, name: str, part: _Gathered, kept: Int[np.ndarray, " k"], cleaning: dict[str, Any], rule: str
    ) -> bool:
        """Count and list all examples of a part but those that are kept; whether there are any."""
        left_out = np.setdiff1d(np.arange(len(part.keys)), kept)
        items = part.items.select(left_out)
        facts = cleaning[name if name in cleaning else "train"]
        facts["kept"] -= len(left_out)
        if len(left_out):
            facts["dropped"][rule] = facts["dropped"].get(rule, 0) + len(left_out)
        titles = list(self.corpora)
        for row, number in enumerate(part.corpora[left_out].tolist()):
            self.drops.write(name, titles[number], [items.dropped(row, rule)])
        return len(left_out) > 0

    def _facts(self, splits: dict[str, _Gathered]) -> dict[str, dict[str, Any]]:
        """What each corpus is and what it gave to each split."""
        data = self.recipe.data
        sections = {section.title: section for section in itertools.chain(data.test, data.validation, data.train)}
        facts: dict[str, dict[str, Any]] = {}
        for name, number in self.corpora.items():
            section = sections.get(name)
            about = {} if section is None else {"licence": section.licence, "origin": section.origin}
            given = {
                split_name: {"pairs": int((gathered.corpora == number).sum())}
                for split_name, gathered in splits.items()
            }
            facts[name] = {**about, "weight": 1.0 if section is None else section.weight, **given}
        return facts


def _parts(gathered: _Gathered, rows: int) -> Iterator[_Gathered]:
    for begin in range(0, len(gathered.keys), rows):
        yield gathered.select(np.arange(begin, min(begin + rows, len(gathered.keys))))

"""From corpora to a dataset on disk: read, clean, split, learn the fields, encode, write.

Each pass is a stream, so that the memory needed hardly grows with the corpora: 8 bytes an example for each of the
hashes by which duplicates and leaks are found, and for the numbers of the one column that is learnt, while texts,
pictures, rows and what they are encoded to stay on disk.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Int8
from pyarrow import RecordBatch

from dragoman.contracts.expect import expect
from dragoman.data.arrow import SplitWriter
from dragoman.data.cells import lines_of
from dragoman.data.cleaning import CleaningReport
from dragoman.data.dataset import Corpus, Dataset, DatasetWriter
from dragoman.data.drops import Drop, DropList
from dragoman.data.encode import TOO_MANY_TOKENS, Encoder
from dragoman.data.example_weights import WeightedExamples, describe_report, read_weights
from dragoman.data.gather import Gathered, Gatherer
from dragoman.data.parent_fields import ParentFields
from dragoman.data.pipes import remembering_pipes
from dragoman.data.split import overlap, split
from dragoman.data.training_part import TrainingPart
from dragoman.errors import InputError
from dragoman.fields.field import Field, TargetField
from dragoman.native.lines import Lines
from dragoman.progress.watched import logger
from dragoman.recipe import Recipe
from dragoman.storage.json import JsonObject
from dragoman.text.codec import Codec, masks_for
from dragoman.text.coverage import TokenCounts, count_tokens, coverage_table
from dragoman.text.language import writes_spaces

if TYPE_CHECKING:
    from pandas import DataFrame

_FEWEST = 2
_COVERAGE_TEXTS = 20_000

Log = Callable[[str], None]
_Frames = dict[str, "DataFrame | None"]
_Completes = Callable[[RecordBatch], RecordBatch]
"""Completes some training examples by their weights."""


def prepare(
    recipe: Recipe,
    folder: Path,
    *,
    train: DataFrame | None = None,
    validation: DataFrame | None = None,
    test: DataFrame | None = None,
    log: Log | None = None,
    parent: ParentFields | None = None,
) -> Dataset:
    """Make the dataset that a recipe asks for, whatever the inputs and outputs of its model.

    A training corpus is cleaned; validation and test corpora are only normalised, because what a model will meet is
    not cleaned either. What is learnt of the data (vocabularies, labels, means and deviations) is learnt from the
    training examples alone. Examples with the same source stay on one side when some are held out.

    Args:
        recipe: the recipe, which names the corpora, the rules of cleaning, and the inputs and outputs of the model.
        folder: folder of the dataset, which is made; nothing is left there if anything fails.
        train: table instead of the recipe's training corpora.
        validation: table instead of the recipe's validation corpora.
        test: table instead of the recipe's test corpora.
        log: function that is given a sentence on each thing done; by default these are shown where a person watches.
        parent: what the model that training starts from knows of its inputs and outputs, which the dataset's fields are
            made of; None to learn them of the training examples alone.

    Raises:
        InputError: if a corpus cannot be read, or nothing is left of it.
        OutputError: if the folder exists or cannot be written.
    """
    log = log or logger()
    with remembering_pipes(), DatasetWriter(folder) as writer:
        spools = writer.folder / "spools"
        spools.mkdir()
        with DropList(writer.folder) as drops:
            frames = {"train": train, "validation": validation, "test": test}
            _prepare(recipe, writer, Gatherer(recipe, spools, drops, log, parent), drops, log, frames)
        shutil.rmtree(spools)
    return Dataset.open(folder)


def _prepare(
    recipe: Recipe, writer: DatasetWriter, gatherer: Gatherer, drops: DropList, log: Log, frames: _Frames
) -> None:
    given = recipe.data.weights
    weighted = None if given is None else WeightedExamples(read_weights(given))
    found = {name: gathered for name, frame in frames.items() if (gathered := gatherer.gather(name, frame)) is not None}
    if "train" not in found:
        raise InputError("no training data", remedy="give `data.train` in the recipe, or a DataFrame.")
    parts = _hold_out(found, recipe, gatherer.noun, log)
    leaks = _leaks(found, parts, log)
    training = _training_part(recipe, gatherer, found["train"], parts)
    source, target = gatherer.input.learn(training, recipe, gatherer.output)
    for line in dict.fromkeys([*source.describe(), *target.describe()]):
        log(line)
    coverage = _coverage(recipe, training, source, target) if gatherer.has_placeholders else {}
    names = list(gatherer.corpora)

    def drop(split_name: str, corpus: int, dropped: list[Drop]) -> None:
        drops.write(split_name, names[corpus], dropped)
        _move_to_dropped(found.get(split_name, found["train"]).reports[names[corpus]], dropped)

    encoder = gatherer.encoder(source, target, drop, log)
    _encode(encoder, writer, found, parts, partial(_weighted, weighted, gatherer))
    _refuse_too_long(encoder, gatherer.noun, log, found)
    for written in encoder.written.values():
        for line in written.report.describe():
            log(line)
    of_examples = {} if weighted is None else {"weights": weighted.report()}
    for report in of_examples.values():
        log(describe_report(report))
    weights = {corpus.title: corpus.weight for corpus in recipe.data.train}
    writer.write_fields(source, target)
    if gatherer.rendering is not None:
        gatherer.rendering.save(writer.folder)
    corpora = [Corpus(name, weights.get(name, 1.0)) for name in names]
    writer.write_facts(corpora, list(gatherer.files.numbers), weighted=weighted is not None)
    placeholders = {"placeholders": gatherer.placeholders.to_dict()} if gatherer.has_placeholders else {}
    writer.write_report(
        {
            "cleaning": {name: gathered.total() for name, gathered in found.items()},
            **placeholders,
            **of_examples,
            "held_out": list(parts.held_out),
            "sources_also_in_training": leaks,
            "pairs": {name: written.rows for name, written in encoder.written.items()},
            "corpora": _corpora(recipe, names, encoder),
            "coverage": {language: counts.to_dict() for language, counts in coverage.items()},
        }
    )
    for line in coverage_table(coverage).splitlines() if coverage else ():
        log(line)


@dataclass(frozen=True, slots=True)
class _Parts:
    """Where each gathered training example goes: 0 is training, then the splits of ``held_out`` in their order."""

    side: Int8[np.ndarray, " n"]
    held_out: dict[str, int]


def _hold_out(found: dict[str, Gathered], recipe: Recipe, noun: str, log: Log) -> _Parts:
    """Take the missing validation set, and with it the missing test set, out of the training examples."""
    keys = found["train"].keys
    side = np.zeros(len(keys), dtype=np.int8)
    if "validation" in found:
        return _Parts(side, {})
    parts = split(
        keys,
        validation_pairs=recipe.data.validation_pairs,
        test_pairs=0 if "test" in found else recipe.data.test_pairs,
        seed=recipe.training.seed,
    )
    if len(parts.train) < _FEWEST or not len(parts.validation):
        raise InputError(
            f"no validation set can be held out of {_counted(len(keys), f'training {noun}')}",
            cause=f"there are too few {noun}s, or too few different sources.",
            remedy=f"give more {noun}s, or a validation corpus.",
        )
    side[parts.validation] = 1
    side[parts.test] = 2
    held_out = {"validation": len(parts.validation), **({"test": len(parts.test)} if len(parts.test) else {})}
    for name, count in held_out.items():
        log(f"{name}: {_counted(count, noun)} held out of the training corpus")
    return _Parts(side, held_out)


def _training_part(recipe: Recipe, gatherer: Gatherer, training: Gathered, parts: _Parts) -> TrainingPart:
    part = TrainingPart(training.spool, parts.side == 0, gatherer.files, gatherer.target_column, parent=gatherer.parent)
    if not gatherer.has_placeholders:
        return part
    data = recipe.data
    languages = (data.source_language if gatherer.input.has_source else data.target_language, data.target_language)
    syntax = gatherer.placeholders.syntax
    return replace(part, languages=languages, units=frozenset(training.units), placeholders=syntax)


def _leaks(found: dict[str, Gathered], parts: _Parts, log: Log) -> dict[str, int]:
    """How many sources of the given validation and test sets occur in training too."""
    training = found["train"].keys[parts.side == 0]
    counts = {name: overlap(training, gathered.keys) for name, gathered in found.items() if name != "train"}
    for name, count in counts.items():
        if count:
            log(f"{name}: {count:,} of its sources occur in training too; its figures will flatter")
    return counts


def _encode(
    encoder: Encoder, writer: DatasetWriter, found: dict[str, Gathered], parts: _Parts, weighted: _Completes
) -> None:
    """Write every split."""
    for name, gathered in found.items():
        names = ["train", *parts.held_out] if name == "train" else [name]
        side = parts.side if name == "train" else np.zeros(len(gathered.keys), dtype=np.int8)
        with ExitStack() as stack:
            writers = {split_name: stack.enter_context(writer.split(split_name)) for split_name in names}
            encoder.encode(gathered.spool, names, side, partial(_write, writers, weighted))


def _write(writers: Mapping[str, SplitWriter], weighted: _Completes, name: str, batch: RecordBatch) -> None:
    writers[name].write(weighted(batch) if name == "train" else batch)


def _weighted(weights: WeightedExamples | None, gatherer: Gatherer, batch: RecordBatch) -> RecordBatch:
    return batch if weights is None else weights.add_to(batch, list(gatherer.files.numbers))


def _move_to_dropped(report: CleaningReport, dropped: list[Drop]) -> None:
    report.kept -= len(dropped)
    report.count(dropped)


def _refuse_too_long(encoder: Encoder, noun: str, log: Log, found: dict[str, Gathered]) -> None:
    count = sum(report.dropped.get(TOO_MANY_TOKENS, 0) for g in found.values() for report in g.reports.values())
    if count:
        were = ("has", "was") if count == 1 else ("have", "were")
        log(f"{_counted(count, noun)} {were[0]} too many tokens for training and {were[1]} dropped")
    for name, written in encoder.written.items():
        if written.rows:
            continue
        if written.faults:
            raise written.faults[0]
        raise InputError(
            f"every {name} {noun} has too many tokens",
            cause="each line holds a whole document, or `cleaning.max_tokens` is very small.",
            remedy="break the lines into sentences, or raise `cleaning.max_tokens` and `training.batch.tokens`.",
        )


def _coverage(recipe: Recipe, training: TrainingPart, source: Field, target: TargetField) -> dict[str, TokenCounts]:
    """How the tokenizers fare on the first of the training texts, by language."""
    codecs = expect(source, Codec), expect(target, Codec)
    texts: tuple[list[str], list[str]] = ([], [])
    for batch in training:
        sides = (batch.sources if isinstance(batch.sources, Lines) else batch.targets, batch.targets)
        for column, kept in zip(sides, texts, strict=True):
            kept += lines_of(column)
        if len(texts[0]) >= _COVERAGE_TEXTS:
            break
    masks = masks_for(texts[0], *codecs)
    return {
        language: count_tokens(codec.tokenizer, codec.hide(kept, masks), spaced=writes_spaces(language))
        for language, codec, kept in zip(training.languages, codecs, texts, strict=True)
    }


def _corpora(recipe: Recipe, names: list[str], encoder: Encoder) -> dict[str, JsonObject]:
    """What each corpus is and what it gave to each split."""
    sections = {s.title: s for s in itertools.chain(recipe.data.test, recipe.data.validation, recipe.data.train)}
    facts: dict[str, dict[str, Any]] = {}
    for number, name in enumerate(names):
        section = sections.get(name)
        about = {} if section is None else {"licence": section.licence, "origin": section.origin}
        given = {
            split_name: written.by_corpus[number]
            for split_name, written in encoder.written.items()
            if number in written.by_corpus
        }
        facts[name] = {**about, "weight": 1.0 if section is None else section.weight, **given}
    return facts


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' if count != 1 else ''}"

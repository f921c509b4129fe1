"""From corpora to a dataset on disk: read, clean, split, learn the tokenizer, encode, write.

Each pass is a stream, so that the memory needed hardly grows with the corpora: 8 bytes a pair for each of the hashes
by which duplicates and leaks are found, while texts and ids stay on disk.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Int8

from dragoman.data.cleaning import CleaningReport
from dragoman.data.dataset import Corpus, Dataset, DatasetWriter
from dragoman.data.drops import Drop, DropList
from dragoman.data.encode import TOO_MANY_TOKENS, DatasetEncoder
from dragoman.data.gather import Gathered, Gatherer
from dragoman.data.learn_codecs import learn_codecs
from dragoman.data.pipes import remembering_pipes
from dragoman.data.split import overlap, split
from dragoman.errors import InputError
from dragoman.progress.watched import teller
from dragoman.recipe import Recipe
from dragoman.text.codec import Codec, masks_for
from dragoman.text.coverage import TokenCounts, count_tokens, coverage_table
from dragoman.text.language import writes_spaces
from dragoman.text.placeholders import PlaceholderSyntax

if TYPE_CHECKING:
    from pandas import DataFrame

_FEWEST = 2
_COVERAGE_TEXTS = 20_000

Tell = Callable[[str], None]


def prepare(
    recipe: Recipe,
    folder: Path,
    *,
    train: DataFrame | None = None,
    validation: DataFrame | None = None,
    test: DataFrame | None = None,
    tell: Tell | None = None,
) -> Dataset:
    """Make the dataset that a recipe asks for.

    A training corpus is cleaned; validation and test corpora are only normalised, because what a model will meet is
    not cleaned either. Tokenizers are learnt from the training side alone.

    Args:
        recipe: which corpora, which rules, which tokenizer.
        folder: of the dataset; nothing is left there if anything fails.
        train: pairs instead of the recipe's training corpora.
        validation: likewise.
        test: likewise.
        tell: is given a sentence on each thing done; by default these are shown where a person watches.

    Raises:
        InputError: if a corpus cannot be read, or nothing is left of it.
        OutputError: if the folder exists or cannot be written.
    """
    tell = tell or teller()
    with remembering_pipes(), DatasetWriter(folder) as writer:
        spools = writer.folder / "spools"
        spools.mkdir()
        with DropList(writer.folder) as drops:
            _prepare(recipe, writer, Gatherer(recipe, spools, drops, tell), drops, tell, (train, validation, test))
        shutil.rmtree(spools)
    return Dataset.open(folder)


def _prepare(
    recipe: Recipe,
    writer: DatasetWriter,
    gatherer: Gatherer,
    drops: DropList,
    tell: Tell,
    frames: tuple[DataFrame | None, DataFrame | None, DataFrame | None],
) -> None:
    found = {
        name: gathered
        for name, frame in zip(("train", "validation", "test"), frames, strict=True)
        if (gathered := gatherer.gather(name, frame)) is not None
    }
    if "train" not in found:
        raise InputError("no training data", remedy="give `data.train` in the recipe, or a DataFrame.")
    parts = _hold_out(found, recipe, tell)
    leaks = _leaks(found, parts, tell)
    training = found["train"]
    one_side = recipe.model.is_language_model
    source, target = _learn(recipe, training, parts, gatherer.placeholders.syntax, tell)
    coverage = _coverage(recipe, training, parts.side, source, target)
    names = list(gatherer.corpora)

    def drop(split_name: str, corpus: int, dropped: list[Drop]) -> None:
        drops.write(split_name, names[corpus], dropped)
        origin = found.get(split_name, training)
        _move_to_dropped(origin.reports[names[corpus]], dropped)

    files = list(gatherer.files.numbers)
    encoder = DatasetEncoder(
        writer, source, target, max_tokens=_longest(recipe), drop=drop, files=files, one_side=one_side
    )
    encoder.write(training.spool, ["train", *parts.held_out], parts.side)
    for name, given in found.items():
        if name != "train":
            encoder.write(given.spool, [name], np.zeros(len(given.keys), dtype=np.int8))
    _refuse_too_long(encoder, tell, found)
    weights = {corpus.title: corpus.weight for corpus in recipe.data.train}
    writer.write_fields(source, target)
    writer.write_facts([Corpus(name, weights.get(name, 1.0)) for name in names], files)
    writer.write_report(
        {
            "cleaning": {name: gathered.total() for name, gathered in found.items()},
            "placeholders": gatherer.placeholders.to_dict(),
            "held_out": parts.held_out,
            "sources_also_in_training": leaks,
            "pairs": encoder.found.rows,
            "corpora": _corpora(recipe, names, encoder),
            "coverage": {language: counts.to_dict() for language, counts in coverage.items()},
        }
    )
    for line in coverage_table(coverage).splitlines():
        tell(line)


@dataclass(frozen=True, slots=True)
class _Parts:
    """Where each gathered training pair goes: 0 is training, then the splits of ``held_out`` in their order."""

    side: Int8[np.ndarray, " n"]
    held_out: list[str]


def _hold_out(found: dict[str, Gathered], recipe: Recipe, tell: Tell) -> _Parts:
    """Take the missing validation set, and with it the missing test set, out of the training pairs."""
    keys = found["train"].keys
    side = np.zeros(len(keys), dtype=np.int8)
    if "validation" in found:
        return _Parts(side, [])
    parts = split(
        keys,
        validation_pairs=recipe.data.validation_pairs,
        test_pairs=0 if "test" in found else recipe.data.test_pairs,
        seed=recipe.training.seed,
    )
    if len(parts.train) < _FEWEST or not len(parts.validation):
        raise InputError(
            f"no validation set can be held out of {len(keys):,} training {'pair' if len(keys) == 1 else 'pairs'}",
            cause="there are too few pairs, or too few different sources.",
            remedy="give more pairs, or a validation corpus.",
        )
    side[parts.validation] = 1
    side[parts.test] = 2
    held_out = {"validation": len(parts.validation), **({"test": len(parts.test)} if len(parts.test) else {})}
    for name, count in held_out.items():
        tell(f"{name}: {count:,} pair{'s' if count != 1 else ''} held out of the training corpus")
    return _Parts(side, list(held_out))


def _learn(
    recipe: Recipe, training: Gathered, parts: _Parts, placeholders: PlaceholderSyntax, tell: Tell
) -> tuple[Codec, Codec]:
    """The codecs of both sides, from what stays in the training set."""
    source, target = learn_codecs(
        training.spool,
        parts.side == 0,
        recipe.tokenizer,
        frozenset(training.units),
        recipe.training.seed,
        languages=(recipe.data.source_language, recipe.data.target_language),
        placeholders=placeholders,
        one_side=recipe.model.is_language_model,
    )
    shared = source.tokenizer is target.tokenizer
    tell(f"vocabulary: {source.size:,} symbols" + ("" if shared else f" and {target.size:,} symbols"))
    return source, target


def _leaks(found: dict[str, Gathered], parts: _Parts, tell: Tell) -> dict[str, int]:
    """How many sources of the given validation and test sets occur in training too."""
    training = found["train"].keys[parts.side == 0]
    counts = {name: overlap(training, gathered.keys) for name, gathered in found.items() if name != "train"}
    for name, count in counts.items():
        if count:
            tell(f"{name}: {count:,} of its sources occur in training too; its figures will flatter")
    return counts


def _longest(recipe: Recipe) -> int:
    """The longest side in tokens that training takes: it has to fit into a mini-batch, too."""
    return min(recipe.cleaning.max_tokens, recipe.training.batch.tokens)


def _move_to_dropped(report: CleaningReport, dropped: list[Drop]) -> None:
    report.kept -= len(dropped)
    report.count(dropped)


def _refuse_too_long(encoder: DatasetEncoder, tell: Tell, found: dict[str, Gathered]) -> None:
    count = sum(report.dropped.get(TOO_MANY_TOKENS, 0) for g in found.values() for report in g.reports.values())
    if count:
        tell(f"{count:,} pairs have too many tokens for training and were dropped")
    for name in ("train", "validation"):
        if encoder.found.rows.get(name, 0) == 0:
            raise InputError(
                f"every {name} pair has too many tokens",
                cause="each line holds a whole document, or `cleaning.max_tokens` is very small.",
                remedy="break the lines into sentences, or raise `cleaning.max_tokens` and `training.batch.tokens`.",
            )


def _coverage(
    recipe: Recipe, training: Gathered, side: Int8[np.ndarray, " n"], source: Codec, target: Codec
) -> dict[str, TokenCounts]:
    """How the tokenizers fare on the first of the training texts, by language."""
    languages = [recipe.data.source_language, recipe.data.target_language]
    if recipe.model.is_language_model:
        languages[0] = languages[1]
    texts: tuple[list[str], list[str]] = ([], [])
    begin = 0
    for batch in training.spool:
        rows = np.flatnonzero(side[begin : begin + len(batch)] == 0)
        begin += len(batch)
        for column, kept in zip((batch.sources, batch.targets), texts, strict=True):
            kept += column.select(rows)
        if len(texts[0]) >= _COVERAGE_TEXTS:
            break
    masks = masks_for(texts[0], source, target)
    return {
        language: count_tokens(codec.tokenizer, codec.hide(kept, masks), spaced=writes_spaces(language))
        for language, codec, kept in zip(languages, (source, target), texts, strict=True)
    }


def _corpora(recipe: Recipe, names: list[str], encoder: DatasetEncoder) -> dict[str, dict[str, Any]]:
    """What each corpus is and what it gave to each split."""
    sections = {s.title: s for s in itertools.chain(recipe.data.test, recipe.data.validation, recipe.data.train)}
    facts: dict[str, dict[str, Any]] = {}
    for number, name in enumerate(names):
        section = sections.get(name)
        about = {} if section is None else {"licence": section.licence, "origin": section.origin}
        splits = {
            split_name: dict(zip(("pairs", "source_tokens", "target_tokens"), counts[number], strict=True))
            for split_name, counts in encoder.found.by_corpus.items()
            if number in counts
        }
        facts[name] = {**about, "weight": 1.0 if section is None else section.weight, **splits}
    return facts

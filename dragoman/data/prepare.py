"""From corpora to a dataset on disk: read, clean, split, learn the tokenizer, encode, write."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dragoman.data.arrow import EncodedPair
from dragoman.data.cleaning import CleaningReport, clean, normalize_only
from dragoman.data.corpora import read_corpus, read_frame
from dragoman.data.dataset import Dataset, DatasetWriter
from dragoman.data.pair import Pair
from dragoman.data.split import overlap, split
from dragoman.errors import InputError
from dragoman.recipe import Recipe
from dragoman.recipe.data import CorpusRecipe, TokenizerRecipe
from dragoman.text.tokenizer import Tokenizer
from dragoman.text.vocabulary import END

if TYPE_CHECKING:
    from pandas import DataFrame

_CHUNK = 10_000
_FEWEST = 2

Splits = dict[str, list[Pair]]


def prepare(
    recipe: Recipe,
    folder: Path,
    *,
    train: DataFrame | None = None,
    validation: DataFrame | None = None,
    test: DataFrame | None = None,
    tell: Callable[[str], None] = lambda message: None,
) -> Dataset:
    """Make the dataset that a recipe asks for.

    A training corpus is cleaned; validation and test corpora are only normalised, because what a model will meet is
    not cleaned either. Tokenizers are learnt from the training side alone.

    Args:
        recipe: which corpora, which rules, which tokenizer.
        folder: of the dataset; nothing is left there if anything fails.
        train: pairs instead of the recipe's training corpus.
        validation: likewise.
        test: likewise.
        tell: is given a sentence on each thing done.

    Raises:
        InputError: if a corpus cannot be read, or nothing is left of it.
        OutputError: if the folder exists or cannot be written.
    """
    with DatasetWriter(folder) as writer:
        splits, report = _splits(recipe, {"train": train, "validation": validation, "test": test}, tell)
        source, target = _tokenizers(splits["train"], recipe.tokenizer)
        shared = source is target
        tell(f"vocabulary: {source.size:,} symbols" + ("" if shared else f" and {target.size:,} symbols"))
        for name, pairs in splits.items():
            writer.write_split(name, _encoded(pairs, source, target))
        writer.write_tokenizers(source, target)
        writer.write_report({**report, "pairs": {name: len(pairs) for name, pairs in splits.items()}})
    return Dataset.open(folder)


def _splits(
    recipe: Recipe, frames: dict[str, DataFrame | None], tell: Callable[[str], None]
) -> tuple[Splits, dict[str, Any]]:
    """The pairs of each split, and the report of where they come from."""
    cleaning: dict[str, Any] = {}
    splits: Splits = {}
    for name, treat in (("train", clean), ("validation", normalize_only), ("test", normalize_only)):
        section: CorpusRecipe | None = getattr(recipe.data, name)
        pairs = _read(section, frames[name])
        if pairs is None:
            continue
        report = CleaningReport()
        splits[name] = list(treat(pairs, recipe.cleaning, report))
        cleaning[name] = report.to_dict()
        tell(f"{name}: {report.as_text()}")
        _refuse_nothing(name, report, section)
    if "train" not in splits:
        raise InputError("no training data", remedy="give `data.train` in the recipe, or a DataFrame.")
    given = [name for name in splits if name != "train"]
    held_out = _hold_out(splits, recipe)
    for name in held_out:
        tell(f"{name}: {len(splits[name]):,} pairs held out of the training corpus")
    also_in_training = {
        name: overlap((pair.source for pair in splits["train"]), (pair.source for pair in splits[name]))
        for name in given
    }
    for name, count in also_in_training.items():
        if count:
            tell(f"{name}: {count:,} of its sources occur in training too; its figures will flatter")
    return splits, {"cleaning": cleaning, "held_out": held_out, "sources_also_in_training": also_in_training}


def _read(section: CorpusRecipe | None, frame: DataFrame | None) -> Iterator[Pair] | None:
    if frame is not None:
        columns = section or CorpusRecipe.model_construct()
        return read_frame(frame, columns.source_column, columns.target_column)
    return None if section is None else read_corpus(section)


def _refuse_nothing(name: str, report: CleaningReport, section: CorpusRecipe | None) -> None:
    file = None if section is None else section.source or section.table
    if report.read == 0:
        raise InputError(f"the {name} corpus is empty", file=file, remedy="give a corpus with sentence pairs.")
    if report.kept == 0:
        raise InputError(
            f"cleaning left nothing of the {name} corpus: {report.as_text()}",
            file=file,
            cause="source and target are swapped or belong to different texts, or a limit is too strict.",
            remedy="look at the corpus, or loosen `cleaning` in the recipe.",
        )


def _hold_out(splits: Splits, recipe: Recipe) -> list[str]:
    """Take the missing validation set, and with it the missing test set, out of the training pairs."""
    if "validation" in splits:
        return []
    pairs = splits["train"]
    test_pairs = 0 if "test" in splits else recipe.data.test_pairs
    parts = split(
        [pair.source for pair in pairs],
        validation_pairs=recipe.data.validation_pairs,
        test_pairs=test_pairs,
        seed=recipe.training.seed,
    )
    if len(parts.train) < _FEWEST or not len(parts.validation):
        raise InputError(
            f"no validation set can be held out of {len(pairs):,} training pairs",
            cause="there are too few pairs, or too few different sources.",
            remedy="give more pairs, or a validation corpus.",
        )
    held_out = ["validation"] + (["test"] if len(parts.test) else [])
    splits["train"] = [pairs[index] for index in parts.train]
    for name, part in (("validation", parts.validation), ("test", parts.test)):
        if name in held_out:
            splits[name] = [pairs[index] for index in part]
    return held_out


def _tokenizers(pairs: Sequence[Pair], recipe: TokenizerRecipe) -> tuple[Tokenizer, Tokenizer]:
    """One tokenizer twice if shared, else one for each side."""

    def learn(texts: Iterable[str]) -> Tokenizer:
        return Tokenizer.train(texts, vocabulary_size=recipe.vocabulary_size, single_digits=recipe.single_digits)

    if recipe.shared:
        both = learn(itertools.chain((pair.source for pair in pairs), (pair.target for pair in pairs)))
        return both, both
    return learn(pair.source for pair in pairs), learn(pair.target for pair in pairs)


def _encoded(pairs: Sequence[Pair], source: Tokenizer, target: Tokenizer) -> Iterator[EncodedPair]:
    for begin in range(0, len(pairs), _CHUNK):
        part = pairs[begin : begin + _CHUNK]
        sources = source.encode_batch([pair.source for pair in part])
        targets = target.encode_batch([pair.target for pair in part])
        for pair, source_ids, target_ids in zip(part, sources, targets, strict=True):
            yield EncodedPair(pair.source, pair.target, [*source_ids, END], [*target_ids, END], pair.line)

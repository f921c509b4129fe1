"""The first pass over corpora: read, clean, set down on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import UInt64

from dragoman.data.choose_placeholders import choose_placeholders, look_ahead
from dragoman.data.cleaning import Cleaner, CleaningReport
from dragoman.data.corpora import read_corpus_chunks, read_frame
from dragoman.data.drops import DropList
from dragoman.data.keys import match_hashes
from dragoman.data.pair_chunk import PairChunk, chunked
from dragoman.data.spool import FileNames, Spool
from dragoman.errors import InputError
from dragoman.recipe import Recipe
from dragoman.recipe.data import CorpusRecipe
from dragoman.text.learn_placeholders import LearntPlaceholders
from dragoman.text.line_placeholders import masks_of
from dragoman.text.placeholder_mask import units_in
from dragoman.text.placeholders import SURE_SYNTAX, UNITS

if TYPE_CHECKING:
    from pandas import DataFrame

FRAME = "DataFrame"
TEXT = "text"
"""The column of a DataFrame that a language model reads."""


@dataclass(slots=True)
class Gathered:
    """The cleaned pairs of one split.

    Attributes:
        spool: the pairs.
        keys: the match hash of each pair's source.
        reports: what cleaning did, by the name of the corpus.
        units: placeholders' units that its sentences use.
    """

    spool: Spool
    keys: UInt64[np.ndarray, " n"]
    reports: dict[str, CleaningReport] = field(default_factory=dict)
    units: set[str] = field(default_factory=set)

    def total(self) -> dict[str, Any]:
        """The report of all corpora together, with that of each by name."""
        total = CleaningReport()
        for report in self.reports.values():
            total.add(report)
        return {**total.to_dict(), "corpora": {name: report.to_dict() for name, report in self.reports.items()}}


class Gatherer:
    """Reads and cleans the corpora of a recipe, split by split.

    Args:
        recipe: names the corpora and the rules.
        folder: for the pairs that are set down.
        drops: is given every drop.
        tell: is given a sentence on each corpus.
    """

    def __init__(self, recipe: Recipe, folder: Path, drops: DropList, tell: Callable[[str], None]) -> None:
        self._recipe = recipe
        self._is_text = recipe.model.is_language_model
        source_language = recipe.data.target_language if self._is_text else recipe.data.source_language
        self._languages = (source_language, recipe.data.target_language)
        # A text is a pair of itself, which must not count as a translation that was never made.
        same = {"copies": False, "language": False} if self._is_text else {}
        self._cleaning = recipe.cleaning.model_copy(update=same)
        self._folder = folder
        self._drops = drops
        self._tell = tell
        self.corpora: dict[str, int] = {}
        """The number of each corpus, by name."""
        self.placeholders = LearntPlaceholders(SURE_SYNTAX, {})
        """What counts as a placeholder, once the training corpora were gathered."""
        self.files = FileNames()

    def gather(self, split: str, frame: DataFrame | None = None) -> Gathered | None:
        """The pairs of a split: of ``frame`` if it is given, else of the recipe's corpora; None if there are none.

        Training corpora are cleaned by all rules. Validation and test corpora are only normalised, because what a
        model will meet is not cleaned either. What counts as a placeholder is chosen before, by a look at how the
        training corpora begin.

        Raises:
            InputError: if a corpus cannot be read, or nothing is left of all.
        """
        sections = getattr(self._recipe.data, split)
        readers: dict[str, _Reader] = {
            section.title: self._reader(section) for section in ([] if frame is not None else sections)
        }
        if frame is not None:
            columns = sections[0] if sections else CorpusRecipe.model_construct()
            names = (TEXT, TEXT) if self._is_text else (columns.source_column, columns.target_column)
            readers[FRAME] = lambda tell: chunked(read_frame(frame, *names))
        if not readers:
            return None
        gathered = Gathered(Spool(self._folder / f"{split}.spool", self.files), np.zeros(0, dtype=np.uint64))
        corpora = {name: self._begun(split, name, read, gathered) for name, read in readers.items()}
        if split == "train":
            corpora = self._choose_placeholders(corpora)
        cleaner = Cleaner(
            self._cleaning,
            *self._languages,
            everything=split == "train",
            placeholders=self.placeholders.syntax,
        )
        keys = [self._gather_corpus(split, name, chunks, cleaner, gathered) for name, chunks in corpora.items()]
        gathered.keys = np.concatenate(keys)
        gathered.spool.close()
        _refuse_nothing(split, gathered, sections)
        return gathered

    def _reader(self, section: CorpusRecipe) -> _Reader:
        return lambda tell: read_corpus_chunks(section, *self._languages, tell)

    def _begun(self, split: str, name: str, read: _Reader, gathered: Gathered) -> Iterator[PairChunk]:
        report = gathered.reports.setdefault(name, CleaningReport())

        def remark(message: str) -> None:
            report.remarks.append(message)
            self._tell(f"{split}, {name}: {message}")

        return read(remark)

    def _choose_placeholders(self, corpora: dict[str, Iterator[PairChunk]]) -> dict[str, Iterator[PairChunk]]:
        looks = {name: look_ahead(chunks) for name, chunks in corpora.items()}
        self.placeholders = choose_placeholders(self._recipe, (chunk for first, _ in looks.values() for chunk in first))
        self._tell(self.placeholders.as_text())
        return {name: chunks for name, (_, chunks) in looks.items()}

    def _gather_corpus(
        self, split: str, name: str, chunks: Iterator[PairChunk], cleaner: Cleaner, gathered: Gathered
    ) -> UInt64[np.ndarray, " n"]:
        report = gathered.reports[name]
        number = self.corpora.setdefault(name, len(self.corpora))
        keys = [np.zeros(0, dtype=np.uint64)]
        for pairs in cleaner.clean(chunks, report, lambda drops: self._drops.write(split, name, drops)):
            gathered.spool.write(pairs, number)
            keys.append(match_hashes(pairs.sources))
            if self._recipe.tokenizer.placeholders:
                masks = masks_of(pairs.sources, _ALL_UNITS, self.placeholders.syntax)
                gathered.units |= units_in(mask.hide(pairs.sources[row]) for row, mask in masks.items())
        self._tell(f"{split}, {name}: {report.as_text()}")
        return np.concatenate(keys)


_Reader = Callable[[Callable[[str], None]], Iterator[PairChunk]]
"""Reads a corpus; is given what takes remarks on it."""

_ALL_UNITS = frozenset(UNITS)


def _refuse_nothing(split: str, gathered: Gathered, sections: tuple[CorpusRecipe, ...]) -> None:
    file = sections[0].source or sections[0].text or sections[0].path if sections else None
    total = CleaningReport()
    for report in gathered.reports.values():
        total.add(report)
    if total.read == 0:
        raise InputError(f"the {split} corpus is empty", file=file, remedy="give a corpus with sentence pairs.")
    if total.kept == 0:
        raise InputError(
            f"cleaning left nothing of the {split} corpus: {total.as_text()}",
            file=file,
            cause="source and target are swapped or belong to different texts, or a limit is too strict.",
            remedy="look at the corpus, or loosen `cleaning` in the recipe; `dragoman clean` shows what it dropped.",
        )

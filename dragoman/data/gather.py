"""The first pass over corpora: read, clean, set down on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import UInt64

from dragoman.contracts.expect import expect
from dragoman.data.cells import lines_of
from dragoman.data.choose_placeholders import choose_placeholders, look_ahead
from dragoman.data.chunk import Chunk
from dragoman.data.cleaning import Cleaner, CleaningReport, SeenExamples
from dragoman.data.drops import Drop, TakesDrops
from dragoman.data.encode import Encoder
from dragoman.data.inputs.frames import FRAME
from dragoman.data.inputs.input import Reading
from dragoman.data.kinds import input_and_output
from dragoman.data.limits import limits_of
from dragoman.data.parent_fields import ParentFields
from dragoman.data.rendering import Rendering
from dragoman.data.spool import FileNames, Spool
from dragoman.data.text_sides import TextSides
from dragoman.errors import InputError
from dragoman.fields.field import Field, TargetField
from dragoman.recipe import Recipe
from dragoman.recipe.data import CorpusRecipe
from dragoman.storage.json import JsonObject
from dragoman.text.codec import Codec
from dragoman.text.learn_placeholders import LearntPlaceholders
from dragoman.text.placeholder_mask import masks_of, units_in
from dragoman.text.placeholders import SURE_SYNTAX, UNITS

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(slots=True)
class Gathered:
    """The cleaned examples of one split.

    Attributes:
        spool: the examples.
        keys: 64 bits for each example, equal for those whose sources count as the same.
        reports: what cleaning did, by the name of the corpus.
        units: placeholders' units that its texts use.
    """

    spool: Spool
    keys: UInt64[np.ndarray, " n"]
    reports: dict[str, CleaningReport] = field(default_factory=dict)
    units: set[str] = field(default_factory=set)

    def total(self) -> JsonObject:
        """The report of all corpora together, with that of each by name."""
        total = CleaningReport()
        for report in self.reports.values():
            total.add(report)
        return {**total.to_dict(), "corpora": {name: report.to_dict() for name, report in self.reports.items()}}


class Gatherer:
    """Reads and cleans the corpora of a recipe, split by split.

    Args:
        recipe: names the corpora and the rules.
        folder: takes the examples that are set down.
        drops: is given every drop.
        log: is given a sentence on each corpus.
        parent: fields of the model that training starts from; None if there is none.

    Attributes:
        input: what goes into the model.
        output: what comes out of it.
        noun: what an example is called in messages.
        corpora: the number of each corpus, by name.
        files: the number of each file, by name.
        rendering: how texts become pictures, if some do.
        placeholders: what counts as a placeholder, once the training corpora were gathered.
    """

    def __init__(
        self,
        recipe: Recipe,
        folder: Path,
        drops: TakesDrops,
        log: Callable[[str], None],
        parent: ParentFields | None = None,
    ) -> None:
        self._recipe = recipe
        self.parent = parent
        self.input, self.output = input_and_output(recipe.model)
        self.sides = TextSides(
            self.input.is_text,
            self.output.is_text,
            spelt=not self.input.has_source or self.input.is_text,
            near=self.input.is_text or not self.input.has_source,
        )
        self.noun = "pair" if self.sides.are_pairs else "example"
        self._folder = folder
        self._drops = drops
        self._log = log
        self.corpora: dict[str, int] = {}
        self.files = FileNames()
        data = recipe.data
        rendered = any(corpus.text is not None for corpus in (*data.train, *data.validation, *data.test))
        self.rendering = (
            Rendering.of(recipe.rendering, recipe.training.seed) if self.input.renders and rendered else None
        )
        self.placeholders = LearntPlaceholders(SURE_SYNTAX, {})

    @property
    def has_placeholders(self) -> bool:
        """Whether what is written may be moved from what is read, or is text and nothing else."""
        return self.output.is_text and self.sides.spelt

    def languages(self, corpus: CorpusRecipe) -> tuple[str, str]:
        """Codes of the languages of a corpus: its own, else the recipe's."""
        data = self._recipe.data
        source, target = corpus.source_language or data.source_language, corpus.target_language or data.target_language
        return (source, target) if self.input.has_source else (target, target)

    def gather(self, split: str, frame: DataFrame | None = None) -> Gathered | None:
        """The examples of a split: of ``frame`` if it is given, else of the recipe's corpora; None if there are none.

        Training corpora are cleaned by all rules. Validation and test corpora are only normalised, because what a
        model will meet is not cleaned either. What counts as a placeholder is chosen before, by a look at how the
        training corpora begin.

        Raises:
            InputError: if a corpus cannot be read, or nothing is left of all.
        """
        sections: Sequence[CorpusRecipe] = getattr(self._recipe.data, split)
        if frame is None:
            return self.gather_corpora(split, sections) if sections else None
        columns = sections[0] if sections else CorpusRecipe.model_construct()
        return self.gather_corpora(split, [columns], frame)

    def gather_corpora(self, split: str, sections: Sequence[CorpusRecipe], frame: DataFrame | None = None) -> Gathered:
        """The examples of some corpora, as those of a split.

        Args:
            split: ``train`` applies all rules.
            sections: the corpora.
            frame: is read instead of them; the first of them names its columns.

        Raises:
            InputError: if a corpus cannot be read, or nothing is left of all.
        """
        gathered = Gathered(Spool(self._folder / f"{split}.spool", self.files), np.zeros(0, dtype=np.uint64))
        named = {FRAME if frame is not None else section.title: section for section in sections}
        corpora = {name: self._begun(split, name, section, frame, gathered) for name, section in named.items()}
        if split == "train" and self.has_placeholders:
            corpora = self._choose_placeholders(corpora)
        seen = SeenExamples(self._recipe.cleaning)
        keys = [np.zeros(0, dtype=np.uint64)]
        for name, chunks in corpora.items():
            cleaner = self._cleaner(split, named[name], seen)
            keys += self._gather_corpus(split, name, chunks, cleaner, gathered)
        gathered.keys = np.concatenate(keys)
        gathered.spool.close()
        self._refuse_nothing(split, gathered, None if frame is not None else sections[0])
        return gathered

    def encoder(
        self,
        source: Field,
        target: TargetField,
        drop: Callable[[str, int, list[Drop]], None],
        log: Callable[[str], None],
    ) -> Encoder:
        """What encodes the examples that were gathered.

        Args:
            source: encodes sources.
            target: encodes targets.
            drop: is given the split, its corpus' number and the drops.
            log: is given a sentence on each example that cannot be read.
        """
        return Encoder(
            source,
            target,
            codecs=(expect(source, Codec), expect(target, Codec)) if self.has_placeholders else None,
            files=self.files,
            headings=(_first(self._recipe).source_column, self.target_column),
            limits=limits_of(self._recipe),
            drop=drop,
            log=log,
        )

    @property
    def target_column(self) -> str:
        """The heading of the targets in tables."""
        return _first(self._recipe).target_column

    def _begun(
        self, split: str, name: str, section: CorpusRecipe, frame: DataFrame | None, gathered: Gathered
    ) -> Iterator[Chunk]:
        report = gathered.reports.setdefault(name, CleaningReport())

        def remark(message: str) -> None:
            report.remarks.append(message)
            self._log(f"{split}, {name}: {message}")

        reading = Reading(self.output, self.languages(section), self._folder, remark)
        if frame is not None:
            return self.input.read_frame(frame, section, reading)
        return self.input.read(section, reading)

    def _choose_placeholders(self, corpora: dict[str, Iterator[Chunk]]) -> dict[str, Iterator[Chunk]]:
        looks = {name: look_ahead(chunks) for name, chunks in corpora.items()}
        self.placeholders = choose_placeholders(
            self._recipe,
            (chunk for first, _ in looks.values() for chunk in first),
            paired=self.input.has_source,
            parent=self.parent,
        )
        self._log(self.placeholders.as_text())
        return {name: chunks for name, (_, chunks) in looks.items()}

    def _cleaner(self, split: str, section: CorpusRecipe, seen: SeenExamples) -> Cleaner:
        languages = self.languages(section)
        if not self.has_placeholders:
            # A recipe names two languages even where nothing is translated: only the corpus's own are meant then.
            languages = section.source_language or "", section.target_language or ""
        return Cleaner(
            self._recipe.cleaning,
            *languages,
            everything=split == "train",
            placeholders=self.placeholders.syntax,
            sides=self.sides,
            seen=seen,
            missing=None if self.output.is_text else self.output.missing,
            unfitting=self.output.unfitting,
            writable=None if self.rendering is None else self.rendering.writable,
        )

    def _gather_corpus(
        self, split: str, name: str, chunks: Iterator[Chunk], cleaner: Cleaner, gathered: Gathered
    ) -> list[UInt64[np.ndarray, " n"]]:
        report = gathered.reports[name]
        number = self.corpora.setdefault(name, len(self.corpora))
        keys = []
        for kept in cleaner.clean(chunks, report, lambda drops: self._drops.write(split, name, drops)):
            if not len(kept):
                continue
            gathered.spool.write(kept, number)
            keys.append(self.input.keys(kept, self.target_column))
            if self.has_placeholders and self._recipe.tokenizer.placeholders:
                texts = lines_of(kept.sources if self.input.is_text else kept.targets)
                masks = masks_of(texts, _ALL_UNITS, self.placeholders.syntax)
                gathered.units |= units_in(mask.hide(texts[row]) for row, mask in masks.items())
        self._log(f"{split}, {name}: {report.as_text(f'{self.noun}s')}")
        return keys

    def _refuse_nothing(self, split: str, gathered: Gathered, section: CorpusRecipe | None) -> None:
        file = None if section is None else section.path or section.text or section.source
        total = CleaningReport()
        for report in gathered.reports.values():
            total.add(report)
        if total.read == 0:
            raise InputError(f"the {split} corpus is empty", file=file, remedy=f"give a corpus with {self.noun}s.")
        if total.kept == 0:
            raise InputError(
                f"cleaning left nothing of the {split} corpus: {total.as_text(f'{self.noun}s')}",
                file=file,
                cause="source and target are swapped or belong to different texts, or a limit is too strict."
                if self.sides.are_pairs
                else "the corpus holds something else, or a limit is too strict.",
                remedy="look at the corpus, or loosen `cleaning` in the recipe"
                + ("; `dragoman clean` shows what it dropped." if self.sides.are_pairs else "."),
            )


_ALL_UNITS = frozenset(UNITS)


def _first(recipe: Recipe) -> CorpusRecipe:
    """The corpus that names the columns of tables."""
    return recipe.data.train[0] if recipe.data.train else CorpusRecipe.model_construct()

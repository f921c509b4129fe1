"""The result of measuring a model on data, for every kind of model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Int

from dragoman.contracts import SearchMethod
from dragoman.data.dataset import Dataset
from dragoman.data.examples import Examples
from dragoman.evaluation.confidence import Estimate
from dragoman.evaluation.sentence_statistics import SentenceStatistics
from dragoman.fields.field import SourceField, TargetField
from dragoman.model.folder import LoadedModel
from dragoman.predict.choose_engine import AskedEngine
from dragoman.predict.search_request import search_request
from dragoman.recipe.search import SearchRecipe
from dragoman.reports.shown import Summary
from dragoman.storage.json import JsonObject


@runtime_checkable
class Report(Protocol):
    """A report on how good a model is."""

    def to_dict(self) -> JsonObject:
        """The report as a dictionary that JSON can represent."""
        ...

    def summary(self) -> Summary:
        """A short summary of the report."""
        ...

    def as_text(self) -> str:
        """The report for people to read."""
        ...


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Examples that a model is measured on.

    Attributes:
        split: name of the examples, such as ``test set``.
        examples: the examples.
        source: field that encodes the sources.
        target: field that encodes the targets.
        corpora: names of the corpora of the examples, by number.
    """

    split: str
    examples: Examples
    source: SourceField
    target: TargetField
    corpora: tuple[str, ...] = ()

    @property
    def corpus_names(self) -> list[str] | None:
        """The name of each example's corpus; None if it is unknown."""
        numbers: Int[np.ndarray, " n"] = self.examples.corpora
        return [self.corpora[number] for number in numbers.tolist()] if self.corpora else None


def held_out_of(dataset: Dataset, *, test: bool = True) -> HeldOut:
    """The test set of a dataset; its validation set if it has no test set, or if ``test`` is false."""
    corpora = tuple(corpus.name for corpus in dataset.corpora)
    if test and dataset.test is not None:
        return HeldOut("test set", dataset.test, dataset.source, dataset.target, corpora)
    return HeldOut("validation set", dataset.validation, dataset.source, dataset.target, corpora)


@dataclass(frozen=True, slots=True)
class Assessed:
    """A model with the examples that it is measured on."""

    model: LoadedModel
    held_out: HeldOut


@dataclass(frozen=True, slots=True)
class Search:
    """How text is searched for while a model that writes text is measured.

    >>> Search(beam=1).by(SearchRecipe())
    Greedy()

    Attributes:
        beam: beam width, where there is no method; None for the recipe's.
        engine: name of the search engine, such as ``torch``.
        compute: number format that the engine computes with.
        shortlist: whether a lexical shortlist limits the output's symbols; None for what was chosen when the model was
            saved.
        method: method of search; None for a beam.
        folder: the model's folder, which keeps its shortlist and what was chosen for its engine; None if there is none.
        preview: whether likely symbols are found by the model's preview of its output layer; None for what was chosen
            when the model was saved.
    """

    beam: int | None = None
    engine: str = "torch"
    compute: str = "auto"
    shortlist: bool | None = None
    method: SearchMethod | None = None
    folder: Path | None = None
    preview: bool | None = None

    @property
    def asks_for_an_engine(self) -> bool:
        """Whether something else than PyTorch, as it is, is asked for."""
        return self.engine != "torch" or self.compute != "auto" or self.shortlist is not None

    def asked_engine(self) -> AskedEngine:
        """What is asked of the engine.

        Raises:
            InputError: if there is no engine or number format of that name.
        """
        return AskedEngine(self.engine, self.compute, self.shortlist, self.folder, self.preview)

    def by(self, recipe: SearchRecipe) -> SearchMethod:
        """The method of search, with the recipe's settings for what was not chosen.

        Raises:
            InputError: if a method and a beam were chosen, or the beam's width is out of range.
        """
        return search_request(recipe, search=self.method, beam=self.beam).method


@dataclass(frozen=True, slots=True)
class Measures:
    """The measures that models are compared by.

    Attributes:
        quality: the measure that ranks them.
        others: further measures.
        speeds: examples per second for each way of using the model.
    """

    quality: Estimate
    others: tuple[Estimate, ...]
    speeds: dict[str, float]


@dataclass(frozen=True, slots=True)
class Assessment:
    """A model measured on data.

    Attributes:
        report: all measures of the task.
        measures: the measures that models are compared by.
        statistics: the terms that the quality is computed from, by example, for the paired bootstrap.
        outputs: the model's output for each example, as a line of text.
        draw: function that draws a picture of the report into a file, under a title; None if the report has no picture.
        further: function that gives the terms of other measures by example, for the paired bootstrap.
    """

    report: Report
    measures: Measures
    statistics: SentenceStatistics
    outputs: list[str]
    draw: Callable[[Path, str], None] | None = None
    further: Callable[[], list[SentenceStatistics]] = list

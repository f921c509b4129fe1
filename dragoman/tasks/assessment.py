"""What comes of measuring a model on data, of whatever kind the model is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Int

from dragoman.data.dataset import Dataset
from dragoman.data.examples import Examples
from dragoman.evaluation.confidence import Estimate
from dragoman.evaluation.sentence_statistics import SentenceStatistics
from dragoman.fields.field import SourceField, TargetField
from dragoman.model.folder import LoadedModel
from dragoman.reports.shown import Summary
from dragoman.storage.json import JsonObject


@runtime_checkable
class Report(Protocol):
    """How good a model is."""

    def to_dict(self) -> JsonObject:
        """The report as JSON can write it."""
        ...

    def summary(self) -> Summary:
        """What there is to say of it in a few lines."""
        ...

    def as_text(self) -> str:
        """The report for people to read."""
        ...


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Examples that a model is measured on.

    Attributes:
        split: what they are called, such as ``test set``.
        examples: the examples.
        source: what their sources are encoded by.
        target: what their targets are encoded by.
        corpora: the names of the corpora that they are from, by number.
    """

    split: str
    examples: Examples
    source: SourceField
    target: TargetField
    corpora: tuple[str, ...] = ()

    @property
    def corpus_names(self) -> list[str] | None:
        """The name of each example's corpus; None if that is not known."""
        numbers: Int[np.ndarray, " n"] = self.examples.corpora
        return [self.corpora[number] for number in numbers.tolist()] if self.corpora else None


def held_out_of(dataset: Dataset, *, test: bool = True) -> HeldOut:
    """The test set of a dataset, or its validation set where it has none, or where ``test`` is false."""
    corpora = tuple(corpus.name for corpus in dataset.corpora)
    if test and dataset.test is not None:
        return HeldOut("test set", dataset.test, dataset.source, dataset.target, corpora)
    return HeldOut("validation set", dataset.validation, dataset.source, dataset.target, corpora)


@dataclass(frozen=True, slots=True)
class Assessed:
    """A model and what it is measured on."""

    model: LoadedModel
    held_out: HeldOut


@dataclass(frozen=True, slots=True)
class Search:
    """How the outputs of a model that writes text are searched for while it is measured.

    Attributes:
        beam: live hypotheses; None for the recipe's.
        engine: what searches, such as ``torch``.
        compute: the numbers that it computes with.
        shortlist: the folder of a model whose lexical shortlist is used; None for all symbols.
    """

    beam: int | None = None
    engine: str = "torch"
    compute: str = "auto"
    shortlist: Path | None = None


@dataclass(frozen=True, slots=True)
class Measures:
    """The figures that models are compared by.

    Attributes:
        quality: the measure that they are ranked by.
        others: further measures.
        speeds: ways of using a model to examples in a second.
    """

    quality: Estimate
    others: tuple[Estimate, ...]
    speeds: dict[str, float]


@dataclass(frozen=True, slots=True)
class Assessment:
    """A model measured on data.

    Attributes:
        report: how good it is, in all the measures of its task.
        measures: the figures that it is compared by.
        statistics: what the quality is computed from, by example, for the paired bootstrap.
        outputs: what the model made of each example, as a line of text.
        draw: draws a picture of the report into a file, under a title; None if there is none of its kind.
    """

    report: Report
    measures: Measures
    statistics: SentenceStatistics
    outputs: list[str]
    draw: Callable[[Path, str], None] | None = None

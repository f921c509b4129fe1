"""The results of a comparison, as data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dragoman.evaluation.confidence import Estimate
from dragoman.evaluation.significance import Difference
from dragoman.reports.page import Picture, Section
from dragoman.reports.page import page as page_of
from dragoman.reports.shown import Shown, Summary
from dragoman.storage.json import JsonObject
from dragoman.tasks.assessment import Measures


@dataclass(frozen=True, slots=True)
class Point:
    """The results of one validation.

    Attributes:
        update: number of updates done.
        tokens: number of target tokens, or of examples, trained on.
        minutes: minutes of training, without validation.
        loss: validation loss in the unit of :attr:`ComparisonReport.loss`.
        score: the score that is watched in training; None if only the loss is.
    """

    update: int
    tokens: int
    minutes: float
    loss: float
    score: float | None


@dataclass(frozen=True, slots=True)
class Row:
    """The results of one subject.

    Attributes:
        name: the subject's name.
        architecture: short description of the model.
        parameters: number of trainable parameters.
        measures: measures of its best model on the test set.
        validation_loss: lowest validation loss.
        tokens: number of target tokens, or of examples, trained on.
        tokens_per_second: training speed, the median over updates.
        minutes: minutes of training, without validation.
        minutes_to_reach: minutes until a validation first reached the score in the report; None if none did.
        against_best: paired bootstrap of its quality less that of the best subject; None for the best.
        curve: validations in order.
    """

    name: str
    architecture: str
    parameters: int
    measures: Measures
    validation_loss: float
    tokens: int
    tokens_per_second: float
    minutes: float
    minutes_to_reach: float | None
    against_best: Difference | None
    curve: tuple[Point, ...]


@dataclass(frozen=True, slots=True, repr=False)
class ComparisonReport(Shown):
    """The results of a comparison.

    Attributes:
        rows: results of the subjects, the best first.
        split: name of the examples that quality was measured on, such as ``test set``.
        examples: number of these examples.
        score: description of ``Point.score`` and ``reach``, such as ``BLEU, greedy, on the validation set``.
        higher_is_better: whether higher quality values are better.
        reach: score that ``minutes_to_reach`` refers to.
        unit: unit of the amount of training: ``target tokens`` or ``examples``.
        loss: unit of the loss, such as ``nats per target token``.
        speed_unit: unit of speeds, such as ``sentences per second``.
        remarks: further sentences that a reader must know.
        threads: number of processor threads while speeds were measured.
        machine: processor, cores and versions.
    """

    rows: tuple[Row, ...]
    split: str
    examples: int
    score: str
    higher_is_better: bool
    reach: float
    unit: str
    loss: str
    speed_unit: str
    remarks: tuple[str, ...]
    threads: int
    machine: dict[str, Any]

    @property
    def score_differs_from_loss(self) -> bool:
        """Whether another score than the loss is watched in training."""
        return any(point.score is not None and point.score != point.loss for row in self.rows for point in row.curve)

    def summary(self) -> Summary:
        """A short summary of the comparison."""
        (title, cells), *_ = [(title, cells) for title, cells in quality_columns(self).items() if title != "name"]
        names = [row.name for row in self.rows]
        headline = f"{names[0]} is the best of {len(names)} on the {self.split}, {self.examples:,} examples; {title}:"
        return Summary(headline, dict(zip(names, cells, strict=True)))

    def to_dict(self) -> JsonObject:
        """The report as a dictionary that JSON can represent."""
        return asdict(self)


Columns = dict[str, list[str]]
"""Cells of a table for people to read, in the order of rows, by column title."""


def quality_columns(report: ComparisonReport) -> Columns:
    """The columns on quality."""
    first = report.rows[0].measures
    found = [row.measures for row in report.rows]
    return {
        "name": [row.name for row in report.rows],
        f"{first.quality.metric} (95 % interval)": _with_intervals([e.quality for e in found]),
        "p": [_p_value(row) for row in report.rows],
        **{
            estimate.metric: _numbers([e.others[place].value for e in found])
            for place, estimate in enumerate(first.others)
        },
        "validation loss": [f"{row.validation_loss:.3f}" for row in report.rows],
    }


def cost_columns(report: ComparisonReport) -> Columns:
    """The columns on the cost of training and of use."""
    rows, unit = report.rows, report.unit.split()[-1]
    digits = 1 if max(row.minutes for row in rows) >= 1 else 3
    return {
        "name": [row.name for row in rows],
        "parameters": [f"{row.parameters:,}" for row in rows],
        f"training {unit}": [f"{row.tokens:,}" for row in rows],
        f"{unit}/s": [f"{row.tokens_per_second:,.0f}" for row in rows],
        "minutes": [f"{row.minutes:.{digits}f}" for row in rows],
        f"min. to {report.reach:g}": [
            "–" if row.minutes_to_reach is None else f"{row.minutes_to_reach:.{digits}f}" for row in rows
        ],
        **{f"{use}/s": [f"{row.measures.speeds[use]:,.0f}" for row in rows] for use in rows[0].measures.speeds},
    }


def _with_intervals(found: list[Estimate]) -> list[str]:
    digits = _digits([e.value for e in found])
    ends = max(digits - 1, 0)
    return [f"{e.value:,.{digits}f} ({e.low:,.{ends}f} to {e.high:,.{ends}f})" for e in found]


def _numbers(values: list[float]) -> list[str]:
    digits = _digits(values)
    return [f"{value:,.{digits}f}" for value in values]


def _digits(values: list[float]) -> int:
    """Number of decimals, the same for a whole column: four significant digits of the largest number, or two decimals
    where that is more or all numbers are 0; none from a thousand on."""
    largest = max(map(abs, values))
    if largest >= 1000 or not largest:
        return 0 if largest else 2
    return max(2, 3 - math.floor(math.log10(largest)))


def _p_value(row: Row) -> str:
    difference = row.against_best
    return "best" if difference is None else f"{difference.p_value:.3f}" + ("*" if difference.p_value < 0.05 else "")


def notes(report: ComparisonReport) -> list[str]:
    """The notes that a reader of the table needs."""
    first = report.rows[0].measures
    better = "higher" if report.higher_is_better else "lower"
    speeds = ", ".join(f"{use}/s" for use in first.speeds)
    unit = report.unit.split()[-1]
    return [
        f"Measured on the {report.split}, {report.examples:,} examples; {first.quality.metric}: {better} is better.",
        f"p: how often chance alone makes a difference to the best as large as this one (paired bootstrap, "
        f"{first.quality.resamples:,} resamples); * is below 0.05.",
        *report.remarks,
        f"validation loss: the lowest; {report.loss}.",
        f"{unit}/s: {report.unit} per second of training, the median over updates; minutes: of training alone. "
        f"min. to {report.reach:g}: minutes of training until {report.score}, first reached {report.reach:g}.",
        f"{speeds}: {report.speed_unit}, subjects in turn, medians, {report.threads} processor thread(s). "
        f"Machine: {report.machine['processor']}, {report.machine['cores']} cores, "
        f"torch {report.machine['versions']['torch']}, dragoman {report.machine['versions']['dragoman']}.",
    ]


def page(report: ComparisonReport, pictures: Sequence[Path]) -> str:
    """The page with its table, notes, architectures and pictures; every name is escaped.

    Args:
        report: what was found.
        pictures: PNG files, which become part of the page; those that were not drawn are left out.
    """
    drawn = tuple(
        Picture(picture.stem.replace("_", " "), picture.read_bytes()) for picture in pictures if picture.exists()
    )
    sections = [
        Section("", table={**quality_columns(report), **cost_columns(report)}, items=tuple(notes(report))),
        Section("Architectures", items=tuple(f"{row.name}: {row.architecture}" for row in report.rows)),
        *([Section("Pictures", pictures=drawn)] if drawn else []),
    ]
    return page_of(f"Comparison of {len(report.rows)} models", sections)

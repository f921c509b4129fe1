"""The result of a capacity diagnosis: for the terminal, as JSON, and as sections of a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from dragoman.diagnosis.capacity.cell import Cell
from dragoman.diagnosis.capacity.pictures import draw_complexity, draw_data
from dragoman.diagnosis.fit.learning_curve import DataPoint, LearningCurve, fit_learning_curve
from dragoman.diagnosis.fit.numbers import difference_error
from dragoman.diagnosis.fit.report import data_sentence
from dragoman.reports.figure import drawn
from dragoman.reports.page import Section
from dragoman.reports.shown import Shown, Summary
from dragoman.reports.text import listed, loss_text, percent_text
from dragoman.storage.json import JsonObject

_ENOUGH, _ERRORS = 0.02, 2.0
"""Relative difference of losses, and number of standard errors, from which a difference counts."""


@dataclass(frozen=True, slots=True, repr=False)
class CapacityReport(Shown):
    """Losses over model size and data size.

    Attributes:
        cells: cells that were trained, narrow models first.
        baseline: E_0, the loss of a constant prediction, which ignores the input.
        updates: number of updates of every cell.
        planned: number of updates that the recipe asks for.
        unit: unit of the losses.
        architecture: short description of the recipe's model.
        left_out: phrases that name the cells that were not trained, and why.
        interrupted: whether Ctrl-C ended it; the cells that were done by then count.
    """

    cells: tuple[Cell, ...]
    baseline: float
    updates: int
    planned: int
    unit: str
    architecture: str
    left_out: tuple[str, ...]
    interrupted: bool = False

    @property
    def complexity(self) -> tuple[Cell, ...]:
        """The cells trained on the largest part of the data, ordered by number of parameters."""
        largest = max(cell.fraction for cell in self.cells)
        return tuple(
            sorted((cell for cell in self.cells if cell.fraction == largest), key=lambda cell: cell.parameters)
        )

    @property
    def curves(self) -> Mapping[float, LearningCurve]:
        """The fitted learning curve for each width that was trained on at least two data sizes."""
        points: dict[float, list[DataPoint]] = {}
        for cell in self.cells:
            point = DataPoint(cell.examples, cell.validation, cell.validation_error, cell.training)
            points.setdefault(cell.width, []).append(point)
        return {
            width: fit_learning_curve(found)
            for width, found in points.items()
            if len({point.examples for point in found}) > 1
        }

    def findings(self) -> tuple[str, ...]:
        """The conclusions as sentences, the most important first."""
        ladder = self.complexity
        best = min(ladder, key=lambda cell: cell.validation)
        found = [
            f"On {best.examples:,} training examples the lowest validation loss is "
            f"{loss_text(best.validation, best.validation_error)}, of {best.parameters:,} parameters (width × "
            f"{best.width:g}); E_0 is {loss_text(self.baseline)} {self.unit}."
        ]
        found += [self._larger(ladder, best)] if len(ladder) > 1 else []
        found += [f"Width × {width:g}: {data_sentence(curve)}" for width, curve in self.curves.items()]
        length = "as the recipe asks" if self.updates == self.planned else f"of the recipe's {self.planned:,}"
        found.append(
            f"Every model did {self.updates:,} updates, {length}, and counts with its lowest validation loss."
            + (" Larger models gain more from longer training." if self.updates < self.planned else "")
        )
        return tuple(found)

    def _larger(self, ladder: tuple[Cell, ...], best: Cell) -> str:
        """A sentence on whether larger models are still better, or the error has begun to rise."""
        smaller = [cell for cell in ladder if cell.parameters < best.parameters]
        if best is not ladder[-1]:
            last = ladder[-1]
            rise, error = (
                last.validation - best.validation,
                difference_error(last.validation_error, best.validation_error),
            )
            if rise > max(_ERRORS * error, _ENOUGH * best.validation):
                return (
                    f"Larger is worse: {last.parameters:,} parameters lose {loss_text(rise, error)} to the best, so "
                    "the largest models overfit; regularise them, find more data, or keep to the best size."
                )
            return (
                f"Larger is no better: {last.parameters:,} parameters are within {loss_text(rise, error)} of the best."
            )
        before = smaller[-1]
        fall, error = (
            before.validation - best.validation,
            difference_error(before.validation_error, best.validation_error),
        )
        if fall > max(_ERRORS * error, _ENOUGH * before.validation):
            return (
                f"The largest model is the best, {loss_text(fall, error)} "
                f"({percent_text(fall / before.validation)}) below the next smaller one: a larger one may be better."
            )
        return f"The largest model is hardly better than the next smaller one ({loss_text(fall, error)})."

    def table(self) -> dict[str, list[str]]:
        """The cells as a table for people to read."""
        cells = self.cells
        return {
            "width": [f"× {cell.width:g}" for cell in cells],
            "parameters": [f"{cell.parameters:,}" for cell in cells],
            "examples": [f"{cell.examples:,}" for cell in cells],
            "training loss": ["unknown" if cell.training is None else loss_text(cell.training) for cell in cells],
            "validation loss": [loss_text(cell.validation, cell.validation_error) for cell in cells],
            "best update": [f"{cell.best_update:,}" for cell in cells],
            "seconds": [f"{cell.seconds:,.1f}" for cell in cells],
        }

    def summary(self) -> Summary:
        """A short summary of the report."""
        found = {f"finding {number}": text for number, text in enumerate(self.findings(), start=1)}
        return Summary(f"{self.architecture}: {len(self.cells)} trainings", found)

    def to_dict(self) -> JsonObject:
        """The report as a dictionary that JSON can represent."""
        curves = {
            f"{width:g}": {"floor": curve.floor, "scale": curve.scale, "exponent": curve.exponent}
            for width, curve in self.curves.items()
        }
        return {**asdict(self), "findings": list(self.findings()), "curves": curves}

    def as_text(self) -> str:
        """The report as text for the terminal."""
        table = self.table()
        widths = [max(map(len, (title, *column))) for title, column in table.items()]
        rows = [list(table), *map(list, zip(*table.values(), strict=True))]
        lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
        said = listed([*self.findings(), *(f"Left out: {phrase}." for phrase in self.left_out)])
        return f"{self.architecture}\n\n{said}\n\n" + "\n".join(lines) + "\n"

    def sections(self) -> tuple[Section, ...]:
        """The report as sections of a page, with pictures."""
        pictures = drawn("loss over complexity", lambda: draw_complexity(self.complexity, self.baseline, self.unit))
        if self.curves:
            pictures += drawn("loss over training examples", lambda: draw_data(self.curves, self.unit))
        found = [
            Section("Complexity against data", (self.architecture,), items=self.findings(), pictures=pictures),
            Section("Models", table=self.table()),
        ]
        if self.left_out:
            found.append(Section("Left out", items=tuple(f"{phrase}." for phrase in self.left_out)))
        return tuple(found)

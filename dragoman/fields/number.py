"""The numbers that a model estimates, standardised and restored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float, Float64

from dragoman.errors import InputError
from dragoman.fields.cells import cell_numbers
from dragoman.fields.field import PredictedField
from dragoman.fields.moments import mean_and_deviation
from dragoman.fields.place import Place
from dragoman.fields.saved import checked, positive
from dragoman.storage.json import JsonObject


@dataclass(frozen=True, slots=True)
class NumberField(PredictedField):
    """A number that a model estimates, standardised by mean and deviation of the training examples.

    >>> field = NumberField.learn(np.array([1.0, 2.0, 3.0]))
    >>> field.standardise(np.array([2.0, 3.0])).round(3)
    array([0.   , 1.225])
    >>> field.predictions(np.array([0.0]))
    [2.0]

    Attributes:
        mean: mean of the training examples.
        deviation: standard deviation of the training examples; 1 if they are all equal.
    """

    mean: float
    deviation: float
    plural: ClassVar[str] = "numbers"

    @classmethod
    def learn(cls, values: Float64[np.ndarray, " n"]) -> NumberField:
        """The field with mean and deviation of the training examples, at least one and all finite."""
        return cls(*mean_and_deviation(values))

    @property
    def labels(self) -> tuple[str, ...]:
        """No names, since a number has no classes."""
        return ()

    @property
    def uninformed(self) -> Float64[np.ndarray, ""]:
        """Zero, which is the mean of the training examples."""
        return np.zeros(())

    @property
    def uninformed_remark(self) -> str:
        """The meaning of :attr:`uninformed`, as a phrase for people."""
        return "the mean of the training examples is predicted"

    @property
    def calibration(self) -> tuple[Float64[np.ndarray, ""], float]:
        """The mean and the deviation of the training examples."""
        return np.array(self.mean, dtype=np.float64), self.deviation

    def predictions(self, outputs: Float64[np.ndarray, " n"]) -> list[float]:
        """The numbers that the outputs stand for."""
        return self.restore(outputs).tolist()

    def written(self, prediction: str | float | list[str]) -> str:
        """The number as text, with up to nine significant digits."""
        return f"{prediction:.9g}"

    @property
    def size(self) -> int:
        """The number of outputs for an example, which is 1."""
        return 1

    def describe(self) -> list[str]:
        """Mean and deviation as text for people."""
        return [f"numbers: mean {self.mean:.4g}, standard deviation {self.deviation:.4g}"]

    @staticmethod
    def parse(values: Sequence[object], places: Sequence[Place], column: str) -> Float64[np.ndarray, " n"]:
        """The numbers in cells of a table.

        Args:
            values: numbers, texts that are numbers, or true and false, which become 1 and 0.
            places: file and line of each value, for errors.
            column: heading of the column, for errors.

        Raises:
            InputError: if a cell is empty, infinite or not a number.
        """
        numbers, bad = cell_numbers(values)
        if bad is not None:
            file, line = places[bad.row]
            remedy = f"{bad.remedy}, or leave out the example."
            raise InputError(f"column `{column}`: {bad.value!r} is not a number", remedy=remedy, file=file, line=line)
        for row in np.flatnonzero(~np.isfinite(numbers))[:1].tolist():
            file, line = places[row]
            if np.isnan(numbers[row]):
                what, remedy = "the target is missing", "fill it in, or leave out the example."
            else:
                what, remedy = f"{values[row]!r} is infinite", "give a number that is not, or leave out the example."
            raise InputError(f"column `{column}`: {what}", remedy=remedy, file=file, line=line)
        return numbers

    def standardise(self, values: Float[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
        """The numbers on the scale on which the training examples have mean 0 and deviation 1."""
        return (values.astype(np.float64) - self.mean) / self.deviation

    def restore(self, standardised: Float[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
        """The original numbers, from those that :meth:`standardise` gave."""
        return standardised.astype(np.float64) * self.deviation + self.mean

    def to_dict(self) -> JsonObject:
        """The field as JSON values."""
        return {"field": "number", **asdict(self)}

    @classmethod
    def from_dict(cls, content: JsonObject) -> NumberField:
        """The field that :meth:`to_dict` wrote."""
        return checked(cls(content["mean"], positive(content["deviation"])))

"""Explanations of labels, numbers and tags: what each word, column or pixel contributed to them."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float64, UInt8

from dragoman.explanation.bars import bar, contribution_text, shades, value_text
from dragoman.explanation.explanation import Explanation
from dragoman.explanation.first_layer import FirstLayer
from dragoman.explanation.input_panels import Contributions, columns_panel, first_layer_panel, pixels_panel, words_panel
from dragoman.explanation.input_pictures import bars_picture, first_layer_picture, pixels_picture
from dragoman.explanation.page import explanation_page
from dragoman.optional import plots
from dragoman.reports.shown import Summary
from dragoman.reports.text import aligned, percent_text
from dragoman.storage.json import JsonObject

if TYPE_CHECKING:
    from pandas import DataFrame

_SHOWN_PROBABILITIES = 5


@dataclass(frozen=True, slots=True)
class InputPart:
    """A word of a text, or a column of a table with the value that it has in a row.

    Attributes:
        name: the word, or the heading of the column.
        value: the cell as it stands in the row; None for a word.
    """

    name: str
    value: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Attribution:
    """The contribution of each part of an input to one number that a model computes.

    The contributions sum up to ``value`` − ``baseline_value``, but for ``gap``.

    Attributes:
        quantity: the number that is explained, with its unit, for people.
        value: the number for this input.
        baseline_value: the number for the baseline, an input without information.
        contributions: one for each word or column, [n]; or one for each pixel of each channel, [C H W].
        gap: what the contributions lack: ``value`` − ``baseline_value`` − their sum.
        evaluations: points between baseline and input at which the gradient was computed.
    """

    quantity: str
    value: float
    baseline_value: float
    contributions: Float64[np.ndarray, "*parts"]
    gap: float
    evaluations: int

    def to_dict(self) -> JsonObject:
        """The attribution as values for JSON."""
        return {
            "quantity": self.quantity,
            "value": self.value,
            "baseline_value": self.baseline_value,
            "contributions": self.contributions.tolist(),
            "gap": self.gap,
            "evaluations": self.evaluations,
        }

    def sentence(self) -> str:
        """The number for the input and for the baseline, and the gap, in one line for people."""
        return (
            f"{self.quantity}: {value_text(self.value)}, for the baseline {value_text(self.baseline_value)} "
            f"(not attributed: {value_text(self.gap)})"
        )


@dataclass(frozen=True, slots=True, eq=False)
class ExplainedPrediction:
    """A label, a number or a tag, and what it comes from.

    Attributes:
        output: the label, the tag, or the number as text, that is explained.
        probabilities: the labels or tags with their probabilities, the most probable first; none for a number.
        attribution: the contribution of each part of the input.
        word: number, from 0, of the word that a tag belongs to; None if the prediction is for the whole input.
    """

    output: str
    probabilities: tuple[tuple[str, float], ...]
    attribution: Attribution
    word: int | None = None

    def to_dict(self) -> JsonObject:
        """The prediction as values for JSON."""
        return {
            "output": self.output,
            "probabilities": [{"name": name, "probability": p} for name, p in self.probabilities],
            "word": self.word,
            "attribution": self.attribution.to_dict(),
        }

    def probabilities_text(self) -> str:
        """The most probable labels or tags with their probabilities; empty for a number."""
        shown = [f"{name} {percent_text(p)}" for name, p in self.probabilities[:_SHOWN_PROBABILITIES]]
        return ", ".join(shown) + (", …" if len(self.probabilities) > _SHOWN_PROBABILITIES else "")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PredictionExplanation(Explanation):
    """What each word of a text, or each column of a row, contributed to a label, a number or tags.

    Attributes:
        model: the model's task in a sentence, such as ``this model predicts a label for a text``.
        parts_are: ``words`` or ``columns``.
        baseline: the input that everything is compared with, as a phrase for people.
        parts: the words of the text in order, or the columns of the row.
        predictions: one for the whole input; or one for each word whose tag is explained.
    """

    model: str
    parts_are: str
    baseline: str
    parts: tuple[InputPart, ...]
    predictions: tuple[ExplainedPrediction, ...]

    def summary(self) -> Summary:
        """What was predicted, and the largest contributions to it."""
        return Summary(
            f"{', '.join(prediction.output for prediction in self.predictions)}, by {len(self.parts)} {self.parts_are}",
            {prediction.output: self._largest(prediction) for prediction in self.predictions},
        )

    def frame(self) -> DataFrame:
        """The contributions as a table: a row for each part and prediction, with the columns ``prediction``, ``word``
        (the number of the tagged word, missing if the prediction is for the whole input), ``part``, ``value`` and
        ``contribution``."""
        import pandas as pd

        rows = [
            (prediction.output, prediction.word, part.name, part.value, float(contribution))
            for prediction in self.predictions
            for part, contribution in zip(self.parts, prediction.attribution.contributions, strict=True)
        ]
        return pd.DataFrame(rows, columns=["prediction", "word", "part", "value", "contribution"])

    def to_dict(self) -> JsonObject:
        """The explanation as values for JSON."""
        return {
            "kind": "prediction",
            "model": self.model,
            "parts_are": self.parts_are,
            "baseline": self.baseline,
            "parts": [{"name": part.name, "value": part.value} for part in self.parts],
            "predictions": [prediction.to_dict() for prediction in self.predictions],
        }

    def as_text(self) -> str:
        """The contributions as tables for a terminal, with a bar for each."""
        tables = [line for prediction in self.predictions for line in [*self._lines(prediction), ""]]
        return "\n".join([*tables, *_baseline_lines(self.baseline)])

    def heading(self, prediction: ExplainedPrediction) -> str:
        """The prediction, and the word that it belongs to, in a line for people."""
        probabilities = f" ({prediction.probabilities_text()})" if prediction.probabilities else ""
        return f"{self._about(prediction)}{probabilities}"

    def _about(self, prediction: ExplainedPrediction) -> str:
        about = "" if prediction.word is None else f"{self.parts[prediction.word].name}: "
        return f"{about}{prediction.output}"

    def page(self) -> str:
        """The explanation as a page: words that are tinted, or columns with bars."""
        outputs = [
            _output(self._about(each), each, self.baseline, each.attribution.contributions) for each in self.predictions
        ]
        if self.parts_are == "words":
            panel = words_panel([part.name for part in self.parts], outputs)
        else:
            panel = columns_panel([(part.name, part.value or "") for part in self.parts], outputs)
        title = ", ".join(prediction.output for prediction in self.predictions)
        return explanation_page(title, self.model, {"baseline": self.baseline}, [panel], {})

    def pictures(self) -> Mapping[str, Callable[[], plots.Figure]]:
        """The contributions to all predictions, as bars."""
        parts = [(part.name, part.value or "") for part in self.parts]
        groups = [(self.heading(each), each.attribution.contributions) for each in self.predictions]
        return {"contributions": lambda: bars_picture(parts, groups)}

    def _lines(self, prediction: ExplainedPrediction) -> list[str]:
        contributions = prediction.attribution.contributions
        largest = float(np.abs(contributions).max(initial=0.0))
        with_values = any(part.value is not None for part in self.parts)
        rows: list[tuple[str, ...]] = [
            (part.name, *([part.value or ""] if with_values else []), contribution_text(value))
            for part, value in zip(self.parts, contributions.tolist(), strict=True)
        ]
        heading = ("column", "value", "contribution") if with_values else ("word", "contribution")
        bars = ["", *(bar(value, largest) for value in contributions.tolist())]
        table = [f"{line}  {shown}".rstrip() for line, shown in zip(aligned([heading, *rows]), bars, strict=True)]
        return [self.heading(prediction), prediction.attribution.sentence(), "", *table]

    def _largest(self, prediction: ExplainedPrediction) -> str:
        contributions = prediction.attribution.contributions
        first = np.argsort(-np.abs(contributions))[:3].tolist()
        return ", ".join(f"{self.parts[n].name} {contribution_text(float(contributions[n]))}" for n in first)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PicturePredictionExplanation(Explanation):
    """What each pixel of a picture contributed to a label or a number.

    Attributes:
        model: the model's task in a sentence, such as ``this model predicts a label for a picture``.
        name: file of the picture, or another name.
        baseline: the picture that everything is compared with, as a phrase for people.
        picture: the picture as the model reads it, [C H W], from 0, black, to 255, white.
        prediction: the prediction, with a contribution for each pixel of each channel, [C H W].
        first_layer: what the first convolution looks for, and where it finds it; None if there is no convolution.
    """

    model: str
    name: str
    baseline: str
    picture: UInt8[np.ndarray, "C H W"]
    prediction: ExplainedPrediction
    first_layer: FirstLayer | None

    @property
    def map(self) -> Float64[np.ndarray, "H W"]:
        """The contribution of each pixel, summed over the channels."""
        return self.prediction.attribution.contributions.sum(axis=0)

    def summary(self) -> Summary:
        """What was predicted of the picture."""
        return Summary(
            f"{self.name}: {self.prediction.output}", {"probabilities": self.prediction.probabilities_text()}
        )

    def frame(self) -> DataFrame:
        """The contribution of each pixel, summed over the channels: a row for each row of the picture."""
        import pandas as pd

        return pd.DataFrame(self.map)

    def to_dict(self) -> JsonObject:
        """The explanation as values for JSON."""
        return {
            "kind": "prediction of a picture",
            "model": self.model,
            "name": self.name,
            "baseline": self.baseline,
            "picture": self.picture.tolist(),
            "prediction": self.prediction.to_dict(),
            "first_layer": None if self.first_layer is None else self.first_layer.to_dict(),
        }

    def page(self) -> str:
        """The explanation as a page: the picture with its contributions over it, and the first layer."""
        panel = pixels_panel(self.picture, _output(self.prediction.output, self.prediction, self.baseline, self.map))
        panels = [panel, *([] if self.first_layer is None else [first_layer_panel(self.first_layer)])]
        facts = {"picture": self.name, "baseline": self.baseline}
        return explanation_page(self.prediction.output, self.model, facts, panels, {})

    def pictures(self) -> Mapping[str, Callable[[], plots.Figure]]:
        """The contributions of all pixels, and the first layer if there is one."""
        drawn: dict[str, Callable[[], plots.Figure]] = {
            "contributions": lambda: pixels_picture(self.prediction.output, self.picture, self.map)
        }
        layer = self.first_layer
        return drawn if layer is None else {**drawn, "first-layer": lambda: first_layer_picture(layer)}

    def as_text(self) -> str:
        """The contributions for a terminal: blocks where pixels speak for the output, dots where against it."""
        probabilities = f" ({self.prediction.probabilities_text()})" if self.prediction.probabilities else ""
        return "\n".join(
            [
                f"{self.name}: {self.prediction.output}{probabilities}",
                self.prediction.attribution.sentence(),
                "",
                *shades(self.map),
                "",
                *_baseline_lines(self.baseline),
            ]
        )


def _output(
    heading: str, prediction: ExplainedPrediction, baseline: str, contributions: Float64[np.ndarray, "*parts"]
) -> Contributions:
    about = f"{prediction.attribution.sentence()}. The baseline is {baseline}."
    return Contributions(
        heading, about, contributions, prediction.probabilities[:_SHOWN_PROBABILITIES], prediction.word
    )


def _baseline_lines(baseline: str) -> list[str]:
    """What the contributions are counted from, in lines of a terminal."""
    return textwrap.wrap(f"Contributions are counted from a baseline: {baseline}.", 80)

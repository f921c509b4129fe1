"""What the outputs of a decoder say of each input: the best prediction, the best few, and probabilities."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
import torch
from jaxtyping import Float64

from dragoman.contracts import Decoder, Layout, TaggingDecoder
from dragoman.contracts.expect import expect
from dragoman.errors import InputError
from dragoman.fields.field import PredictedField
from dragoman.fields.label import LabelField
from dragoman.fields.number import NumberField
from dragoman.fields.tags import TagField

Predictions: TypeAlias = "list[str] | list[float] | list[list[str]]"
"""A label, a number, or the tags of its words, for each input."""
Probabilities: TypeAlias = "Float64[np.ndarray, 'n K'] | list[Float64[np.ndarray, 'w K']]"
"""The probability of each label for n inputs, or of each tag for the w words of each text."""


@dataclass(frozen=True, slots=True)
class RankedPrediction:
    """One of the best predictions for an input.

    Attributes:
        prediction: a label, or the tags of a text's words.
        log_probability: natural logarithm of the probability of the label, or of all the tags together.
    """

    prediction: str | list[str]
    log_probability: float


class Outcomes(ABC):
    """What a decoder says of some inputs."""

    @abstractmethod
    def predictions(self) -> Predictions:
        """The best prediction for each input."""

    def probabilities(self) -> Probabilities:
        """The probability of each label or tag.

        Raises:
            InputError: if the model predicts numbers.
        """
        raise _no_probabilities()

    def best(self, count: int) -> list[list[RankedPrediction]]:
        """The ``count`` most probable predictions for each input, or all if there are fewer, the best first.

        Raises:
            InputError: if the model predicts numbers.
        """
        del count
        raise _no_probabilities()


def _no_probabilities() -> InputError:
    return InputError("numbers are predicted, and have no probabilities", remedy="use `predict`.")


class NumberOutcomes(Outcomes):
    """Numbers.

    Args:
        field: the field of the numbers.
        outputs: one standardised number for each input.
    """

    def __init__(self, field: NumberField, outputs: Float64[np.ndarray, " n"]) -> None:
        self._field = field
        self._outputs = outputs

    def predictions(self) -> Predictions:
        """The number for each input."""
        return self._field.predictions(self._outputs)


class LabelOutcomes(Outcomes):
    """Labels.

    >>> outcomes = LabelOutcomes(LabelField(("ham", "spam"), (5, 5)), np.log([[0.2, 0.8]]))
    >>> outcomes.predictions(), outcomes.probabilities().round(2).tolist()
    (['spam'], [[0.2, 0.8]])
    >>> [ranked.prediction for ranked in outcomes.best(2)[0]]
    ['spam', 'ham']

    Args:
        field: the field of the labels.
        outputs: logits of the labels for each input.
    """

    def __init__(self, field: LabelField, outputs: Float64[np.ndarray, "n K"]) -> None:
        self._field = field
        self._outputs = outputs

    def predictions(self) -> Predictions:
        """The most probable label for each input."""
        return self._field.predictions(self._outputs)

    def probabilities(self) -> Probabilities:
        """The calibrated probability of each label for each input."""
        return self._field.probabilities(self._outputs)

    def best(self, count: int) -> list[list[RankedPrediction]]:
        """The most probable labels for each input."""
        with np.errstate(divide="ignore"):
            log_p = np.log(self._field.probabilities(self._outputs))
        return [
            [RankedPrediction(self._field.names[k], float(row[k])) for k in np.argsort(-row, kind="stable")[:count]]
            for row in log_p
        ]


class TagOutcomes(Outcomes):
    """Tags of words, as the decoder finds them in the scores of the words of a whole text.

    Args:
        field: the field of the tags.
        decoder: the decoder that gave the scores.
        outputs: score of each tag at each word, the words of all texts end to end.
        counts: number of words of each text.
    """

    def __init__(
        self, field: TagField, decoder: TaggingDecoder, outputs: Float64[np.ndarray, "M K"], counts: Sequence[int]
    ) -> None:
        self._field = field
        self._decoder = decoder
        self._outputs = torch.from_numpy(outputs)
        self._counts = list(counts)
        self._ends = list(accumulate(self._counts, initial=0))

    @property
    def _layout(self) -> Layout:
        """Where the words lie of the texts that have any."""
        return Layout.of([count for count in self._counts if count])

    def predictions(self) -> Predictions:
        """The most probable tags of each text."""
        return self.tags()

    def tags(self) -> list[list[str]]:
        """The most probable tags of each text."""
        if not self._ends[-1]:
            return [[] for _ in self._counts]
        numbers = self._decoder.best(self._outputs, self._layout)[0][:, 0].tolist()
        tags = [self._field.names[number] for number in numbers]
        return [tags[begin:end] for begin, end in pairwise(self._ends)]

    def probabilities(self) -> Probabilities:
        """For each text the probability of each tag at each word, [words, tags]."""
        if not self._ends[-1]:
            return [np.zeros((0, len(self._field.names))) for _ in self._counts]
        found = self._decoder.probabilities(self._outputs, self._layout).double().cpu().numpy()
        return [found[begin:end] for begin, end in pairwise(self._ends)]

    def best(self, count: int) -> list[list[RankedPrediction]]:
        """The most probable sequences of tags of each text; a text without words has one, which is empty."""
        if not self._ends[-1]:
            return [[RankedPrediction([], 0.0)] for _ in self._counts]
        tags, log_p = (part.cpu() for part in self._decoder.best(self._outputs, self._layout, count))
        names, rows = self._field.names, iter(log_p.tolist())
        found = []
        for begin, end in pairwise(self._ends):
            if begin == end:
                found.append([RankedPrediction([], 0.0)])
                continue
            sequences = tags[begin:end].t().tolist()
            ranked = zip(sequences, next(rows), strict=True)
            found.append([RankedPrediction([names[k] for k in sequence], p) for sequence, p in ranked if p > -np.inf])
        return found


def outcomes_of(
    field: PredictedField, decoder: Decoder, outputs: Float64[np.ndarray, " n *K"], counts: Sequence[int]
) -> Outcomes:
    """What the outputs of a decoder say.

    Args:
        field: the field of what is predicted.
        decoder: the decoder.
        outputs: what it gave, for all inputs end to end.
        counts: number of outputs of each input.
    """
    return _BY_FIELD[type(field)](field, decoder, outputs, counts)


_Make: TypeAlias = Callable[[PredictedField, Decoder, np.ndarray, Sequence[int]], Outcomes]
_BY_FIELD: Mapping[type, _Make] = MappingProxyType(
    {
        LabelField: lambda field, decoder, outputs, counts: LabelOutcomes(expect(field, LabelField), outputs),
        NumberField: lambda field, decoder, outputs, counts: NumberOutcomes(expect(field, NumberField), outputs),
        TagField: lambda field, decoder, outputs, counts: TagOutcomes(
            expect(field, TagField), expect(decoder, TaggingDecoder), outputs, counts
        ),
    }
)

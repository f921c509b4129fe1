"""The coefficients of a linear model of rows, in the units of the data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float64
from torch import nn

from dragoman.contracts.expect import expect
from dragoman.decoders.label import LabelDecoder
from dragoman.decoders.number import NumberDecoder
from dragoman.encoders.flat import RowNumbers
from dragoman.encoders.multilayer_perceptron import MultilayerPerceptron
from dragoman.fields.columns import CategoricalColumn, DateColumn, NumericColumn
from dragoman.fields.field import PredictedField
from dragoman.fields.row import RowField
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.folder import LoadedModel

if TYPE_CHECKING:
    from pandas import DataFrame

INTERCEPT, MISSING = "(intercept)", "(missing)"

_Weights = Float64[np.ndarray, " K"]
_Row = tuple[str, str, _Weights]
"""A feature, its category, and the coefficient for each output."""


def is_linear(loaded: LoadedModel) -> bool:
    """Whether a model is linear regression or softmax regression on the rows of a table."""
    encoder = getattr(loaded.model, "encoder", None)
    if not isinstance(encoder, MultilayerPerceptron):
        return False
    return isinstance(encoder.numbers, RowNumbers) and not encoder.hidden.weights


def coefficients(loaded: LoadedModel) -> DataFrame:
    """The coefficients of a linear model, for features in the units of the table.

    A regression predicts the intercept, plus each numeric feature times its coefficient, plus the coefficient of each
    categorical feature's value. In a classification the same sum is the logit of a label, and the probabilities are the
    softmax of the logits. A value that no training row has adds 0. A missing number adds the coefficient in the row
    ``(missing)`` of its feature, or counts as the mean of the training rows where there is no such row.

    Args:
        loaded: a model for which :func:`is_linear` holds.

    Returns:
        The columns ``feature``, ``category`` (empty of numeric features) and ``coefficient``, or a column for each
        label; the first row is the intercept.
    """
    import pandas as pd

    field, model = expect(loaded.target, PredictedField), expect(loaded.model, EncoderDecoder)
    (shift, scale), names = field.calibration, field.labels or ("coefficient",)
    decoder = model.decoder
    assert isinstance(decoder, LabelDecoder | NumberDecoder)
    bias = decoder.bias.detach().double().cpu().numpy()
    numbers = expect(expect(model.encoder, MultilayerPerceptron).numbers, RowNumbers)
    weights = scale * _weights(numbers, decoder.weight.detach().double().cpu().numpy().T)
    constant, rows = _rows(expect(loaded.source, RowField), weights)
    rows = [(INTERCEPT, "", shift + scale * bias + constant), *rows]
    return pd.DataFrame(
        {
            "feature": [feature for feature, _, _ in rows],
            "category": [category for _, category, _ in rows],
            **{name: [float(found[place]) for _, _, found in rows] for place, name in enumerate(names)},
        }
    )


def lines(loaded: LoadedModel) -> list[tuple[str, ...]]:
    """The coefficients as the cells of a printed table, the headings first."""
    frame = coefficients(loaded)
    cells = [
        (str(feature), str(category), *(f"{value:.6g}" for value in values))
        for feature, category, *values in frame.itertuples(index=False)
    ]
    return [tuple(map(str, frame.columns)), *cells]


def _weights(numbers: RowNumbers, weights: Float64[np.ndarray, "n K"]) -> Float64[np.ndarray, "k K"]:
    """The weight of each number of an encoded row, and of each categorical value, for each output; the embedding of a
    value is multiplied by its weights."""
    if numbers.embeddings is None:
        return weights
    found = (expect(table, nn.Embedding).weight for table in numbers.embeddings)
    tables = [weight.detach().double().cpu().numpy()[:-1] for weight in found]
    parts = np.split(weights, numbers.numbers + np.cumsum([0, *(table.shape[1] for table in tables)])[:-1])
    return np.concatenate([parts[0], *(table @ part for table, part in zip(tables, parts[1:], strict=True))])


def _rows(field: RowField, weights: Float64[np.ndarray, "k K"]) -> tuple[_Weights, list[_Row]]:
    """The part that all rows have in common, and each coefficient: numbers first, then categories, as in an encoded
    row."""
    constant = np.zeros(weights.shape[1])
    found: dict[str, list[_Row]] = {}
    left = iter(weights)
    for column in field.columns:
        if isinstance(column, NumericColumn):
            slope = next(left) / column.deviation
            constant = constant - slope * column.mean
            found[column.name] = [(column.name, "", slope)]
            if column.has_missing:
                found[column.name].append((column.name, MISSING, slope * column.mean + next(left)))
        elif isinstance(column, DateColumn):
            slope = next(left) / column.deviation
            constant = constant - slope * column.mean
            found[column.name] = [(column.name, column.parts[0], slope)]
            found[column.name] += [(column.name, part, next(left)) for part in column.parts[1:]]
            if column.has_missing:
                found[column.name].append((column.name, MISSING, slope * column.mean + next(left)))
    for column in field.columns:
        if isinstance(column, CategoricalColumn):
            values = (*column.values, *([MISSING] if column.has_missing else []))
            found[column.name] = [(column.name, value, next(left)) for value in values]
    return constant, [row for column in field.columns for row in found[column.name]]

"""What a model must beat to have learnt anything: the best loss without a look at the input."""

from __future__ import annotations

from typing import cast

import numpy as np
import torch
from jaxtyping import Float64, Int

from dragoman.data.columns.label import LabelColumn
from dragoman.data.columns.number import NumberColumn
from dragoman.data.dataset import Dataset
from dragoman.data.examples import Examples
from dragoman.fields.field import expect
from dragoman.fields.number import NumberField
from dragoman.model.build_outputs import LOSSES
from dragoman.recipe import Recipe
from dragoman.recipe.perceptron import NumberDecoderRecipe


def baseline_loss(recipe: Recipe, dataset: Dataset) -> float:
    """E_0: the loss on the validation set of saying the same whatever goes in, as far as the training set teaches it.

    Of text the cross-entropy of its tokens under their frequencies in training (the unigram entropy), of labels that
    under the frequencies of the classes, both with one added to every count; of numbers the loss of the better of the
    training set's mean and median. In the unit of the model's own loss.
    """
    if recipe.model.says == "label":
        train, validation = (expect(split.target, LabelColumn).values for split in _splits(dataset))
        return _cross_entropy(train, validation, dataset.target.size)
    if recipe.model.says == "number":
        decoder = cast(NumberDecoderRecipe, recipe.model.decoder)
        field = expect(dataset.target, NumberField)
        values = [field.standardise(expect(split.target, NumberColumn).values) for split in _splits(dataset)]
        return _constant_loss(decoder, *values)
    train, validation = (_tokens(split) for split in _splits(dataset))
    return _cross_entropy(train, validation, dataset.target.size)


def _splits(dataset: Dataset) -> tuple[Examples, Examples]:
    return dataset.train, dataset.validation


def _tokens(split: Examples) -> Int[np.ndarray, " N"]:
    """The ids of all targets end to end."""
    tokens = split.target_tokens
    return tokens[np.arange(len(tokens))]


def _cross_entropy(train: Int[np.ndarray, " N"], validation: Int[np.ndarray, " M"], size: int) -> float:
    counts = np.bincount(train, minlength=size).astype(np.float64) + 1
    return float(-np.log(counts / counts.sum())[validation].mean())


def _constant_loss(
    decoder: NumberDecoderRecipe, train: Float64[np.ndarray, " n"], validation: Float64[np.ndarray, " m"]
) -> float:
    loss = LOSSES[decoder.loss](decoder.delta)

    def mean_loss(constant: float, values: Float64[np.ndarray, " k"]) -> float:
        said = torch.full((len(values),), constant, dtype=torch.float64)
        return float(loss(said, torch.from_numpy(values)).mean())

    best = min((float(train.mean()), float(np.median(train))), key=lambda constant: mean_loss(constant, train))
    return mean_loss(best, validation)

"""Losses that can be compared: on the validation set and on a sample of the training set, measured in the same way.

The running training loss is not comparable: it contains dropout and label smoothing, changes its weights during the
measurement, and is taken on examples before they are learnt. The losses here are measured without dropout and
smoothing, with the model's present weights, usually the averaged ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float64, Int

from dragoman.contracts import Target
from dragoman.data.bucketing import in_order
from dragoman.data.examples import Examples
from dragoman.evaluation.confidence import resampled_sums
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.predict.writer import Writer


@dataclass(frozen=True, slots=True)
class LossEstimate:
    """A mean loss with its standard error.

    Attributes:
        value: mean loss in nats per target token or label; for numbers in the unit of their loss function.
        error: standard error over draws of the examples with replacement (bootstrap; Efron 1979).
        sums: loss of each of n examples, summed over its units; an infinite loss counts as 0.
        units: number of target tokens of each example; 1 for labels and numbers.
    """

    value: float
    error: float
    sums: Float64[np.ndarray, " n"] = field(repr=False, compare=False)
    units: Int[np.ndarray, " n"] = field(repr=False, compare=False)

    def less(self, other: LossEstimate) -> tuple[float, float]:
        """The difference of this loss to another on the same examples, and its standard error. What is hard for one
        model is hard for the other, so the error, from the paired bootstrap, is far smaller than those of the two
        losses.

        Raises:
            ValueError: if the numbers of examples differ.
        """
        if len(self.sums) != len(other.sums):
            raise ValueError(f"losses of {len(self.sums):,} and {len(other.sums):,} examples make no pairs")
        drawn = resampled_sums(np.stack([self.sums, self.units, other.sums, other.units], axis=1).astype(np.float64))
        differences = drawn[:, 0] / drawn[:, 1] - drawn[:, 2] / drawn[:, 3]
        return self.value - other.value, float(differences.std(ddof=1))


MeasureLoss = Callable[[], LossEstimate]
"""A function that measures a model's loss on fixed examples with its present weights."""


def loss_estimate(sums: Float64[np.ndarray, " n"], units: Int[np.ndarray, " n"]) -> LossEstimate:
    """The mean loss of n examples from their losses and sizes, and its standard error by the bootstrap.

    The units of an example with infinite loss count, but not its loss: its text is too long for its picture, and
    training skips it as well.

    >>> estimate = loss_estimate(np.array([2.0, 8.0, 9.0]), np.array([1, 2, 3]))
    >>> estimate.value, round(estimate.error, 3)
    (3.1666666666666665, 0.43)
    """
    counted = np.where(np.isposinf(sums), 0.0, sums)
    if (units == units[0]).all():
        # What the bootstrap comes to with ever more resamples, where examples are of one size.
        error = float(counted.std() / units[0] / math.sqrt(len(units)))
        return LossEstimate(float(counted.sum() / units.sum()), error, counted, units)
    drawn = resampled_sums(np.stack([counted, units.astype(np.float64)], axis=1))
    error = float((drawn[:, 0] / drawn[:, 1]).std(ddof=1))
    return LossEstimate(float(counted.sum() / units.sum()), error, counted, units)


class ExampleLoss:
    """Measures the loss of an encoder and decoder on some examples of a split.

    Args:
        model: encoder and decoder in evaluation mode.
        examples: the split.
        indices: indices of the examples.
        tokens: number of target tokens that are computed together.
    """

    def __init__(
        self,
        model: EncoderDecoder,
        examples: Examples,
        indices: Int[np.ndarray, " n"],
        *,
        tokens: int,
    ) -> None:
        self._model = model
        self._examples = examples
        self._indices = indices
        self._batches = in_order(examples.source_lengths[indices], examples.target_lengths[indices], tokens=tokens)

    def __call__(self) -> LossEstimate:
        """The loss with the present weights."""
        sums, units = np.zeros(len(self._indices)), np.zeros(len(self._indices), dtype=np.int64)
        with torch.inference_mode():
            for places in self._batches:
                batch = self._examples.batch(self._indices[places])
                losses = self._model.token_losses(batch.to(self._model.device)).double().cpu().numpy()
                sums[places], units[places] = losses_by_row(losses, batch.target)
        return loss_estimate(sums, units)


def losses_by_row(
    losses: Float64[np.ndarray, " M"], target: Target
) -> tuple[Float64[np.ndarray, " B"], Int[np.ndarray, " B"]]:
    """Loss and units of each example of a batch, for decoders with losses of units and for those with one loss of an
    example.

    Args:
        losses: what the decoder's ``token_losses`` gave.
        target: the targets that they are of.
    """
    units: Int[np.ndarray, " B"] = target.unit_counts.cpu().numpy()
    if len(losses) == target.units:
        losses = np.bincount(np.repeat(np.arange(len(units)), units), weights=losses, minlength=len(units))
    return losses, units


class LineLoss:
    """Measures the loss of a language model on some lines.

    Args:
        writer: the language model.
        lines: ids of each line, ended by the end symbol; the lines of running text follow each other.
    """

    def __init__(self, writer: Writer, lines: list[list[int]]) -> None:
        self._writer = writer
        self._lines = lines

    def __call__(self) -> LossEstimate:
        """The loss with the present weights."""
        scores = self._writer.score_ids(self._lines, [""] * len(self._lines))
        return loss_estimate(scores.nats, scores.tokens.astype(np.int64))


def training_probe(lengths: Int[np.ndarray, " n"], tokens: int, seed: int) -> Int[np.ndarray, " k"]:
    """Draw training examples at random, the same for a seed, with as many target tokens as a validation set.

    Args:
        lengths: number of target tokens of every training example.
        tokens: number of target tokens to draw; all examples if there are fewer.
        seed: seed of the draw.

    >>> lengths = np.full(1_000, 10)
    >>> len(training_probe(lengths, tokens=200, seed=1))
    20
    """
    order = np.random.default_rng(seed).permutation(len(lengths))
    needed = int(np.searchsorted(np.cumsum(lengths[order], dtype=np.int64), tokens)) + 1
    return np.sort(order[:needed])


def running_probe(lengths: Int[np.ndarray, " n"], tokens: int, seed: int) -> Int[np.ndarray, " k"]:
    """Draw training lines of running text: consecutive lines from a random one on.

    >>> running_probe(np.full(1_000, 10), tokens=30, seed=1)
    array([471, 472, 473])
    """
    total = np.cumsum(lengths, dtype=np.int64)
    latest = int(np.searchsorted(total, max(total[-1] - tokens, 0)))
    first = int(np.random.default_rng(seed).integers(0, latest + 1))
    before = int(total[first] - lengths[first])
    needed = int(np.searchsorted(total, before + tokens)) + 1
    return np.arange(first, min(needed, len(lengths)))


@dataclass(frozen=True, slots=True)
class SplitLosses:
    """The two losses whose difference shows whether a model generalises beyond its training examples.

    Attributes:
        validation: measures the loss on the validation set.
        probe: measures the loss on the training probe.
    """

    validation: MeasureLoss
    probe: MeasureLoss


def example_losses(
    model: EncoderDecoder,
    train: Examples,
    validation: Examples,
    *,
    tokens: int,
    seed: int,
) -> SplitLosses:
    """The two losses of an encoder and decoder.

    Args:
        model: encoder and decoder in evaluation mode.
        train: training set.
        validation: validation set.
        tokens: number of target tokens that are computed together.
        seed: seed of the draw of the training probe.
    """
    probe = training_probe(train.target_lengths, int(validation.target_lengths.sum()), seed)
    return SplitLosses(
        ExampleLoss(model, validation, np.arange(len(validation)), tokens=tokens),
        ExampleLoss(model, train, probe, tokens=tokens),
    )


def line_losses(writer: Writer, train: Examples, validation: Examples, *, running: bool, seed: int) -> SplitLosses:
    """The two losses of a language model.

    Args:
        writer: the language model.
        train: training set.
        validation: validation set.
        running: whether lines follow each other as one text.
        seed: seed of the draw of the training probe.
    """
    choose = running_probe if running else training_probe
    probe = choose(train.target_lengths, int(validation.target_lengths.sum()), seed)
    return SplitLosses(LineLoss(writer, validation.target_ids()), LineLoss(writer, train.ids(probe)[1]))

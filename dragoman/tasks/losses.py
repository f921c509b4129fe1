"""Losses that can be compared: of a validation set and of a part of the training set, measured in the same way.

The running training loss cannot: it has dropout and label smoothing in it, the weights of one moment, and examples that
the weights have not seen yet. What stands here is measured without either, with whatever weights the model has, mostly
the averaged ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float64, Int

from dragoman.contracts import Batch, Packed
from dragoman.data.bucketing import in_order
from dragoman.data.examples import Examples
from dragoman.evaluation.confidence import resampled_sums
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.predict.writer import Writer


@dataclass(frozen=True, slots=True)
class LossEstimate:
    """A mean loss.

    Attributes:
        value: in nats per target token or label; of numbers in the unit of their loss.
        error: its standard error: by how much it differs between draws of the examples, with replacement (the bootstrap
            of Efron 1979).
        sums: the loss of each of n examples, summed over its units; an infinite one counts as 0.
        units: target tokens of each; 1 of labels and numbers.
    """

    value: float
    error: float
    sums: Float64[np.ndarray, " n"] = field(repr=False, compare=False)
    units: Int[np.ndarray, " n"] = field(repr=False, compare=False)

    def less(self, other: LossEstimate) -> tuple[float, float]:
        """This loss less another on the same examples, and the standard error of that difference. What is hard for one
        model is hard for the other, so the error is far smaller than those of the two: examples are drawn in pairs.

        Raises:
            ValueError: if the examples are not the same in number.
        """
        if len(self.sums) != len(other.sums):
            raise ValueError(f"losses of {len(self.sums):,} and {len(other.sums):,} examples make no pairs")
        drawn = resampled_sums(np.stack([self.sums, self.units, other.sums, other.units], axis=1).astype(np.float64))
        differences = drawn[:, 0] / drawn[:, 1] - drawn[:, 2] / drawn[:, 3]
        return self.value - other.value, float(differences.std(ddof=1))


MeasureLoss = Callable[[], LossEstimate]
"""Measures a model's loss on what it was made for, with the weights of now."""


def loss_estimate(sums: Float64[np.ndarray, " n"], units: Int[np.ndarray, " n"]) -> LossEstimate:
    """The mean loss of n examples, whose losses and sizes are given, and its standard error by the bootstrap.

    An infinite loss counts nothing while its units count: it is that of a text which is too long for its picture, and
    which training passes over as well.
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
    """Of an encoder and decoder, on some examples of a split.

    Args:
        model: in evaluation mode.
        examples: the split.
        indices: which of them.
        tokens: target tokens that are computed together.
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
        """The loss with the weights of now."""
        sums, units = np.zeros(len(self._indices)), np.zeros(len(self._indices), dtype=np.int64)
        with torch.inference_mode():
            for places in self._batches:
                batch = self._examples.batch(self._indices[places])
                losses = self._model.token_losses(batch.to(self._model.device)).double().cpu().numpy()
                sums[places], units[places] = _by_row(losses, batch)
        return loss_estimate(sums, units)


def _by_row(losses: Float64[np.ndarray, " M"], batch: Batch) -> tuple[Float64[np.ndarray, " B"], Int[np.ndarray, " B"]]:
    """Loss and units of each example, whether its tokens have losses of their own or it has one in all."""
    rows = len(batch.examples)
    if not isinstance(batch.target, Packed):
        return losses, np.ones(rows, dtype=np.int64)
    layout = batch.target.layout
    if len(losses) == layout.tokens:
        losses = np.bincount(layout.rows.numpy(), weights=losses, minlength=rows)
    return losses, layout.lengths.numpy()


class LineLoss:
    """Of a language model, on some lines.

    Args:
        writer: of the model.
        lines: their ids, each ended by the end symbol; those of running text follow each other.
    """

    def __init__(self, writer: Writer, lines: list[list[int]]) -> None:
        self._writer = writer
        self._lines = lines

    def __call__(self) -> LossEstimate:
        """The loss with the weights of now."""
        scores = self._writer.score_ids(self._lines, [""] * len(self._lines))
        return loss_estimate(scores.nats, scores.tokens.astype(np.int64))


def training_probe(lengths: Int[np.ndarray, " n"], tokens: int, seed: int) -> Int[np.ndarray, " k"]:
    """Some training examples, drawn at random but always the same, with as many target tokens as a validation set.

    Args:
        lengths: target tokens of every training example.
        tokens: how many are wanted; all examples if there are fewer.
        seed: of the draw.
    """
    order = np.random.default_rng(seed).permutation(len(lengths))
    needed = int(np.searchsorted(np.cumsum(lengths[order], dtype=np.int64), tokens)) + 1
    return np.sort(order[:needed])


def running_probe(lengths: Int[np.ndarray, " n"], tokens: int, seed: int) -> Int[np.ndarray, " k"]:
    """The same for running text: lines that follow each other, from a random one on."""
    total = np.cumsum(lengths, dtype=np.int64)
    latest = int(np.searchsorted(total, max(total[-1] - tokens, 0)))
    first = int(np.random.default_rng(seed).integers(0, latest + 1))
    before = int(total[first] - lengths[first])
    needed = int(np.searchsorted(total, before + tokens)) + 1
    return np.arange(first, min(needed, len(lengths)))


@dataclass(frozen=True, slots=True)
class SplitLosses:
    """The two losses whose difference says whether a model has learnt more than its examples.

    Attributes:
        validation: of the validation set.
        probe: of the training probe.
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
    """Of an encoder and decoder.

    Args:
        model: in evaluation mode.
        train: what it learns from.
        validation: what it does not.
        tokens: target tokens that are computed together.
        seed: of the training probe.
    """
    probe = training_probe(train.target_lengths, int(validation.target_lengths.sum()), seed)
    return SplitLosses(
        ExampleLoss(model, validation, np.arange(len(validation)), tokens=tokens),
        ExampleLoss(model, train, probe, tokens=tokens),
    )


def line_losses(writer: Writer, train: Examples, validation: Examples, *, running: bool, seed: int) -> SplitLosses:
    """Of a language model.

    Args:
        writer: of the model.
        train: what it learns from.
        validation: what it does not.
        running: whether lines follow each other as one text.
        seed: of the training probe.
    """
    choose = running_probe if running else training_probe
    probe = choose(train.target_lengths, int(validation.target_lengths.sum()), seed)
    return SplitLosses(LineLoss(writer, validation.target_ids()), LineLoss(writer, train.ids(probe)[1]))

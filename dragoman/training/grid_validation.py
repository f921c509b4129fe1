"""A look at the validation set of a model that reads pictures or rows, or says labels or numbers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float64, Int

from dragoman.data.bucketing import in_order
from dragoman.data.columns.label import LabelColumn
from dragoman.data.columns.number import NumberColumn
from dragoman.data.examples import Examples
from dragoman.evaluation.classification import confusion_matrix, macro_f1
from dragoman.evaluation.recognition import recognition_statistics
from dragoman.fields.field import expect
from dragoman.fields.label import LabelField
from dragoman.fields.number import NumberField
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.predict.outputs import outputs_of
from dragoman.predict.reader import Reader
from dragoman.predict.source_batches import SourceBatch
from dragoman.training.observer import Sample
from dragoman.training.split_loss import SplitLosses, loss_estimate
from dragoman.training.validation import Measurement, perplexity_of

_READ = 300
"""Lines that are read at each validation; the loss is always measured on all."""
MEASURED_TOGETHER = 2048
"""Target tokens, or examples, that are measured together."""


def example_batches(examples: Examples) -> Iterator[SourceBatch]:
    """The sources of all examples, in batches of similar length."""
    for indices in in_order(examples.source_lengths, examples.target_lengths, tokens=MEASURED_TOGETHER):
        yield indices, examples.batch(indices).source


def example_outputs(model: EncoderDecoder, examples: Examples) -> Float64[np.ndarray, n * K]:
    """The logits, or the standardised number, that the model gives each example."""
    return outputs_of(model, example_batches(examples), len(examples))


class LabelValidator:
    """Measures a model that says labels on one split.

    Args:
        model: with the averaged weights.
        examples: the split.
        field: the labels.
        losses: of the split and of the training probe.
    """

    def __init__(self, model: EncoderDecoder, examples: Examples, field: LabelField, losses: SplitLosses) -> None:
        self._losses = losses
        self._model = model
        self._examples = examples
        self._field = field
        self._true = true_labels(examples)

    def measure(self, turn: int) -> Measurement:
        """Cross-entropy, accuracy and macro-F1; ``turn`` chooses the sample."""
        logits = example_outputs(self._model, self._examples)
        said = logits.argmax(1)
        nats = -_log_softmax(logits)[np.arange(len(said)), self._true]
        validation = loss_estimate(nats, np.ones(len(nats), dtype=np.int64))
        chosen = turn % len(said)
        names = self._field.names
        confusion = confusion_matrix(said, self._true, self._field.size)
        return Measurement(
            validation=validation,
            training=self._losses.probe(),
            perplexity=perplexity_of(validation.value),
            scores={"accuracy": 100 * float((said == self._true).mean()), "macro_f1": 100 * macro_f1(confusion)},
            sample=Sample(shown_source(self._examples, chosen), names[self._true[chosen]], names[said[chosen]]),
        )


class NumberValidator:
    """Measures a model that says numbers on one split.

    Args:
        model: with the averaged weights.
        examples: the split.
        field: how numbers are standardised.
        losses: of the split and of the training probe.
    """

    def __init__(self, model: EncoderDecoder, examples: Examples, field: NumberField, losses: SplitLosses) -> None:
        self._losses = losses
        self._model = model
        self._examples = examples
        self._field = field
        self._true = true_numbers(examples)

    def measure(self, turn: int) -> Measurement:
        """The loss, RMSE and MAE; ``turn`` chooses the sample."""
        said = self._field.restore(example_outputs(self._model, self._examples))
        errors = np.abs(said - self._true)
        chosen = turn % len(said)
        return Measurement(
            validation=self._losses.validation(),
            training=self._losses.probe(),
            perplexity=None,
            scores={"rmse": float(np.sqrt((errors**2).mean())), "mae": float(errors.mean())},
            sample=Sample(shown_source(self._examples, chosen), f"{self._true[chosen]:.6g}", f"{said[chosen]:.6g}"),
        )


class ReadingValidator:
    """Measures a reader of pictures on one split.

    Args:
        reader: of the model with the averaged weights; greedy search is used.
        examples: the split.
        losses: of the split and of the training probe.
    """

    def __init__(self, reader: Reader, examples: Examples, losses: SplitLosses) -> None:
        self._losses = losses
        self._reader = reader
        self._examples = examples
        self._read = np.arange(min(len(examples), _READ))

    def measure(self, turn: int) -> Measurement:
        """The loss, and character and word error rate; ``turn`` chooses the sample."""
        references = self._examples.target_texts(self._read)
        outputs = read_examples(self._reader, self._examples, self._read, beam=1)
        rates = recognition_statistics(outputs, references)
        validation = self._losses.validation()
        chosen = turn % len(outputs)
        return Measurement(
            validation=validation,
            training=self._losses.probe(),
            perplexity=perplexity_of(validation.value),
            scores=dict(zip(("cer", "wer"), (rate.corpus_score() for rate in rates), strict=True)),
            sample=Sample(shown_source(self._examples, chosen), references[chosen], outputs[chosen]),
        )


def read_examples(
    reader: Reader, examples: Examples, indices: Int[np.ndarray, " k"], beam: int | None = None
) -> list[str]:
    """What a reader makes of the pictures of some examples."""
    found = [""] * len(indices)
    lengths = examples.target_lengths[indices]
    for places in reversed(in_order(lengths, lengths, tokens=MEASURED_TOGETHER)):
        texts = reader.read_prepared(examples.batch(indices[places]).source, beam=beam)  # type: ignore[arg-type]
        for place, text in zip(places.tolist(), texts, strict=True):
            found[place] = text
    return found


def true_labels(examples: Examples) -> Int[np.ndarray, " n"]:
    """The class of each example."""
    return expect(examples.target, LabelColumn).values


def true_numbers(examples: Examples) -> Float64[np.ndarray, " n"]:
    """The number of each example."""
    return expect(examples.target, NumberColumn).values


def shown_source(examples: Examples, index: int) -> str:
    """What stands for a source where it is shown: the text itself, else which example it is."""
    if examples.has_source_texts:
        return examples.source_texts(np.array([index]))[0]
    return f"example {index + 1:,}"


def _log_softmax(logits: Float64[np.ndarray, "n K"]) -> Float64[np.ndarray, "n K"]:
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))

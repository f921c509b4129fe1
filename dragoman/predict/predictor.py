"""Prediction of labels and numbers for texts, pictures and rows of tables, and of tags for the words of texts."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float64

from dragoman.contracts.expect import expect
from dragoman.errors import InputError
from dragoman.fields.field import PredictedField
from dragoman.fields.place import TablePlace
from dragoman.model.coefficients import coefficients, is_linear
from dragoman.model.device import choose_device
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.folder import LoadedModel, load_model
from dragoman.predict.choose_engine import AskedEngine, choose_outputs
from dragoman.predict.input_kinds import inputs_for
from dragoman.predict.inputs import Given, SourceBatch
from dragoman.predict.model_summary import model_summary
from dragoman.predict.outcomes import Outcomes, Predictions, Probabilities, RankedPrediction, outcomes_of
from dragoman.predict.outputs import outputs_of, torch_outputs
from dragoman.progress.counting import Counting
from dragoman.recipe.kinds import PREDICTOR, require, sentence_of
from dragoman.reports.shown import Shown, Summary

_SHOWN = 5

if TYPE_CHECKING:
    from pandas import DataFrame


def _to_standard_error(message: str) -> None:
    print(message, file=sys.stderr)


class Predictor(Shown):
    """Predicts labels or numbers for texts, pictures or rows, whichever the model was trained on.

    Attributes:
        said_of: function from inputs to what the decoder says of them; PyTorch's unless another engine was chosen.

    Args:
        loaded: the loaded model, which predicts labels, numbers or tags.
        log: called with a sentence on what was missing, unknown or cut in the inputs; by default it is written to
            standard error.
    """

    def __init__(self, loaded: LoadedModel, log: Callable[[str], None] = _to_standard_error) -> None:
        self._loaded = loaded
        self.model = expect(loaded.model, EncoderDecoder)
        self.recipe = loaded.recipe
        self.source = loaded.source
        self.target = expect(loaded.target, PredictedField)
        self.inputs = inputs_for(loaded.source, loaded.target)
        self.said_of = torch_outputs(self.model)
        self._log = log

    def summary(self) -> Summary:
        """A short summary of the model."""
        facts = {self.target.plural: ", ".join(self.labels)} if self.labels else {}
        return model_summary(self.recipe.model, self.model, {**facts, **self.inputs.facts(self.source)})

    @classmethod
    def load(cls, folder: Path | str, *, device: str = "auto", engine: str = "torch") -> Predictor:
        """Load the model in ``folder``.

        Args:
            folder: folder of the model.
            device: device to compute on: ``auto``, ``cpu``, ``cuda`` or ``mps``.
            engine: what computes the outputs, in float32: ``torch``, ``native``, or ``auto``, which takes the native
                engine where it can compute the model and is faster, for texts and pictures.

        Raises:
            InputError: if there is no model, one of another kind, or no such engine.
            UnsupportedError: if the engine cannot compute the model.
        """
        predictor = cls.of(load_model(folder, choose_device(device)), folder)
        predictor.use(AskedEngine(engine))
        return predictor

    def use(self, asked: AskedEngine) -> None:
        """Let another engine compute the outputs.

        Raises:
            UnsupportedError: if it cannot compute the model, or not so.
        """
        self.said_of = choose_outputs(self._loaded, asked)

    @classmethod
    def of(cls, loaded: LoadedModel, folder: Path | str) -> Predictor:
        """A predictor from a model that was loaded from ``folder``.

        Raises:
            InputError: if the model predicts neither labels nor numbers nor tags.
        """
        require(loaded.recipe.model, PREDICTOR, folder)
        return cls(loaded)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels or tags that the model distinguishes; none if it predicts numbers."""
        return self.target.labels

    def predict(
        self, inputs: Iterable[object], table: TablePlace | None = None, *, progress: bool | None = None
    ) -> Predictions:
        """Predict the most probable label, or the number, for each input; or for each text a list with the tag of each
        word.

        Args:
            inputs: a list of texts; a list of pictures (paths, bytes, arrays, Pillow's images); or rows: a DataFrame,
                or a list with a mapping from column to value for each.
            table: table that pictures or rows stand in, for errors.
            progress: whether to show how far it is; by default where a person watches: on a terminal, or in a notebook.

        Raises:
            InputError: if an input cannot be read, or lacks a column; or if ``inputs`` is no ordered collection of
                inputs.
        """
        return self.outcomes(inputs, table, progress=progress).predictions()

    def probabilities(
        self, inputs: Iterable[object], table: TablePlace | None = None, *, progress: bool | None = None
    ) -> Probabilities:
        """The probabilities of the :attr:`labels` for each of n inputs, after temperature scaling, [n, K]. Of tags it
        is a list with an array [words, K] for each text: the probability of each tag at each word, whatever the tags of
        the other words are. The arguments are those of :meth:`predict`.

        Raises:
            InputError: for the inputs that :meth:`predict` refuses; or if the model predicts numbers.
        """
        self._need_labels()
        return self.outcomes(inputs, table, progress=progress).probabilities()

    def n_best(
        self,
        inputs: Iterable[object],
        count: int,
        table: TablePlace | None = None,
        *,
        progress: bool | None = None,
    ) -> list[list[RankedPrediction]]:
        """The ``count`` most probable predictions for each input, the best first: labels, or sequences of tags with the
        probability of all tags of the text together. Where there are fewer, these. The further arguments are those of
        :meth:`predict`.

        Raises:
            InputError: for the inputs that :meth:`predict` refuses; if ``count`` is less than 1; or if the model
                predicts numbers.
        """
        if count < 1:
            raise InputError(f"{count} predictions were asked for", remedy="ask for at least 1.")
        self._need_labels()
        return self.outcomes(inputs, table, progress=progress).best(count)

    def outcomes(
        self, inputs: Iterable[object], table: TablePlace | None = None, *, progress: bool | None = None
    ) -> Outcomes:
        """All that the model says of some inputs, which it reads once. The arguments are those of :meth:`predict`.

        Raises:
            InputError: for the inputs that :meth:`predict` refuses.
        """
        given = self.inputs.checked(inputs)
        counts = self.inputs.counts(given)
        outputs = self._outputs(given, sum(counts), table, progress)
        return outcomes_of(self.target, self.model.decoder, outputs, counts)

    def written(self, predictions: Predictions) -> list[str]:
        """What :meth:`predict` gave as text, for a file."""
        return [self.target.written(prediction) for prediction in predictions]

    def coefficients(self) -> DataFrame:
        """The coefficients of linear or softmax regression on rows, in the units of the data: see

        Raises:
            InputError: if the model is not linear, or reads no rows.
        """
        if not is_linear(self._loaded):
            raise InputError(
                f"{sentence_of(self.recipe.model)} by more than a sum of coefficients",
                remedy='train a linear one on rows of a table, with model.encoder.kind = "linear".',
            )
        return coefficients(self._loaded)

    def batches(self, given: Given, table: TablePlace | None = None) -> Iterator[SourceBatch]:
        """The inputs that :attr:`inputs` has checked as the model reads them, in batches.

        Raises:
            InputError: if an input cannot be read.
        """
        return self.inputs.batches(self.source, self.recipe, given, self._log, table)

    def _need_labels(self) -> None:
        if not self.labels:
            raise InputError(f"{sentence_of(self.recipe.model)}, and gives no probabilities", remedy="use `predict`.")

    def _outputs(
        self, inputs: Given, count: int, table: TablePlace | None, progress: bool | None
    ) -> Float64[np.ndarray, n * K]:
        if not count:
            return np.zeros((0, *np.shape(self.target.uninformed)))
        with Counting(count, self.inputs.counted, progress) as counting:
            batches = self.batches(inputs, table)
            counted = counting.over(batches, size=lambda batch: len(batch.places))
            outputs = outputs_of(self.said_of, counted, count).reshape(count, *np.shape(self.target.uninformed))
        if blank := self.inputs.blank(inputs):
            outputs[blank] = self.target.uninformed
            self._log(f"{_numbered(blank)} no text, and so {self.target.uninformed_remark}")
        return outputs


def _numbered(places: list[int]) -> str:
    """The numbers of some inputs, counted from 1, with the verb."""
    if len(places) == 1:
        return f"text {places[0] + 1} has"
    shown = ", ".join(f"{place + 1:,}" for place in places[:_SHOWN])
    return f"{len(places):,} texts ({shown}{', …' if len(places) > _SHOWN else ''}) have"

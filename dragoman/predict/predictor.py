"""Labels and numbers for texts, pictures and rows of tables."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from jaxtyping import Float64

from dragoman.errors import InputError
from dragoman.fields.label import LabelField
from dragoman.fields.number import NumberField
from dragoman.fields.picture import PictureField
from dragoman.fields.place import TablePlace
from dragoman.fields.row import RowField
from dragoman.model.coefficients import coefficients, is_linear
from dragoman.model.device import choose_device
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.folder import LoadedModel, load_model
from dragoman.predict.given import PICTURES, ROWS, TEXTS, inputs_of
from dragoman.predict.model_kinds import model_summary, not_this_kind, sentence
from dragoman.predict.outputs import outputs_of
from dragoman.predict.source_batches import source_batches
from dragoman.progress.counting import Counting
from dragoman.reports.shown import Shown, Summary
from dragoman.text.codec import Codec
from dragoman.text.normalization import is_visible

_SHOWN = 5

if TYPE_CHECKING:
    from pandas import DataFrame


def _to_standard_error(message: str) -> None:
    print(message, file=sys.stderr)


class Predictor(Shown):
    """What a model makes of its inputs: texts, pictures or rows, as it was trained on.

    Args:
        loaded: the model, which says labels or numbers.
        tell: is given a sentence on what was missing, unknown or cut in the inputs; by default standard error is.
    """

    def __init__(self, loaded: LoadedModel, tell: Callable[[str], None] = _to_standard_error) -> None:
        self._loaded = loaded
        self.model = cast(EncoderDecoder, loaded.model)
        self.recipe = loaded.recipe
        self.source = loaded.source
        self.target = loaded.target
        self._tell = tell

    def summary(self) -> Summary:
        """What there is to say of it."""
        facts = {"labels": ", ".join(self.labels)} if self.labels else {}
        if isinstance(self.source, RowField):
            facts["columns"] = ", ".join(column.name for column in self.source.columns)
        return model_summary(self.recipe.model, self.model, facts)

    @classmethod
    def load(cls, folder: Path | str, *, device: str = "auto") -> Predictor:
        """The model in ``folder``, on ``auto``, ``cpu``, ``cuda`` or ``mps``.

        Raises:
            InputError: if there is no model, or one of another kind.
        """
        return cls.of(load_model(folder, choose_device(device)), folder)

    @classmethod
    def of(cls, loaded: LoadedModel, folder: Path | str) -> Predictor:
        """A model that was loaded from ``folder``.

        Raises:
            InputError: if it says neither labels nor numbers.
        """
        if loaded.recipe.model.says == "text":
            raise not_this_kind(loaded.recipe.model, folder, "model that says labels or numbers")
        return cls(loaded)

    @property
    def labels(self) -> tuple[str, ...]:
        """Those that the model tells apart; none if it says numbers."""
        return self.target.names if isinstance(self.target, LabelField) else ()

    def predict(
        self, inputs: Any, table: TablePlace | None = None, *, progress: bool | None = None
    ) -> list[str] | list[float]:
        """The most probable label, or the number, of each input.

        Args:
            inputs: a list of texts; a list of pictures (paths, bytes, arrays, Pillow's images); or rows: a DataFrame,
                or a list with a mapping from column to value for each.
            table: that pictures or rows stand in, for errors.
            progress: whether to show how far it is; by default where a person watches: on a terminal, or in a notebook.

        Raises:
            InputError: if an input cannot be read, or lacks a column; or if something else than inputs in an order was
                given.
        """
        if isinstance(self.target, LabelField):
            found = self.probabilities(inputs, table, progress=progress)
            return self.target.decode(found.argmax(1)) if len(found) else []
        assert isinstance(self.target, NumberField)
        inputs = inputs_of(inputs, self._reads)
        if not len(inputs):
            return []
        outputs = self._outputs(inputs, table, progress)
        if blank := self._blank(inputs):
            # The mean of the training examples is 0 before it is restored.
            outputs[blank] = 0
            self._tell(f"{_numbered(blank)} no text, and so the mean of the training examples is said")
        return self.target.restore(outputs).tolist()

    def probabilities(
        self, inputs: Any, table: TablePlace | None = None, *, progress: bool | None = None
    ) -> Float64[np.ndarray, "n K"]:
        """How probable each of :attr:`labels` is for each input, after temperature scaling. The arguments are those of
        :meth:`predict`.

        Raises:
            InputError: as :meth:`predict`; or if the model says numbers.
        """
        if not isinstance(self.target, LabelField):
            raise not_this_kind(self.recipe.model, "model", "model that says labels")
        inputs = inputs_of(inputs, self._reads)
        if not len(inputs):
            return np.zeros((0, self.target.size))
        found = self.target.probabilities(self._outputs(inputs, table, progress))
        if blank := self._blank(inputs):
            counts = np.array(self.target.counts, dtype=np.float64)
            found[blank] = counts / counts.sum()
            self._tell(
                f"{_numbered(blank)} no text, and so the probabilities of the labels are their shares in training"
            )
        return found

    @property
    def _reads(self) -> str:
        return TEXTS if isinstance(self.source, Codec) else PICTURES if isinstance(self.source, PictureField) else ROWS

    def _blank(self, inputs: Any) -> list[int]:
        """The places of texts without anything visible, of which a model can know nothing."""
        if self._reads != TEXTS:
            return []
        return [place for place, text in enumerate(inputs) if not is_visible(text)]

    def coefficients(self) -> DataFrame:
        """What linear or softmax regression on rows has learnt, in the units of the data: see
        :func:`dragoman.model.coefficients.coefficients`.

        Raises:
            InputError: if the model is not linear, or reads no rows.
        """
        if not is_linear(self._loaded):
            raise InputError(
                f"{sentence(self.recipe.model)} by more than a sum of coefficients",
                remedy='train a linear one on rows of a table, with model.encoder.kind = "linear".',
            )
        return coefficients(self._loaded)

    def _outputs(self, inputs: Any, table: TablePlace | None, progress: bool | None) -> Float64[np.ndarray, n * K]:
        count = len(inputs)
        with Counting(count, "inputs", progress) as counting:
            batches = counting.over(
                source_batches(self.source, self.recipe, inputs, self._tell, table), size=lambda batch: len(batch[0])
            )
            return outputs_of(self.model, batches, count)


def _numbered(places: list[int]) -> str:
    """Some inputs, counted from 1, with the verb."""
    if len(places) == 1:
        return f"text {places[0] + 1} has"
    shown = ", ".join(f"{place + 1:,}" for place in places[:_SHOWN])
    return f"{len(places):,} texts ({shown}{', …' if len(places) > _SHOWN else ''}) have"

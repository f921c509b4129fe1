"""What each word, column or pixel contributed to a label, a number or a tag, by integrated gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from dragoman.contracts import Memory, Packed, Pictures, Source
from dragoman.contracts.expect import expect
from dragoman.errors import InputError
from dragoman.explanation.first_layer import first_layer_of
from dragoman.explanation.integrated_gradients import integrated_gradients
from dragoman.explanation.picture_baseline import BLANK, blank_of, in_pixels
from dragoman.explanation.prediction import (
    Attribution,
    ExplainedPrediction,
    InputPart,
    PicturePredictionExplanation,
    PredictionExplanation,
)
from dragoman.explanation.read_numbers import differentiable, function_of_numbers, numbers_of
from dragoman.explanation.text_parts import words_of
from dragoman.fields.cells import is_missing
from dragoman.fields.near import unknown_name
from dragoman.fields.place import TablePlace
from dragoman.fields.row import RowField
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.row_numbers import numbers_of_columns
from dragoman.predict import inputs as kinds
from dragoman.predict.inputs import SourceBatch
from dragoman.predict.predictor import Predictor
from dragoman.predict.words import Words
from dragoman.recipe.kinds import sentence_of
from dragoman.text.codec import Codec
from dragoman.text.normalization import UNICODE_FORMS, is_visible, normalize

TEXT_BASELINE = "a text of as many tokens, whose embeddings are all zero"
ROW_BASELINE = (
    "a row of means: the mean of the training rows in every numeric column, and in every other one a value that no "
    "training row has"
)
_NUMBERS_TOGETHER = 1 << 20
"""Most numbers of inputs that are computed together."""


def explain_prediction(
    predictor: Predictor,
    given: object,
    *,
    label: str | None = None,
    words: Sequence[int] | None = None,
    name: str = "picture",
    table: TablePlace | None = None,
) -> PredictionExplanation | PicturePredictionExplanation:
    """What each word, column or pixel of one input contributed to a label, a number or tags.

    The quantity that is explained is the log-odds ln p / (1 − p) of the label or tag, after temperature scaling, or the
    number in the units of the data. Contributions are integrated gradients (Sundararajan et al. 2017), summed over the
    numbers that stand for a word or a column.

    Args:
        predictor: the model.
        given: one input: a text; a picture (path, bytes, array, Pillow's image); a row as a mapping from column to
            value, or as a DataFrame of one row.
        label: the label or tag to explain; by default the one that is predicted, for each word.
        words: numbers, from 0, of the words whose tags are explained; all by default.
        name: name of a picture in memory, for people.
        table: table that a picture or row stands in, for errors.

    Raises:
        InputError: if the input cannot be read or has no words, if there is no such label or word, or if a label is
            asked of a model that predicts numbers.
    """
    target, model = predictor.target, sentence_of(predictor.recipe.model)
    if label is not None and not target.labels:
        raise InputError(f"{model}, so there is no label {label!r} to explain", remedy="leave the label out.")
    if label is not None and label not in target.labels:
        raise unknown_name("label", label, target.labels, (None, None))
    if words is not None and not isinstance(predictor.inputs, Words):
        raise InputError(f"{model}, and none for single words", remedy="leave the numbers of words out.")
    inputs = expect(predictor.inputs.checked(_in_a_list(given)), list)
    asked = _Asked(predictor, inputs, label, words, str(given) if isinstance(given, Path) else name, table)
    with differentiable(predictor.model):
        return _BY_INPUTS[type(predictor.inputs)](asked)


def _in_a_list(given: object) -> Iterable[object]:
    """The one input in a list.

    Raises:
        InputError: if a table has more rows or fewer.
    """
    import pandas as pd

    if not isinstance(given, pd.DataFrame):
        return [given]
    if len(given) != 1:
        raise InputError(
            f"a table of {len(given):,} rows was given, and one input is explained",
            remedy="give one row: table.iloc[[number]].",
        )
    return given.to_dict("records")


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """What is to be explained.

    Attributes:
        predictor: the model.
        inputs: one input, as the model takes it.
        label: label or tag to explain; None for the one that is predicted.
        words: words whose tags are explained; None for all.
        name: name of the picture, for people.
        table: table that the input stands in.
    """

    predictor: Predictor
    inputs: list[Any]
    label: str | None
    words: Sequence[int] | None
    name: str
    table: TablePlace | None

    @property
    def model(self) -> str:
        """The model in a sentence."""
        return sentence_of(self.predictor.recipe.model)

    def batches(self) -> Iterator[SourceBatch]:
        """The input as the model reads it: in one batch, or a long text in several."""
        return self.predictor.batches(self.inputs, self.table)

    def text(self) -> str:
        """The one text, normalised.

        Raises:
            InputError: if it has no visible characters.
        """
        (text,) = self.inputs
        if not is_visible(text):
            raise InputError("the text has no visible characters to explain", remedy="give a text with words.")
        cleaning = self.predictor.recipe.cleaning
        collapse = cleaning.collapse_white_space
        return normalize(text, UNICODE_FORMS[cleaning.unicode_form], collapse_white_space=collapse)

    def explained(
        self,
        source: Source,
        baseline: Float[Tensor, n * rest],
        parts: Callable[[Float[Tensor, n * rest]], Float64[np.ndarray, "*parts"]],
        position: int = 0,
        word: int | None = None,
    ) -> ExplainedPrediction:
        """The prediction of one input, or of the word that begins at a position, with what each part contributed.

        Args:
            source: the input.
            baseline: the numbers of the baseline.
            parts: function from the contributions of all numbers that are read to those of the parts of the input.
            position: place of the decoder's output among those for this input.
            word: number of the word, for a tag.
        """
        predictor = self.predictor
        model, target = predictor.model, predictor.target
        offset, factor = target.calibration

        def outputs(memory: Memory) -> Float[Tensor, S * K]:
            said = model.decoder(memory)  # type: ignore[operator]  # Its outputs are no text.
            return said.view(memory.layout.batch, -1, *said.shape[1:])[:, position].double()

        with torch.no_grad():
            (found,) = (factor * outputs(model.encode(source.to(model.device)))).cpu()
        choice = self._choice(found)

        def score(memory: Memory) -> Float[Tensor, " S"]:
            said = outputs(memory)
            return said if choice is None else _log_odds(factor * said, choice)

        numbers = numbers_of(model, source)
        together = max(_NUMBERS_TOGETHER // numbers.numel(), 1)
        function = function_of_numbers(model, source, score)
        integral = integrated_gradients(function, numbers, baseline, together=together)
        if choice is None:
            said, quantity = target.written(offset + float(found)), "number"
            integral = integral.scaled(factor, offset)
        else:
            said = target.labels[choice]
            quantity = f"log-odds of {said}"
        shares = [] if choice is None else torch.softmax(found, 0).tolist()
        chances = tuple(sorted(zip(target.labels, shares, strict=True), key=lambda pair: -pair[1]))
        contributions = parts(integral.contributions)
        attribution = Attribution(
            quantity, integral.value, integral.baseline_value, contributions, integral.gap, integral.evaluations
        )
        return ExplainedPrediction(said, chances, attribution, word)

    def _choice(self, outputs: Float[Tensor, "*K"]) -> int | None:
        """The number of the label or tag that is explained; None for a number."""
        choices = self.predictor.target.labels
        if not choices:
            return None
        return int(outputs.argmax()) if self.label is None else choices.index(self.label)


def _log_odds(logits: Float[Tensor, "S K"], choice: int) -> Float[Tensor, " S"]:
    """ln p / (1 − p) of one class."""
    others = logits.index_fill(1, torch.tensor(choice, device=logits.device), float("-inf"))
    return logits[:, choice] - torch.logsumexp(others, 1)


def _explain_text(asked: _Asked) -> PredictionExplanation:
    text = asked.text()
    source = expect(next(asked.batches()).source, Packed)
    words = words_of(expect(asked.predictor.source, Codec), source.values[:-1].tolist(), text)
    baseline = _without_words(asked.predictor.model, source)
    prediction = asked.explained(source, baseline, partial(_sums, parts=[part for _, part in words]))
    parts = tuple(InputPart(word) for word, _ in words)
    return PredictionExplanation(asked.model, "words", TEXT_BASELINE, parts, (prediction,))


def _explain_tags(asked: _Asked) -> PredictionExplanation:
    asked.text()
    words: list[str] = asked.inputs[0].split()
    wanted = range(len(words)) if asked.words is None else asked.words
    for number in wanted:
        if not 0 <= number < len(words):
            raise InputError(
                f"there is no word {number} in a text of {len(words):,} words",
                remedy=f"give numbers from 0 to {len(words) - 1}.",
            )
    found: dict[int, ExplainedPrediction] = {}
    for source, first, positions in _pieces(asked.batches()):
        ends = [*positions[1:], source.layout.tokens - 1]
        tokens = [slice(begin, end) for begin, end in zip(positions, ends, strict=True)]
        parts = partial(_sums_among, parts=tokens, first=first, count=len(words))
        baseline = _without_words(asked.predictor.model, source)
        for place, position in enumerate(positions):
            if first + place in wanted:
                found[first + place] = asked.explained(source, baseline, parts, position, first + place)
    predictions = tuple(found[number] for number in wanted)
    return PredictionExplanation(asked.model, "words", TEXT_BASELINE, tuple(map(InputPart, words)), predictions)


def _explain_row(asked: _Asked) -> PredictionExplanation:
    predictor = asked.predictor
    field, row = expect(predictor.source, RowField), asked.inputs[0]
    source = next(asked.batches()).source
    columns = numbers_of_columns(predictor.model, field)
    baseline = torch.zeros_like(numbers_of(predictor.model, source))
    places = [(0, part) for part in columns.values()]
    prediction = asked.explained(source, baseline, partial(_sums, parts=places))
    parts = tuple(InputPart(name, _cell(row[name])) for name in columns)
    return PredictionExplanation(asked.model, "columns", ROW_BASELINE, parts, (prediction,))


def _explain_picture(asked: _Asked) -> PicturePredictionExplanation:
    model = asked.predictor.model
    source = expect(next(asked.batches()).source, Pictures)
    baseline = numbers_of(model, blank_of(source))
    prediction = asked.explained(source, baseline, partial(in_pixels, like=source))
    picture = source.values.numpy()
    return PicturePredictionExplanation(
        asked.model, asked.name, BLANK, picture, prediction, first_layer_of(model, source)
    )


_BY_INPUTS: Mapping[type[kinds.Inputs], Callable[[_Asked], PredictionExplanation | PicturePredictionExplanation]] = (
    MappingProxyType(
        {
            kinds.Texts: _explain_text,
            Words: _explain_tags,
            kinds.TableRows: _explain_row,
            kinds.Pictures: _explain_picture,
        }
    )
)


def _pieces(batches: Iterable[SourceBatch]) -> Iterator[tuple[Packed, int, list[int]]]:
    """Each piece of a text whose words are tagged, with the number of its first word and the positions where its words
    begin."""
    for batch in batches:
        source = expect(batch.source, Packed)
        assert batch.rows is not None, "of words the batch says where they begin"
        rows = source.layout.rows[batch.rows]
        for row, start in enumerate(source.layout.starts.tolist()):
            inside = (rows == row).numpy()
            positions = (batch.rows[torch.from_numpy(inside)] - start).tolist()
            yield source.select(torch.tensor([row])), int(batch.places[inside][0]), positions


def _without_words(model: EncoderDecoder, source: Packed) -> Float[Tensor, "N E"]:
    """The embeddings of the baseline: zero for every token but the end symbol."""
    baseline = numbers_of(model, source).clone()
    baseline[:-1] = 0
    return baseline


def _sums(numbers: Float[Tensor, n * rest], parts: Sequence[slice | tuple[int, slice]]) -> Float64[np.ndarray, " m"]:
    """The sum of the numbers of each part."""
    return np.array([float(numbers[part].sum()) for part in parts])


def _sums_among(
    numbers: Float[Tensor, "N E"], parts: Sequence[slice], first: int, count: int
) -> Float64[np.ndarray, " m"]:
    """The sum of the numbers of each word; 0 for ``count`` words but those from ``first`` on that are read together."""
    found = np.zeros(count)
    found[first : first + len(parts)] = _sums(numbers, parts)
    return found


def _cell(value: object) -> str:
    return "" if is_missing(value) else str(value)

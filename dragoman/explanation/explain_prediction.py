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

from dragoman.contracts import Memory, Packed, Pictures, Source, TaggingDecoder
from dragoman.contracts.expect import expect
from dragoman.errors import InputError
from dragoman.explanation.asked import Asked
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
from dragoman.predict.given import one_input
from dragoman.predict.inputs import SourceBatch
from dragoman.predict.outcomes import Outcomes, outcomes_of
from dragoman.predict.outputs import outputs_of, torch_outputs
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
Parts = Callable[[Float[Tensor, "n *rest"]], Float64[np.ndarray, "*parts"]]
"""The function from the contributions of all numbers that are read to those of the parts of an input."""
_NUMBERS_TOGETHER = 1 << 20
"""Most numbers of inputs that are computed together."""


def explain_prediction(
    predictor: Predictor,
    given: object,
    *,
    label: str | None = None,
    words: Sequence[int] | None = None,
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

    Raises:
        InputError: if the input cannot be read or has no words, if there is no such label or word, or if a label is
            asked of a model that predicts numbers.
    """
    asked = Asked(label=label, words=None if words is None else tuple(words))
    (found,) = explain_predictions(predictor, one_input(given), asked)
    return found


def explain_predictions(
    predictor: Predictor, given: Iterable[object], asked: Asked, table: TablePlace | None = None
) -> Iterator[PredictionExplanation | PicturePredictionExplanation]:
    """What each word, column or pixel contributed, for each of several inputs; see :func:`explain_prediction`.

    Args:
        predictor: the model.
        given: texts, pictures or rows, as :meth:`~dragoman.predict.predictor.Predictor.predict` takes them.
        asked: what is asked: the label and the words.
        table: table that pictures or rows stand in, for errors.
    """
    import pandas as pd

    labels, model, label = predictor.target.labels, sentence_of(predictor.recipe.model), asked.label
    if label is not None and not labels:
        raise InputError(f"{model}, so there is no label {label!r} to explain", remedy="leave the label out.")
    if label is not None and label not in labels:
        raise unknown_name("label", label, labels, (None, None))
    if asked.words is not None and not isinstance(predictor.inputs, Words):
        raise InputError(f"{model}, and none for single words", remedy="leave the numbers of words out.")
    inputs = predictor.inputs.checked(given)
    items = inputs.to_dict("records") if isinstance(inputs, pd.DataFrame) else inputs
    for number, item in enumerate(items):
        name = str(item) if isinstance(item, Path) else f"picture {number + 1}"
        place = None if table is None else table.only(number)
        with differentiable(predictor.model):
            found = _BY_INPUTS[type(predictor.inputs)](_Asked(predictor, [item], label, asked.words, name, place))
        yield found


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

    def choice(self, predicted: object) -> int:
        """The number of the label or tag that is explained."""
        return self.predictor.target.labels.index(str(predicted) if self.label is None else self.label)

    def wanted(self, count: int) -> Sequence[int]:
        """The words whose tags are explained, of a text of ``count`` words.

        Raises:
            InputError: if there is no such word.
        """
        for number in self.words or ():
            if not 0 <= number < count:
                raise InputError(
                    f"there is no word {number} in a text of {count:,} words",
                    remedy=f"give numbers from 0 to {count - 1}.",
                )
        return range(count) if self.words is None else self.words


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """One input as a model reads it.

    Attributes:
        batches: the input, in one batch or a long text in several.
        outputs: outputs of the decoder for it.
        outcomes: what they say.
    """

    batches: list[SourceBatch]
    outputs: Float64[np.ndarray, ...]
    outcomes: Outcomes

    @classmethod
    def of(cls, asked: _Asked) -> _Read:
        """The input, read."""
        predictor = asked.predictor
        batches = list(predictor.batches(asked.inputs, asked.table))
        counts = predictor.inputs.counts(asked.inputs)
        outputs = outputs_of(torch_outputs(predictor.model), batches, sum(counts))
        return cls(batches, outputs, outcomes_of(predictor.target, predictor.model.decoder, outputs, counts))


def _attribution(
    model: EncoderDecoder,
    source: Source,
    baseline: Float[Tensor, n * rest],
    parts: Parts,
    score: Callable[[Memory], Float[Tensor, " S"]],
    quantity: str,
    scale: tuple[float, float] = (0.0, 1.0),
) -> Attribution:
    """The contribution of each part of an input to a score.

    Args:
        model: the model.
        source: one input.
        baseline: the numbers of the baseline.
        parts: function from the contributions of all numbers that are read to those of the parts of the input.
        score: function from the memory of S inputs to a number for each.
        quantity: the score for people.
        scale: offset and factor that bring the score to its units.
    """
    numbers = numbers_of(model, source)
    together = max(_NUMBERS_TOGETHER // numbers.numel(), 1)
    function = function_of_numbers(model, source, score)
    found = integrated_gradients(function, numbers, baseline, together=together)
    found = found.scaled(scale[1], scale[0])
    contributions = parts(found.contributions)
    return Attribution(quantity, found.value, found.baseline_value, contributions, found.gap, found.evaluations)


def _whole(asked: _Asked, read: _Read, baseline: Float[Tensor, n * rest], parts: Parts) -> ExplainedPrediction:
    """The label or number of an input, with what each of its parts contributed.

    Args:
        asked: what is asked.
        read: the input.
        baseline: the numbers of the baseline.
        parts: function from the contributions of all numbers that are read to those of the parts of the input.
    """
    model, target = asked.predictor.model, asked.predictor.target
    (predicted,), source = read.outcomes.predictions(), read.batches[0].source
    offset, factor = target.calibration

    def outputs(memory: Memory) -> Float[Tensor, S * K]:
        return model.decoder(memory).double()  # type: ignore[operator]  # Its outputs are no text.

    if not target.labels:
        scale = float(offset), factor
        return ExplainedPrediction(
            target.written(predicted), (), _attribution(model, source, baseline, parts, outputs, "number", scale)
        )
    choice = asked.choice(predicted)
    (shares,) = read.outcomes.probabilities()
    attribution = _attribution(
        model,
        source,
        baseline,
        parts,
        lambda memory: _log_odds(factor * outputs(memory) + torch.from_numpy(offset).to(model.device), choice),
        f"log-odds of {target.labels[choice]}",
    )
    return ExplainedPrediction(target.labels[choice], _with_probabilities(target.labels, shares), attribution)


def _log_odds(logits: Float[Tensor, "S K"], choice: int) -> Float[Tensor, " S"]:
    """ln p / (1 − p) of one class."""
    others = logits.index_fill(1, torch.tensor(choice, device=logits.device), float("-inf"))
    return logits[:, choice] - torch.logsumexp(others, 1)


def _with_probabilities(labels: Sequence[str], shares: Float64[np.ndarray, " K"]) -> tuple[tuple[str, float], ...]:
    """The labels with their probabilities, the most probable first."""
    return tuple(sorted(zip(labels, shares.tolist(), strict=True), key=lambda pair: -pair[1]))


def _explain_text(asked: _Asked) -> PredictionExplanation:
    text, read = asked.text(), _Read.of(asked)
    source = expect(read.batches[0].source, Packed)
    words = words_of(expect(asked.predictor.source, Codec), source.values[:-1].tolist(), text)
    baseline = _without_words(asked.predictor.model, source)
    prediction = _whole(asked, read, baseline, partial(_sums, parts=[part for _, part in words]))
    parts = tuple(InputPart(word) for word, _ in words)
    return PredictionExplanation(asked.model, "words", TEXT_BASELINE, parts, (prediction,))


def _explain_row(asked: _Asked) -> PredictionExplanation:
    predictor, read = asked.predictor, _Read.of(asked)
    columns = numbers_of_columns(predictor.model, expect(predictor.source, RowField))
    baseline = torch.zeros_like(numbers_of(predictor.model, read.batches[0].source))
    prediction = _whole(asked, read, baseline, partial(_sums, parts=[(0, part) for part in columns.values()]))
    parts = tuple(InputPart(name, _cell(asked.inputs[0][name])) for name in columns)
    return PredictionExplanation(asked.model, "columns", ROW_BASELINE, parts, (prediction,))


def _explain_picture(asked: _Asked) -> PicturePredictionExplanation:
    model, read = asked.predictor.model, _Read.of(asked)
    source = expect(read.batches[0].source, Pictures)
    prediction = _whole(asked, read, numbers_of(model, blank_of(source)), partial(in_pixels, like=source))
    return PicturePredictionExplanation(
        asked.model, asked.name, BLANK, source.values.numpy(), prediction, first_layer_of(model, source)
    )


def _explain_tags(asked: _Asked) -> PredictionExplanation:
    asked.text()
    model, labels = asked.predictor.model, asked.predictor.target.labels
    decoder = expect(model.decoder, TaggingDecoder)
    words: list[str] = asked.inputs[0].split()
    wanted = asked.wanted(len(words))
    read = _Read.of(asked)
    (tags,), (shares,) = read.outcomes.predictions(), read.outcomes.probabilities()
    outputs = torch.from_numpy(read.outputs).to(model.device)
    found: dict[int, ExplainedPrediction] = {}
    for piece in _pieces(read.batches):
        baseline, parts = _without_words(model, piece.source), partial(piece.by_word, count=len(words))
        for word in (number for number in wanted if number in piece.words):
            choice = asked.choice(expect(tags, list)[word])
            score = partial(_tag_score, decoder, outputs, piece, word, choice)
            quantity = f"log-odds of {labels[choice]}"
            attribution = _attribution(model, piece.source, baseline, parts, score, quantity)
            found[word] = ExplainedPrediction(
                labels[choice], _with_probabilities(labels, shares[word]), attribution, word
            )
    return PredictionExplanation(
        asked.model, "words", TEXT_BASELINE, tuple(map(InputPart, words)), tuple(found[number] for number in wanted)
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


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """Words of a text that are read together; all of them, if the text is not too long.

    Attributes:
        source: their tokens.
        words: their numbers among the words of the text.
        begins: position in ``source`` of the token that each begins with.
    """

    source: Packed
    words: range
    begins: list[int]

    def by_word(self, numbers: Float[Tensor, "N E"], count: int) -> Float64[np.ndarray, " m"]:
        """The sum of the numbers of each word of the text, which has ``count`` words; 0 for those of other pieces."""
        ends = [*self.begins[1:], self.source.layout.tokens - 1]
        found = np.zeros(count)
        found[self.words] = _sums(numbers, [slice(*tokens) for tokens in zip(self.begins, ends, strict=True)])
        return found


def _pieces(batches: Iterable[SourceBatch]) -> Iterator[_Piece]:
    for batch in batches:
        source = expect(batch.source, Packed)
        assert batch.rows is not None, "of words the batch says where they begin"
        rows = source.layout.rows[batch.rows]
        for row, start in enumerate(source.layout.starts.tolist()):
            inside = rows == row
            first = int(batch.places[inside.numpy()][0])
            begins = (batch.rows[inside] - start).tolist()
            yield _Piece(source.select(torch.tensor([row])), range(first, first + len(begins)), begins)


def _tag_score(
    decoder: TaggingDecoder, outputs: Float[Tensor, "W K"], piece: _Piece, word: int, tag: int, memory: Memory
) -> Float[Tensor, " S"]:
    """The log-odds of a tag at a word, as a function of the memory of S inputs; the decoder's outputs for other pieces
    of the text stay as they are."""
    scores = decoder(memory)  # type: ignore[operator]  # Its outputs are no text.
    copies = memory.layout.batch
    own = scores.view(copies, -1, scores.shape[1])[:, piece.begins].double()
    before, behind = (
        part.expand(copies, -1, -1) for part in (outputs[: piece.words.start], outputs[piece.words.stop :])
    )
    return decoder.log_odds(torch.cat([before, own, behind], 1), word, tag)


def _without_words(model: EncoderDecoder, source: Packed) -> Float[Tensor, "N E"]:
    """The embeddings of the baseline: zero for every token but the end symbol."""
    baseline = numbers_of(model, source).clone()
    baseline[:-1] = 0
    return baseline


def _sums(numbers: Float[Tensor, n * rest], parts: Sequence[slice | tuple[int, slice]]) -> Float64[np.ndarray, " m"]:
    """The sum of the numbers of each part."""
    return np.array([float(numbers[part].sum()) for part in parts])


def _cell(value: object) -> str:
    return "" if is_missing(value) else str(value)

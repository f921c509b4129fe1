"""What ``dragoman evaluate`` measures of models that read pictures or rows, or say labels or numbers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from jaxtyping import Float64, Int

from dragoman.contracts import Pictures
from dragoman.data.cleaning import CleaningReport
from dragoman.data.examples import Examples
from dragoman.data.grid.clean import clean_items
from dragoman.data.grid.items import Items
from dragoman.data.grid.read_items import read_items
from dragoman.data.rendering import Rendering
from dragoman.errors import InputError
from dragoman.evaluation.classification_report import evaluate_labels
from dragoman.evaluation.recognition_report import evaluate_recognition
from dragoman.evaluation.regression_report import evaluate_numbers
from dragoman.fields.field import expect
from dragoman.fields.label import LabelField
from dragoman.fields.number import NumberField
from dragoman.fields.place import TablePlace
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.folder import LoadedModel
from dragoman.predict.predictor import Predictor
from dragoman.predict.reader import Reader
from dragoman.recipe.data import CorpusRecipe
from dragoman.training.evaluation_pictures import draw_confusion, draw_predictions
from dragoman.training.grid_validation import example_outputs, read_examples, true_labels, true_numbers
from dragoman.training.task import Report

_TOGETHER = 64
"""Lines that are rendered and read together."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What came out.

    Attributes:
        report: how good it is.
        said: what the model said of each example.
        draw: draws it into a file, under a title; None if there is no picture of such a report.
    """

    report: Report
    said: list[str]
    draw: Callable[[Path, str], None] | None


def measure_examples(loaded: LoadedModel, examples: Examples, folder: Path, beam: int | None) -> Measured:
    """A model from ``folder`` on a split of a dataset; ``beam`` is that of a reader, by default the recipe's."""
    if loaded.recipe.model.says == "text":
        texts = read_examples(Reader.of(loaded, folder), examples, np.arange(len(examples)), beam)
        return _of_texts(texts, examples.target_texts())
    outputs = example_outputs(cast(EncoderDecoder, loaded.model), examples)
    if isinstance(loaded.target, LabelField):
        return _of_labels(loaded.target, loaded.target.probabilities(outputs), true_labels(examples))
    field = expect(loaded.target, NumberField)
    return _of_numbers(field, field.restore(outputs), true_numbers(examples))


def measure_corpora(loaded: LoadedModel, corpora: Sequence[CorpusRecipe], folder: Path, beam: int | None) -> Measured:
    """A model from ``folder`` on corpora.

    Raises:
        InputError: if one cannot be read, or holds what the model cannot be measured on, such as an unknown label.
    """
    reads = loaded.recipe.model.reads
    parts = [(corpus, read_items(corpus, reads)) for corpus in corpora]
    parts = [(corpus, items) for corpus, items in parts if len(items)]
    if not parts:
        raise InputError(
            "no examples to evaluate on",
            file=next((corpus.path or corpus.text or corpus.source for corpus in corpora), None),
            remedy="give a corpus with at least one.",
        )
    if loaded.recipe.model.says == "text":
        pairs = [pair for corpus, items in parts for pair in _read(loaded, corpus, items, folder, beam)]
        return _of_texts([output for output, _ in pairs], [reference for _, reference in pairs])
    predictor = Predictor.of(loaded, folder)
    if isinstance(loaded.target, LabelField):
        # Unknown labels are found before the work begins.
        true = [loaded.target.encode(items.targets, items.places) for _, items in parts]
        found = [predictor.probabilities(*_inputs(corpus, items)) for corpus, items in parts]
        return _of_labels(loaded.target, np.concatenate(found), np.concatenate(true))
    field = expect(loaded.target, NumberField)
    numbers = [field.parse(items.targets, items.places, corpus.target_column) for corpus, items in parts]
    said = [np.array(predictor.predict(*_inputs(corpus, items)), dtype=np.float64) for corpus, items in parts]
    return _of_numbers(field, np.concatenate(said), np.concatenate(numbers))


def _inputs(corpus: CorpusRecipe, items: Items) -> tuple[Any, TablePlace | None]:
    """What a predictor or reader is given, and where that stands if it is in a table."""
    if corpus.path is None or corpus.path.is_dir():
        return items.sources, None
    if items.rows is not None:
        return items.rows, TablePlace(corpus.path, items.lines)
    return items.sources, TablePlace(corpus.path, items.lines, corpus.source_column)


def _read(
    loaded: LoadedModel, corpus: CorpusRecipe, items: Items, folder: Path, beam: int | None
) -> Iterator[tuple[str, str]]:
    """What a reader makes of each picture of a corpus, rendered ones included, and what stands there."""
    reader = Reader.of(loaded, folder)
    recipe = loaded.recipe
    rendering = Rendering.of(recipe.rendering, recipe.training.seed) if corpus.text is not None else None
    report = CleaningReport()
    items = clean_items(
        items,
        recipe.cleaning,
        report,
        reads="picture",
        says="text",
        everything=False,
        rendering=rendering,
        drop=lambda drops: None,
    )
    if report.read > report.kept:
        print(f"{corpus.title}: {report.as_text('lines')}", file=sys.stderr)
    if rendering is None:
        pictures, table = _inputs(corpus, items)
        yield from zip(reader.read(pictures, beam=beam, table=table), items.targets, strict=True)
        return
    renderer = rendering.renderer(reader.source)
    for begin in range(0, len(items), _TOGETHER):
        texts = items.targets[begin : begin + _TOGETHER]
        prepared = [
            reader.source.preparation.prepare(
                renderer.render(text, np.random.default_rng([rendering.seed, begin + row]))
            )
            for row, text in enumerate(texts)
        ]
        yield from zip(reader.read_prepared(Pictures.of(prepared), beam=beam), texts, strict=True)


def _of_labels(field: LabelField, probabilities: Float64[np.ndarray, "n K"], true: Int[np.ndarray, " n"]) -> Measured:
    said = probabilities.argmax(1)
    report = evaluate_labels(said, true, field.names, probabilities=probabilities)
    return Measured(report, field.decode(said), lambda path, title: draw_confusion(report, path, title))


def _of_numbers(field: NumberField, said: Float64[np.ndarray, " n"], true: Float64[np.ndarray, " n"]) -> Measured:
    report = evaluate_numbers(said, true, training_mean=field.mean)
    texts = [f"{number:.9g}" for number in said.tolist()]
    return Measured(report, texts, lambda path, title: draw_predictions(said, true, path, title))


def _of_texts(outputs: list[str], references: list[str]) -> Measured:
    return Measured(evaluate_recognition(outputs, references), outputs, None)

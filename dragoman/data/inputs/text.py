"""Text that a model reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import UInt64

from dragoman.data.cells import lines_of
from dragoman.data.chunk import Chunk, chunked
from dragoman.data.corpora import read_corpus_chunks, read_frame
from dragoman.data.formats.detection import detect_format
from dragoman.data.inputs.frames import FRAME, column_of, frame_chunks
from dragoman.data.inputs.input import Input, Reading
from dragoman.data.keys import match_hashes
from dragoman.data.learn_codecs import learn_codec, learn_codecs
from dragoman.data.line_pairs import read_text_chunks
from dragoman.data.outputs.output import Output
from dragoman.data.read_table import no_table
from dragoman.data.training_part import TrainingPart
from dragoman.errors import InputError
from dragoman.fields.field import Field, TargetField
from dragoman.native.lines import Lines
from dragoman.recipe import Recipe
from dragoman.recipe.data import CorpusRecipe

if TYPE_CHECKING:
    from pandas import DataFrame


class TextInput(Input):
    """Text, one sentence or line for each example."""

    noun = "text"
    is_text = True

    def read(self, corpus: CorpusRecipe, reading: Reading) -> Iterator[Chunk]:
        """Sentence pairs of every format; or texts with a label or a number each, of lines and tables."""
        if reading.output.is_text:
            return read_corpus_chunks(corpus, *reading.languages, reading.log)
        if corpus.text is not None:
            assert corpus.label is not None
            return _labelled(read_text_chunks(corpus.text), corpus.label)
        if corpus.path is not None and corpus.format != "lines":
            kind = detect_format(corpus.path) if corpus.format == "auto" else corpus.format
            if kind not in reading.output.formats:
                raise no_table(corpus.path)
        # Of formats that hold languages none is read here, so it does not matter which two are named.
        return read_corpus_chunks(corpus, "en", "en", reading.log)

    def read_frame(self, frame: DataFrame, corpus: CorpusRecipe, reading: Reading) -> Iterator[Chunk]:
        """The texts of a column, and what another holds of each."""
        if reading.output.is_text:
            return chunked(read_frame(frame, corpus.source_column, corpus.target_column))
        targets = reading.output.cells_of(column_of(frame, corpus.target_column))
        sources = [_text(value, row) for row, value in enumerate(column_of(frame, corpus.source_column), start=1)]
        return frame_chunks(Lines.of(sources), targets)

    def keys(self, chunk: Chunk, target_column: str) -> UInt64[np.ndarray, " n"]:
        """Texts that are the same but for case, white space and punctuation at their ends."""
        return match_hashes(lines_of(chunk.sources))

    def learn(self, part: TrainingPart, recipe: Recipe, output: Output) -> tuple[Field, TargetField]:
        """A vocabulary of the sources; of sentence pairs one for both sides, or one for each, as the recipe says."""
        if output.is_text:
            source, target = learn_codecs(part, recipe.tokenizer, recipe.training.seed)
            if recipe.model.tie == "all" and source.tokenizer is not target.tokenizer:
                raise InputError(
                    'model.tie = "all" makes one matrix of all embeddings, and the model whose vocabulary is taken '
                    "over has a vocabulary for each side",
                    file=recipe.tokenizer.model,
                    remedy='use model.tie = "decoder", or take the vocabulary of a model with a shared one.',
                )
            return source, target
        return learn_codec(part, "source", recipe.tokenizer, recipe.training.seed), output.learn(part, recipe)


def _labelled(chunks: Iterator[Chunk], label: str) -> Iterator[Chunk]:
    for chunk in chunks:
        yield Chunk(chunk.sources, Lines.of([label] * len(chunk)), chunk.names, chunk.files, chunk.lines)


def _text(value: object, row: int) -> str:
    if isinstance(value, str):
        return value
    if value is None or value != value:
        return ""
    raise InputError(
        f"row {row} holds {value!r}, which is {type(value).__name__} and not text",
        file=FRAME,
        line=row,
        remedy="convert the column with `.astype(str)`.",
    )

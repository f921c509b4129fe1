"""No source at all: the input of a language model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import UInt64

from dragoman.data.cells import Absent, lines_of
from dragoman.data.chunk import Chunk, chunked
from dragoman.data.corpora import read_frame
from dragoman.data.inputs.input import Input, Reading
from dragoman.data.keys import match_hashes
from dragoman.data.line_pairs import read_text_chunks
from dragoman.data.outputs.output import Output
from dragoman.data.training_part import TrainingPart
from dragoman.fields.field import Field, TargetField
from dragoman.recipe import Recipe
from dragoman.recipe.data import CorpusRecipe

if TYPE_CHECKING:
    from pandas import DataFrame

TEXT = "text"
"""The column of a DataFrame that holds the texts."""


class NoInput(Input):
    """Nothing goes in; texts are held out by what they say."""

    noun = "nothing"
    has_source = False

    def read(self, corpus: CorpusRecipe, reading: Reading) -> Iterator[Chunk]:
        """The lines of a text."""
        assert corpus.text is not None
        return map(_without_source, read_text_chunks(corpus.text))

    def read_frame(self, frame: DataFrame, corpus: CorpusRecipe, reading: Reading) -> Iterator[Chunk]:
        """The texts of a DataFrame's column ``text``."""
        return map(_without_source, chunked(read_frame(frame, TEXT, TEXT)))

    def keys(self, chunk: Chunk, target_column: str) -> UInt64[np.ndarray, " n"]:
        """Texts that are the same but for case, white space and punctuation at their ends."""
        return match_hashes(lines_of(chunk.targets))

    def learn(self, part: TrainingPart, recipe: Recipe, output: Output) -> tuple[Field, TargetField]:
        """What is learnt of the targets stands for the sources too, which are empty texts."""
        target = output.learn(part, recipe)
        return target, target


def _without_source(chunk: Chunk) -> Chunk:
    return replace(chunk, sources=Absent(len(chunk)))

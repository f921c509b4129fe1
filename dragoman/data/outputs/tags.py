"""A tag for each word of a text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from jaxtyping import Bool

from dragoman.contracts.expect import expect
from dragoman.data.cells import Cells, lines_of
from dragoman.data.chunk import Chunk
from dragoman.data.outputs.output import Output
from dragoman.data.read_table import TABLES
from dragoman.data.training_part import TrainingPart
from dragoman.errors import InputError
from dragoman.fields.tags import TagField
from dragoman.native.lines import Lines
from dragoman.recipe import Recipe


class TagOutput(Output):
    """Tags with white space between them, as many as a text has words."""

    noun = "tags"
    formats = frozenset({*TABLES, "conll"})

    def cells_of(self, values: Sequence[object]) -> Lines:
        """The tags of each text as one text; a list of them is joined."""
        return Lines.of([_joined(value) for value in values])

    def missing(self, targets: Cells) -> Bool[np.ndarray, " n"]:
        """Cells without any tag."""
        return np.array([not tags.strip() for tags in lines_of(targets)], dtype=bool)

    def unfitting(self, chunk: Chunk) -> Mapping[int, InputError]:
        """Texts that have another number of words than of tags."""
        counts = enumerate(
            (len(text.split()), len(tags.split()))
            for text, tags in zip(lines_of(chunk.sources), lines_of(chunk.targets), strict=True)
        )
        return {row: _unequal(words, tags, chunk, row) for row, (words, tags) in counts if words != tags}

    def learn(self, part: TrainingPart, recipe: Recipe) -> TagField:
        """The tags, and how many words of the training examples have each."""
        del recipe

        def targets() -> Iterator[str]:
            for batch in part:
                yield from lines_of(batch.targets)

        if part.parent is not None:
            return expect(part.parent.target, TagField).extended(targets(), file=part.file)
        return TagField.learn(targets(), file=part.file)


def _joined(value: object) -> str:
    if isinstance(value, (list, tuple, np.ndarray)):
        return " ".join(map(str, value))
    return "" if value is None or value != value else str(value)


def _unequal(words: int, tags: int, chunk: Chunk, row: int) -> InputError:
    file, line = chunk.places[row]
    return InputError(
        f"the text has {_counted(words, 'word')}, and there {'is' if tags == 1 else 'are'} {_counted(tags, 'tag')}",
        file=file,
        line=line,
        cause="a word that holds white space, a tag that was left out, or texts and tags that are swapped.",
        remedy="give a tag for each word, where words are what white space stands between.",
    )


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' if count != 1 else ''}"

"""The training examples after cleaning and splitting, which fields are learnt from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool

from dragoman.data.parent_fields import ParentFields
from dragoman.data.spool import ExampleBatch, FileNames, Spool
from dragoman.text.placeholders import LEGACY_SYNTAX, PlaceholderSyntax


@dataclass(frozen=True, slots=True)
class TrainingPart:
    """The examples of a spool that are trained on.

    Attributes:
        spool: all examples.
        chosen: whether each example is trained on.
        files: names of the files that the examples are from.
        target_column: heading of the targets in a table, for errors.
        languages: codes of the source and the target language; empty if they are not known.
        units: units of placeholders that the texts use and that get a symbol.
        placeholders: syntax of the placeholders.
        parent: fields of the model that training starts from, which those of the examples are made of; None if there is
            none.
    """

    spool: Spool
    chosen: Bool[np.ndarray, " n"]
    files: FileNames
    target_column: str
    languages: tuple[str, str] = ("", "")
    units: frozenset[str] = frozenset()
    placeholders: PlaceholderSyntax = LEGACY_SYNTAX
    parent: ParentFields | None = None

    def __iter__(self) -> Iterator[ExampleBatch]:
        """Iterate over the examples, batch by batch, as often as wished."""
        begin = 0
        for batch in self.spool:
            rows = np.flatnonzero(self.chosen[begin : begin + len(batch)])
            begin += len(batch)
            if len(rows):
                yield batch.select(rows)

    @property
    def file(self) -> Path | None:
        """The file of the first example."""
        for batch in self:
            return Path(list(self.files.numbers)[batch.files[0]])
        return None

"""The training examples, once cleaned and held out: what fields are learnt from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool

from dragoman.data.spool import ExampleBatch, FileNames, Spool
from dragoman.text.placeholders import LEGACY_SYNTAX, PlaceholderSyntax


@dataclass(frozen=True, slots=True)
class TrainingPart:
    """Those examples of a spool that are trained on.

    Attributes:
        spool: all examples.
        chosen: which of them are trained on.
        files: the names of the files that they are from.
        target_column: the heading of the targets in a table, for errors.
        languages: of source and target; the empty text where they are not known.
        units: placeholders' units that the texts use and that get a symbol.
        placeholders: what counts as a placeholder.
    """

    spool: Spool
    chosen: Bool[np.ndarray, " n"]
    files: FileNames
    target_column: str
    languages: tuple[str, str] = ("", "")
    units: frozenset[str] = frozenset()
    placeholders: PlaceholderSyntax = LEGACY_SYNTAX

    def __iter__(self) -> Iterator[ExampleBatch]:
        """The examples, batch by batch, as often as wished."""
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

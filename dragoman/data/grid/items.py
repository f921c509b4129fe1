"""Examples as they are read: pictures, texts or rows of a table, each with what shall be said of it and its place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Int

from dragoman.data.drops import Drop
from dragoman.fields.place import Place

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, slots=True)
class Items:
    """Some examples, side by side.

    Attributes:
        sources: texts, or pictures (their files, or the bytes of these); of rows and of pictures that are yet to be
            rendered, None each.
        targets: texts, labels or numbers, as the corpus has them.
        files: the file of each.
        lines: its line there, from 1.
        rows: of a table, with all its columns; None where sources are something else.
    """

    sources: Sequence[Any]
    targets: Sequence[Any]
    files: Sequence[str]
    lines: Sequence[int]
    rows: DataFrame | None = None

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def places(self) -> list[Place]:
        """The file and the line of each."""
        return list(zip(self.files, self.lines, strict=True))

    def select(self, chosen: Int[np.ndarray, " k"]) -> Items:
        """Some of them, in this order."""
        sources, targets, files, lines = (
            [column[place] for place in chosen.tolist()]
            for column in (self.sources, self.targets, self.files, self.lines)
        )
        rows = None if self.rows is None else self.rows.iloc[chosen]
        return Items(sources, targets, files, lines, rows)

    def dropped(self, row: int, rule: str) -> Drop:
        """What is told of an example that is left out; of a picture in memory there is nothing to show."""
        source = self.sources[row]
        shown = str(source) if isinstance(source, (str, Path)) else ""
        return Drop(rule, shown, str(self.targets[row]), self.files[row], self.lines[row])


def joined(parts: Iterable[Items]) -> Items:
    """All of several, one after the other."""
    parts = list(parts)
    sources, targets, files, lines = (
        [value for part in parts for value in getattr(part, name)] for name in ("sources", "targets", "files", "lines")
    )
    tables = [part.rows for part in parts if part.rows is not None]
    if not tables:
        return Items(sources, targets, files, lines)
    import pandas as pd

    return Items(sources, targets, files, lines, pd.concat(tables, ignore_index=True))

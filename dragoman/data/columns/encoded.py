"""What becomes of some cells when they are encoded, and what encoding them needs to know beside their field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from jaxtyping import Int

from dragoman.errors import InputError
from dragoman.fields.encoded_rows import RowReport
from dragoman.fields.field import Field
from dragoman.fields.place import Place
from dragoman.text.placeholder_mask import Mask
from dragoman.text.ragged import Ragged


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where cells are from, and how they are cut.

    Attributes:
        places: gives the file and the line of each cell, for errors.
        heading: the column of a table that they stand in, for errors.
        masks: the placeholders of texts, by row; texts that have none are left out.
        longest: the longest text, in tokens with the end symbol, that is not cut; None to cut none.
        sources: of the targets, the sources of the same examples.
    """

    places: Callable[[], list[Place]]
    heading: str
    masks: Mapping[int, Mask] = field(default_factory=dict)
    longest: int | None = None
    sources: EncodedSources | None = None


@dataclass(frozen=True, slots=True)
class Encoded:
    """Encoded cells.

    Attributes:
        columns: what is written of them, by the name of each Arrow column.
        ids: of each text, the end symbol included; None of what is no text.
        report: what was missing or unknown in rows of a table.
        faults: what is wrong with the cells that cannot be used, by row; they are left out.
    """

    columns: dict[str, pa.Array]
    ids: Ragged | None = None
    report: RowReport = field(default_factory=lambda: RowReport({}, {}))
    faults: Mapping[int, InputError] = field(default_factory=dict)

    @property
    def tokens(self) -> Int[np.ndarray, " n"] | None:
        """Tokens of each text, the end symbol included; None of what is no text."""
        return None if self.ids is None else self.ids.lengths


@dataclass(frozen=True, slots=True)
class EncodedSources:
    """The other side of the same examples, for targets that stand beside places of their sources.

    Attributes:
        field: what encoded them.
        encoded: what became of them.
    """

    field: Field
    encoded: Encoded

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
    """The place of cells, and what else encoding them needs.

    Attributes:
        places: function that gives file and line of each cell, for errors.
        heading: heading of the cells' column in a table, for errors.
        masks: the placeholders of texts, by row; rows without placeholders are left out.
        longest: the most tokens of a text, with the end symbol, above which it is cut; None to cut none.
        sources: the sources of the same examples, if the cells are targets.
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
        columns: the Arrow columns that are written, by name.
        ids: the token ids of each text, with the end symbol; None if the cells are not texts.
        report: the missing and unknown values in rows of a table.
        faults: the error of each cell that cannot be used, by row; these cells are left out.
    """

    columns: dict[str, pa.Array]
    ids: Ragged | None = None
    report: RowReport = field(default_factory=lambda: RowReport({}, {}))
    faults: Mapping[int, InputError] = field(default_factory=dict)

    @property
    def tokens(self) -> Int[np.ndarray, " n"] | None:
        """The number of tokens of each text, with the end symbol; None if the cells are not texts."""
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

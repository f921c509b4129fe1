"""Pictures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePath

import numpy as np
from jaxtyping import Int, UInt8

from dragoman.contracts import Pictures as PictureBatch
from dragoman.contracts.expect import expect
from dragoman.data.columns.picture import PictureColumn
from dragoman.data.examples import Examples
from dragoman.fields.picture import PictureField
from dragoman.fields.place import TablePlace
from dragoman.model.folder import LoadedModel
from dragoman.predict.given import PICTURES, items_of
from dragoman.predict.picture_batches import COLUMNS
from dragoman.reference.features import Features
from dragoman.reference.inputs.read_inputs import InputKind, ReadInputs

_WHITE = 255.0


class Pictures(InputKind):
    """Pictures, measured as they are prepared for the model: scaled, and where the recipe says so trimmed and
    stretched in contrast."""

    def of_examples(self, loaded: LoadedModel, examples: Examples) -> ReadInputs:
        """The prepared pictures of a split; rendered lines look the same every time."""
        column = expect(examples.source, PictureColumn)
        return _read(loaded, [column.pixels(row) for row in range(len(examples))], None)

    def of_given(self, loaded: LoadedModel, given: Iterable[object], table: TablePlace | None) -> ReadInputs:
        """Paths, bytes of files, arrays, or Pillow's images."""
        pictures = list(items_of(given, PICTURES))
        prepared = expect(loaded.source, PictureField).encode_all(pictures, table)  # type: ignore[arg-type]
        shown = [
            str(picture) if isinstance(picture, PurePath) else f"picture {number:,}"
            for number, picture in enumerate(pictures, start=1)
        ]
        return _read(loaded, prepared, tuple(shown))


def _read(
    loaded: LoadedModel, pictures: Sequence[UInt8[np.ndarray, "C H _"]], shown: tuple[str, ...] | None
) -> ReadInputs:
    widths = np.array([picture.shape[2] for picture in pictures], dtype=np.int64)

    def batch(rows: Int[np.ndarray, " B"]) -> PictureBatch:
        return PictureBatch.of([pictures[row] for row in rows.tolist()])

    any_width = expect(loaded.source, PictureField).size.width is None
    return ReadInputs(_features(pictures, widths, any_width=any_width), widths, COLUMNS, batch, shown)


def _features(
    pictures: Sequence[UInt8[np.ndarray, "C H _"]], widths: Int[np.ndarray, " n"], *, any_width: bool
) -> Features:
    means = np.array([picture.mean() for picture in pictures], dtype=np.float64)
    deviations = np.array([picture.std() for picture in pictures], dtype=np.float64)
    width: Features = {"width, as a logarithm": np.log1p(widths)} if any_width else {}
    return {**width, "mean ink": 1 - means / _WHITE, "contrast": deviations / _WHITE}

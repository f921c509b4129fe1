"""Pictures, stored as pixels or rendered from the targets."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from jaxtyping import Int, UInt8

from dragoman.contracts import Pictures
from dragoman.data.cells import Cells, values_of
from dragoman.data.columns.column import Column
from dragoman.data.columns.encoded import Encoded, Whereabouts
from dragoman.data.columns.expected import ExpectedColumn
from dragoman.data.rendering import Rendering
from dragoman.errors import InputError
from dragoman.fields.picture import PictureField


class PictureColumn(Column[PictureField, Pictures]):
    """Prepared pictures, as the bytes of their pixels. Where there is none, the example's own target is rendered
    whenever it is asked for: in training it looks different every time, else the same every time.

    Attributes:
        preparation: what was done with the pictures.
        rendering: how the targets become pictures; None where all pictures are stored.
    """

    def __init__(self, table: pa.Table, side: str, field: PictureField, rendering: Rendering | None) -> None:
        self._pixels = table.column(f"{side}_picture")
        self._texts = table.column("target_text") if rendering is not None else None
        self.preparation = field.preparation
        self._renderer = None if rendering is None else rendering.renderer(field)
        self.rendering = rendering
        self._seed = 0 if rendering is None else rendering.seed
        self.lengths: Int[np.ndarray, " n"] = np.ones(table.num_rows, dtype=np.int64)

    @staticmethod
    def expected(side: str, field: PictureField, *, rendered: bool) -> dict[str, ExpectedColumn]:
        """The bytes of the pixels."""
        del field
        return {f"{side}_picture": ExpectedColumn(pa.large_binary(), nullable=rendered)}

    @staticmethod
    def encode(side: str, field: PictureField, cells: Cells, where: Whereabouts) -> Encoded:
        """The pixels of each picture; none of one that is rendered, or that cannot be read, which is a fault."""
        pixels: list[bytes | None] = []
        faults: dict[int, InputError] = {}
        for row, (picture, place) in enumerate(zip(values_of(cells), where.places(), strict=True)):
            try:
                pixels.append(None if picture is None else field.encode(picture, place, where.heading).tobytes())
            except InputError as error:
                faults[row] = error
                pixels.append(None)
        return Encoded({f"{side}_picture": pa.array(pixels, pa.large_binary())}, faults=faults)

    def pixels(self, index: int, generator: np.random.Generator | None = None) -> UInt8[np.ndarray, "C H W"]:
        """One picture; see :meth:`batch` for the generator."""
        stored = self._pixels[index]
        if stored.is_valid:
            shape = (self.preparation.channels, self.preparation.height, -1)
            return np.frombuffer(stored.as_buffer(), dtype=np.uint8).reshape(shape)
        assert self._renderer is not None
        assert self._texts is not None
        generator = generator or np.random.default_rng([self._seed, index])
        return self.preparation.prepare(self._renderer.render(self._texts[index].as_py(), generator))

    def batch(self, indices: Int[np.ndarray, " B"], generator: np.random.Generator | None = None) -> Pictures:
        """These pictures side by side."""
        return Pictures.of([self.pixels(index, generator) for index in indices.tolist()])

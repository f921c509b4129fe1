"""The pictures that a model reads, as arrays of one height."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from dragoman.contracts import PictureSize
from dragoman.fields.place import Place, TablePlace
from dragoman.images.picture_file import open_picture
from dragoman.images.preparation import Preparation
from dragoman.images.trimming import trimmed
from dragoman.optional.pictures import OpenedPicture
from dragoman.storage.json import JsonObject

AnyPicture = Path | bytes | OpenedPicture | np.ndarray
"""A picture's file, the bytes of one, or a picture in memory."""


@dataclass(frozen=True, slots=True)
class PictureField:
    """The pictures that a model reads.

    Attributes:
        preparation: steps by which a picture is prepared: channels, size, contrast.
        most_pixels: number of pixels of the largest picture that is decoded.
    """

    preparation: Preparation
    most_pixels: int

    @property
    def size(self) -> PictureSize:
        """The channels, height and width of a prepared picture, which an encoder is built for."""
        return PictureSize(self.preparation.channels, self.preparation.height, self.preparation.width)

    def describe(self) -> list[str]:
        """How pictures are prepared, as text for people."""
        size = self.size
        width = "any width" if size.width is None else f"width {size.width}"
        return [f"pictures: height {size.height}, {width}, {size.channels} channel{'s' * (size.channels > 1)}"]

    def encode(
        self, picture: AnyPicture, place: Place = (None, None), column: str | None = None
    ) -> UInt8[np.ndarray, "C H W"]:
        """A picture as the model reads it.

        If the width is free and contrast is stretched, the picture is a line of text, and the paper around the line is
        cut away first.

        Args:
            picture: the picture: its file, the file's bytes, or the picture in memory.
            place: table and line that name the picture, for errors.
            column: heading of the table's column, for errors.

        Raises:
            InputError: if the picture cannot be read, or is too large.
        """
        if isinstance(picture, Path) and place[0] is not None and Path(place[0]) == picture:
            place, column = (None, None), None
        file, line = place
        pixels = open_picture(
            picture,
            channels=self.preparation.channels,
            file=file,
            line=line,
            column=column,
            most_pixels=self.most_pixels,
        )
        if self.preparation.contrast and self.preparation.width is None:
            pixels = trimmed(pixels)
        named = picture if isinstance(picture, Path) and file is None else file
        return self.preparation.prepare(pixels, file=named, line=line)

    def encode_all(
        self, pictures: Sequence[AnyPicture], table: TablePlace | None = None
    ) -> list[UInt8[np.ndarray, "C H W"]]:
        """Each picture as the model reads it.

        Args:
            pictures: the pictures: files, their bytes, or pictures in memory.
            table: table that the pictures stand in, for errors; without it, an error about a picture in memory gives
                its number in the list, from 1.

        Raises:
            InputError: if a picture cannot be read, or is too large.
        """
        if table is not None:
            return [self.encode(picture, table.of(row), table.column) for row, picture in enumerate(pictures)]
        return [
            self.encode(picture, (None, None if isinstance(picture, Path) else number))
            for number, picture in enumerate(pictures, start=1)
        ]

    def to_dict(self) -> JsonObject:
        """The field as JSON values."""
        return {"field": "picture", "preparation": self.preparation.to_dict(), "most_pixels": self.most_pixels}

    @classmethod
    def from_dict(cls, content: JsonObject) -> PictureField:
        """The field that :meth:`to_dict` wrote."""
        return cls(Preparation.from_dict(content["preparation"]), content["most_pixels"])

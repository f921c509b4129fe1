"""Preparation of pictures for a model: colour, contrast, size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Shaped, UInt8

from dragoman.errors import InputError
from dragoman.optional import pictures

WIDEST = 8_192
"""The most columns of a prepared picture: about a thousand letters at a height of 32."""

# This share of the pixels may be darker than the grey that becomes black, and as many lighter than white: specks.
_SPECKS = 1 / 1000
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Preparation:
    """How every picture is prepared, in training and in use.

    >>> preparation = Preparation(height=2, width=4, channels=1, contrast=True)
    >>> preparation.prepare(np.array([[[100, 150], [100, 100]]], dtype=np.uint8))[0]
    array([[255, 255,   0, 255],
           [255, 255, 255, 255]], dtype=uint8)

    Attributes:
        height: number of rows of the prepared picture.
        width: number of columns of the prepared picture; None keeps the proportions, with at most :data:`WIDEST`
            columns.
        channels: 1 for grey, 3 for red, green and blue.
        contrast: whether the darkest value becomes 0 and the lightest 255, the same in all channels, and a picture on a
            dark background (its border is nearer to the darkest than to the lightest) is inverted, so that ink is dark.
            This is for text and figures.
    """

    height: int
    width: int | None
    channels: int
    contrast: bool

    def __post_init__(self) -> None:
        sizes = (self.height,) if self.width is None else (self.height, self.width)
        if any(not 1 <= size <= WIDEST for size in sizes) or self.channels not in (1, 3):
            raise ValueError(f"no preparation of pictures: {self}")

    def prepare(
        self, picture: UInt8[np.ndarray, "C H W"], *, file: Path | str | None = None, line: int | None = None
    ) -> UInt8[np.ndarray, "c h w"]:
        """The picture with ``channels``, ``height`` and ``width``; one of that size and colour changes in contrast
        alone.

        With a ``width``, the picture is scaled to fit and centred on the colour of its border.

        Args:
            picture: a picture of 1 or 3 channels.
            file: file that names the picture, for errors.
            line: number of its line in that file.

        Raises:
            InputError: if the prepared picture would be wider than :data:`WIDEST`.
        """
        picture = _in_channels(picture, self.channels)
        rows, columns = self._size(picture.shape[1], picture.shape[2])
        if columns > WIDEST:
            raise InputError(
                f"a picture of {picture.shape[2]:,} × {picture.shape[1]:,} pixels would be {columns:,} columns wide at "
                f"a height of {self.height}; at most {WIDEST:,} are read",
                file=file,
                line=line,
                cause="it is no single line of text, or it has hardly any height.",
                remedy="cut it into shorter pieces, or leave it out.",
            )
        picture = _scaled(picture, rows, columns)
        if self.contrast:
            picture = _full_contrast(picture)
        return picture if self.width is None else _padded(picture, self.height, self.width)

    def _size(self, rows: int, columns: int) -> tuple[int, int]:
        """The rows and columns after scaling, with the proportions of the picture."""
        scale = self.height / rows
        if self.width is None:
            return self.height, max(1, round(columns * scale))
        scale = min(scale, self.width / columns)
        return max(1, round(rows * scale)), max(1, round(columns * scale))

    def to_dict(self) -> dict[str, int | bool | None]:
        """The attributes by name, as values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, int | bool | None]) -> Preparation:
        """The preparation with these attributes: the inverse of :meth:`to_dict`.

        Raises:
            ValueError: if an attribute is missing, unknown or out of range.
        """
        if set(values) != set(cls.__slots__):
            raise ValueError(f"no preparation of pictures: {dict(values)}")
        height, width, channels = (values[name] for name in ("height", "width", "channels"))
        if height is None or channels is None:
            raise ValueError(f"no preparation of pictures: {dict(values)}")
        return cls(int(height), None if width is None else int(width), int(channels), bool(values["contrast"]))


def border_colour(picture: UInt8[np.ndarray, "C H W"]) -> UInt8[np.ndarray, " C"]:
    """The median of each channel along the four edges: the colour of the background.

    >>> border_colour(np.array([[[200, 200, 200], [200, 10, 200], [200, 200, 200]]], dtype=np.uint8))
    array([200], dtype=uint8)
    """
    edges = (picture[:, 0], picture[:, -1], picture[:, :, 0], picture[:, :, -1])
    edge = np.concatenate(edges, axis=1)
    # The upper of two middle values, not their mean, so that it is a colour that occurs.
    return np.partition(edge, edge.shape[1] // 2, axis=1)[:, edge.shape[1] // 2]


def _in_channels(picture: UInt8[np.ndarray, "C H W"], channels: int) -> UInt8[np.ndarray, "c H W"]:
    if picture.shape[0] == channels:
        return picture
    if channels == 3:
        return np.repeat(picture, 3, axis=0)
    return np.rint(np.tensordot(_LUMA, picture, 1)).astype(np.uint8)[None]


def _scaled(picture: UInt8[np.ndarray, "C H W"], rows: int, columns: int) -> UInt8[np.ndarray, "C h w"]:
    if picture.shape[1:] == (rows, columns):
        return picture
    # Scaling down averages over all that falls into a pixel; very large pictures are first reduced by an integer.
    size, kind = (columns, rows), pictures.Image.Resampling.LANCZOS
    return np.stack(
        [np.asarray(pictures.Image.fromarray(part).resize(size, kind, reducing_gap=3.0)) for part in picture]
    )


def _full_contrast(picture: UInt8[np.ndarray, "C H W"]) -> UInt8[np.ndarray, "C H W"]:
    values = np.sort(picture, axis=None)
    specks = int(len(values) * _SPECKS)
    darkest, lightest = int(values[specks]), int(values[-1 - specks])
    if darkest == lightest:
        darkest, lightest = int(values[0]), int(values[-1])
    if darkest == lightest:
        return picture
    levels = (np.arange(256, dtype=np.float32) - darkest) * (255 / (lightest - darkest))
    table = np.rint(levels.clip(0, 255)).astype(np.uint8)
    stretched = table[picture]
    ground = _in_channels(border_colour(stretched)[:, None, None], 1)
    return 255 - stretched if int(ground[0, 0, 0]) < 128 else stretched


def _padded(picture: UInt8[np.ndarray, "C h w"], rows: int, columns: int) -> Shaped[np.ndarray, "C H W"]:
    channels, height, width = picture.shape
    if (height, width) == (rows, columns):
        return picture
    padded = np.empty((channels, rows, columns), dtype=np.uint8)
    padded[:] = border_colour(picture)[:, None, None]
    top, left = (rows - height) // 2, (columns - width) // 2
    padded[:, top : top + height, left : left + width] = picture
    return padded

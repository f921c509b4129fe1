"""Reads any picture, from a file or from memory, as an array of grey or of red, green and blue."""

from __future__ import annotations

import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
from jaxtyping import Shaped, UInt8

from dragoman.errors import InputError
from dragoman.optional import pictures
from dragoman.optional.pictures import OpenedPicture

MOST_PIXELS = 100_000_000
"""A larger picture is refused before it is decoded: a file of a few kilobytes can claim to be any size."""

# Pillow reads more formats, but some of them run programs or are no pictures.
_FORMATS = ("PNG", "JPEG", "MPO", "GIF", "BMP", "DIB", "TIFF", "WEBP", "PPM", "JPEG2000", "AVIF")
PICTURE_SUFFIXES = frozenset(
    (
        *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".bmp", ".dib", ".tif", ".tiff", ".webp"),
        *(".pbm", ".pgm", ".ppm", ".pnm", ".jp2", ".j2k", ".avif"),
    )
)
"""Suffixes of the names of picture files, in lower case."""

_LARGEST_16_BIT = 65_535
_LEAST_CONTRAST = 64
"""The least difference between the lightest and the darkest grey of a picture that can be read on its background."""
_MODES = {1: "L", 3: "RGB"}
_ARRAY_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


@dataclass(frozen=True, slots=True)
class _Picture:
    """A picture and its origin, which every error names."""

    source: Path | bytes | OpenedPicture | np.ndarray
    file: Path | str | None
    line: int | None
    column: str | None

    def error(self, problem: str, *, remedy: str, cause: str | None = None) -> InputError:
        is_path = isinstance(self.source, Path)
        what = "the picture"
        if is_path and self.file is not None:
            what += f" {str(self.source)!r}"
        if self.column is not None:
            what += f" in column {self.column!r}"
        if self.file is None and self.line is not None:
            what += f" of row {self.line}"
        file = self.source if isinstance(self.source, Path) and self.file is None else self.file
        line = None if self.file is None else self.line
        return InputError(f"{what} {problem}", remedy=remedy, file=file, line=line, cause=cause)

    def too_large(self, size: str, most: int) -> InputError:
        return self.error(
            f"{size}; at most {most:,} pixels are read",
            cause="the file is no ordinary picture, or it was made to exhaust the memory.",
            remedy="make the picture smaller, or leave it out.",
        )


def open_picture(
    source: Path | bytes | OpenedPicture | np.ndarray,
    *,
    channels: int,
    file: Path | str | None = None,
    line: int | None = None,
    column: str | None = None,
    most_pixels: int = MOST_PIXELS,
) -> UInt8[np.ndarray, "C H W"]:
    """The picture as a viewer would show it.

    A rotation (EXIF) is undone, transparent pixels become white (where the ink is nearly as white, the picture is put
    on black and inverted), and the first frame of an animation is taken. Palettes, CMYK, 1 and 16 bits are converted to
    8 bits per channel.

    >>> grey = np.array([[0, 255], [128, 64]], dtype=np.uint8)
    >>> open_picture(grey, channels=1)[0].tolist(), open_picture(grey, channels=3).shape
    ([[0, 255], [128, 64]], (3, 2, 2))

    Args:
        source: a file, its content, or the picture itself. An array has H rows and W columns, and then no axis or one
            of 1 (grey), 2 (grey, opacity), 3 (red, green, blue) or 4 channels (with opacity), as uint8, bool, or uint16
            for grey alone.
        channels: 1 for grey (ITU-R 601 luma), 3 for red, green and blue.
        file: the table that names or holds the picture, for errors.
        line: number of the row in that table.
        column: name of the column in that table.
        most_pixels: the most pixels of a picture; larger ones are refused before they are decoded.

    Raises:
        InputError: if there is no such file, or if it is no picture, damaged, empty or too large.
    """
    picture = _Picture(source, file, line, column)
    with _explained(picture, most_pixels):
        if isinstance(source, Path):
            _require_file(picture, source)
            with pictures.Image.open(source, formats=_formats()) as opened:
                return _decode(picture, opened, channels, most_pixels)
        if isinstance(source, bytes):
            if not source:
                raise picture.error("is empty (0 bytes)", remedy="put a picture there, or leave the row out.")
            with pictures.Image.open(BytesIO(source), formats=_formats()) as opened:
                return _decode(picture, opened, channels, most_pixels)
        return _decode(picture, _of(picture, source), channels, most_pixels)


@cache
def _formats() -> tuple[str, ...]:
    pictures.Image.init()
    return tuple(name for name in _FORMATS if name in pictures.Image.OPEN)


@contextmanager
def _explained(picture: _Picture, most_pixels: int) -> Iterator[None]:
    """Turns whatever a decoder raises into an error that names the picture, and silences its warnings."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (InputError, MemoryError):
        raise
    except pictures.Image.DecompressionBombError:
        # Pillow's own limit, which the size in the header exceeds before it can be read here.
        most = min(most_pixels, 2 * (pictures.Image.MAX_IMAGE_PIXELS or most_pixels))
        raise picture.too_large("claims to be of enormous size", most) from None
    except pictures.UnidentifiedImageError:
        raise picture.error(
            "is no picture in a format that Dragoman reads (" + ", ".join(_formats()) + ")",
            cause="the file is something else under a picture's name, or damaged at its beginning.",
            remedy="save it as PNG or JPEG, or leave it out.",
        ) from None
    except PermissionError:
        raise picture.error("may not be read by you", remedy="give yourself the right to read it.") from None
    except Exception as error:
        # Decoders raise OSError, SyntaxError, ValueError, struct.error, zlib.error and more for damaged files.
        raise picture.error(
            f"cannot be decoded ({str(error) or type(error).__name__})",
            cause="the file is damaged or was cut off when it was copied.",
            remedy="copy or save it again, or leave it out.",
        ) from error


def _require_file(picture: _Picture, path: Path) -> None:
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise picture.error(
            "does not exist",
            cause="the name is wrong, or relative to another folder.",
            remedy="correct the name, or put the picture there.",
        ) from None
    if stat.S_ISDIR(status.st_mode):
        raise picture.error("is a folder", remedy="name a picture file.")
    if not stat.S_ISREG(status.st_mode):
        raise picture.error("is a device or pipe", remedy="name a picture file.")
    if status.st_size == 0:
        raise picture.error(
            "is empty (0 bytes)",
            cause="copying or downloading it failed.",
            remedy="copy it again, or leave it out.",
        )


def _of(picture: _Picture, source: OpenedPicture | np.ndarray) -> OpenedPicture:
    if isinstance(source, OpenedPicture):
        return source
    shape, kind = " × ".join(map(str, source.shape)) or "no axes", source.dtype.name
    layers = source.shape[2] if source.ndim == 3 else 1
    if source.ndim not in (2, 3) or layers not in _ARRAY_MODES:
        first = source.ndim == 3 and source.shape[0] in _ARRAY_MODES
        raise picture.error(
            f"is an array of {shape}, not of height × width or height × width × channels (1, 2, 3 or 4)",
            cause="its channels come first." if first else None,
            remedy="put the channels last: array.transpose(1, 2, 0)." if first else "give an array of one picture.",
        )
    values = source[:, :, 0] if source.ndim == 3 and layers == 1 else source
    if not values.size:
        raise picture.error(f"is an array of {shape}, which is empty", remedy="give a picture of at least one pixel.")
    if kind == "bool":
        values, kind = np.where(values, np.uint8(255), np.uint8(0)), "uint8"
    if kind == "uint16" and layers == 1:
        return pictures.Image.fromarray(_from_16_bits(values))
    if kind != "uint8":
        raise picture.error(
            f"is an array of {kind} with {layers} channels, not of uint8 (0 black to 255)",
            remedy="convert it; numbers from 0 to 1 by (array * 255).round().astype('uint8').",
        )
    return pictures.Image.fromarray(np.ascontiguousarray(values), _ARRAY_MODES[layers])


def _from_16_bits(values: Shaped[np.ndarray, "H W"]) -> UInt8[np.ndarray, "H W"]:
    half = _LARGEST_16_BIT // 2
    return ((values.astype(np.uint32) * 255 + half) // _LARGEST_16_BIT).astype(np.uint8)


def _decode(picture: _Picture, image: OpenedPicture, channels: int, most_pixels: int) -> UInt8[np.ndarray, "C H W"]:
    if image.width * image.height > most_pixels:
        pixels = f"{image.width:,} × {image.height:,} = {image.width * image.height:,} pixels"
        raise picture.too_large(f"is of {pixels}", most_pixels)
    if not image.width * image.height:
        raise picture.error(
            f"is of {image.width} × {image.height} pixels", remedy="give a picture of at least one pixel."
        )
    image.load()
    image = pictures.ImageOps.exif_transpose(image)
    if image.mode == "F":
        raise picture.error(
            "holds floating-point numbers, whose black and white are unknown",
            remedy="convert it to 8 bits (0 black to 255) first.",
        )
    if image.mode.startswith("I"):
        values = np.asarray(image)
        if values.min() < 0 or values.max() > _LARGEST_16_BIT:
            raise picture.error(
                f"holds numbers from {values.min()} to {values.max()}, more than 16 bits",
                remedy="convert it to 8 bits (0 black to 255) first.",
            )
        image = pictures.Image.fromarray(_from_16_bits(values))
    elif image.has_transparency_data:
        image = _on_paper(image.convert("RGBA"))
    elif image.mode not in ("1", "L", "RGB"):
        image = image.convert("RGB")
    values = np.array(image.convert(_MODES[channels]))
    return np.ascontiguousarray(values.transpose(2, 0, 1)) if channels == 3 else values[None]


def _on_paper(image: OpenedPicture) -> OpenedPicture:
    """A picture with transparency, put on white. If next to nothing of it can be seen there and more on black, its ink
    is light: it is put on black and inverted, so that ink is dark and paper light in every picture."""
    white, black = (
        pictures.Image.alpha_composite(pictures.Image.new("RGBA", image.size, colour), image).convert("RGB")
        for colour in ("white", "black")
    )
    on_white, on_black = (np.ptp(np.asarray(seen.convert("L")).astype(np.int16)) for seen in (white, black))
    return pictures.ImageOps.invert(black) if on_white < _LEAST_CONTRAST <= on_black else white

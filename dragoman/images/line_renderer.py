"""A line of text as a picture, in the fonts of this machine."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from io import BytesIO
from typing import TypeVar

import numpy as np
from jaxtyping import Float, UInt8

from dragoman.errors import InputError
from dragoman.images.fonts import Font, covers, drawn, missing, named, no_font_for
from dragoman.images.style import Look, Traits
from dragoman.optional import pictures
from dragoman.optional.pictures import OpenedPicture

_HEIGHT = 32
"""The height of a picture, in rows, for which the lengths of a :class:`Look` are given."""
_DRAWN_LARGER = 1.5
"""Pixels per em for each row of the picture: letters are drawn about twice as large as they will be, so that scaling
down averages away the hinting, which fits strokes to whole pixels."""
_REFERENCE = "Hp"
"""A text that reaches from the top of capitals to the bottom of descenders."""
_PATCH = 1.5
"""The width of a patch of uneven light, in heights of the picture."""
_WIDEST_JPEG = 65_500
_TRIES = 16

Choice = TypeVar("Choice")


def render_line(
    text: str, font: Font, look: Look, generator: np.random.Generator, height: int
) -> UInt8[np.ndarray, "1 H W"]:
    """The line as a grey picture, as wide as the text needs; generators in the same state give the same picture to the
    bit.

    Characters are set from left to right in their order, without joining or reordering, so Arabic and Indic scripts are
    not drawn correctly.

    >>> from dragoman.images.fonts import fonts_of
    >>> from dragoman.images.style import CLEAN
    >>> picture = render_line("Hello", fonts_of(["DejaVu Sans"])[0], CLEAN, np.random.default_rng(1), height=32)
    >>> picture.shape[:2], picture.dtype, bool(picture.min() < 50), bool(picture.max() > 230)
    ((1, 32), dtype('uint8'), True, True)

    Args:
        text: a text with at least one visible character.
        font: a font that has a glyph for each character.
        look: the ranges from which the appearance of the line is drawn.
        generator: source of all random numbers.
        height: height H of the picture in rows, at least 8.

    Raises:
        InputError: if no character of the text is visible, or the font lacks a character.
    """
    visible = drawn(text).strip()
    if not visible:
        raise _nothing_visible(text)
    if not covers(font, visible):
        lacking = named(missing(font, visible))
        raise InputError(f"the font {font.name} has no glyph for {lacking}", remedy="use a font that has them.")
    traits = look.draw(generator)
    coverage = _letters(visible, font, traits, height)
    if coverage is None:
        raise _nothing_visible(text)
    unit = height / _HEIGHT
    if traits.slant or traits.rise:
        coverage = _tilted(coverage, traits.slant, traits.rise * unit)
    if traits.blur:
        coverage = coverage.filter(pictures.ImageFilter.GaussianBlur(traits.blur * unit))
    if not (traits.shade or traits.noise or traits.specks):
        picture = np.asarray(coverage.point(np.rint(_greys(traits)).astype(int).tolist()))
    else:
        picture = _degraded(_greys(traits)[np.asarray(coverage)], traits, generator)
    return _compressed(picture, traits.quality)[None]


class LineRenderer:
    """Renders lines of text, each in a random look and in a random font that has all of its characters.

    All families are equally likely, and within a family all styles.

    >>> from dragoman.images.fonts import fonts_of
    >>> from dragoman.images.style import CLEAN, NOISY
    >>> renderer = LineRenderer(fonts_of(["DejaVu Sans"]), [(CLEAN, 0.3), (NOISY, 0.7)], height=32)
    >>> renderer.render("Hello", np.random.default_rng(1)).shape[:2]
    (1, 32)

    Args:
        fonts: at least one font; not every font needs to have every character.
        looks: looks, each with its share of the lines, such as 0.3 clean and 0.7 noisy; shares need not sum to 1.
        height: height of the pictures in rows, at least 8.
    """

    def __init__(self, fonts: Sequence[Font], looks: Sequence[tuple[Look, float]], height: int) -> None:
        shares = np.array([share for _, share in looks], dtype=np.float64)
        if not fonts or not looks or shares.min() < 0 or not 0 < shares.sum() < np.inf or height < 8:
            raise ValueError(f"cannot render with {len(fonts)} fonts, looks of {shares} and {height} rows")
        families: dict[str, list[Font]] = {}
        for font in fonts:
            families.setdefault(font.family, []).append(font)
        self._fonts = list(fonts)
        self._families = list(families.values())
        self._looks = [look for look, _ in looks]
        self._until = np.cumsum(shares) / shares.sum()
        self._height = height

    def render(self, text: str, generator: np.random.Generator) -> UInt8[np.ndarray, "1 H W"]:
        """A grey picture of the line.

        Raises:
            InputError: if no character of the text is visible, or none of the fonts has all of its characters.
        """
        look = self._looks[int(np.searchsorted(self._until, generator.random(), side="right"))]
        return render_line(text, self._choose(text, generator), look, generator, self._height)

    def _choose(self, text: str, generator: np.random.Generator) -> Font:
        # One of the first few fonts usually has the characters; only for rare characters is every font searched.
        for _ in range(_TRIES):
            font = _one_of(_one_of(self._families, generator), generator)
            if covers(font, text):
                return font
        able = [[font for font in family if covers(font, text)] for family in self._families]
        able = [family for family in able if family]
        if not able:
            raise no_font_for(text, self._fonts)
        return _one_of(_one_of(able, generator), generator)


def _one_of(choices: Sequence[Choice], generator: np.random.Generator) -> Choice:
    return choices[int(generator.integers(len(choices)))]


def _nothing_visible(text: str) -> InputError:
    return InputError(f"nothing of {text[:40]!r} is visible", remedy="leave the line out.")


@lru_cache(maxsize=1024)
def _face(font: Font, size: int) -> pictures.ImageFont.FreeTypeFont:
    return pictures.ImageFont.truetype(str(font.path), size, font.index, layout_engine=pictures.ImageFont.Layout.BASIC)


@lru_cache(maxsize=1024)
def _reference(font: Font, size: int) -> tuple[int, int] | None:
    """How many rows capitals reach above the baseline (negative), and descenders below it."""
    if not covers(font, _REFERENCE):
        return None
    _, top, _, bottom = _face(font, size).getbbox(_REFERENCE, anchor="ls")
    return int(top), int(bottom)


def _letters(text: str, font: Font, traits: Traits, height: int) -> OpenedPicture | None:
    """How much of each pixel is ink, from 0 to 255; None if there is no ink."""
    size = round(height * _DRAWN_LARGER)
    face = _face(font, size)
    baseline = 2 * size
    large = pictures.Image.new("L", (int(face.getlength(text)) + 2 * size, 3 * size))
    pictures.ImageDraw.Draw(large).text((size, baseline), text, fill=255, font=face, anchor="ls")
    ink = large.getbbox()
    if ink is None:
        return None
    left, top, right, bottom = ink
    above, below = _reference(font, size) or (top - baseline, bottom - baseline)
    top, bottom = min(top, baseline + above), max(bottom, baseline + below)
    unit = height / _HEIGHT
    climb = abs(traits.rise) * unit
    room = height - 2 - climb
    scale = min(traits.size * unit / (below - above), room / (bottom - top))
    rows, columns = max(1, round(scale * (bottom - top))), max(1, round(scale * traits.stretch * (right - left)))
    letters = large.resize((columns, rows), pictures.Image.Resampling.BICUBIC, box=(left, top, right, bottom))
    lean = abs(traits.slant) * height / 2
    before, after = round(traits.left * unit + lean), round(traits.right * unit + lean)
    placed = pictures.Image.new("L", (before + columns + after, height))
    over = 1 + climb / 2 + (room - rows) * traits.place
    placed.paste(letters, (before, round(over)))
    return placed


def _tilted(coverage: OpenedPicture, slant: float, rise: float) -> OpenedPicture:
    """Each row moved to the side and each column up, in proportion to its distance from the middle."""
    width, height = coverage.size
    climb = rise / width
    across = (1.0, slant, -slant * height / 2)
    down = (climb, 1.0, -climb * width / 2)
    return coverage.transform(
        (width, height), pictures.Image.Transform.AFFINE, (*across, *down), pictures.Image.Resampling.BILINEAR
    )


def _greys(traits: Traits) -> Float[np.ndarray, " 256"]:
    """The grey of a pixel by how much of it is ink."""
    inked = (np.arange(256, dtype=np.float32) / 255) ** np.float32(1 / traits.weight)
    return np.float32(traits.paper) + inked * np.float32(traits.ink - traits.paper)


def _degraded(
    greys: Float[np.ndarray, "H W"], traits: Traits, generator: np.random.Generator
) -> UInt8[np.ndarray, "H W"]:
    height, width = greys.shape
    if traits.shade:
        patches = generator.standard_normal((3, 2 + int(width / (_PATCH * height))), dtype=np.float32)
        light = pictures.Image.fromarray(patches * np.float32(traits.shade)).resize(
            (width, height), pictures.Image.Resampling.BICUBIC
        )
        greys = greys + np.asarray(light)
    if traits.noise:
        greys = greys + generator.standard_normal((height, width), dtype=np.float32) * np.float32(traits.noise)
    count = round(traits.specks * greys.size)
    if count:
        places = generator.integers(0, greys.size, count)
        greys.reshape(-1)[places] = np.where(generator.random(count) < 0.5, np.float32(0), np.float32(255))
    return np.rint(greys).clip(0, 255).astype(np.uint8)


def _compressed(picture: UInt8[np.ndarray, "H W"], quality: float) -> UInt8[np.ndarray, "H W"]:
    """The picture after JPEG compression of this quality."""
    if quality >= 100 or picture.shape[1] > _WIDEST_JPEG:
        return picture
    file = BytesIO()
    pictures.Image.fromarray(picture).save(file, "JPEG", quality=max(1, int(quality)))
    return np.array(pictures.Image.open(file))

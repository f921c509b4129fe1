"""The appearance of rendered lines, from print to a poor photograph."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

Range = tuple[float, float]
"""The least and the most of a number; all values between them are equally likely."""

_LEAST_CONTRAST = 50


@dataclass(frozen=True, slots=True)
class Traits:
    """The appearance of one line: a number from each range of a :class:`Look`.

    Attributes:
        left: width of the margin on the left.
        right: width of the margin on the right.
        place: share of the free rows that lie above the line.
    """

    size: float
    left: float
    right: float
    place: float
    stretch: float
    slant: float
    rise: float
    weight: float
    blur: float
    ink: float
    paper: float
    shade: float
    noise: float
    specks: float
    quality: float


@dataclass(frozen=True, slots=True)
class Look:
    """The ranges from which the appearance of each line is drawn.

    Lengths are in pixels of a picture of 32 rows, and are scaled with its height; greys go from 0, black, to 255,
    white.

    >>> CLEAN.ink, NOISY.ink
    ((0.0, 40.0), (0.0, 95.0))
    >>> traits = NOISY.draw(np.random.default_rng(1))
    >>> NOISY.slant[0] <= traits.slant <= NOISY.slant[1]
    True

    Attributes:
        size: height from the top of capitals to the bottom of descenders, at most 30; lines with higher marks are
            scaled down to fit.
        margin: width of the paper on the left, and on the right.
        stretch: factor of the width of letters; 1 as in the font.
        slant: pixels to the right for each pixel upwards.
        rise: how much higher the end of the line is than its beginning.
        weight: weight of strokes; 1 as in the font, more is bolder.
        blur: standard deviation of Gaussian blur.
        ink: grey of the ink.
        paper: grey of the paper.
        shade: standard deviation of the greys of patches some letters wide, for uneven light.
        noise: standard deviation of the grey of each pixel.
        specks: share of pixels that are white or black.
        quality: quality of JPEG compression, from 1 to 99; from 100 on there is no compression.
    """

    size: Range
    margin: Range
    stretch: Range
    slant: Range
    rise: Range
    weight: Range
    blur: Range
    ink: Range
    paper: Range
    shade: Range
    noise: Range
    specks: Range
    quality: Range

    def __post_init__(self) -> None:
        for field in fields(self):
            least, most = getattr(self, field.name)
            if least > most:
                raise ValueError(f"{field.name} goes from {least} down to {most}")
        if not 4 <= self.size[0] <= self.size[1] <= 30:
            raise ValueError(f"letters of {self.size} rows of 32")
        if self.paper[0] - self.ink[1] < _LEAST_CONTRAST:
            raise ValueError(f"ink of {self.ink} on paper of {self.paper} cannot be read")
        if min(self.stretch[0], self.weight[0], self.quality[0]) <= 0 or self.specks[1] > 1:
            raise ValueError("stretch, weight and quality are above 0, and specks a share of 1")
        if min(self.margin[0], self.blur[0], self.shade[0], self.noise[0], self.specks[0]) < 0:
            raise ValueError("margin, blur, shade, noise and specks cannot be negative")

    def draw(self, generator: np.random.Generator) -> Traits:
        """The appearance of one line."""
        ranges = (
            *(self.size, self.margin, self.margin, (0.0, 1.0), self.stretch, self.slant, self.rise, self.weight),
            *(self.blur, self.ink, self.paper, self.shade, self.noise, self.specks, self.quality),
        )
        shares = generator.random(len(ranges)).tolist()
        return Traits(*(least + (most - least) * share for (least, most), share in zip(ranges, shares, strict=True)))


CLEAN = Look(
    size=(23.0, 28.0),
    margin=(2.0, 6.0),
    stretch=(1.0, 1.0),
    slant=(0.0, 0.0),
    rise=(0.0, 0.0),
    weight=(1.0, 1.0),
    blur=(0.0, 0.0),
    ink=(0.0, 40.0),
    paper=(235.0, 255.0),
    shade=(0.0, 0.0),
    noise=(0.0, 0.0),
    specks=(0.0, 0.0),
    quality=(100.0, 100.0),
)
"""Print as a computer draws it."""

NOISY = Look(
    size=(20.0, 27.0),
    margin=(1.0, 12.0),
    stretch=(0.85, 1.15),
    slant=(-0.2, 0.2),
    rise=(-2.5, 2.5),
    weight=(0.8, 1.5),
    blur=(0.0, 1.2),
    ink=(0.0, 95.0),
    paper=(170.0, 250.0),
    shade=(0.0, 12.0),
    noise=(0.0, 14.0),
    specks=(0.0, 0.002),
    quality=(25.0, 120.0),
)
"""Scans and photographs of print: slanted, blurred, pale, unevenly lit, compressed."""

"""Convolutional networks as encoders of pictures, and how pictures are prepared and rendered."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from dragoman.recipe.encoder_sizes import AnyLength, OneWidth
from dragoman.recipe.section import WIDEST, Section

Names = Annotated[tuple[str, ...], BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value)]
Size = Annotated[int, Field(ge=1, le=WIDEST)]
Sizes = Annotated[tuple[Size, ...], BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value)]

SMALLEST_LENET = 12
"""Pixels, high and wide, of which two convolutions and two poolings leave one."""


class LeNetRecipe(AnyLength, Section):
    """Two convolutions, two poolings and fully connected layers (LeCun et al. 1998), for pictures of one size."""

    kind: Literal["lenet"]
    """The family of layers."""
    channels: Sizes = Field(default=(16, 32), min_length=2, max_length=2)
    """Channels of the two convolutions; 6 and 16 in the paper."""
    hidden: Sizes = Field(default=(120, 84), min_length=1, max_length=20)
    """Units of the fully connected layers; the last is the one hidden state that it makes of a picture."""
    dropout: float = Field(default=0.2, ge=0, lt=1)
    """Rate on each fully connected layer."""

    @property
    def memory_width(self) -> int:
        """Width of the hidden states that it hands to a decoder."""
        return self.hidden[-1]

    @property
    def final_width(self) -> int:
        """Width of the one vector that it makes of a picture."""
        return self.hidden[-1]

    @property
    def phrase(self) -> str:
        """The network in a few words."""
        hidden = ", ".join(map(str, self.hidden))
        return f"{self.channels[0]} and {self.channels[1]} channels, hidden layers {hidden}"


class ResidualRecipe(OneWidth, AnyLength, Section):
    """Residual blocks of convolutions (He et al. 2016) over a picture of any width, then gated convolutions over what
    stands beside what (Gehring et al. 2017)."""

    kind: Literal["residual"]
    """The family of layers."""
    channels: Sizes = Field(default=(32, 64, 96, 160), min_length=1, max_length=8)
    """Channels of each stage, one residual block each; the first is a single convolution. Every stage halves the
    height."""
    halvings: int = Field(default=2, ge=0, le=4)
    """Stages, from the first, that halve the width too: with 2, a hidden state stands for 4 columns of the picture."""
    width: int = Field(default=256, ge=1, le=WIDEST)
    """Width D of the hidden states."""
    context: int = Field(default=3, ge=0, le=20)
    """Gated convolutions over the hidden states, from which a state learns what stands around it."""
    taps: int = Field(default=3, ge=1, le=99)
    """Width of their kernels, odd."""
    dropout: float = Field(default=0.1, ge=0, lt=1)
    """Rate before each gated convolution."""

    @property
    def phrase(self) -> str:
        """The network in a few words."""
        return f"{len(self.channels)} stages up to {self.channels[-1]} channels, width {self.width}"


class PictureRecipe(Section):
    """How a picture becomes numbers."""

    height: int = Field(default=32, ge=4, le=1024)
    """Height in pixels that every picture is scaled to."""
    width: int | None = Field(default=None, ge=4, le=4096)
    """Width in pixels; None scales each picture as its height asks, so that widths differ, as those of lines do."""
    channels: Literal[1, 3] = 1
    """1 is grey, 3 is red, green and blue."""
    contrast: bool = True
    """Stretch each picture from black to white, with dark ink on light paper; and of pictures of any width, which hold
    a line of text, cut away the paper around the line."""
    max_megapixels: float = Field(default=100.0, gt=0, le=10_000)
    """Largest picture that is decoded, in millions of pixels."""


class RenderingRecipe(Section):
    """How lines of text become pictures to learn reading from."""

    fonts: Names = ()
    """Families to write with; all on this machine that can write a line, if none is named."""
    without_fonts: Names = ()
    """Families that are left out, such as those kept for a test."""
    noisy: float = Field(default=0.75, ge=0, le=1)
    """Share of lines that look photographed or badly printed: slanted, blurred, noisy, of low contrast."""

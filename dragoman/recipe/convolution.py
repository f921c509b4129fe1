"""A stack of gated convolutions, as encoder of text."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from dragoman.recipe.encoder_sizes import LengthOfPositions, OneWidth
from dragoman.recipe.section import WIDEST, Section, layers_phrase


def _odd(taps: int) -> int:
    if taps % 2 == 0:
        raise ValueError(f"a kernel of {taps} taps has no middle; {taps + 1} has")
    return taps


class ConvolutionalEncoderRecipe(OneWidth, LengthOfPositions, Section):
    """Gated convolutions (Gehring et al. 2017)."""

    kind: Literal["convolution"]
    """The family of layers."""
    layers: int = Field(default=4, ge=1, le=100)
    """Blocks in the stack."""
    width: int = Field(default=256, ge=1, le=WIDEST)
    """Channels D."""
    taps: Annotated[int, AfterValidator(_odd)] = Field(default=3, ge=1, le=99)
    """Width of the kernel in tokens, odd. With n layers a state sees n · (taps − 1) + 1 tokens."""
    positions: Literal["learned", "sinusoidal"] = "learned"
    """How a token's position is told to the model."""
    max_positions: int = Field(default=1024, ge=2, le=1_000_000)
    """Longest row in tokens when positions are learned; sinusoidal ones have no limit."""
    dropout: float = Field(default=0.1, ge=0, lt=1)
    """Rate on the embeddings and before each convolution."""

    @property
    def embedding(self) -> int:
        """Width of the embeddings."""
        return self.width

    @property
    def phrase(self) -> str:
        """The stack in a few words."""
        return f"{layers_phrase(self.layers)}, width {self.width}, {self.taps} taps"

"""A stack of Transformer blocks, as encoder, as decoder or as language model."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from dragoman.recipe.encoder_sizes import LengthOfPositions, OneWidth
from dragoman.recipe.section import WIDEST, DecoderSection, layers_phrase


class TransformerRecipe(OneWidth, LengthOfPositions, DecoderSection):
    """A stack of Transformer blocks (Vaswani et al. 2017)."""

    kind: Literal["transformer"] = "transformer"
    """The family of layers."""
    layers: int = Field(default=4, ge=1, le=100)
    """Blocks in the stack."""
    width: int = Field(default=128, ge=1, le=WIDEST)
    """Model width D, which ``heads`` must divide."""
    feed_forward: int = Field(default=256, ge=1, le=4 * WIDEST)
    """Inner width of the position-wise feed-forward network."""
    heads: int = Field(default=4, ge=1, le=WIDEST)
    """Attention heads H."""
    norm: Literal["pre", "post"] = "pre"
    """Layer normalisation before each sub-layer (stable) or after each residual sum (the paper)."""
    activation: Literal["relu", "gelu", "squared_relu"] = "relu"
    """Non-linearity of the feed-forward network; the squared ReLU is that of So et al. 2021, "Primer"."""
    positions: Literal["sinusoidal", "learned", "rotary"] = "sinusoidal"
    """How a token's position is told to the model: by a vector that is added to its embedding, or by turning the
    queries and keys of self-attention (Su et al. 2021, "RoFormer")."""
    query_key_norm: bool = False
    """Whether the queries and keys of each head are normalised, with a learned gain, before they are compared, so that
    scores grow with these gains alone (Henry et al. 2020; Dehghani et al. 2023)."""
    embedding_shortcut: bool = False
    """Whether every block also reads the embedding, multiplied by a learned number of its own that begins at 0
    (Pagliardini et al. 2024, "DenseFormer"; Jordan et al. 2024, modded-nanogpt)."""
    output_projections: Literal["xavier", "zero"] = "xavier"
    """How the last matrix of attention and of the feed-forward network begins: at random (Glorot & Bengio 2010), or at
    zero, so that every block begins as the identity (Zhang et al. 2019, "Fixup initialization")."""
    max_positions: int = Field(default=1024, ge=2, le=1_000_000)
    """Longest row in tokens when positions are learned; others have no limit."""
    dropout: float = Field(default=0.1, ge=0, lt=1)
    """Rate after each sub-layer and on the sum of embedding and position."""
    attention_dropout: float = Field(default=0.0, ge=0, lt=1)
    """Rate on the attention weights."""
    activation_dropout: float = Field(default=0.0, ge=0, lt=1)
    """Rate inside the feed-forward network."""

    @property
    def attending(self) -> tuple[int, int]:
        """The numbers of layers that attend to the source, which are all of a decoder, and of heads of each."""
        return self.layers, self.heads

    @model_validator(mode="after")
    def _heads_divide_width(self) -> TransformerRecipe:
        check_heads(self.heads, self.width)
        if self.query_key_norm and self.heads == self.width:
            raise ValueError("heads of one number cannot be normalised; give fewer heads, or query_key_norm = false")
        numbers = self.width // self.heads
        if self.positions == "rotary" and numbers % 2:
            raise ValueError(
                f"rotary positions turn pairs of numbers, and each of {self.heads} heads has {numbers}; give other "
                'heads, or positions = "sinusoidal"'
            )
        return self

    @property
    def embedding(self) -> int:
        """Width of the embeddings, and of what the output layer reads."""
        return self.width

    @property
    def phrase(self) -> str:
        """The stack in a few words."""
        return f"{layers_phrase(self.layers)}, width {self.width}, feed-forward {self.feed_forward}, {self.heads} heads"


def check_heads(heads: int, width: int) -> None:
    """Refuse heads that do not divide the width.

    Raises:
        ValueError: naming the nearest number that does.
    """
    if width % heads:
        near = min((h for h in range(1, width + 1) if width % h == 0), key=lambda h: abs(h - heads))
        raise ValueError(f"{heads} heads do not divide the width {width}; {near} would")

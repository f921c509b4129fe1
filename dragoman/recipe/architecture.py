"""The encoder and the decoder. Widths are numbers of units, rates are probabilities."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from dragoman.recipe.section import Section


class TransformerRecipe(Section):
    """A stack of Transformer blocks (Vaswani et al. 2017)."""

    kind: Literal["transformer"] = "transformer"
    """The family of layers."""
    layers: int = Field(default=4, ge=1, le=100)
    """Blocks in the stack."""
    width: int = Field(default=128, ge=1)
    """Model width D, which ``heads`` must divide."""
    feed_forward: int = Field(default=256, ge=1)
    """Inner width of the position-wise feed-forward network."""
    heads: int = Field(default=4, ge=1)
    """Attention heads H."""
    norm: Literal["pre", "post"] = "pre"
    """Layer normalisation before each sub-layer (stable) or after each residual sum (the paper)."""
    activation: Literal["relu", "gelu"] = "relu"
    """Non-linearity of the feed-forward network."""
    positions: Literal["sinusoidal", "learned"] = "sinusoidal"
    """How a token's position is told to the model."""
    max_positions: int = Field(default=1024, ge=2)
    """Longest row in tokens when positions are learned; sinusoidal ones have no limit."""
    dropout: float = Field(default=0.1, ge=0, lt=1)
    """Rate after each sub-layer and on the sum of embedding and position."""
    attention_dropout: float = Field(default=0.0, ge=0, lt=1)
    """Rate on the attention weights."""
    activation_dropout: float = Field(default=0.0, ge=0, lt=1)
    """Rate inside the feed-forward network."""

    @model_validator(mode="after")
    def _heads_divide_width(self) -> TransformerRecipe:
        if self.width % self.heads:
            near = [h for h in range(1, self.width + 1) if self.width % h == 0]
            best = min(near, key=lambda h: abs(h - self.heads))
            raise ValueError(f"{self.heads} heads do not divide the width {self.width}; {best} would")
        return self


class ModelRecipe(Section):
    """An encoder, a decoder and how their embeddings are shared."""

    encoder: TransformerRecipe = TransformerRecipe()
    """Source text to hidden states."""
    decoder: TransformerRecipe = TransformerRecipe()
    """Hidden states to target text."""
    tie: Literal["all", "decoder", "none"] = "all"
    """Which matrices are one: source embedding, target embedding and output layer (``all``, needs a shared
    vocabulary), target embedding and output layer (``decoder``), or ``none``."""

    @model_validator(mode="after")
    def _widths_agree(self) -> ModelRecipe:
        if self.encoder.width != self.decoder.width:
            raise ValueError(
                f"encoder.width {self.encoder.width} and decoder.width {self.decoder.width} differ; "
                "cross-attention needs them equal"
            )
        return self

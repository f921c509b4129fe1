"""Recurrent layers, as encoder, as decoder or as language model."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from dragoman.recipe.encoder_sizes import AnyLength
from dragoman.recipe.section import WIDEST, DecoderSection, layers_phrase
from dragoman.recipe.transformer import check_heads

_PARTS = {"rnn": 1, "gru": 1, "lstm": 2}


class RecurrentRecipe(AnyLength, DecoderSection):
    """A stack of recurrent layers: plain (``rnn``), gated (``gru``) or with a memory cell (``lstm``)."""

    kind: Literal["rnn", "gru", "lstm"]
    """The cell: Elman 1990; Cho et al. 2014; Hochreiter & Schmidhuber 1997."""
    layers: int = Field(default=1, ge=1, le=100)
    """Layers in the stack."""
    width: int = Field(default=256, ge=1, le=WIDEST)
    """Units of each layer, and of each direction."""
    embedding_width: int | None = Field(default=None, ge=1, le=WIDEST)
    """Width of the embeddings, and of what the output layer reads; ``width`` if absent."""
    residual: bool = False
    """Add a layer's input to its output where both are equally wide."""
    activation: Literal["tanh", "relu"] = "tanh"
    """Non-linearity of the plain cell. For ``rnn``."""
    reset: Literal["after", "before"] = "after"
    """Whether the reset gate acts after the recurrent product (fast) or before it (Cho et al. 2014). For ``gru``."""
    forget_bias: float = Field(default=1.0, ge=-100, le=100)
    """What the forget gate's bias begins with. For ``lstm``."""
    dropout: float = Field(default=0.1, ge=0, lt=1)
    """Rate on embeddings, between layers and on the top layer's states; never on the recurrent connections."""

    @model_validator(mode="after")
    def _options_fit_the_cell(self) -> RecurrentRecipe:
        for name, kind in (("activation", "rnn"), ("reset", "gru"), ("forget_bias", "lstm")):
            default = type(self).model_fields[name].default
            if getattr(self, name) != default and self.kind != kind:
                raise ValueError(f'{name} = {getattr(self, name)!r} needs kind = "{kind}", and kind is "{self.kind}"')
        return self

    @property
    def embedding(self) -> int:
        """Width of the embeddings."""
        return self.embedding_width or self.width

    @property
    def parts(self) -> int:
        """Vectors in a layer's state."""
        return _PARTS[self.kind]

    @property
    def phrase(self) -> str:
        """The stack in a few words."""
        return f"{layers_phrase(self.layers)}, width {self.width}, embedding {self.embedding}"


class RecurrentEncoderRecipe(RecurrentRecipe):
    """Recurrent layers in one or both directions."""

    bidirectional: bool = False
    """A second stack of cells from the last token to the first, joined to the first layer by layer."""

    @property
    def directions(self) -> int:
        """1 or 2."""
        return 2 if self.bidirectional else 1

    @property
    def memory_width(self) -> int:
        """Width of the hidden states that it hands to a decoder."""
        return self.directions * self.width

    @property
    def final_width(self) -> int:
        """Width of the one vector that it makes of a row: the final state of every layer and direction."""
        return self.layers * self.directions * self.parts * self.width

    @property
    def phrase(self) -> str:
        """The stack in a few words."""
        return ("bidirectional, " if self.bidirectional else "") + super().phrase


class RecurrentDecoderRecipe(RecurrentRecipe):
    """Recurrent layers with or without attention to the encoder's hidden states."""

    attention: Literal["none", "dot", "scaled_dot", "additive", "multi_head"] = "additive"
    """How states look at the memory: not at all (only the encoder's final state is known), by dot product (Luong et
    al. 2015; as wide as the memory), the same divided by √width, additive (Bahdanau et al. 2015), or with ``heads``
    (Vaswani et al. 2017)."""
    heads: int = Field(default=4, ge=1, le=WIDEST)
    """Attention heads, which divide ``width``. For ``multi_head``."""
    input_feeding: bool = False
    """Tell each step what the one before looked at (Luong et al. 2015); training then goes step by step."""
    attention_dropout: float = Field(default=0.0, ge=0, lt=1)
    """Rate on the attention weights."""

    @model_validator(mode="after")
    def _attention_fits(self) -> RecurrentDecoderRecipe:
        if self.attention == "multi_head":
            check_heads(self.heads, self.width)
        if self.attention == "none" and self.input_feeding:
            raise ValueError('input_feeding needs an attention, and attention is "none"')
        return self

    @property
    def attending(self) -> tuple[int, int]:
        """The numbers of layers that attend, which is the top one, and of its heads."""
        return (0, 0) if self.attention == "none" else (1, self.heads if self.attention == "multi_head" else 1)

    @property
    def phrase(self) -> str:
        """The stack in a few words."""
        names = {
            "none": "without attention",
            "dot": "dot-product attention",
            "scaled_dot": "scaled dot-product attention",
            "additive": "additive attention",
            "multi_head": f"attention with {self.heads} heads",
        }
        feeding = ", input feeding" if self.input_feeding else ""
        return f"{super().phrase}, {names[self.attention]}{feeding}"

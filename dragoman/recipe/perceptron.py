"""Linear and multilayer encoders of what always has the same size, and decoders to labels and numbers."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, field_validator

from dragoman.recipe.encoder_sizes import AnyLength
from dragoman.recipe.picture import Sizes
from dragoman.recipe.section import DecoderSection, Section


class PerceptronRecipe(AnyLength, Section):
    """Fully connected layers over rows of a table, or over pictures of one size. Without any (``linear``), the decoder
    sees the input itself: it then is linear regression, or softmax regression."""

    kind: Literal["linear", "mlp"]
    """No hidden layer, or some."""
    reads: Literal["row", "picture"] = "row"
    """What goes in."""
    hidden: Sizes = Field(default=(128,), min_length=1, max_length=20)
    """Units of each hidden layer. For ``mlp``."""
    activation: Literal["relu", "tanh", "sigmoid"] = "relu"
    """Non-linearity of the hidden layers. For ``mlp``."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Rate on each hidden layer. For ``mlp``."""
    embedding_width: int = Field(default=0, ge=0, le=1024)
    """Width of the vector that stands for a value of a categorical column; 0 gives each value a column of its own
    (one-hot)."""

    @property
    def layers(self) -> tuple[int, ...]:
        """Units of each hidden layer; none if linear."""
        return self.hidden if self.kind == "mlp" else ()

    @property
    def phrase(self) -> str:
        """The network in a few words."""
        hidden = ", ".join(map(str, self.layers))
        return f"of a {self.reads}" + (f", hidden layers {hidden}" if hidden else "")


class LabelDecoderRecipe(DecoderSection):
    """Softmax regression on the encoder's one vector."""

    says: ClassVar[str] = "label"

    kind: Literal["label"]
    """The output."""
    class_weights: Literal["none", "balanced"] = "none"
    """``balanced`` weighs examples so that every class counts as much as the others, however rare it is."""

    @property
    def phrase(self) -> str:
        """The decoder in a few words."""
        return "softmax regression" + (", balanced" if self.class_weights == "balanced" else "")


class NumberDecoderRecipe(DecoderSection):
    """Linear regression on the encoder's one vector; numbers are standardised on the way."""

    says: ClassVar[str] = "number"
    by_softmax: ClassVar[bool] = False

    kind: Literal["number"]
    """The output."""
    loss: Literal["squared", "absolute", "huber"] = "squared"
    """What training makes small: half the square of the difference, its absolute value, or Huber's loss, which is the
    first near zero and the second far from it."""
    delta: float = Field(default=1.0, gt=0, le=1e6)
    """Where Huber's loss becomes linear, in standard deviations of the target. For ``huber``."""

    @property
    def phrase(self) -> str:
        """The decoder in a few words."""
        return f"linear regression, {self.loss} loss"


class CTCDecoderRecipe(DecoderSection):
    """A symbol or nothing at each place of the memory (connectionist temporal classification, Graves et al. 2006)."""

    encoders: ClassVar[tuple[str, ...]] = ("residual",)
    reason: ClassVar[tuple[str, str]] = ("puts a symbol at each place across a picture", "has no such places")
    by_softmax: ClassVar[bool] = False

    kind: Literal["ctc"]
    """The output; recipes that say ``alignment``, its former name, are read alike."""

    @field_validator("kind", mode="before")
    @classmethod
    def _its_former_name(cls, value: object) -> object:
        return "ctc" if value == "alignment" else value

    @property
    def longest(self) -> int | None:
        """Most tokens in an output: there is no limit but the places of the memory."""
        return None

    @property
    def phrase(self) -> str:
        """The decoder in a few words."""
        return "connectionist temporal classification"

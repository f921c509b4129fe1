"""What all sections of a recipe share."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, field_validator

LARGEST = 10**12
"""Larger than any number that a recipe can mean. Where less is all that makes sense, a setting's own limit says so."""
WIDEST = 100_000
"""Units of a layer: some ten times the widest that have been trained."""
WIDEST_BEAM = 1000
"""Hypotheses of a search."""


def layers_phrase(layers: int) -> str:
    """So many layers, in words."""
    return "1 layer" if layers == 1 else f"{layers} layers"


class Section(BaseModel):
    """A part of a recipe: unknown keys are mistakes, values are never coerced silently, and it cannot change. Every
    number is finite and within what can be meant."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True, allow_inf_nan=False
    )

    @field_validator("*", mode="after")
    @classmethod
    def _numbers_are_of_this_world(cls, value: object) -> object:
        if isinstance(value, (int, float)) and abs(value) > LARGEST:
            raise ValueError(f"Input should be at most {LARGEST:,} in size")
        return value


class DecoderSection(Section):
    """What the sections of all decoders share.

    Attributes:
        says: what comes out of the model.
        encoders: the kinds of encoders that it goes with; none for any.
        reason: why it goes with no other, as two phrases: what the decoder does, and what other encoders lack.
        by_softmax: whether its loss is the cross-entropy of one softmax for each token, label or tag.
    """

    says: ClassVar[str] = "text"
    encoders: ClassVar[tuple[str, ...]] = ()
    reason: ClassVar[tuple[str, str]] = ("", "")
    by_softmax: ClassVar[bool] = True

    @property
    def attending(self) -> tuple[int, int]:
        """The numbers of layers that attend to the source and of heads of each; both 0 where none does."""
        return 0, 0

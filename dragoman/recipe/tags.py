"""A decoder to a tag for each word."""

from __future__ import annotations

from typing import ClassVar, Literal

from dragoman.recipe.section import DecoderSection


class TagDecoderRecipe(DecoderSection):
    """Softmax regression on the hidden state of the token that each word begins with."""

    says: ClassVar[str] = "tags"
    encoders: ClassVar[tuple[str, ...]] = ("transformer", "rnn", "gru", "lstm", "convolution")
    reason: ClassVar[tuple[str, str]] = ("gives each word of a text a tag", "reads no text")

    kind: Literal["tags"]
    """The output."""

    @property
    def phrase(self) -> str:
        """The decoder in a few words."""
        return "softmax regression of each word"

"""Decoders to a tag for each word."""

from __future__ import annotations

from typing import ClassVar, Literal

from dragoman.recipe.section import DecoderSection


class WordTagsRecipe(DecoderSection):
    """What decoders share that look at the hidden state of the token that each word begins with.

    Attributes:
        joint: whether the tags of a text are chosen together; otherwise each by itself.
    """

    says: ClassVar[str] = "tags"
    encoders: ClassVar[tuple[str, ...]] = ("transformer", "rnn", "gru", "lstm", "convolution")
    reason: ClassVar[tuple[str, str]] = ("gives each word of a text a tag", "reads no text")
    joint: ClassVar[bool] = False

    @property
    def constrained(self) -> bool:
        """Whether the names of tags limit which may follow each other."""
        return False


class TagDecoderRecipe(WordTagsRecipe):
    """Softmax regression on the hidden state of the token that each word begins with."""

    kind: Literal["tags"]
    """The output."""

    @property
    def phrase(self) -> str:
        """The decoder in a few words."""
        return "softmax regression of each word"


class RandomFieldRecipe(WordTagsRecipe):
    """A conditional random field over the words of a text, so that tags that follow each other fit."""

    joint: ClassVar[bool] = True
    by_softmax: ClassVar[bool] = False

    kind: Literal["crf"]
    """The output."""
    constrain: Literal["auto", "none"] = "auto"
    """Which tags may follow each other: by the names of the tags, where these are of the form BIO or BIOES, so that
    ``I-X`` stands only behind ``B-X`` or ``I-X`` (``auto``); or every tag behind every other (``none``)."""

    @property
    def phrase(self) -> str:
        """The decoder in a few words."""
        return "conditional random field"

    @property
    def constrained(self) -> bool:
        """Whether the names of tags limit which may follow each other."""
        return self.constrain == "auto"

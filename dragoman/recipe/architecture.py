"""The encoder and the decoder, and whether they go together. Widths are numbers of units, rates are probabilities."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Tag, model_validator

from dragoman.recipe.convolution import ConvolutionalEncoderRecipe
from dragoman.recipe.recurrent import RecurrentDecoderRecipe, RecurrentEncoderRecipe
from dragoman.recipe.section import Section
from dragoman.recipe.transformer import TransformerRecipe


class NoEncoderRecipe(Section):
    """Nothing goes in: the decoder alone is a language model."""

    kind: Literal["none"]
    """The absence of an encoder."""

    @property
    def phrase(self) -> str:
        """What there is to say of it."""
        return "language model"


def _kind(value: Any) -> str:
    if isinstance(value, Mapping):
        return str(value.get("kind", "transformer"))
    return str(getattr(value, "kind", ""))


TextEncoderRecipe = TransformerRecipe | RecurrentEncoderRecipe | ConvolutionalEncoderRecipe
DecoderRecipe = TransformerRecipe | RecurrentDecoderRecipe

AnyEncoder = Annotated[
    Annotated[TransformerRecipe, Tag("transformer")]
    | Annotated[RecurrentEncoderRecipe, Tag("rnn")]
    | Annotated[RecurrentEncoderRecipe, Tag("gru")]
    | Annotated[RecurrentEncoderRecipe, Tag("lstm")]
    | Annotated[ConvolutionalEncoderRecipe, Tag("convolution")]
    | Annotated[NoEncoderRecipe, Tag("none")],
    Discriminator(_kind),
]
AnyDecoder = Annotated[
    Annotated[TransformerRecipe, Tag("transformer")]
    | Annotated[RecurrentDecoderRecipe, Tag("rnn")]
    | Annotated[RecurrentDecoderRecipe, Tag("gru")]
    | Annotated[RecurrentDecoderRecipe, Tag("lstm")],
    Discriminator(_kind),
]


class ModelRecipe(Section):
    """An encoder, a decoder and how their embeddings are shared. Any text encoder goes with any decoder."""

    encoder: AnyEncoder = TransformerRecipe()
    """Source text to hidden states; its ``kind`` is ``transformer``, ``rnn``, ``gru``, ``lstm``, ``convolution``, or
    ``none`` for a language model."""
    decoder: AnyDecoder = TransformerRecipe()
    """Hidden states to target text; its ``kind`` is ``transformer``, ``rnn``, ``gru`` or ``lstm``."""
    tie: Literal["all", "decoder", "none"] = "all"
    """Which matrices are one: source embedding, target embedding and output layer (``all``, needs a shared vocabulary
    and embeddings of one width), target embedding and output layer (``decoder``), or ``none``. If absent, ``all`` where
    that is possible, else ``decoder``."""

    @model_validator(mode="wrap")
    @classmethod
    def _what_is_not_said_fits(cls, values: Any, handler: Callable[[Any], ModelRecipe]) -> ModelRecipe:
        """What can be tied is tied, and a language model attends to nothing."""
        if not isinstance(values, Mapping):
            return handler(values)
        if _kind(values.get("encoder", {})) == "none":
            decoder = values.get("decoder", {})
            if isinstance(decoder, Mapping) and _kind(decoder) in ("rnn", "gru", "lstm"):
                decoder = {"attention": "none", **decoder}
            return handler({"tie": "decoder", **values, "decoder": decoder})
        if "tie" in values:
            return handler(values)
        model = handler({**values, "tie": "decoder"})
        equal = model.text_encoder.embedding == model.decoder.embedding
        return handler({**values, "tie": "all"}) if equal else model

    @model_validator(mode="after")
    def _they_go_together(self) -> ModelRecipe:
        problem = _language_model_problem(self) if self.is_language_model else _pair_problem(self)
        if problem is not None:
            raise ValueError(problem)
        return self

    @property
    def is_language_model(self) -> bool:
        """Whether there is no encoder."""
        return isinstance(self.encoder, NoEncoderRecipe)

    @property
    def text_encoder(self) -> TextEncoderRecipe:
        """The encoder of a model that has one."""
        assert not isinstance(self.encoder, NoEncoderRecipe)
        return self.encoder

    @property
    def phrase(self) -> str:
        """The architecture in a few words."""
        decoder = f"{self.decoder.kind} decoder ({self.decoder.phrase})"
        if self.is_language_model:
            return f"{self.decoder.kind} language model ({self.decoder.phrase})"
        return f"{self.encoder.kind} encoder ({self.encoder.phrase}), {decoder}"


def _language_model_problem(model: ModelRecipe) -> str | None:
    decoder = model.decoder
    if isinstance(decoder, RecurrentDecoderRecipe) and decoder.attention != "none":
        return (
            f'decoder.attention = "{decoder.attention}" needs an encoder to look at, and encoder.kind is "none"; '
            'use attention = "none", or give an encoder'
        )
    if model.tie == "all":
        return 'tie = "all" needs a source embedding, and a language model has none; use "decoder" or "none"'
    return None


def _pair_problem(model: ModelRecipe) -> str | None:
    encoder, decoder = model.text_encoder, model.decoder
    if model.tie == "all" and encoder.embedding != decoder.embedding:
        return (
            f'tie = "all" makes one matrix of embeddings that are {encoder.embedding} wide in the encoder and '
            f"{decoder.embedding} in the decoder; make the widths equal (embedding_width, in recurrent ones) or use "
            'tie = "decoder"'
        )
    dot = isinstance(decoder, RecurrentDecoderRecipe) and decoder.attention in ("dot", "scaled_dot")
    if dot and decoder.width != encoder.memory_width:
        both = " (both directions joined)" if getattr(encoder, "bidirectional", False) else ""
        return (
            f"dot-product attention compares vectors of one width: the decoder's states are {decoder.width} wide and "
            f"the encoder's {encoder.memory_width}{both}; use decoder.width = {encoder.memory_width}, or attention = "
            '"additive" or "multi_head", which bring any widths together'
        )
    return None

"""The encoder and the decoder, and whether they go together. Widths are numbers of units, rates are probabilities."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Literal

from pydantic import Discriminator, Tag, model_validator

from dragoman.recipe.convolution import ConvolutionalEncoderRecipe
from dragoman.recipe.perceptron import (
    CTCDecoderRecipe,
    LabelDecoderRecipe,
    NumberDecoderRecipe,
    PerceptronRecipe,
)
from dragoman.recipe.picture import LeNetRecipe, ResidualRecipe
from dragoman.recipe.recurrent import RecurrentDecoderRecipe, RecurrentEncoderRecipe
from dragoman.recipe.section import Section
from dragoman.recipe.tags import RandomFieldRecipe, TagDecoderRecipe
from dragoman.recipe.transformer import TransformerRecipe


class NoEncoderRecipe(Section):
    """No encoder: the decoder alone is a language model."""

    kind: Literal["none"]
    """The absence of an encoder."""

    @property
    def phrase(self) -> str:
        """The encoder in a few words."""
        return "language model"


_FORMER_KINDS = {"alignment": "ctc"}
"""Former names of kinds in old recipes, with their present names."""


def kind_of(value: object) -> str:
    """The ``kind`` that a section of a recipe has, or names before it is checked."""
    if isinstance(value, Mapping):
        kind = str(value.get("kind", "transformer"))
        return _FORMER_KINDS.get(kind, kind)
    return str(getattr(value, "kind", ""))


TextEncoderRecipe = TransformerRecipe | RecurrentEncoderRecipe | ConvolutionalEncoderRecipe
TokenByTokenRecipe = TransformerRecipe | RecurrentDecoderRecipe
"""Decoders that predict each token from those before it."""
RECURRENT = ("rnn", "gru", "lstm")
TOKEN_BY_TOKEN = ("transformer", *RECURRENT)
"""The kinds of these decoders, which alone have a target embedding."""

AnyEncoder = Annotated[
    Annotated[TransformerRecipe, Tag("transformer")]
    | Annotated[RecurrentEncoderRecipe, Tag("rnn")]
    | Annotated[RecurrentEncoderRecipe, Tag("gru")]
    | Annotated[RecurrentEncoderRecipe, Tag("lstm")]
    | Annotated[ConvolutionalEncoderRecipe, Tag("convolution")]
    | Annotated[LeNetRecipe, Tag("lenet")]
    | Annotated[ResidualRecipe, Tag("residual")]
    | Annotated[PerceptronRecipe, Tag("linear")]
    | Annotated[PerceptronRecipe, Tag("mlp")]
    | Annotated[NoEncoderRecipe, Tag("none")],
    Discriminator(kind_of),
]
AnyDecoder = Annotated[
    Annotated[TransformerRecipe, Tag("transformer")]
    | Annotated[RecurrentDecoderRecipe, Tag("rnn")]
    | Annotated[RecurrentDecoderRecipe, Tag("gru")]
    | Annotated[RecurrentDecoderRecipe, Tag("lstm")]
    | Annotated[CTCDecoderRecipe, Tag("ctc")]
    | Annotated[LabelDecoderRecipe, Tag("label")]
    | Annotated[NumberDecoderRecipe, Tag("number")]
    | Annotated[TagDecoderRecipe, Tag("tags")]
    | Annotated[RandomFieldRecipe, Tag("crf")],
    Discriminator(kind_of),
]


class ModelRecipe(Section):
    """An encoder, a decoder and how their embeddings are shared. Any encoder goes with any decoder, except that ``ctc``
    needs a picture's places, ``tags`` and ``crf`` the words of a text, and fully connected encoders write no text."""

    encoder: AnyEncoder = TransformerRecipe()
    """Input to hidden states; its ``kind`` is, for text, ``transformer``, ``rnn``, ``gru``, ``lstm`` or
    ``convolution``; for pictures ``lenet`` or ``residual``; for rows of a table, and pictures of one size, ``linear``
    or ``mlp``; and ``none`` for a language model."""
    decoder: AnyDecoder = TransformerRecipe()
    """Hidden states to output; its ``kind`` is, for text, ``transformer``, ``rnn``, ``gru``, ``lstm`` or ``ctc``;
    else ``label``, ``number``, or for a tag of each word ``tags`` or ``crf``."""
    tie: Literal["all", "decoder", "none"] = "all"
    """Which matrices are one: source embedding, target embedding and output layer (``all``, needs a shared vocabulary
    and embeddings of one width), target embedding and output layer (``decoder``), or ``none``. If absent, ``all`` where
    that is possible, else ``decoder`` where there is a target embedding."""

    @model_validator(mode="wrap")
    @classmethod
    def _what_is_not_said_fits(cls, values: object, handler: Callable[[object], ModelRecipe]) -> ModelRecipe:
        """What can be tied is tied, and a language model attends to nothing."""
        if not isinstance(values, Mapping):
            return handler(values)
        if kind_of(values.get("encoder", {})) == "none":
            decoder = values.get("decoder", {})
            if isinstance(decoder, Mapping) and kind_of(decoder) in RECURRENT:
                decoder = {"attention": "none", **decoder}
            return handler({"tie": "decoder", **values, "decoder": decoder})
        if "tie" in values:
            return handler(values)
        if kind_of(values.get("decoder", {})) not in TOKEN_BY_TOKEN:
            return handler({**values, "tie": "none"})
        model = handler({**values, "tie": "decoder"})
        reads, writes = model.encoder, model.decoder
        equal = (
            isinstance(reads, TextEncoderRecipe)
            and isinstance(writes, TokenByTokenRecipe)
            and reads.embedding == writes.embedding
        )
        return handler({**values, "tie": "all"}) if equal else model

    @model_validator(mode="after")
    def _they_go_together(self) -> ModelRecipe:
        problem = (
            _language_model_problem(self)
            if self.is_language_model
            else _tie_problem(self) or _width_problem(self) or _encoder_problem(self)
        )
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
        assert isinstance(self.encoder, TextEncoderRecipe)
        return self.encoder

    @property
    def token_decoder(self) -> TokenByTokenRecipe:
        """The decoder of a model whose output is predicted token by token."""
        assert isinstance(self.decoder, TokenByTokenRecipe)
        return self.decoder

    @property
    def longest_output(self) -> int | None:
        """The most tokens of a text that is written, with its end symbol; None if there is no limit or no text."""
        return self.decoder.longest if isinstance(self.decoder, TokenByTokenRecipe | CTCDecoderRecipe) else None

    @property
    def input_kind(self) -> Literal["text", "picture", "row", "nothing"]:
        """The kind of input."""
        if isinstance(self.encoder, NoEncoderRecipe):
            return "nothing"
        if isinstance(self.encoder, (LeNetRecipe, ResidualRecipe)):
            return "picture"
        return self.encoder.reads if isinstance(self.encoder, PerceptronRecipe) else "text"

    @property
    def output_kind(self) -> str:
        """The kind of output."""
        return self.decoder.says

    @property
    def is_translator(self) -> bool:
        """Whether text goes in and comes out."""
        return self.input_kind == "text" and self.output_kind == "text"

    @property
    def attends(self) -> bool:
        """Whether the decoder attends to every hidden state of an encoder."""
        if isinstance(self.decoder, RecurrentDecoderRecipe):
            return self.decoder.attention != "none"
        return isinstance(self.decoder, TransformerRecipe) and not self.is_language_model

    @property
    def reads_without_attention(self) -> bool:
        """Whether there is an encoder, to whose hidden states no decoder attends."""
        return not self.attends and not self.is_language_model

    @property
    def dropout_rates(self) -> dict[str, float]:
        """The dropout rates that have an effect, by their dotted names within the model."""
        return {
            f"{side}.{name}": rate
            for side, section in (("encoder", self.encoder), ("decoder", self.decoder))
            for name, rate in section
            if name.endswith("dropout") and section.kind != "linear"
        }

    @property
    def phrase(self) -> str:
        """The architecture in a few words."""
        decoder = f"{self.decoder.kind} decoder ({self.decoder.phrase})"
        if self.is_language_model:
            return f"{self.decoder.kind} language model ({self.decoder.phrase})"
        return f"{self.encoder.kind} encoder ({self.encoder.phrase}), {decoder}"


def _language_model_problem(model: ModelRecipe) -> str | None:
    decoder = model.decoder
    if not isinstance(decoder, TokenByTokenRecipe):
        return (
            f'decoder.kind = "{decoder.kind}" needs something to speak of, and encoder.kind is "none"; give an '
            "encoder, or use a transformer, rnn, gru or lstm as decoder"
        )
    if isinstance(decoder, RecurrentDecoderRecipe) and decoder.attention != "none":
        return (
            f'decoder.attention = "{decoder.attention}" needs an encoder to look at, and encoder.kind is "none"; '
            'use attention = "none", or give an encoder'
        )
    if model.tie == "all":
        return 'tie = "all" needs a source embedding, and a language model has none; use "decoder" or "none"'
    return None


def _tie_problem(model: ModelRecipe) -> str | None:
    encoder, decoder = model.encoder, model.decoder
    if model.tie != "none" and not isinstance(decoder, TokenByTokenRecipe):
        return f'tie = "{model.tie}" needs a target embedding, and decoder.kind = "{decoder.kind}" has none; use "none"'
    if model.tie != "all":
        return None
    if not isinstance(encoder, TextEncoderRecipe) or not isinstance(decoder, TokenByTokenRecipe):
        return (
            f'tie = "all" needs a source embedding, and encoder.kind = "{encoder.kind}" reads no text; '
            'use "decoder" or "none"'
        )
    if encoder.embedding != decoder.embedding:
        return (
            f'tie = "all" makes one matrix of embeddings that are {encoder.embedding} wide in the encoder and '
            f"{decoder.embedding} in the decoder; make the widths equal (embedding_width, in recurrent ones) or use "
            'tie = "decoder"'
        )
    return None


def _width_problem(model: ModelRecipe) -> str | None:
    encoder, decoder = model.encoder, model.decoder
    if isinstance(encoder, PerceptronRecipe):
        if model.output_kind == "text":
            return (
                f'decoder.kind = "{decoder.kind}" writes text, and encoder.kind = "{encoder.kind}" is for labels and '
                'numbers; use a decoder of kind "label" or "number", or another encoder'
            )
        return None
    if not isinstance(decoder, RecurrentDecoderRecipe) or isinstance(encoder, NoEncoderRecipe):
        return None
    if decoder.attention in ("dot", "scaled_dot") and decoder.width != encoder.memory_width:
        both = " (both directions joined)" if getattr(encoder, "bidirectional", False) else ""
        return (
            f"dot-product attention compares vectors of one width: the decoder's states are {decoder.width} wide and "
            f"the encoder's {encoder.memory_width}{both}; use decoder.width = {encoder.memory_width}, or attention = "
            '"additive" or "multi_head", which bring any widths together'
        )
    return None


def _encoder_problem(model: ModelRecipe) -> str | None:
    encoder, decoder = model.encoder, model.decoder
    if not decoder.encoders or encoder.kind in decoder.encoders:
        return None
    does, lacks = decoder.reason
    fitting = " or ".join(f'"{kind}"' for kind in decoder.encoders)
    return (
        f'decoder.kind = "{decoder.kind}" {does}, and encoder.kind = "{encoder.kind}" {lacks}; '
        f"use encoder.kind = {fitting}"
    )

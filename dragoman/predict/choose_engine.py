"""The choice of the engine that searches with a model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import Tensor

from dragoman.alignment.shortlist import Shortlist
from dragoman.contracts import Packed, Pictures, Source
from dragoman.contracts.expect import expect
from dragoman.encoders.multilayer_perceptron import MultilayerPerceptron
from dragoman.errors import InputError, UnsupportedError
from dragoman.export.preview_file import load_preview
from dragoman.export.shortlist_file import load_shortlist
from dragoman.export.transformer_spec import ctranslate2_obstacle
from dragoman.fields.field import PredictedField
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.folder import LoadedModel
from dragoman.optional.extra import CTRANSLATE2
from dragoman.plan.output_preview import OutputPreview
from dragoman.predict.ctranslate2_engine import COMPUTE_TYPES, CTranslate2Engine
from dragoman.predict.engine import Engine
from dragoman.predict.engine_choice import NUMBERS, USUAL, engine_choice_in
from dragoman.predict.fallback_engine import FallbackEngine
from dragoman.predict.fused_language_model import FusedLanguageModel
from dragoman.predict.native_engine import NativeEngine
from dragoman.predict.native_model import obstacle_of
from dragoman.predict.native_outputs import NativeOutputs
from dragoman.predict.outputs import torch_outputs
from dragoman.predict.torch_engine import TorchEngine
from dragoman.text.codec import Codec

ENGINES = ("auto", "native", "torch", "ctranslate2")
"""Names of engines; ``auto`` takes, for each search, the fastest of those that can do it and are exact enough, by what
was chosen when the model was saved."""

_NOT_INSTALLED = "the package ctranslate2 is not installed"


@dataclass(frozen=True, slots=True)
class AskedEngine:
    """What a caller asks of an engine.

    Attributes:
        name: one of :data:`ENGINES`.
        compute: the numbers of matrix products, one of :data:`~dragoman.predict.engine_choice.NUMBERS`; ``auto`` takes
            what was chosen when the model was saved, and ``int8`` for a model without a choice.
        shortlist: whether outputs are limited to the symbols of the model's lexical shortlist; None for what was chosen
            when the model was saved.
        folder: the model's folder, which keeps the choice, the shortlist and the preview; None if there is none, as for
            a model in training.
        preview: whether likely symbols are found by the model's preview of its output layer; None for what was chosen
            when the model was saved. A shortlist takes its place.

    Raises:
        InputError: if there is no engine or number format of that name.
    """

    name: str = "auto"
    compute: str = "auto"
    shortlist: bool | None = None
    folder: Path | None = None
    preview: bool | None = None

    def __post_init__(self) -> None:
        if self.name not in ENGINES:
            raise InputError(f"no engine is called {self.name}", remedy=f"give {', '.join(ENGINES)}.")
        if self.compute not in ("auto", *NUMBERS):
            raise InputError(f"no type of number is called {self.compute}", remedy=f"give auto, {', '.join(NUMBERS)}.")

    @property
    def is_usual(self) -> bool:
        """Whether nothing is asked for that only some engine has, so that another engine may take its place."""
        return self.name == "auto" and self.compute in ("auto", "float32") and not (self.shortlist or self.preview)


def choose_engine(
    loaded: LoadedModel, asked: AskedEngine, *, language_model: FusedLanguageModel | None = None
) -> Engine[Packed]:
    """The engine that is asked for, for a translator.

    Args:
        loaded: the translator.
        asked: what is asked for.
        language_model: language model that is fused into every search; only PyTorch's engine can use it.

    Raises:
        InputError: if a shortlist or a preview is asked for, and the model has none.
        UnsupportedError: if the engine cannot do what is asked.
    """
    native, ctranslate2 = _native_obstacle(loaded, language_model), _ctranslate2_obstacle(loaded, language_model)
    model = expect(loaded.model, EncoderDecoder)
    special, together = loaded.codecs[1].special, loaded.recipe.search.batch_tokens
    full = TorchEngine(model, special, batch_tokens=together, language_model=language_model)
    match asked.name:
        case "native":
            return _native(loaded, asked, native)
        case "ctranslate2":
            if ctranslate2 == _NOT_INSTALLED:
                CTRANSLATE2.load("ctranslate2")
            return _ctranslate2(loaded, asked, ctranslate2)
        case "auto" if native is None:
            fast: Engine[Packed] = _native(loaded, asked, native)
            return FallbackEngine(fast, full, "the native engine") if asked.is_usual else fast
        case "auto" if ctranslate2 is None and asked.compute != "bfloat16":
            fast = _ctranslate2(loaded, asked, ctranslate2)
            return FallbackEngine(fast, full, "CTranslate2's") if asked.is_usual else fast
    obstacles = "" if asked.name == "torch" else f"; the native engine cannot be used: {native}"
    _refuse_for_torch(asked, obstacles)
    return full


def choose_reader_engine(loaded: LoadedModel, asked: AskedEngine) -> Engine[Pictures]:
    """The engine that is asked for, for a reader of pictures.

    Raises:
        UnsupportedError: if the engine cannot do what is asked.
    """
    special = expect(loaded.target, Codec).special
    model = expect(loaded.model, EncoderDecoder)
    full = TorchEngine(model, special, batch_tokens=loaded.recipe.search.batch_tokens)
    obstacle = _native_obstacle(loaded, None)
    if asked.preview:
        raise UnsupportedError("a reader has no preview of its output layer", remedy="read without one.")
    if asked.name == "ctranslate2":
        raise _unusable("ctranslate2", f"it computes Transformers, and this is a {loaded.recipe.model.phrase}")
    if asked.name == "native" or (asked.name == "auto" and obstacle is None):
        if obstacle is not None:
            raise _unusable("native", obstacle)
        fast = NativeEngine(model, special, number=_number(asked))
        return FallbackEngine(fast, full, "the native engine") if asked.is_usual else fast
    _refuse_for_torch(asked, "" if asked.name == "torch" else f"; the native engine cannot be used: {obstacle}")
    return full


def choose_outputs(loaded: LoadedModel, asked: AskedEngine) -> Callable[[Source], Tensor]:
    """The function from inputs to what the decoder says of them, for a model that predicts; every engine computes it in
    float32. Of rows of tables, ``auto`` takes PyTorch, which is the faster one there.

    Raises:
        UnsupportedError: if the engine cannot do what is asked.
    """
    model = expect(loaded.model, EncoderDecoder)
    if asked.name == "ctranslate2":
        raise _unusable("ctranslate2", f"it computes Transformers, and this is a {loaded.recipe.model.phrase}")
    if asked.compute not in ("auto", "float32") or asked.shortlist or asked.preview:
        raise UnsupportedError(
            "labels, numbers and tags are computed in float32, without a shortlist or a preview",
            remedy="leave `--compute` and `--shortlist` out.",
        )
    obstacle = None if asked.name == "torch" else obstacle_of(model)
    if asked.name == "native" and obstacle is not None:
        raise _unusable("native", obstacle)
    by_torch = asked.name == "torch" or (asked.name == "auto" and isinstance(model.encoder, MultilayerPerceptron))
    if by_torch or obstacle is not None:
        return torch_outputs(model)
    return NativeOutputs(model, np.size(expect(loaded.target, PredictedField).uninformed))


def _native(loaded: LoadedModel, asked: AskedEngine, obstacle: str | None) -> NativeEngine:
    if obstacle is not None:
        raise _unusable("native", obstacle)
    if asked.preview and _number(asked) == "float32":
        raise UnsupportedError(
            "in float32 all symbols are scored exactly, and a preview of the output layer is asked for",
            remedy="leave one of the two out.",
        )
    return NativeEngine(
        expect(loaded.model, EncoderDecoder),
        loaded.codecs[1].special,
        number=_number(asked),
        shortlist=_shortlist(loaded, asked, usual=True),
        preview=_preview(asked),
    )


def _ctranslate2(loaded: LoadedModel, asked: AskedEngine, obstacle: str | None) -> CTranslate2Engine:
    if obstacle is not None:
        raise _unusable("ctranslate2", obstacle)
    if asked.compute not in ("auto", *COMPUTE_TYPES):
        raise UnsupportedError(
            f"the engine ctranslate2 computes in {' or '.join(COMPUTE_TYPES)}, not in {asked.compute}",
            remedy="give another `--compute`, or `--engine native`.",
        )
    if asked.preview:
        raise _unusable("ctranslate2", "it scores all symbols exactly, and a preview of the output layer is asked for")
    number = USUAL.number if asked.compute == "auto" else asked.compute
    # Outputs depend on which sentences share a batch, so it never has a shortlist unasked.
    return CTranslate2Engine(loaded, compute_type=number, shortlist=_shortlist(loaded, asked, usual=False))


def _number(asked: AskedEngine) -> str:
    """The type of number: what is asked for, else what was chosen when the model was saved."""
    if asked.compute != "auto":
        return asked.compute
    choice = None if asked.folder is None else engine_choice_in(asked.folder)
    return (USUAL if choice is None else choice.settings).number


def _shortlist(loaded: LoadedModel, asked: AskedEngine, *, usual: bool) -> Shortlist | None:
    """The shortlist that is asked for; where nothing is said of one or of numbers and ``usual``, the one that was
    chosen when the model was saved."""
    if asked.folder is None:
        return None
    wanted = asked.shortlist
    if wanted is None:
        choice = engine_choice_in(asked.folder) if usual and asked.compute == "auto" else None
        wanted = choice is not None and choice.settings.shortlist
    return load_shortlist(asked.folder, *loaded.vocabularies) if wanted else None


def _preview(asked: AskedEngine) -> OutputPreview | None:
    """The preview of the output layer that is asked for; where nothing is said of one, of a shortlist or of numbers,
    the one that was chosen when the model was saved."""
    if asked.folder is None:
        return None
    wanted = asked.preview
    if wanted is None:
        choice = engine_choice_in(asked.folder) if asked.compute == "auto" and asked.shortlist is None else None
        wanted = choice is not None and choice.settings.preview
    return load_preview(asked.folder) if wanted else None


def _refuse_for_torch(asked: AskedEngine, obstacles: str) -> None:
    """Refuse what PyTorch's engine cannot do.

    Raises:
        UnsupportedError: naming what is asked for, and why no other engine can be used.
    """
    if asked.compute not in ("auto", "float32"):
        raise UnsupportedError(
            f"PyTorch's engine computes in float32, not in {asked.compute}{obstacles}", remedy="leave `--compute` out."
        )
    if asked.shortlist or asked.preview:
        raise UnsupportedError(
            f"PyTorch's engine scores all symbols exactly{obstacles}",
            remedy="translate without `--shortlist`, and without a preview.",
        )


def _unusable(name: str, obstacle: str) -> UnsupportedError:
    return UnsupportedError(
        f"the engine {name} cannot be used: {obstacle}", remedy="use `--engine torch`, or leave the engine to `auto`."
    )


def _native_obstacle(loaded: LoadedModel, language_model: FusedLanguageModel | None) -> str | None:
    """Why the native engine cannot search with the model; None if it can."""
    if language_model is not None:
        return "a language model takes part in the search"
    return obstacle_of(expect(loaded.model, EncoderDecoder))


def _ctranslate2_obstacle(loaded: LoadedModel, language_model: FusedLanguageModel | None) -> str | None:
    """Why CTranslate2 cannot search with the model; None if it can."""
    if (obstacle := ctranslate2_obstacle(loaded.recipe)) is not None:
        return obstacle
    if language_model is not None:
        return "a language model takes part in the search"
    if expect(loaded.model, EncoderDecoder).device.type != "cpu":
        return "the model is on another device than the processor"
    if CTRANSLATE2.missing():
        return _NOT_INSTALLED
    return None

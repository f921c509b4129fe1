"""The choice of the engine that searches with a model."""

from __future__ import annotations

from dragoman.alignment.shortlist import Shortlist
from dragoman.contracts import Packed
from dragoman.contracts.expect import expect
from dragoman.errors import InputError, UnsupportedError
from dragoman.export.transformer_spec import is_exportable
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.folder import LoadedModel
from dragoman.optional.extra import CTRANSLATE2
from dragoman.predict.ctranslate2_engine import COMPUTE_TYPES, CTranslate2Engine
from dragoman.predict.engine import Engine
from dragoman.predict.fallback_engine import FallbackEngine
from dragoman.predict.fused_language_model import FusedLanguageModel
from dragoman.predict.torch_engine import TorchEngine

ENGINES = ("auto", "torch", "ctranslate2")
"""Names of engines; ``auto`` takes, for each search, the fastest of those that can do it and are exact enough, by the
measurements in docs/speed.md."""

# Its loss of BLEU against float32 was within noise on every model that was measured; docs/speed.md, "Engines".
_AUTO_COMPUTE_TYPE = "int8"
_NOT_INSTALLED = "the package ctranslate2 is not installed"


def choose_engine(
    loaded: LoadedModel,
    name: str,
    *,
    compute: str = "auto",
    language_model: FusedLanguageModel | None = None,
    shortlist: Shortlist | None = None,
) -> Engine[Packed]:
    """The engine of that name for a translator.

    Args:
        loaded: the translator.
        name: one of :data:`ENGINES`.
        compute: the numbers of CTranslate2's matrix products, ``float32`` or ``int8``; ``auto`` takes the fastest that
            is exact enough. PyTorch computes in the model's own, float32.
        language_model: language model that is fused into every search; only PyTorch's engine can use it.
        shortlist: lexical shortlist that limits the output's symbols; only CTranslate2's engine can use it.

    Raises:
        InputError: if there is no engine or number format of that name.
        UnsupportedError: if the engine cannot do what is asked.
    """
    if name not in ENGINES:
        raise InputError(f"no engine is called {name}", remedy=f"give {', '.join(ENGINES)}.")
    if compute not in ("auto", *COMPUTE_TYPES):
        raise InputError(f"no type of number is called {compute}", remedy=f"give auto, {', '.join(COMPUTE_TYPES)}.")
    obstacle = _obstacle(loaded, language_model)
    if name == "ctranslate2" and obstacle == _NOT_INSTALLED:
        CTRANSLATE2.load("ctranslate2")
    if name == "ctranslate2" and obstacle is not None:
        raise UnsupportedError(
            f"the engine ctranslate2 cannot be used: {obstacle}", remedy="translate with `--engine torch`."
        )
    model = expect(loaded.model, EncoderDecoder)
    special, together = loaded.codecs[1].special, loaded.recipe.search.batch_tokens
    full = TorchEngine(model, special, batch_tokens=together, language_model=language_model)
    if name == "torch" or obstacle is not None:
        if compute not in ("auto", "float32"):
            raise UnsupportedError(
                f"PyTorch's engine computes in float32, not in {compute}"
                + (f"; and ctranslate2 cannot be used: {obstacle}" if obstacle else ""),
                remedy="leave `--compute` out.",
            )
        if shortlist is not None:
            raise UnsupportedError(
                "PyTorch's engine scores all symbols"
                + (f"; ctranslate2 cannot be used: {obstacle}" if obstacle else ""),
                remedy="translate without `--shortlist`.",
            )
        return full
    compute_type = _AUTO_COMPUTE_TYPE if compute == "auto" else compute
    fast = CTranslate2Engine(loaded, compute_type=compute_type, shortlist=shortlist)
    # What only CTranslate2 can do was asked for by name; PyTorch must not take its place.
    return (
        fast
        if name == "ctranslate2" or compute == "int8" or shortlist is not None
        else FallbackEngine(fast, full, "CTranslate2's")
    )


def _obstacle(loaded: LoadedModel, language_model: FusedLanguageModel | None) -> str | None:
    """Why CTranslate2 cannot search with the model; None if it can."""
    if not is_exportable(loaded.recipe):
        model = loaded.recipe.model
        return f"it computes Transformers, and this is a {model.phrase}"
    if language_model is not None:
        return "a language model takes part in the search"
    if expect(loaded.model, EncoderDecoder).device.type != "cpu":
        return "the model is on another device than the processor"
    if CTRANSLATE2.missing():
        return _NOT_INSTALLED
    return None

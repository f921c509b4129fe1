"""The export of a model for CTranslate2."""

from __future__ import annotations

from pathlib import Path

from dragoman.alignment.shortlist import Shortlist
from dragoman.contracts.expect import expect
from dragoman.errors import InputError, UnsupportedError
from dragoman.export.transformer_spec import transformer_spec
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.folder import LoadedModel
from dragoman.optional.extra import CTRANSLATE2
from dragoman.recipe.kinds import TRANSLATOR, kind_of, sentence_of
from dragoman.storage.folder import new_folder
from dragoman.text.codec_files import save_codecs
from dragoman.text.vocabulary import Vocabulary

QUANTIZATIONS = ("float32", "bfloat16", "float16", "int16", "int8")
"""The types that weights can be stored in; with integers, everything but matrices stays float32."""

_VOCABULARY_MAP = "vmap.txt"
_SPACE = "▁"
_NAMES = str.maketrans(
    {
        " ": _SPACE,
        **{mark: "".join(f"<0x{b:02X}>" for b in mark.encode()) for mark in f"{_SPACE}\t\n\v\f\r\x85\u2028\u2029"},
    }
)


def symbol_names(vocabulary: Vocabulary) -> list[str]:
    """The name of each symbol in CTranslate2: a space is ``▁``, and what its files cannot hold is written as bytes.
    Names are different, since symbols of several characters hold only letters, marks, digits and spaces."""
    return [symbol.translate(_NAMES) for symbol in vocabulary.symbols]


def export_ctranslate2(
    loaded: LoadedModel, folder: Path, *, quantization: str = "float32", shortlist: Shortlist | None = None
) -> None:
    """Write a model for CTranslate2, with its tokenizer.

    CTranslate2 reads a source sentence as the names of its symbols in the vocabulary, with ``</s>`` at the end.

    >>> from dragoman.model.folder import load_model
    >>> export_ctranslate2(load_model("runs/demo/best"), Path("demo-ct2"), quantization="int8")
    >>> sorted(path.name for path in Path("demo-ct2").glob("*.bin"))
    ['model.bin']

    Args:
        loaded: the model.
        folder: the folder to be written, which does not exist yet.
        quantization: type of the stored weights, one of :data:`QUANTIZATIONS`.
        shortlist: lexical shortlist, written as ``vmap.txt``, which CTranslate2 uses with ``use_vmap``.

    Raises:
        InputError: if there is no such quantization.
        OutputError: if the folder exists or cannot be written; nothing is left half-written.
        UnsupportedError: if CTranslate2 cannot compute the model, which must be a Transformer with encoder and decoder,
            or is not installed.
    """
    if quantization not in QUANTIZATIONS:
        raise InputError(f"no quantization is called {quantization}", remedy=f"give {', '.join(QUANTIZATIONS)}.")
    if kind_of(loaded.recipe.model) is not TRANSLATOR:
        raise UnsupportedError(
            f"{sentence_of(loaded.recipe.model)}, and the export is of translators",
            remedy="give a translator.",
        )
    with new_folder(folder) as temporary:
        write_ctranslate2(loaded, temporary, quantization=quantization, shortlist=shortlist)
        save_codecs(temporary, *loaded.codecs)


def write_ctranslate2(
    loaded: LoadedModel, folder: Path, *, quantization: str = "float32", shortlist: Shortlist | None = None
) -> None:
    """Write the files of CTranslate2 alone, into a folder that exists.

    Raises:
        UnsupportedError: if CTranslate2 cannot compute the model, or is not installed.
    """
    CTRANSLATE2.load("ctranslate2")
    sources, targets = (symbol_names(codec.tokenizer.vocabulary) for codec in loaded.codecs)
    special = loaded.codecs[1].special
    spec = transformer_spec(expect(loaded.model, EncoderDecoder), loaded.recipe, special.never_written)
    if special.unknown is not None:
        spec.config.unk_token = targets[special.unknown]
    spec.config.bos_token, spec.config.eos_token = targets[special.start], targets[special.end]
    spec.config.decoder_start_token = targets[special.start]
    spec.register_source_vocabulary(sources)
    spec.register_target_vocabulary(targets)
    spec.validate()
    spec.optimize(quantization=quantization)
    spec.save(str(folder))
    if shortlist is not None:
        (folder / _VOCABULARY_MAP).write_text(_vocabulary_map(shortlist, sources, targets), encoding="utf-8")


def _vocabulary_map(shortlist: Shortlist, sources: list[str], targets: list[str]) -> str:
    """One line for the symbols that are always allowed, and one for each source symbol with targets of its own."""
    lines = ["\t" + " ".join(targets[target] for target in shortlist.always)]
    for symbol, name in enumerate(sources):
        if len(own := shortlist.of_source(symbol)):
            lines.append(f"{name}\t" + " ".join(targets[target] for target in own))
    return "".join(f"{line}\n" for line in lines)

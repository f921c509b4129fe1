"""Storing the codecs of a source and a target language in a folder: one file for a shared tokenizer, otherwise two; one
for each language that is truecased; and one for the syntax of placeholders, which older folders lack."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from dragoman.storage.verified import VerifiedFolder
from dragoman.text.codec import Codec
from dragoman.text.placeholders import LEGACY_SYNTAX, PlaceholderSyntax
from dragoman.text.segmenter import Segmenter
from dragoman.text.sentence_piece import SentencePieceSegmenter
from dragoman.text.tokenizer import Tokenizer
from dragoman.text.truecasing import Truecaser

SHARED, OF_ONE, CASING = "tokenizer{}", "{}.tokenizer{}", "{}.truecaser.json"
LOADERS: Mapping[str, Callable[[Path], Segmenter]] = MappingProxyType(
    {".json": Tokenizer.load, ".model": SentencePieceSegmenter.load}
)
"""The function that loads a tokenizer's file, by the ending of the file's name."""
PLACEHOLDERS = "placeholders.json"
SOURCE, TARGET = "source", "target"


def save_codecs(folder: Path, source: Codec, target: Codec) -> None:
    """Write both codecs; a tokenizer that both share as the same object is written once."""
    if source.tokenizer is not target.tokenizer:
        save_codec(folder, SOURCE, source)
        save_codec(folder, TARGET, target)
        return
    source.tokenizer.save(folder / SHARED.format(source.tokenizer.suffix))
    _save_placeholders(folder, source)
    for codec, name in ((source, SOURCE), (target, TARGET)):
        _save_casing(folder, name, codec)


def save_codec(folder: Path, name: str, codec: Codec) -> None:
    """Write one codec; ``name`` is ``source`` or ``target``."""
    codec.tokenizer.save(folder / OF_ONE.format(name, codec.tokenizer.suffix))
    _save_casing(folder, name, codec)
    _save_placeholders(folder, codec)


def load_codecs(folder: VerifiedFolder) -> tuple[Codec, Codec]:
    """Read both codecs.

    Raises:
        DamagedFileError: if a file is missing, not listed in the manifest, or has other content than its name says.
    """
    suffix = next((suffix for suffix in LOADERS if folder.holds(SHARED.format(suffix))), None)
    if suffix is None:
        return load_codec(folder, SOURCE), load_codec(folder, TARGET)
    shared, placeholders = _tokenizer(folder, SHARED.format(suffix), suffix), _placeholders(folder)
    source, target = (Codec(shared, _casing(folder, name), placeholders) for name in (SOURCE, TARGET))
    return source, target


def load_codec(folder: VerifiedFolder, name: str) -> Codec:
    """Read a codec that :func:`save_codec` wrote.

    Raises:
        DamagedFileError: if a file is missing, not listed in the manifest, or has other content than its name says.
    """
    suffix = next((suffix for suffix in LOADERS if folder.holds(OF_ONE.format(name, suffix))), ".json")
    tokenizer = _tokenizer(folder, OF_ONE.format(name, suffix), suffix)
    return Codec(tokenizer, _casing(folder, name), _placeholders(folder))


def _save_placeholders(folder: Path, codec: Codec) -> None:
    if codec.placeholders != LEGACY_SYNTAX:
        text = json.dumps(codec.placeholders.to_dict(), indent=2)
        (folder / PLACEHOLDERS).write_text(text + "\n", encoding="utf-8")


def _placeholders(folder: VerifiedFolder) -> PlaceholderSyntax:
    if not folder.holds(PLACEHOLDERS):
        return LEGACY_SYNTAX
    content = folder.json(PLACEHOLDERS)
    with folder.understanding(PLACEHOLDERS):
        return PlaceholderSyntax.from_dict(content)


def _save_casing(folder: Path, name: str, codec: Codec) -> None:
    if codec.truecaser is not None:
        codec.truecaser.save(folder / CASING.format(name))


def _tokenizer(folder: VerifiedFolder, file: str, suffix: str) -> Segmenter:
    with folder.understanding(file) as path:
        return LOADERS[suffix](path)


def _casing(folder: VerifiedFolder, name: str) -> Truecaser | None:
    file = CASING.format(name)
    if not folder.holds(file):
        return None
    with folder.understanding(file) as path:
        return Truecaser.load(path)

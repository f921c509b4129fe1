"""The codecs of a source and a target language in a folder: one file if they share a tokenizer, else two; and one for
each language that is truecased."""

from __future__ import annotations

from pathlib import Path

from dragoman.storage.verified import VerifiedFolder
from dragoman.text.codec import Codec
from dragoman.text.tokenizer import Tokenizer
from dragoman.text.truecasing import Truecaser

SHARED, OF_ONE, CASING = "tokenizer.json", "{}.tokenizer.json", "{}.truecaser.json"
SOURCE, TARGET = "source", "target"


def save_codecs(folder: Path, source: Codec, target: Codec) -> None:
    """Write both; a tokenizer that both share, the same object twice, is written once."""
    if source.tokenizer is not target.tokenizer:
        save_codec(folder, SOURCE, source)
        save_codec(folder, TARGET, target)
        return
    source.tokenizer.save(folder / SHARED)
    for codec, name in ((source, SOURCE), (target, TARGET)):
        _save_casing(folder, name, codec)


def save_codec(folder: Path, name: str, codec: Codec) -> None:
    """Write one by itself; ``name`` is ``source`` or ``target``."""
    codec.tokenizer.save(folder / OF_ONE.format(name))
    _save_casing(folder, name, codec)


def load_codecs(folder: VerifiedFolder) -> tuple[Codec, Codec]:
    """Read both.

    Raises:
        DamagedFileError: if a file is missing, not listed in the manifest, or not what its name says.
    """
    if not folder.holds(SHARED):
        return load_codec(folder, SOURCE), load_codec(folder, TARGET)
    shared = _tokenizer(folder, SHARED)
    return Codec(shared, _casing(folder, SOURCE)), Codec(shared, _casing(folder, TARGET))


def load_codec(folder: VerifiedFolder, name: str) -> Codec:
    """Read one that :func:`save_codec` wrote.

    Raises:
        DamagedFileError: if a file is missing, not listed in the manifest, or not what its name says.
    """
    return Codec(_tokenizer(folder, OF_ONE.format(name)), _casing(folder, name))


def _save_casing(folder: Path, name: str, codec: Codec) -> None:
    if codec.truecaser is not None:
        codec.truecaser.save(folder / CASING.format(name))


def _tokenizer(folder: VerifiedFolder, file: str) -> Tokenizer:
    with folder.understanding(file) as path:
        return Tokenizer.load(path)


def _casing(folder: VerifiedFolder, name: str) -> Truecaser | None:
    file = CASING.format(name)
    if not folder.holds(file):
        return None
    with folder.understanding(file) as path:
        return Truecaser.load(path)

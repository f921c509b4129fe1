"""The codecs of a source and a target language in a folder: one file if they share a tokenizer, else two; and one for
each language that is truecased."""

from __future__ import annotations

from pathlib import Path

from dragoman.text.codec import Codec
from dragoman.text.tokenizer import Tokenizer
from dragoman.text.truecasing import Truecaser

SHARED, SOURCE, TARGET = "tokenizer.json", "source.tokenizer.json", "target.tokenizer.json"
SOURCE_CASING, TARGET_CASING = "source.truecaser.json", "target.truecaser.json"


def save_codecs(folder: Path, source: Codec, target: Codec) -> None:
    """Write both; a tokenizer that both share, the same object twice, is written once."""
    if source.tokenizer is target.tokenizer:
        source.tokenizer.save(folder / SHARED)
    else:
        source.tokenizer.save(folder / SOURCE)
        target.tokenizer.save(folder / TARGET)
    for codec, name in ((source, SOURCE_CASING), (target, TARGET_CASING)):
        if codec.truecaser is not None:
            codec.truecaser.save(folder / name)


def load_codecs(folder: Path) -> tuple[Codec, Codec]:
    """Read both.

    Raises:
        DamagedFileError: if a file is not what its name says.
    """
    if (folder / SHARED).exists():
        source = target = Tokenizer.load(folder / SHARED)
    else:
        source, target = Tokenizer.load(folder / SOURCE), Tokenizer.load(folder / TARGET)
    return Codec(source, _truecaser(folder / SOURCE_CASING)), Codec(target, _truecaser(folder / TARGET_CASING))


def _truecaser(path: Path) -> Truecaser | None:
    return Truecaser.load(path) if path.exists() else None

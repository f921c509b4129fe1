"""The tokenizers of a source and a target language in a folder: one file if they are one object, else two."""

from __future__ import annotations

from pathlib import Path

from dragoman.text.tokenizer import Tokenizer

SHARED, SOURCE, TARGET = "tokenizer.json", "source.tokenizer.json", "target.tokenizer.json"


def save_tokenizers(folder: Path, source: Tokenizer, target: Tokenizer) -> None:
    """Write both; a shared one, the same object twice, is written once."""
    if source is target:
        source.save(folder / SHARED)
    else:
        source.save(folder / SOURCE)
        target.save(folder / TARGET)


def load_tokenizers(folder: Path) -> tuple[Tokenizer, Tokenizer]:
    """Read both; the same object twice if they were one.

    Raises:
        DamagedFileError: if a file is not a tokenizer.
    """
    if (folder / SHARED).exists():
        shared = Tokenizer.load(folder / SHARED)
        return shared, shared
    return Tokenizer.load(folder / SOURCE), Tokenizer.load(folder / TARGET)

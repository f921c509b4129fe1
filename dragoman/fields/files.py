"""The fields of a source and a target in a folder: the codecs of text as they are, all else as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dragoman.fields.field import field_from_dict
from dragoman.fields.label import LabelField
from dragoman.fields.number import NumberField
from dragoman.fields.picture import PictureField
from dragoman.fields.row import RowField
from dragoman.storage.verified import VerifiedFolder
from dragoman.text.codec import Codec
from dragoman.text.codec_files import load_codec, load_codecs, save_codec, save_codecs

SourceField = Codec | PictureField | RowField
TargetField = Codec | LabelField | NumberField

SOURCE, TARGET = "source", "target"


def save_fields(folder: Path, source: SourceField, target: TargetField) -> None:
    """Write both."""
    if isinstance(source, Codec) and isinstance(target, Codec):
        save_codecs(folder, source, target)
        return
    for name, field in ((SOURCE, source), (TARGET, target)):
        if isinstance(field, Codec):
            save_codec(folder, name, field)
        else:
            text = json.dumps(field.to_dict(), indent=2, ensure_ascii=False)
            (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def load_fields(folder: VerifiedFolder) -> tuple[SourceField, TargetField]:
    """Read both.

    Raises:
        DamagedFileError: if a file is missing, not listed in the manifest, or not what its name says.
    """
    if not any(folder.holds(f"{name}.json") for name in (SOURCE, TARGET)):
        return load_codecs(folder)
    source, target = (_load(folder, name) for name in (SOURCE, TARGET))
    return source, target


def _load(folder: VerifiedFolder, name: str) -> Any:
    file = f"{name}.json"
    if not folder.holds(file):
        return load_codec(folder, name)
    content = folder.json(file)
    with folder.understanding(file):
        return field_from_dict(content)

"""The fields of a source and a target in a folder: the codecs of text as they are, all else as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, runtime_checkable

from dragoman.contracts.expect import expect
from dragoman.fields.field import Field, SourceField, TargetField
from dragoman.fields.label import WEIGHTED, LabelField
from dragoman.fields.number import NumberField
from dragoman.fields.picture import PictureField
from dragoman.fields.row import RowField
from dragoman.fields.tags import TagField
from dragoman.storage.json import JsonObject
from dragoman.storage.verified import VerifiedFolder
from dragoman.text.codec import Codec
from dragoman.text.codec_files import load_codec, load_codecs, save_codec, save_codecs

SOURCE, TARGET = "source", "target"


@runtime_checkable
class JsonField(Field, Protocol):
    """A field that is written as JSON."""

    def to_dict(self) -> JsonObject:
        """The field as JSON can write it, its name under the key ``field``."""
        ...


FIELDS: dict[str, Callable[[JsonObject], JsonField]] = {
    "label": LabelField.from_dict,
    WEIGHTED: LabelField.from_dict,
    "number": NumberField.from_dict,
    "row": RowField.from_dict,
    "picture": PictureField.from_dict,
    "tags": TagField.from_dict,
}
"""What reads each kind that is written as JSON, by its name under the key ``field``."""


def field_from_dict(content: JsonObject) -> JsonField:
    """The field that a ``to_dict`` wrote."""
    return FIELDS[content["field"]](content)


def save_fields(folder: Path, source: Field, target: TargetField) -> None:
    """Write both."""
    if isinstance(source, Codec) and isinstance(target, Codec):
        save_codecs(folder, source, target)
        return
    for name, field in ((SOURCE, source), (TARGET, target)):
        if isinstance(field, JsonField):
            text = json.dumps(field.to_dict(), indent=2, ensure_ascii=False)
            (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")
        else:
            save_codec(folder, name, expect(field, Codec))


def load_fields(folder: VerifiedFolder) -> tuple[SourceField, TargetField]:
    """Read both.

    Raises:
        DamagedFileError: if a file is missing, not listed in the manifest, or not what its name says.
    """
    if not any(folder.holds(f"{name}.json") for name in (SOURCE, TARGET)):
        codecs: tuple[Codec, Codec] = load_codecs(folder)
        return codecs
    return expect(_load(folder, SOURCE), SourceField), expect(_load(folder, TARGET), TargetField)


def _load(folder: VerifiedFolder, name: str) -> Field:
    file = f"{name}.json"
    if not folder.holds(file):
        return load_codec(folder, name)
    content = folder.json(file)
    with folder.understanding(file):
        return field_from_dict(content)

"""The inputs of a model in the rows of a log."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from dragoman.data.formats.column_names import no_such_column
from dragoman.data.formats.json_lines import find_value, names_in
from dragoman.data.inputs.picture import pictures_in
from dragoman.errors import InputError
from dragoman.fields.field import SourceField
from dragoman.fields.picture import PictureField
from dragoman.fields.place import TablePlace
from dragoman.fields.row import RowField
from dragoman.monitoring.log_rows import LogRows, Record
from dragoman.text.codec import Codec

_REMEDY = "name the field of the inputs with --field; a field inside an object is written with a dot."


def values_of(rows: LogRows, name: str, place: TablePlace, option: str) -> list[object]:
    """The values of a field.

    Args:
        rows: rows of a log.
        name: name of the field; ``a.b`` is ``b`` inside ``a``.
        place: the log, and the lines of the rows.
        option: option that names the field, for errors.

    Raises:
        InputError: if a row has no such field.
    """
    values = []
    for row, record in enumerate(rows.records):
        found = find_value(record, name)
        if not found:
            raise _no_field(record, name, place, row, option)
        values.append(found[0])
    return values


def _no_field(record: Record, name: str, place: TablePlace, row: int, option: str) -> InputError:
    file, line = place.of(row)
    error = no_such_column(name, names_in(record), Path(file or ""), line)
    near = error.remedy if error.remedy.startswith("did you mean") else f"name one of these with {option}."
    return InputError(error.what.replace("column", "field", 1), file=file, line=line, remedy=near)


class LogInputs(ABC):
    """Inputs of one kind.

    Attributes:
        has_copies: whether inputs that are the same are copies of each other, which cleaning drops.
    """

    has_copies = False

    @abstractmethod
    def of(self, rows: LogRows, field: str, place: TablePlace) -> list[object]:
        """The inputs in some rows.

        Args:
            rows: the rows.
            field: name of the field that holds them.
            place: the log, and the lines of the rows.

        Raises:
            InputError: if a row holds none.
        """

    def checked_field(self, field: str | None, usual: str) -> str:
        """The field that was named, or else the usual one.

        Raises:
            InputError: if none may be named.
        """
        return usual if field is None else field

    def key(self, given: object) -> str:
        """A text that is the same for the same inputs."""
        return str(given)


class LogTexts(LogInputs):
    """Texts; null is an empty one."""

    has_copies = True

    def of(self, rows: LogRows, field: str, place: TablePlace) -> list[object]:
        """The texts."""
        texts = []
        for row, value in enumerate(values_of(rows, field, place, "--field")):
            if value is not None and not isinstance(value, str):
                raise place.error(f"the field `{field}` holds {value!r} and no text", row=row, remedy=_REMEDY)
            texts.append(value or "")
        return [*texts]


class LogPictures(LogInputs):
    """Pictures: their paths, which count from the log's folder, or in Parquet the bytes of their files."""

    def of(self, rows: LogRows, field: str, place: TablePlace) -> list[object]:
        """The pictures."""
        return [*pictures_in(values_of(rows, field, place, "--field"), place)]

    def key(self, given: object) -> str:
        """The path, or the bytes."""
        return given.hex() if isinstance(given, bytes) else str(given)


class LogTableRows(LogInputs):
    """Rows of a table, whose columns are the fields."""

    def of(self, rows: LogRows, field: str, place: TablePlace) -> list[object]:
        """The rows."""
        del field, place
        return [*rows.records]

    def checked_field(self, field: str | None, usual: str) -> str:
        """None is needed."""
        if field is not None:
            raise InputError(
                f"the field `{field}` was named, and this model reads the columns that it was trained on",
                remedy="leave --field away.",
            )
        return usual

    def key(self, given: object) -> str:
        """The row as JSON."""
        return json.dumps(given, sort_keys=True, default=str)


_BY_SOURCE: Mapping[type, LogInputs] = MappingProxyType(
    {Codec: LogTexts(), PictureField: LogPictures(), RowField: LogTableRows()}
)


def log_inputs(source: SourceField) -> LogInputs:
    """The kind of inputs that a field encodes."""
    return _BY_SOURCE[type(source)]


def times_of(rows: LogRows, name: str | None, place: TablePlace) -> Sequence[str] | None:
    """What a field of each row says of the time; None if no field was named.

    Raises:
        InputError: if a row has no such field.
    """
    if name is None:
        return None
    return [str(value) for value in values_of(rows, name, place, "--time")]

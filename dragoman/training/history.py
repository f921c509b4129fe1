"""The record of a run: one line of JSON for each update and each validation, in ``history.jsonl``.

Any tool that reads JSON lines opens it (``pandas.read_json(path, lines=True)``); :func:`read_history` gives the
columns their types as well.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict
from io import FileIO
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from dragoman.errors import DamagedFileError, InputError, OutputError
from dragoman.storage.failure import unwritable
from dragoman.storage.folder import write_file
from dragoman.training.observer import Observer, RunStart, UpdateRecord, ValidationRecord
from dragoman.training.scores import SCORES

FILE_NAME = "history.jsonl"
UPDATE = "update"
VALIDATION = "validation"

COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "event": "string",
        "update": "int64",
        "epoch": "int64",
        "loss": "float64",
        "learning_rate": "float64",
        "gradient_norm": "float64",
        "target_tokens": "Int64",
        "padding": "float64",
        "seconds": "float64",
        "waited": "float64",
        "perplexity": "float64",
        **dict.fromkeys(SCORES, "float64"),
        "loss_error": "float64",
        "training_loss": "float64",
        "training_loss_error": "float64",
        "best": "boolean",
        "sample_source": "string",
        "sample_reference": "string",
        "sample_output": "string",
    }
)
"""Column to pandas type. ``event`` is ``update`` or ``validation``; the rest are the fields of
:class:`~dragoman.training.observer.UpdateRecord` and :class:`~dragoman.training.observer.ValidationRecord`, missing
where the other has none."""


class History(Observer):
    """Appends every record of a run to ``history.jsonl``.

    A line is handed to the operating system in one piece as soon as it is known, so a killed run loses none; at each
    validation and at the end the file is forced to the disk as well. A number that is not finite is written as null.

    Args:
        folder: the run's folder, which exists.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE_NAME
        self._file: FileIO | None = None

    def truncate(self, update: int) -> None:
        """Drop the rows after ``update`` and a torn last line, as a run that goes on from there will write them again.

        Raises:
            DamagedFileError: if a line other than the last is not a record.
        """
        self._close()
        if self.path.exists():
            kept = [line for line, record in _records(self.path) if record["update"] <= update] if update else []
            write_file(self.path, b"".join(line + b"\n" for line in kept))

    def on_start(self, start: RunStart) -> None:
        """Open the file."""
        self._open()

    def on_update(self, record: UpdateRecord) -> None:
        """Append one row.

        Raises:
            OutputError: if the file cannot be written, as on a full disk.
        """
        self._append({"event": UPDATE, **asdict(record)})

    def on_validation(self, record: ValidationRecord) -> None:
        """Append one row and force the file to the disk.

        Raises:
            OutputError: if the file cannot be written, as on a full disk.
        """
        row: dict[str, Any] = {"event": VALIDATION, **asdict(record)}
        sample = row.pop("sample") or dict.fromkeys(("source", "reference", "output"))
        scores = row.pop("scores")
        self._append({**row, **scores, **{f"sample_{side}": text for side, text in sample.items()}})
        self._sync()

    def on_end(self, reason: str) -> None:
        """Force the file to the disk and close it."""
        self._sync()
        self._close()

    def _open(self) -> FileIO:
        if self._file is None:
            try:
                self._file = FileIO(self.path, "ab")
            except OSError as error:
                raise self._unwritable(error) from error
        return self._file

    def _append(self, row: Mapping[str, Any]) -> None:
        text = json.dumps({key: _finite(value) for key, value in row.items()}, ensure_ascii=False, allow_nan=False)
        # A lone surrogate has no UTF-8; its backslash escape is what JSON itself would write.
        data = memoryview((text + "\n").encode("utf-8", "backslashreplace"))
        file = self._open()
        try:
            while data:
                data = data[file.write(data) :]
        except OSError as error:
            raise self._unwritable(error) from error

    def _sync(self) -> None:
        if self._file is not None:
            try:
                os.fsync(self._file.fileno())
            except OSError as error:
                raise self._unwritable(error) from error

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _unwritable(self, error: OSError) -> OutputError:
        return unwritable(self.path, error, what="the history cannot be written")


def read_history(folder: Path) -> pd.DataFrame:
    """The history of a run as one frame, in the order written, also while the run still writes it.

    Args:
        folder: the run's folder.

    Returns:
        One row for each record, with the columns and types of :data:`COLUMNS`. What JSON had as null is missing (NaN
        or NA): also a loss that was not finite.

    Raises:
        InputError: if there is no history in the folder.
        DamagedFileError: if a line other than the last is not a record.
    """
    path = Path(folder) / FILE_NAME
    if not path.is_file():
        raise InputError("no history of a run is here", file=path, remedy="give the folder of a run.")
    rows = [record for _, record in _records(path)]
    columns = {name: pd.Series([row.get(name) for row in rows], dtype=kind) for name, kind in COLUMNS.items()}
    return pd.DataFrame(columns)


def _records(path: Path) -> list[tuple[bytes, dict[str, Any]]]:
    """The lines with what they say. The last line may be torn by a crash and is then left out."""
    *complete, _torn = path.read_bytes().split(b"\n")
    found = []
    for number, line in enumerate(complete, start=1):
        record = _parsed(line)
        if record is not None:
            found.append((line, record))
        elif number < len(complete):
            raise DamagedFileError(
                "this line is not a record of a run",
                file=path,
                line=number,
                cause="the file was edited, or the disk failed",
                remedy="delete this line.",
            )
    return found


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) and isinstance(record.get("update"), int) else None


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value

"""The record of a run: one line of JSON for each update and each validation, in ``history.jsonl``.

Any tool that reads JSON lines opens it (``pandas.read_json(path, lines=True)``); :func:`read_history` gives the
columns their types as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from dragoman.errors import InputError
from dragoman.storage.folder import write_file
from dragoman.storage.run_paths import RunPaths
from dragoman.tasks.scores import SCORES
from dragoman.training.json_lines import JsonLines, Record, records
from dragoman.training.observer import (
    Observer,
    PaceRecord,
    RewindRecord,
    RunStart,
    SkipRecord,
    UpdateRecord,
    ValidationRecord,
)

UPDATE = "update"
VALIDATION = "validation"
SKIP = "skip"
REWIND = "rewind"
PACE = "pace"

COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "event": "string",
        "update": "int64",
        "epoch": "Int64",
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
        "stage": "string",
        "module": "string",
        "lines": "string",
        "back_to": "Int64",
        "reason": "string",
        "learning_rate_factor": "float64",
        "updates": "Int64",
        "planned": "Int64",
    }
)
"""Column to pandas type. ``event`` is ``update``, ``validation``, ``skip``, ``rewind`` or ``pace``; the rest are the
fields of :class:`~dragoman.training.observer.UpdateRecord`, :class:`~dragoman.training.observer.ValidationRecord`,
:class:`~dragoman.training.observer.SkipRecord`, :class:`~dragoman.training.observer.RewindRecord` and
:class:`~dragoman.training.observer.PaceRecord`, missing where the others have none."""


class History(Observer):
    """The observer that appends every record of a run to ``history.jsonl``.

    At each validation and at the end the file is forced to the disk. After a rewind the rows of the updates that were
    given up are removed, except for skips, rewinds, and the validation that chose the best model, which stand before
    the row of the rewind.

    Args:
        folder: the run's folder, which exists.
    """

    def __init__(self, folder: Path) -> None:
        self._file = JsonLines(RunPaths(folder).history_file, "history")

    def truncate(self, update: int) -> None:
        """Drop the rows after ``update`` and a torn last line, as a run that goes on from there will write them again.

        Raises:
            DamagedFileError: if a line other than the last is not a record.
        """
        self._file.truncate(update, lambda record: record["back_to"] if _is(record, REWIND) else record["update"])

    def on_start(self, start: RunStart) -> None:
        """Open the file."""
        self._file.open()

    def on_update(self, record: UpdateRecord) -> None:
        """Append one row.

        Raises:
            OutputError: if the file cannot be written, as on a full disk.
        """
        self._file.append({"event": UPDATE, **asdict(record)})

    def on_validation(self, record: ValidationRecord) -> None:
        """Append one row and force the file to the disk.

        Raises:
            OutputError: if the file cannot be written, as on a full disk.
        """
        row: dict[str, Any] = {"event": VALIDATION, **asdict(record)}
        sample = row.pop("sample") or dict.fromkeys(("source", "reference", "output"))
        scores = row.pop("scores")
        self._file.append({**row, **scores, **{f"sample_{side}": text for side, text in sample.items()}})
        self._file.sync()

    def on_skip(self, record: SkipRecord) -> None:
        """Append one row, with the lines as one text.

        Raises:
            OutputError: if the file cannot be written, as on a full disk.
        """
        self._file.append(
            {
                "event": SKIP,
                "update": record.update,
                "loss": record.loss,
                "gradient_norm": record.gradient_norm,
                "stage": record.stage,
                "module": record.module,
                "lines": "; ".join(record.lines),
            }
        )

    def on_rewind(self, record: RewindRecord) -> None:
        """Append one row to those that :func:`put_back` left, and force the file to the disk.

        Raises:
            OutputError: if the file cannot be written, as on a full disk.
        """
        self._file.close()
        self._file.append({"event": REWIND, **asdict(record)})
        self._file.sync()

    def on_pace(self, record: PaceRecord) -> None:
        """Append one row.

        Raises:
            OutputError: if the file cannot be written, as on a full disk.
        """
        self._file.append({"event": PACE, **asdict(record)})

    def on_end(self, reason: str) -> None:
        """Force the file to the disk and close it."""
        self._file.sync()
        self._file.close()


def put_back(path: Path, saved: bytes) -> None:
    """Put a run's history back to the copy in a checkpoint, and keep the later rows that still tell of the run: skips,
    rewinds, and the validation that chose the best model.

    Args:
        path: The file of the history.
        saved: The copy of the history that the checkpoint has.

    Raises:
        OutputError: if the file cannot be written; it is as before then.
    """
    given_up = records(path)[saved.count(b"\n") :]
    best = [line for line, record in given_up if _is(record, VALIDATION) and record.get("best")][-1:]
    kept = [line for line, record in given_up if _is(record, SKIP) or _is(record, REWIND) or line in best]
    write_file(path, saved + b"".join(line + b"\n" for line in kept))


def read_history(folder: Path) -> pd.DataFrame:
    """The history of a run as one frame, in the order written; a run that still goes on can be read as well.

    >>> from pathlib import Path
    >>> history = read_history(Path("runs/demo"))
    >>> history["event"].value_counts().to_dict()
    {'update': 6, 'validation': 2}
    >>> bool(history.query("event == 'validation'")["perplexity"].notna().all())
    True

    Args:
        folder: the run's folder.

    Returns:
        One row for each record, with the columns and types of :data:`COLUMNS`. What JSON has as null is missing (NaN
        or NA), which includes a loss that was not finite.

    Raises:
        InputError: if there is no history in the folder.
        DamagedFileError: if a line other than the last is not a record.
    """
    path = RunPaths(Path(folder)).history_file
    if not path.is_file():
        raise InputError("no history of a run is here", file=path, remedy="give the folder of a run.")
    rows = [record for _, record in records(path)]
    columns = {name: pd.Series([row.get(name) for row in rows], dtype=kind) for name, kind in COLUMNS.items()}
    return pd.DataFrame(columns)


def _is(record: Record, event: str) -> bool:
    return record.get("event") == event

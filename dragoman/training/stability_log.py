"""The records of the stability monitor during a run, each a line of JSON in ``stability.jsonl``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from dragoman.storage.run_paths import RunPaths
from dragoman.training.json_lines import JsonLines, Record, records
from dragoman.training.observer import Observer, RunStart, StabilityRecord


class StabilityLog(Observer):
    """The observer that appends every record of the stability monitor to ``stability.jsonl``.

    Without a record there is no file. After a rewind the rows of the updates that were given up stay, and the rows of
    those made instead follow.

    Args:
        folder: the run's folder, which exists.
    """

    def __init__(self, folder: Path) -> None:
        self._file = JsonLines(RunPaths(folder).stability_file, "stability log")

    def on_start(self, start: RunStart) -> None:
        """Drop the rows after the update that the run goes on from.

        Raises:
            DamagedFileError: if a line other than the last is not a record.
        """
        self._file.truncate(start.update)

    def on_stability(self, record: StabilityRecord) -> None:
        """Append one row.

        Raises:
            OutputError: if the file cannot be written, as on a full disk.
        """
        self._file.append(asdict(record))

    def on_end(self, reason: str) -> None:
        """Force the file to the disk and close it."""
        self._file.sync()
        self._file.close()


def read_stability(folder: Path) -> list[StabilityRecord]:
    """The records of a run's stability monitor, in the order written; none if it was off. NaN stands for a number that
    was not finite.

    Raises:
        DamagedFileError: if a line other than the last is not a record.
    """
    path = RunPaths(Path(folder)).stability_file
    return [_record(row) for _, row in records(path)] if path.is_file() else []


def _record(row: Record) -> StabilityRecord:
    update = row.pop("update")
    through_time = {name: tuple(map(_number, norms)) for name, norms in row.pop("through_time").items()}
    figures = {field: {name: _number(value) for name, value in found.items()} for field, found in row.items()}
    return StabilityRecord(update=update, through_time=through_time, **figures)


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)

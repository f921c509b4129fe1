"""A model watched by what a log holds."""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Iterable
from pathlib import Path

from dragoman.data.pipes import is_pipe
from dragoman.errors import InputError
from dragoman.fields.place import TablePlace
from dragoman.monitoring.log import Log
from dragoman.monitoring.log_inputs import times_of, values_of
from dragoman.monitoring.log_rows import LogRows
from dragoman.monitoring.monitor import Monitor
from dragoman.monitoring.position import START
from dragoman.monitoring.state import resume_state, save_state
from dragoman.monitoring.status import Status
from dragoman.recipe.columns import source_column
from dragoman.reference.profile import Profile
from dragoman.storage.given import given_path
from dragoman.storage.output import check_output

_TOGETHER = 1000
"""Rows that are measured together."""
_SAVED_AFTER = 50_000
"""Rows after which the state is saved, although the log goes on."""
_WAIT = 1.0
"""Seconds between two looks at a log that has ended."""


def monitor(
    model: Path | str,
    log: Path | str,
    *,
    field: str | None = None,
    window: int = 1000,
    alpha: float = 0.05,
    state: Path | str | None = None,
    follow: bool = False,
    documents: str | None = None,
    time: str | None = None,
    reference: Iterable[object] | Profile | None = None,
    copies: bool | None = None,
    outputs: bool = False,
    seed: int = 1,
    device: str = "auto",
    watching: Callable[[Status], None] | None = None,
) -> Status:
    """Watch what a model was given, by a log of it, for drift away from what it was trained on.

    >>> import json
    >>> lines = [json.dumps({"source": text}) for text in ("a b c", "b c d", "c d e")]
    >>> _ = Path("log.jsonl").write_text("\\n".join(lines) + "\\n")
    >>> status = monitor("runs/demo/best", "log.jsonl", state="state.json")
    >>> status.drift, status.rows
    (False, 3)
    >>> monitor("runs/demo/best", "log.jsonl", state="state.json").rows
    3

    Args:
        model: folder of the model.
        log: file of JSON lines, or Parquet; each row holds an input.
        field: name of the field that holds texts or pictures; by default the column of training. Of rows, the fields
            are the columns.
        window: rows of a window.
        alpha: the probability of a false alarm, ever.
        state: file that this call goes on from, and that the next call will go on from; None to read the log once.
        follow: whether to wait for more rows, until the process is interrupted.
        documents: name of the field that names the document of each row, such as a session, of which one row counts.
        time: name of the field that says the time of each row, for people.
        reference: inputs like those that the model was trained on, or their profile; by default what the model keeps.
        copies: whether an input counts each time it comes; by default see
            :class:`~dragoman.monitoring.monitor.Monitor`.
        outputs: whether to measure what the model writes as well, which takes a greedy search for each input.
        seed: seed of what is drawn.
        device: where the model computes: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        watching: called with what was found whenever a window is complete, and, if the log is followed, whenever all
            of it was read.

    Raises:
        InputError: if there is no model, no reference, no log, no such field, a row that cannot be read, or a state of
            another model or log.
        OutputError: if the state cannot be written.
    """
    place = given_path(log, "the log")
    kept = None if state is None else given_path(state, "the file of the state")
    _check(place, kept, follow)
    if kept is not None:
        check_output(kept, [place, given_path(model, "the folder of a model")])
    watch = Monitor(
        model,
        reference=reference,
        alpha=alpha,
        window=window,
        documents=documents is not None,
        copies=copies,
        outputs=outputs,
        seed=seed,
        device=device,
    )
    name = watch.kind.checked_field(field, source_column(watch.loaded.recipe))
    begin = START if kept is None else resume_state(kept, watch, place)
    return _Reading(
        watch, Log(place, begin, grows=follow or kept is not None), name, documents, time, kept, watching
    ).run(follow)


class _Reading:
    """A log that is being read for a monitor."""

    def __init__(
        self,
        monitor: Monitor,
        log: Log,
        field: str,
        documents: str | None,
        time: str | None,
        state: Path | None,
        watching: Callable[[Status], None] | None,
    ) -> None:
        self._monitor, self._log = monitor, log
        self._field, self._documents, self._time = field, documents, time
        self._state, self._watching = state, watching

    def run(self, follow: bool) -> Status:
        """Read all there is, or until the process is interrupted."""
        try:
            status = self._read_on(progress=False if follow else None)
            while follow:
                try:
                    clock.sleep(_WAIT)
                    status = self._read_on(progress=False)
                except KeyboardInterrupt:
                    break
            if self._state is None:
                status = self._monitor.finish()
            if self._state is None and not follow and self._log.position == START:
                raise _empty(self._log.path)
            return self._remarked(status)
        finally:
            self._log.close()

    def _read_on(self, progress: bool | None) -> Status:
        """Read what there is by now."""
        status, unsaved = self._monitor.status(), 0
        with self._log.counting(progress) as counting:
            begin = self._log.position.offset
            while len(rows := self._log.read(_TOGETHER)):
                windows = status.windows
                status, unsaved = self._observe(rows), unsaved + len(rows)
                if self._watching is not None and status.windows > windows:
                    self._watching(self._remarked(status))
                if unsaved >= _SAVED_AFTER:
                    self._save()
                    unsaved = 0
                counting.add(max(self._log.position.offset - begin, 0))
                begin = self._log.position.offset
        self._save()
        return status

    def _observe(self, rows: LogRows) -> Status:
        place = TablePlace(self._log.place, rows.lines, self._field)
        given = self._monitor.kind.of(rows, self._field, place)
        named = self._documents
        documents = None if named is None else [str(value) for value in values_of(rows, named, place, "--documents")]
        times = times_of(rows, self._time, place)
        return self._monitor.observe(given, documents=documents, times=times, table=place)

    def _save(self) -> None:
        if self._state is not None:
            save_state(self._state, self._monitor, self._log.path, self._log.position)

    def _remarked(self, status: Status) -> Status:
        return status.remarked([*status.remarks, *self._log.remarks])


def _check(log: Path, state: Path | None, follow: bool) -> None:
    if not log.exists():
        raise InputError("there is no log here", file=log, remedy="check the path.")
    if (state is not None or follow) and (is_pipe(log) or not log.is_file()):
        raise InputError(
            "this is no regular file, and only one can be read from where the last call ended",
            file=log,
            remedy="give a file; or read it once, without --state and --follow.",
        )


def _empty(log: Path) -> InputError:
    return InputError("the log is empty", file=log, remedy="give a log with a row for each input.")

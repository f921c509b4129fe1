"""The file that monitoring goes on from."""

from __future__ import annotations

import json
from pathlib import Path

from dragoman.errors import DamagedFileError, InputError, UnsupportedError
from dragoman.monitoring.monitor import Monitor
from dragoman.monitoring.position import START, Position
from dragoman.storage.output import write_output

FORMAT = 1
_KIND = "dragoman monitor"
_MISUNDERSTOOD = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
_REMEDY = "give another file for the state, and a new test begins; or put back a copy of this one."


def save_state(file: Path, monitor: Monitor, log: Path, position: Position) -> None:
    """Write the state; the file is whole or unchanged, whatever interrupts the writing.

    Raises:
        OutputError: if it cannot be written.
    """
    value = {
        "kind": _KIND,
        "format": FORMAT,
        "log": str(log.resolve()),
        "position": position.to_dict(),
        "monitor": monitor.to_dict(),
    }
    write_output(file, f"{json.dumps(value)}\n".encode())


def resume_state(file: Path, monitor: Monitor, log: Path) -> Position:
    """Let a monitor go on from a state, if there is one.

    Returns:
        The place in the log where the last call ended.

    Raises:
        InputError: if the state is of another model, another log or with other settings, or the file is no state.
        UnsupportedError: if a newer version wrote it.
        DamagedFileError: if it is damaged.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return START
    except OSError as error:
        raise InputError(
            f"the state cannot be read: {error.strerror}", file=file, remedy="give a readable file."
        ) from error
    except ValueError:
        raise _no_state(file) from None
    try:
        value = json.loads(text)
    except ValueError:
        raise (_damaged(file) if text.startswith(f'{{"kind": "{_KIND}"') else _no_state(file)) from None
    if not isinstance(value, dict) or value.get("kind") != _KIND:
        raise _no_state(file)
    if value.get("format") != FORMAT:
        raise UnsupportedError(
            f"the state has format {value.get('format')}, and this version reads format {FORMAT}",
            file=file,
            remedy="use the version that wrote it, or give another file for the state.",
        )
    try:
        if value["log"] != str(log.resolve()):
            raise InputError(
                f"the state is of another log, {value['log']}",
                file=file,
                remedy="give that log, or another file for the state.",
            )
        monitor.resume(value["monitor"])
        return Position(**value["position"])
    except InputError as error:
        raise InputError(error.what, file=file, cause=error.cause, remedy=error.remedy) from None
    except _MISUNDERSTOOD as error:
        raise _damaged(file) from error


def _no_state(file: Path) -> InputError:
    return InputError(
        "this is no state of `dragoman monitor`",
        file=file,
        remedy="name a file that is not there yet, such as state.json.",
    )


def _damaged(file: Path) -> DamagedFileError:
    return DamagedFileError(
        "its content is not what Dragoman writes there",
        file=file,
        cause="it was cut short, or rewritten by hand or by another program.",
        remedy=_REMEDY,
    )

"""Every moment at which a process changes a folder, counted, with something done at a chosen one.

Python's own calls are seen by an audit hook, its writes and syncs by stand-ins for the classes and functions that make
them. The native writer of safetensors is seen from outside: before it begins, and with half of its file on the disk.
A hook cannot be taken out again, so this is for forked children only.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

_GROWING = ("open", "os.mkdir", "write", "half", "native write", "native half", "fsync")


@dataclass(frozen=True)
class Fault:
    """What goes wrong.

    Attributes:
        due: whether it does at a boundary, given its number, from 1, and its kind.
        strike: makes it happen; an error that it returns is raised by the call in progress.
    """

    due: Callable[[int, str], bool]
    strike: Callable[[], OSError | None]


def no_fault() -> Fault:
    """All goes well."""
    return Fault(lambda number, kind: False, lambda: None)


def kill_at(chosen: int) -> Fault:
    """SIGKILL, which no process can catch."""
    return Fault(lambda number, kind: number == chosen, lambda: os.kill(os.getpid(), signal.SIGKILL))


def fail_once(chosen: int) -> Fault:
    """One call fails; those after it work, as on a flaky connection."""
    return Fault(lambda number, kind: number == chosen, lambda: _error(errno.EIO))


def full_from(chosen: int) -> Fault:
    """Nothing can grow any more; removing and renaming work, as on a full disk."""
    return Fault(lambda number, kind: number >= chosen and kind in _GROWING, lambda: _error(errno.ENOSPC))


def read_only_from(chosen: int) -> Fault:
    """No call works any more, as on a disk that the system made read-only."""
    return Fault(lambda number, kind: number >= chosen, lambda: _error(errno.EROFS))


def gone_from(chosen: int, folder: Path) -> Fault:
    """The folder vanishes, and with it all that lay in it, as when its disk is unplugged."""
    return Fault(lambda number, kind: number == chosen, lambda: shutil.rmtree(folder, ignore_errors=True))


def _error(code: int) -> OSError:
    return OSError(code, os.strerror(code))


class Boundaries:
    """Watches what this process changes below a folder, from :meth:`install` on.

    Attributes:
        seen: the kinds of those reached so far.
    """

    def __init__(self, folder: Path, fault: Fault) -> None:
        self.seen: list[str] = []
        self._folder = str(folder)
        self._fault = fault
        self._striking = False

    def install(self) -> None:
        import pyarrow

        from dragoman.model import folder as model_folder
        from dragoman.training import checkpoint, history

        sys.addaudithook(self._audit)
        watched = self._watched_file()
        plain_open, plain_fsync = io.open, os.fsync

        def open_(
            file: Any, mode: str = "r", buffering: int = -1, encoding: Any = None, *rest: Any, **more: Any
        ) -> Any:
            if not self._concerns(file) or not set(mode) & set("wax+"):
                return plain_open(file, mode, buffering, encoding, *rest, **more)
            raw = watched(file, mode.replace("b", "").replace("t", ""))
            buffered = raw if buffering == 0 else io.BufferedWriter(raw)
            return buffered if "b" in mode else io.TextIOWrapper(buffered, encoding, *rest, **more)

        def fsync(descriptor: int) -> None:
            self.reach("fsync", os.readlink(f"/proc/self/fd/{descriptor}"))
            plain_fsync(descriptor)

        io.open = builtins.open = open_  # type: ignore[assignment]
        os.fsync = fsync  # type: ignore[assignment]
        history.FileIO = watched  # type: ignore[misc]
        pyarrow.OSFile = watched
        for module in (checkpoint, model_folder):
            module.save_file = self._watched_native(module.save_file)  # type: ignore[attr-defined]

    def reach(
        self,
        kind: str,
        path: Any,
        first: Callable[[], object] = lambda: None,
        wrap: Callable[[str], Exception] | None = None,
    ) -> None:
        """Count a boundary. If the fault is due there, do ``first``, then let it strike."""
        if self._striking or not self._concerns(path):
            return
        self.seen.append(kind)
        if not self._fault.due(len(self.seen), kind):
            return
        self._striking = True
        try:
            first()
            error = self._fault.strike()
        finally:
            self._striking = False
        if error is not None:
            raise wrap(str(error)) if wrap else error

    def _concerns(self, path: Any) -> bool:
        return not isinstance(path, int) and (os.fspath(path) + "/").startswith(self._folder + "/")

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            writing = set(mode) & set("wax+") if mode else flags & (os.O_WRONLY | os.O_RDWR)
            if writing:
                self.reach("open", path)
        elif event in ("os.mkdir", "os.rename"):
            self.reach(event, arguments[0])
        elif event in ("os.remove", "os.rmdir"):
            path, parent = arguments
            self.reach(event, path if parent == -1 else f"{os.readlink(f'/proc/self/fd/{parent}')}/{path}")

    def _watched_file(self) -> type[io.FileIO]:
        boundaries = self

        class WatchedFile(io.FileIO):
            def write(self, data: Any) -> int:
                view = memoryview(data).cast("B")
                boundaries.reach("write", self.name)
                boundaries.reach("half", self.name, lambda: super(WatchedFile, self).write(view[: len(view) // 2]))
                return super().write(view)

        return WatchedFile

    def _watched_native(self, save_file: Callable[..., None]) -> Callable[..., None]:
        def save(tensors: Any, path: Path, *rest: Any, **more: Any) -> None:
            self.reach("native write", path, wrap=SafetensorError)
            save_file(tensors, path, *rest, **more)
            self.reach("native half", path, lambda: os.truncate(path, path.stat().st_size // 2), wrap=SafetensorError)

        return save

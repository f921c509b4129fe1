"""How a command ends: its exit status, and the one message that says why."""

from __future__ import annotations

import contextlib
import errno
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType

from dragoman.cli.streams import throw_away
from dragoman.errors import DragomanError

_SIGNALLED = 128
_MISTAKE = 1
_LARGE_SHARE = 0.5
"""Share of a process's memory limit; a process that reached it and failed in a library has most likely run out."""


class Terminated(KeyboardInterrupt):
    """A signal that asks the process to end did so, in the same orderly way as Ctrl-C."""

    def __init__(self, number: int) -> None:
        self.signal = signal.Signals(number)
        super().__init__(self.signal.name)


@contextlib.contextmanager
def ending_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP, which a closed terminal sends, end a block as Ctrl-C does, so that it clears up.

    A signal that the process was started to ignore, as ``nohup`` does, stays ignored.
    """
    taken = []
    if threading.current_thread() is threading.main_thread():
        taken = [one for one in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(one) is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, _end)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def status_of(error: BaseException) -> int | None:
    """The exit status of a command that ended so; the message is printed. None if only a traceback tells what it was.

    The library below the command line makes exits of its own of some exceptions; what they were is found behind these.
    """
    reason = _reason(error)
    if isinstance(reason, BrokenPipeError):
        # The reader of our output has seen enough. The status is what a shell shows of a program that it stops so.
        throw_away()
        return _SIGNALLED + signal.SIGPIPE
    if isinstance(reason, KeyboardInterrupt):
        received = reason.signal if isinstance(reason, Terminated) else signal.SIGINT
        _say("interrupted" if received is signal.SIGINT else f"ended by {received.name}")
        return _SIGNALLED + received
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else _MISTAKE * (error.code is not None)
    if isinstance(error, DragomanError):
        _say(str(error))
    elif _is_short_of_memory(error):
        _say(
            "the memory that this process may use is exhausted\n"
            "Likely cause: the machine is short of it, or a limit such as `ulimit -v` is set too low.\n"
            "Remedy: close other programs or raise the limit; or let the work need less: a smaller model, a narrower "
            "beam, smaller mini-batches, shorter lines."
        )
    elif isinstance(error, OSError):
        _say(_of_system(error))
    else:
        return None
    return _MISTAKE


def _reason(error: BaseException) -> BaseException:
    """What an exit was made from: a pipe without a reader, or an interruption; else the error itself."""
    found: BaseException | None = error
    while isinstance(error, SystemExit) and found is not None:
        if isinstance(found, (BrokenPipeError, KeyboardInterrupt)):
            return found
        found = found.__cause__ or found.__context__
    return error


def _of_system(error: OSError) -> str:
    """What the operating system refused. An error without a name is from a stream, and output is what commands have."""
    if error.filename is None:
        place = "standard output"
        remedy = "give the output a place that can be written, or a file with --output."
    else:
        place = error.filename if isinstance(error.filename, str) else repr(error.filename)
        remedy = "check the path, its permissions and its disk."
    return f"{place[:200]}: {error.strerror or error}\nRemedy: {remedy}"


def _is_short_of_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return True
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(error, torch.OutOfMemoryError):
        return True
    # Libraries report it by errors of no kind of its own; a limit on the process that was nearly reached tells.
    return isinstance(error, (RuntimeError, ImportError, OSError)) and _near_limit()


def _near_limit() -> bool:
    import resource

    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit == resource.RLIM_INFINITY:
        return False
    with contextlib.suppress(OSError), open("/proc/self/status", encoding="ascii") as lines:
        for line in lines:
            if line.startswith("VmPeak:"):
                return int(line.split()[1]) * 1024 > _LARGE_SHARE * limit
    return True


def _say(message: str) -> None:
    print(f"dragoman: {message}", file=sys.stderr, flush=True)


def _end(number: int, frame: FrameType | None) -> None:
    raise Terminated(number)

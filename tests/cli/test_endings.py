"""Exit status and message, whatever the standard streams are and whatever ends a command."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys

import pytest

from dragoman import __version__
from dragoman.cli.ending import Terminated, ending_signals, status_of
from dragoman.cli.streams import sound_streams

LIGHT = [sys.executable, "-m", "dragoman"]


def shell(command: str) -> tuple[int, str, str]:
    """A command line of bash in which $D is the program."""
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        capture_output=True,
        text=True,
        env={**os.environ, "D": " ".join(LIGHT)},
    )
    return done.returncode, done.stdout, done.stderr


def test_version(run) -> None:
    assert run("--version")[:2] == (0, f"dragoman {__version__}\n")


@pytest.mark.parametrize(
    ("command", "status", "message"),
    [
        ("$D --help | head -1 >/dev/null", 141, ""),
        ("$D --version >&-", 1, "dragoman: standard output: Bad file descriptor"),
        ("$D --version >/dev/full", 1, "dragoman: standard output: No space left on device"),
        ("$D corpus no-such --output x/é 2>&-", 1, ""),
    ],
)
def test_streams_that_fail(command: str, status: int, message: str) -> None:
    found, _, errors = shell(command)
    assert found == status
    assert errors.split("\n")[0] == message
    assert "Traceback" not in errors


def test_what_the_encoding_lacks_is_written_as_an_escape() -> None:
    code = (
        "import sys; from dragoman.cli.streams import sound_streams\n"
        "with sound_streams(): print('→ é'); print('→ \\udcff', file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env={**os.environ, "PYTHONIOENCODING": "ascii"}
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"\\u2192 \\xe9\n", b"\\u2192 \\udcff\n")


def test_no_file_gets_the_number_of_a_closed_stream() -> None:
    code = (
        "import os; from dragoman.cli.streams import sound_streams\n"
        "with sound_streams(): os._exit(os.open('/dev/null', os.O_RDONLY))"
    )
    assert subprocess.run(["bash", "-c", '"$@" <&- >&- 2>&-', "bash", sys.executable, "-c", code]).returncode >= 3


def test_messages_that_nobody_hears_end_no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stderr", full)
        with sound_streams():
            for _ in range(3):
                print("x" * 100_000, file=sys.stderr, flush=True)
            assert sys.stderr.fileno() == full.fileno()
        assert sys.stderr is full
        with pytest.raises(OSError, match="No space"):
            full.flush()
        monkeypatch.undo()
        os.dup2(os.open(os.devnull, os.O_WRONLY), full.fileno())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals_end_a_command_in_order(number: signal.Signals, capsys: pytest.CaptureFixture[str]) -> None:
    cleared = False
    with pytest.raises(Terminated) as ended, ending_signals():
        try:
            os.kill(os.getpid(), number)
        finally:
            cleared = True
    assert cleared
    assert status_of(ended.value) == 128 + number
    assert capsys.readouterr().err == f"dragoman: ended by {number.name}\n"
    assert signal.getsignal(number) is signal.SIG_DFL


def test_a_signal_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with ending_signals():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_exits_that_a_library_makes_of_exceptions(capsys: pytest.CaptureFixture[str]) -> None:
    for reason, status in ((KeyboardInterrupt(), 130), (Terminated(signal.SIGHUP), 129)):
        end = SystemExit(1)
        end.__context__ = reason
        assert status_of(end) == status
    assert [status_of(SystemExit(code)) for code in (None, 0, 3, "text")] == [0, 0, 3, 1]
    assert status_of(ZeroDivisionError()) is None
    assert capsys.readouterr().err == "dragoman: interrupted\ndragoman: ended by SIGHUP\n"


def test_exhausted_memory_is_one_message(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert status_of(MemoryError()) == 1
    assert status_of(OSError(12, "Cannot allocate memory")) == 1
    assert status_of(RuntimeError("of a library")) is None
    monkeypatch.setattr(resource, "getrlimit", lambda which: (1 << 20, 1 << 20))
    assert status_of(RuntimeError("of a library")) == 1
    said = capsys.readouterr().err
    assert said.count("dragoman: the memory that this process may use is exhausted\n") == 3


def test_what_the_system_refuses_is_no_traceback(run) -> None:
    status, _, errors = run("describe", "a" * 300)
    assert status == 1
    assert "File name too long" in errors

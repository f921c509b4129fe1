"""A toolkit that is measured: where it runs, how it is set, and how its driver is asked."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DRIVERS = Path(__file__).parent / "drivers"
TORCH = "torch==2.13.0"
"""The same for all; installed first, so that what a toolkit needs cannot bring another one in. Where the package index
has builds for several kinds of machines, pip's configuration says which."""


class PeerError(Exception):
    """A toolkit could not be installed or its driver failed; says how."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A toolkit.

    Attributes:
        name: in commands and results.
        driver: a file in ``drivers``.
        requirements: what its environment is made of besides torch; empty if it runs in this one.
        architectures: how it is set for each architecture that it has; the driver says what the values mean.
        notes: what a reader of its figures should know.
    """

    name: str
    driver: str
    requirements: tuple[str, ...]
    architectures: Mapping[str, Mapping[str, Any]]
    notes: tuple[str, ...] = field(default=())

    def python(self, cache: Path) -> Path:
        """The interpreter of its environment under ``cache``, made from the package index when first asked for.

        Raises:
            PeerError: if it cannot be made; nothing that looks finished is left.
        """
        if not self.requirements:
            return Path(sys.executable)
        environment = cache.absolute() / self.name
        finished = environment / "finished.json"
        wanted = [TORCH, *self.requirements]
        python = environment / "bin" / "python"
        if finished.exists() and json.loads(finished.read_text(encoding="utf-8")) == wanted:
            return python
        _run([sys.executable, "-m", "venv", "--clear", str(environment)])
        _run([str(python), "-m", "pip", "install", "--quiet", TORCH])
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as constraints:
            constraints.write(TORCH + "\n")
            constraints.flush()
            _run([str(python), "-m", "pip", "install", "--quiet", "-c", constraints.name, *self.requirements])
        finished.write_text(json.dumps(wanted), encoding="utf-8")
        return python

    def train(self, cache: Path, architecture: str, **request: Any) -> dict[str, Any]:
        """Train as asked for (see ``recorder.py``) and return the driver's answer.

        Raises:
            PeerError: if the driver fails.
        """
        request = {"task": "train", "settings": self.architectures[architecture], **request}
        return self._ask(cache, request)

    def translate(self, cache: Path, architecture: str, **request: Any) -> dict[str, Any]:
        """Translate the test set by a model that was trained here.

        Raises:
            PeerError: if the driver fails.
        """
        return self._ask(cache, {"task": "translate", "settings": self.architectures[architecture], **request})

    def _ask(self, cache: Path, request: dict[str, Any]) -> dict[str, Any]:
        """Run the driver in a process of its own, on the cores and threads of the request."""
        threads, cores = request["threads"], request.pop("cores", None)
        limit = request.pop("limit_seconds", None)
        command = [str(self.python(cache)), str(DRIVERS / self.driver)]
        if cores is not None:
            command = ["taskset", "-c", ",".join(map(str, cores)), *command]
        numbers = {name: str(threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
        quiet = {"CUDA_VISIBLE_DEVICES": "", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
        with tempfile.TemporaryDirectory() as folder:
            asked, answered, log = (Path(folder) / name for name in ("request.json", "answer.json", "log"))
            asked.write_text(json.dumps(request), encoding="utf-8")
            with log.open("w", encoding="utf-8") as stream:
                process = subprocess.Popen(
                    [*command, str(asked), str(answered)],
                    stdout=stream,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, **numbers, **quiet},
                    cwd=folder,
                    start_new_session=True,
                )
                try:
                    code = process.wait(limit)
                except BaseException as error:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
                    if isinstance(error, subprocess.TimeoutExpired):
                        raise PeerError(f"{self.name}: no answer in {limit:g} seconds:\n{_tail(log)}") from error
                    raise
            if code != 0 or not answered.exists():
                raise PeerError(f"{self.name}: its driver ended with {code}:\n{_tail(log)}")
            answer: dict[str, Any] = json.loads(answered.read_text(encoding="utf-8"))
            return answer


def end_drivers_on_sigterm() -> None:
    """Let SIGTERM end this program by an exception, so that the driver that runs is ended too."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise PeerError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr[-2000:]}")


def _tail(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-2000:]

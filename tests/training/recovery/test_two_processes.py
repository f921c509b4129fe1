"""Processes that train together skip the same updates and go back together."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

from dragoman.training.history import read_history

PROCESS = Path(__file__).parent / "one_of_two.py"


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def test_a_fault_in_one_process_is_skipped_by_both(tmp_path: Path) -> None:
    settings = {"updates": 9, "checkpoint_every": 2, "batch": {"tokens": 200, "pool": 4, "accumulation": 2}}
    place = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "OMP_NUM_THREADS": "1"}
    arguments = [sys.executable, str(PROCESS), str(tmp_path / "run"), json.dumps(settings), "[3, 4, 6]"]
    started = [
        subprocess.Popen(
            arguments,
            env={**os.environ, **place, "RANK": str(index), "LOCAL_RANK": str(index)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for index in range(2)
    ]
    try:
        ended = [process.communicate(timeout=120) for process in started]
    finally:
        for process in started:
            process.kill()
    assert [process.returncode for process in started] == [0, 0], ended
    assert ended[0][0].splitlines() == [
        "skip|3|output|encoder|update-00000003-process-2",
        "skip|4|output|encoder|update-00000004-process-2",
        "skip|6|output|encoder|update-00000006-process-2",
        "rewind|6|2|0.5",
    ]
    assert not ended[1][0], "the first process tells"
    assert len(list((tmp_path / "run" / "incidents").iterdir())) == 3
    history = read_history(tmp_path / "run")
    assert history[history["event"] == "update"]["update"].tolist() == list(range(1, 10))

"""Whatever strikes while a file is translated, going on ends with the same bytes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import dragoman

# Boundaries that are tried; `file_translation_experiment.py` tries all of them.
ONE_IN = {"kill": 5, "io": 7, "full": 12, "read-only": 13}


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the boundaries are told apart by /proc")
@pytest.mark.parametrize("fault", ONE_IN)
def test_the_same_bytes_whatever_strikes(tmp_path: Path, fault: str) -> None:
    experiment = Path(__file__).parent / "file_translation_experiment.py"
    environment = {**os.environ, "PYTHONPATH": str(Path(dragoman.__file__).parents[1]), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(experiment), fault, str(tmp_path), "--step", str(ONE_IN[fault])]
    process = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    found = json.loads(process.stdout)
    assert found["wrong"] == []
    assert {"open", "write", "half", "fsync", "os.rename", "os.remove"} <= set(found["boundaries"])
    assert found["ended"].get("killed" if fault == "kill" else "OutputError", 0) >= 4

"""Whatever strikes while a file is translated, going on ends with the same bytes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import dragoman

# Boundaries that are tried; `file_translation_experiment.py` tries all of them.
ONE_IN = {"kill": 5, "io": 7, "full": 12, "read-only": 13}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each fault did."""
    experiment = Path(__file__).parent / "file_translation_experiment.py"
    environment = {**os.environ, "PYTHONPATH": str(Path(dragoman.__file__).parents[1]), "OMP_NUM_THREADS": "1"}
    faults = [f"{fault}={step}" for fault, step in ONE_IN.items()]
    command = [sys.executable, str(experiment), str(tmp_path_factory.mktemp("experiment")), *faults]
    process = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the boundaries are told apart by /proc")
@pytest.mark.parametrize("fault", ONE_IN)
def test_the_same_bytes_whatever_strikes(found: dict[str, Any], fault: str) -> None:
    one = found[fault]
    assert one["wrong"] == []
    assert {"open", "write", "half", "fsync", "os.rename", "os.remove"} <= set(one["boundaries"])
    assert one["ended"].get("killed" if fault == "kill" else "OutputError", 0) >= 4

"""Runs an experiment that lets faults strike wherever it writes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dragoman


def found_by(experiment: str, folder: Path, one_in: Mapping[str, int], *options: str) -> dict[str, Any]:
    """What each fault did.

    Args:
        experiment: name of a program beside this one.
        folder: where it works.
        one_in: number of boundaries of which one is tried, by the name of the fault.
        options: further arguments of the program.
    """
    environment = {**os.environ, "PYTHONPATH": str(Path(dragoman.__file__).parents[1]), "OMP_NUM_THREADS": "1"}
    faults = [f"{fault}={step}" for fault, step in one_in.items()]
    command = [sys.executable, str(Path(__file__).parent / experiment), str(folder), *faults, *options]
    process = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    found: dict[str, Any] = json.loads(process.stdout)
    return found

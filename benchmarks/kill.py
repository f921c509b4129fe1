"""Kill a run, or let its disk fail, wherever it writes; go on; compare with a run that nothing happened to.

    python benchmarks/kill.py [--step N] [--random N]

SIGKILL strikes at every boundary of every write and at random moments; a failing call, a full disk, one turned
read-only and a folder that vanishes strike at one in N boundaries, by default all. Takes half an hour and writes
``results/kill.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from dragoman.comparison.machine import describe_machine

ROOT = Path(__file__).parents[1]
FAULTS = ("kill", "io", "full", "read-only", "gone")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("--random", type=int, default=50, help="random moments to kill at")
    arguments = parser.parse_args()
    began = time.perf_counter()
    found = {}
    for fault in FAULTS:
        killed = fault == "kill"
        found[fault] = strike(fault, 1 if killed else arguments.step, arguments.random if killed else 0)
        print(fault, json.dumps(found[fault], indent=2), flush=True)
    result = {
        "machine": describe_machine(),
        "seconds": round(time.perf_counter() - began, 1),
        "faults": found,
        "all_identical": not any(each["wrong"] for each in found.values()),
    }
    path = ROOT / "benchmarks" / "results" / "kill.json"
    path.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def strike(fault: str, step: int, random: int) -> dict[str, object]:
    """What the experiment of the tests finds, at full length."""
    script = ROOT / "tests" / "faults" / "experiment.py"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(script), folder, f"{fault}={step}", "--random", str(random)]
        output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    return {**json.loads(output)[fault], "one_boundary_in": step}


if __name__ == "__main__":
    main()

"""How many operations one core multiplies a second at most."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path

SOURCE = Path(__file__).with_suffix(".cpp")
_TRIES = 3


def measured_limit() -> dict[str, float]:
    """Operations a second of one core by type of number, 0 where the processor has no instruction for it: the best of
    several runs of ``native_limit.cpp``, which is compiled for it."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "limit"
        subprocess.run([os.environ.get("CXX", "c++"), "-O2", "-o", str(program), str(SOURCE)], check=True)
        tries = [json.loads(subprocess.check_output([str(program)])) for _ in range(_TRIES)]
    return {number: max(found[number] for found in tries) for number in tries[0]}

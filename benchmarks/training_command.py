"""``dragoman train`` by one process or by several, as a benchmark runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence


def run_training(recipe: str, arguments: Sequence[str], settings: Mapping[str, object], *, processes: int) -> None:
    """Train in processes of one thread each.

    Args:
        recipe: a preset or a file.
        arguments: of the command, such as those that name the data.
        settings: of the section ``training``, by their names in it.
        processes: that train together, started by ``torchrun`` if there are several.

    Raises:
        subprocess.CalledProcessError: if it fails.
    """
    several = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    command = [sys.executable, *(several if processes > 1 else []), "-m", "dragoman", "train", recipe, *arguments]
    command += [part for key, value in settings.items() for part in ("--set", f"training.{key}={value}")]
    subprocess.run(command, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})

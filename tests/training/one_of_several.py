"""One process of a run of several, for tests: trains or resumes the toy run, and misbehaves where it is told to."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from toy import frame, recipe

import dragoman.training.trainer as trainer
from dragoman.errors import DragomanError, InputError
from dragoman.training.run import resume, train


def misbehave(how: str, process: int, update: int) -> None:
    """Just before an update, in one process."""
    step = trainer.training_step

    def training_step(*given: Any) -> Any:
        if given[2] == update and int(os.environ["RANK"]) == process:
            if how == "fail":
                raise InputError("a batch cannot be read", remedy="mend it.")
            os.kill(os.getpid(), getattr(signal, how))
        return step(*given)

    trainer.training_step = training_step


def main() -> None:
    folder, settings, *fault = sys.argv[1:]
    if fault:
        misbehave(fault[0], int(fault[1]), int(fault[2]))
    try:
        if settings == "resume":
            run = resume(folder)
        else:
            run = train(recipe(**json.loads(settings)), folder, train=frame("copy", 300))
        print(run.interrupted, run.reason, run.report is not None, sep="|")
    except DragomanError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(1)


main()

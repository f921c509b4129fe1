"""What is printed at the end of a run."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dragoman.training.run import Run

_SIGNALLED = 130


def print_run(run: Run) -> None:
    """How it ended, how good the model is, where everything lies. A run that a signal ended exits with status 130.

    Of several processes only the first speaks."""
    from dragoman.training.distributed import is_first_process

    if not is_first_process():
        sys.exit(_SIGNALLED if run.interrupted else 0)
    if run.interrupted:
        print(f"{run.reason}. Nothing is lost; go on with:\n  dragoman train --resume {run.folder}")
        sys.exit(_SIGNALLED)
    print(f"Training ended: {run.reason}.{_padding(run)}\n")
    if run.report is not None:
        print(run.report.as_text())
    from dragoman.tasks.table import task_of

    lines = {
        "Your model": run.best,
        "What it can do": run.best / "card.md",
        "Learning curves": run.files.curves,
        **({"Where it errs": picture} if (picture := run.files.evaluation_picture).exists() else {}),
        "Use it": f"dragoman {task_of(run.recipe()).words.use.format(run.best)}",
        "Has it learnt": f"dragoman diagnose fit {run.folder}; dragoman diagnose stability {run.folder}",
    }
    print("\n" + "\n".join(f"{title + ':':<17} {text}" for title, text in lines.items()))


def _padding(run: Run) -> str:
    """What packing spares, where there is anything that could be padded."""
    padding = float(run.history()["padding"].mean())
    return f" Padded, its mini-batches would be {padding:.1%} padding." if padding > 0 else ""

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
    padding = run.history()["padding"].mean()
    print(f"Training ended: {run.reason}. Padded, its mini-batches would be {padding:.1%} padding.\n")
    if run.report is not None:
        print(run.report.as_text())
    use = f"dragoman translate {run.best} < input.txt > output.txt"
    if run.recipe().model.is_language_model:
        use = f"dragoman generate {run.best}"
    print(
        f"\nYour model:       {run.best}\n"
        f"What it can do:   {run.best / 'card.md'}\n"
        f"Learning curves:  {run.folder / 'learning_curves.png'}\n"
        f"Use it:           {use}"
    )

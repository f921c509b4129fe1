"""Write the golden files of the current formats. Run it once when a format is released, never to mend a failing test.

python tests/golden/make_golden.py
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
import tempfile
from pathlib import Path

import dragoman
from dragoman.data.dataset import FORMAT as DATASET_FORMAT
from dragoman.model.folder import FORMAT as MODEL_FORMAT
from dragoman.training.checkpoint import FORMAT as CHECKPOINT_FORMAT

HERE = Path(__file__).resolve().parent
SENTENCES = ["a b c", "d", "e f", "a {t} c", "{never_seen} b"]

sys.path.insert(0, str(HERE.parent / "training"))
from toy import frame, recipe  # noqa: E402


def main() -> None:
    # A path relative to the folder, so that the card names no folder of this machine.
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        learning = {"updates": 300, "validate_every": 100, "checkpoint_every": 300, "keep_checkpoints": 1}
        data = frame("copy", 400, longest=3).replace("t", "{t}", regex=True)
        run = dragoman.train(recipe(**learning), "run", train=data)
        shutil.copytree(run.best.resolve(), HERE / f"model-{MODEL_FORMAT}")
        shutil.copytree(run.folder / "dataset", HERE / f"dataset-{DATASET_FORMAT}")
        (checkpoint,) = (run.folder / "checkpoints").iterdir()
        shutil.copytree(checkpoint, HERE / f"checkpoint-{CHECKPOINT_FORMAT}")
        outputs = dragoman.load(run.best, device="cpu").translate(SENTENCES)
        expected = {"sources": SENTENCES, "outputs": outputs}
        (HERE / f"model-{MODEL_FORMAT}.json").write_text(json.dumps(expected, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

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
from typing import Any

import dragoman
from dragoman.model.folder import FORMAT as MODEL_FORMAT
from dragoman.predict.writer import Writer
from dragoman.recipe import recipe_from
from dragoman.training.checkpoint import FORMAT as CHECKPOINT_FORMAT

HERE = Path(__file__).resolve().parent
SENTENCES = ["a b c", "d", "e f", "a {t} c", "{never_seen} b"]
LINES = ["a b c", "t", "q q q q"]

sys.path.insert(0, str(HERE.parent / "training"))
from toy import frame, recipe  # noqa: E402


def main() -> None:
    # A path relative to the folder, so that the card names no folder of this machine.
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        _translator()
        _language_model()


def _translator() -> None:
    """A recurrent one with attention, which has learnt to copy."""
    learning = {"updates": 400, "validate_every": 200, "checkpoint_every": 400, "keep_checkpoints": 1}
    values: dict[str, Any] = recipe(**learning, optimizer={"learning_rate": 1e-2}).model_dump()
    size = {"kind": "lstm", "width": 24, "embedding_width": 32}
    values["model"] = {"encoder": {**size, "bidirectional": True}, "decoder": {**size, "attention": "additive"}}
    data = frame("copy", 400, longest=3).replace("t", "{t}", regex=True)
    run = dragoman.train(recipe_from(values), "run", train=data)
    shutil.copytree(run.best.resolve(), HERE / f"model-{MODEL_FORMAT}")
    outputs = dragoman.load(run.best, device="cpu").translate(SENTENCES)
    _write(f"model-{MODEL_FORMAT}.json", {"sources": SENTENCES, "outputs": outputs})


def _language_model() -> None:
    """A recurrent one of running text, whose checkpoint holds the state that it carries on."""
    learning = {"updates": 40, "validate_every": 20, "checkpoint_every": 40, "keep_checkpoints": 1}
    values: dict[str, Any] = recipe(**learning).model_dump()
    values["model"] = {"encoder": {"kind": "none"}, "decoder": {"kind": "gru", "width": 16}}
    values["training"]["batch"] |= {"partition": "sequential", "window": 8}
    text = frame("copy", 200)[["source"]].rename(columns={"source": "text"})
    run = dragoman.train(recipe_from(values), "text", train=text)
    shutil.copytree(run.best.resolve(), HERE / f"language-model-{MODEL_FORMAT}")
    shutil.copytree(run.folder / "dataset", HERE / f"dataset-of-checkpoint-{CHECKPOINT_FORMAT}")
    (checkpoint,) = (run.folder / "checkpoints").iterdir()
    shutil.copytree(checkpoint, HERE / f"checkpoint-{CHECKPOINT_FORMAT}")
    nats = Writer.load(run.best, device="cpu").score(LINES).nats.round(4).tolist()
    _write(f"language-model-{MODEL_FORMAT}.json", {"lines": LINES, "nats": nats})


def _write(name: str, expected: dict[str, Any]) -> None:
    (HERE / name).write_text(json.dumps(expected, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

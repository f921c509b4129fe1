"""Trains by Dragoman and translates by it, as a user would, in a process of its own. See ``recorder.py``."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import torch
from recorder import Recorder, answer, read_request

import dragoman
from dragoman.data.dataset import Dataset
from dragoman.recipe import dump_recipe, load_recipe
from dragoman.training.observer import Observer, RunStart, UpdateRecord, ValidationRecord
from dragoman.training.run import resume
from dragoman.training.run_folder import RunFolder


class Watch(Observer):
    """Records updates, keeps a copy of every new best model where snapshots are asked for, and ends the run in time.

    What is saved are the averaged weights that a validation looked at, so snapshots come with validations.
    """

    def __init__(self, recorder: Recorder, folder: Path, snapshots: Path | None) -> None:
        self._recorder = recorder
        self._folder = folder
        self._snapshots = snapshots
        self.parameters = 0

    def on_start(self, start: RunStart) -> None:
        """The clock runs from here."""
        self.parameters = start.parameters
        self._recorder.start()

    def on_update(self, record: UpdateRecord) -> None:
        """One mark; a signal asks the run to end."""
        if self._recorder.update(record.target_tokens, record.loss):
            os.kill(os.getpid(), signal.SIGTERM)

    def on_validation(self, record: ValidationRecord) -> None:
        """Keep the model if it is the best so far; the clock stood meanwhile."""
        if self._snapshots is not None and record.best:
            shutil.copytree(RunFolder(self._folder).best, self._snapshots / f"{self._recorder.marks[-1][0]:.1f}")
        self._recorder.skip()


def main() -> None:
    request = read_request()
    torch.set_num_threads(request["threads"])
    {"train": train, "translate": translate}[request["task"]](request)


def train(request: dict[str, Any]) -> None:
    folder = Path(request["output"])
    folder.mkdir(parents=True)
    shutil.copytree(Path(request["data"]) / "dataset", RunFolder(folder).dataset_folder)
    snapshots = folder / "snapshots" if request.get("snapshot_every") else None
    changes = {**request["settings"]["changes"]}
    changes["training"] = {"threads": request["threads"], "device": "cpu", **changes.get("training", {})}
    recipe = load_recipe(request["settings"]["preset"], changes=changes)
    RunFolder(folder).recipe_file.write_text(dump_recipe(recipe), encoding="utf-8")
    recorder = Recorder({**request, "snapshot_every": None}, folder)
    watch = Watch(recorder, folder, snapshots)
    resume(folder, observers=[watch])
    answer({"marks": recorder.marks, "parameters": watch.parameters}, ("dragoman", "torch"))


def translate(request: dict[str, Any]) -> None:
    """All sentences of the test set; the first hundred once before the clock runs."""
    translator = dragoman.load(request["model"], device="cpu")
    split = Dataset.open(Path(request["data"]) / "dataset").test
    assert split is not None
    sources = split.source_texts()
    translator.translate(sources[:100], beam=request["beam"])
    began = time.perf_counter()
    texts = translator.translate(sources, beam=request["beam"])
    answer({"seconds": time.perf_counter() - began, "texts": texts}, ("dragoman", "torch"))


if __name__ == "__main__":
    main()

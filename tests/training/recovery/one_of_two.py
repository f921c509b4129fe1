"""One process of a run of two, for tests: in the second, the mini-batches of some updates divide by zero."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
from toy import frame, recipe

import dragoman.training.trainer as trainer
from dragoman.errors import DragomanError
from dragoman.training import run as run_module
from dragoman.training.observer import Observer, RewindRecord, SkipRecord


class Listener(Observer):
    """Prints what it hears."""

    def on_skip(self, record: SkipRecord) -> None:
        folder = None if record.folder is None else record.folder.name
        print("skip", record.update, record.stage, record.module, folder, sep="|")

    def on_rewind(self, record: RewindRecord) -> None:
        print("rewind", record.update, record.back_to, record.learning_rate_factor, sep="|")


def harm(updates: list[int]) -> None:
    step = trainer.training_step
    left = set(updates)

    def training_step(state: Any, batches: Any, update: int, *given: Any) -> Any:
        if os.environ["RANK"] == "1" and update in left:
            left.remove(update)
            encoder = state.model.encoder
            plain = type(encoder).forward

            def forward(source: Any) -> Any:
                memory = plain(encoder, source)
                return type(memory)(memory.states / 0.0, memory.layout, memory.final)

            vars(encoder)["forward"] = forward
        elif "forward" in vars(state.model.encoder):
            del vars(state.model.encoder)["forward"]
        return step(state, batches, update, *given)

    trainer.training_step = training_step


def main() -> None:
    folder, settings, updates = sys.argv[1:]
    harm(json.loads(updates))
    run_module.draw_learning_curves = lambda history, path, title: None
    try:
        run_module.train(recipe(**json.loads(settings)), folder, train=frame("copy", 200), observers=[Listener()])
    except DragomanError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(1)


main()

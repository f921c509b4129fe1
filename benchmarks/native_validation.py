"""The share of a run's time that validation takes, searched by the native engine and by PyTorch.

    python benchmarks/native_validation.py --corpus FOLDER [--preset tiny] [--start MODEL] [--minutes 2] [--every 100]
        [--note TEXT]

Trains a preset in one thread on ``train``, ``val`` and ``test_2016_flickr`` of ``.en`` and ``.de`` in FOLDER
for so many minutes without validations, with new weights or those of MODEL. Each validation, due after ``--every``
updates, is made twice with the same weights, by one engine after the other in alternating order, and has to give the
same scores. So both have the same updates, and whatever else the machine does falls on both alike. Recorded are seconds
of processor of updates, of each validation, and of its search. What was recorded of other runs is kept. Writes
``results/native_validation.json``.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from command_line import command_line

from dragoman.comparison.machine import describe_machine
from dragoman.predict.translator import Translator
from dragoman.recipe import load_recipe
from dragoman.storage.folder import write_file
from dragoman.tasks import machine_translation
from dragoman.tasks.validation import Measurement, Validator
from dragoman.training.run import train
from dragoman.training.trainer import Trainer

RESULT = Path(__file__).parent / "results" / "native_validation.json"


def no_engine(*_: object) -> None:
    """In place of the native engine, so that PyTorch searches."""


ENGINES: dict[str, Callable[..., Any]] = {"native": machine_translation.exact_engine, "PyTorch": no_engine}


class Twice:
    """Measures as a validator does, once with each engine."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {name: [] for name in ENGINES}
        self.searching: dict[str, list[float]] = {name: [] for name in ENGINES}
        self.bleu: list[float] = []

    def measure(self, validator: Validator, turn: int, measure: Callable[[Validator, int], Measurement]) -> Measurement:
        """The measurement, which has to be the same by each engine."""
        found: dict[str, Measurement] = {}
        for name in list(ENGINES)[:: 1 if len(self.bleu) % 2 else -1]:
            engine = mock.patch.object(machine_translation, "exact_engine", ENGINES[name])
            with engine, mock.patch.object(Translator, "translate", self.timed(name, Translator.translate)):
                began = time.process_time()
                found[name] = measure(validator, turn)
                self.seconds[name].append(round(time.process_time() - began, 3))
        if found["native"].scores != found["PyTorch"].scores:
            raise RuntimeError(f"the engines differ: {found}")
        self.bleu.append(round(found["native"].scores["bleu"], 2))
        return found["native"]

    def timed(self, name: str, translate: Callable[..., Any]) -> Callable[..., Any]:
        """The function, whose seconds of processor are added to those of an engine."""

        def measured(*arguments: Any, **more: Any) -> Any:
            began = time.process_time()
            found = translate(*arguments, **more)
            self.searching[name].append(round(time.process_time() - began, 3))
            return found

        return measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, help="folder of Multi30k")
    parser.add_argument("--preset", default="tiny", help="preset of translation")
    parser.add_argument("--start", type=Path, help="model whose weights training begins with; new ones by default")
    parser.add_argument("--minutes", type=float, default=2.0, help="of updates")
    parser.add_argument("--every", type=int, default=100, help="updates from one validation to the next")
    parser.add_argument("--note", default="", help="what a reader of the result should know")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    result: dict[str, Any] = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else {"runs": {}}
    result |= {
        "what": "the share of validation in a run's seconds of processor, by the engine that searches",
        "command": command_line(),
        "machine": describe_machine(),
        "note": arguments.note,
    }
    begun = "new weights" if arguments.start is None else "weights of a finished run"
    result["runs"][f"{arguments.preset}, {begun}"] = measured(arguments)
    write_file(RESULT, (json.dumps(result, indent=2) + "\n").encode())
    print(json.dumps(result, indent=2))


def measured(arguments: argparse.Namespace) -> dict[str, Any]:
    """One run."""
    twice, measure, run = Twice(), Validator.measure, Trainer.run
    used = [0.0]

    def both(validator: Validator, turn: int) -> Measurement:
        return twice.measure(validator, turn, measure)

    def timed(trainer: Trainer, *rest: Any) -> str:
        began = time.process_time()
        try:
            return run(trainer, *rest)
        finally:
            used[0] = time.process_time() - began

    names = {"train": "train", "validation": "val", "test": "test_2016_flickr"}
    data = {
        part: [{side: str(arguments.corpus / f"{name}.{end}") for side, end in (("source", "en"), ("target", "de"))}]
        for part, name in names.items()
    }
    changes = {
        "data": {"source_language": "en", "target_language": "de", **data},
        "training": {
            "minutes": arguments.minutes,
            "validate_every": arguments.every,
            "checkpoint_every": 10_000,
            "threads": 1,
            "device": "cpu",
        },
    }
    preset = load_recipe(arguments.preset).training.validate_every
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.object(Validator, "measure", both),
        mock.patch.object(Trainer, "run", timed),
    ):
        train(arguments.preset, Path(folder) / "run", changes=changes, start_from=arguments.start)
        history = (Path(folder) / "run" / "history.jsonl").read_text(encoding="utf-8").splitlines()
    updates = sum(json.loads(line)["event"] == "update" for line in history)
    each = (used[0] - sum(map(sum, twice.seconds.values()))) / updates
    medians = {name: statistics.median(seconds) for name, seconds in twice.seconds.items()}
    return {
        "updates": updates,
        "seconds_of_an_update": round(each, 4),
        "sentences": 1000,
        "bleu": twice.bleu,
        "seconds_of_validations": twice.seconds,
        "seconds_of_searches": twice.searching,
        "share": {
            str(every): {name: round(one / (one + every * each), 4) for name, one in medians.items()}
            for every in (arguments.every, preset)
        },
    }


if __name__ == "__main__":
    main()

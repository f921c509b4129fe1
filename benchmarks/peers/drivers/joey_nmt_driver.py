"""Trains by Joey NMT's own training manager and translates by its own prediction. See ``recorder.py``.

What a batch counts is Joey NMT's: tokens with padding. It knows no bfloat16 on a processor and no batches by length.
"""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import torch
from joeynmt.batch import Batch
from joeynmt.config import parse_global_args, set_validation_args
from joeynmt.data import load_data
from joeynmt.prediction import predict, prepare
from joeynmt.training import TrainManager
from recorder import Recorder, answer, read_request

PACKAGES = ("joeynmt", "torch", "numpy")
WARM_UP = 64
"""Sentences of the validation set that are translated before the clock runs."""


class RecordedManager(TrainManager):  # type: ignore[misc]  # Joey NMT has no types
    """Marks each update when the next begins, so that the step of the optimizer and the loading of data count."""

    recorder: Recorder
    model_dir: Path
    done: tuple[int, float] | None = None

    def _train_step(self, batch: Batch) -> Any:
        self.recorder.start()
        if self.done is not None and self.recorder.update(*self.done, self._snapshot):
            self.stats.is_max_update = True
        result = super()._train_step(batch)
        self.done = (int(batch.ntokens), float(result[0]))
        return result

    def _snapshot(self, folder: Path) -> None:
        model_dir, self.model_dir = self.model_dir, folder
        folder.mkdir(parents=True)
        self._save_checkpoint(False, math.nan)
        self.model_dir = model_dir


def main() -> None:
    request = read_request()
    torch.set_num_threads(request["threads"])
    {"train": train, "translate": translate}[request["task"]](request)


def configuration(request: dict[str, Any], model_dir: Path, testing: dict[str, Any]) -> dict[str, Any]:
    tokens = Path(request["data"]) / "tokens"
    side = {"level": "word", "voc_file": str(tokens / "vocabulary.txt"), "max_length": 1000}
    settings = request["settings"]
    return {
        "name": "benchmark",
        "model_dir": str(model_dir),
        "use_cuda": False,
        "random_seed": request.get("seed", 1),
        "data": {
            "train": str(tokens / "train"),
            "dev": str(tokens / "validation"),
            "test": str(tokens / "test"),
            "dataset_type": "plain",
            "src": {"lang": "source", **side},
            "trg": {"lang": "target", **side},
        },
        "training": {
            "logging_freq": 100,
            "validation_freq": 1_000_000_000,
            "epochs": 1_000_000,
            "updates": 1_000_000_000,
            "keep_best_ckpts": 0,
            **settings["training"],
        },
        "testing": testing,
        "model": settings["model"],
    }


def train(request: dict[str, Any]) -> None:
    folder = Path(request["output"])
    folder.mkdir(parents=True)
    arguments = parse_global_args(configuration(request, folder, {}), mode="train")
    model, train_data, dev_data, _ = prepare(arguments, rank=0, mode="train")
    manager = RecordedManager(
        rank=0,
        model=model,
        model_dir=arguments.model_dir,
        device=arguments.device,
        autocast=arguments.autocast,
        seed=arguments.seed,
        train_args=arguments.train,
        dev_args=set_validation_args(arguments.test),
    )
    manager.recorder = Recorder(request, folder / "snapshots")
    manager.train_and_validate(train_data=train_data, valid_data=dev_data)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    answer({"marks": manager.recorder.marks, "parameters": parameters}, PACKAGES)


def translate(request: dict[str, Any]) -> None:
    model_dir = Path(request["model"])
    testing = {"beam_size": request["beam"], "batch_size": 64, "beam_alpha": 1.0, "max_output_length": 200}
    arguments = parse_global_args(configuration(request, model_dir, testing), mode="test")
    checkpoint = max(model_dir.glob("*.ckpt"), key=lambda path: path.stat().st_mtime)
    arguments = arguments._replace(test=arguments.test._replace(load_model=checkpoint))
    model, _, _, test = prepare(arguments, rank=0, mode="test")

    def run(data: Any) -> list[list[str]]:
        rows = predict(model, data, arguments.device, 0, args=arguments.test, autocast=arguments.autocast)[3]
        return [row[: row.index("</s>")] if "</s>" in row else row for row in rows]

    _, _, _, few, _ = load_data(arguments.data, ["dev"])
    few.reset_indices(random_subset=WARM_UP)
    run(few)
    test.reset_indices(random_subset=-1)
    began = time.perf_counter()
    rows = run(test)
    answer({"seconds": time.perf_counter() - began, "tokens": [" ".join(row) for row in rows]}, PACKAGES)


if __name__ == "__main__":
    main()

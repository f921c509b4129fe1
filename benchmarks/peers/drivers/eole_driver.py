"""Trains by Eole's own ``train_single`` and translates by its inference engine. See ``recorder.py``.

What a batch counts is Eole's: sentences times the longer of source and target, with padding; its buckets are sorted by
length.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from pathlib import Path
from typing import Any, ClassVar

import eole.trainer
import torch
from eole.config.run import PredictConfig, TrainConfig
from eole.inference_engine import InferenceEnginePY
from eole.train_single import main as train_single
from recorder import Recorder, answer, read_request

PACKAGES = ("eole", "torch", "numpy")


class OverError(Exception):
    """The time for training is over."""


class RecordedTrainer(eole.trainer.Trainer):  # type: ignore[misc]  # Eole has no types
    """Marks every update."""

    recorder: ClassVar[Recorder]
    parameters: ClassVar[int] = 0

    def _train_step(self, batches: Any, normalization: Any, total_stats: Any, report_stats: Any, step: int = 0) -> None:
        type(self).parameters = self.parameters or sum(part.numel() for part in self.model.parameters())
        self.recorder.start()
        before = (total_stats.loss, total_stats.n_tokens)
        super()._train_step(batches, normalization, total_stats, report_stats, step=step)
        loss, words = total_stats.loss - before[0], total_stats.n_tokens - before[1]
        if self.recorder.update(words, loss / max(words, 1), self._snapshot):
            raise OverError

    def _snapshot(self, folder: Path) -> None:
        step = self.optim.training_step
        self.model_saver.save(step, moving_average=self.moving_average)
        folder.parent.mkdir(exist_ok=True)
        shutil.move(Path(self.model_saver.model_path) / f"step_{step}", folder)


def main() -> None:
    request = read_request()
    torch.set_num_threads(request["threads"])
    {"train": train, "translate": translate}[request["task"]](request)


def train(request: dict[str, Any]) -> None:
    tokens, output, settings = Path(request["data"]) / "tokens", Path(request["output"]), request["settings"]
    output.mkdir(parents=True)
    sides = {"path_src": "source", "path_tgt": "target"} if settings["pairs"] else {"path_src": "target"}
    corpora = {
        name: {**{key: str(tokens / f"{split}.{side}") for key, side in sides.items()}, "transforms": []}
        for name, split in (("corpus", "train"), ("valid", "validation"))
    }
    config = TrainConfig(
        data=corpora,
        src_vocab=str(tokens / "vocabulary.txt"),
        tgt_vocab=str(tokens / "vocabulary.txt"),
        share_vocab=True,
        seed=request.get("seed", 1),
        report_every=1_000_000,
        model=settings["model"],
        training={
            "model_path": str(output),
            "world_size": 1,
            "gpu_ranks": [],
            "valid_steps": 1_000_000,
            "save_checkpoint_steps": 1_000_000,
            **settings["training"],
        },
    )
    RecordedTrainer.recorder = Recorder(request, output / "snapshots")
    eole.trainer.Trainer = RecordedTrainer
    with contextlib.suppress(OverError):
        train_single(config, device_id=-1)
    answer({"marks": RecordedTrainer.recorder.marks, "parameters": RecordedTrainer.parameters}, PACKAGES)


def translate(request: dict[str, Any]) -> None:
    source = Path(request["data"]) / "tokens" / "test.source"
    config = PredictConfig(
        model_path=[request["model"]],
        src=str(source),
        output=str(Path(request["output"])),
        beam_size=request["beam"],
        batch_type="sents",
        batch_size=64,
        max_length=200,
        world_size=1,
        gpu_ranks=[],
        compute_dtype="fp32",
    )
    engine = InferenceEnginePY(config)
    lines = source.read_text(encoding="utf-8").splitlines()
    engine.infer_list(lines[:100])
    began = time.perf_counter()
    _, _, predictions = engine.infer_list(lines)
    answer({"seconds": time.perf_counter() - began, "tokens": [row[0] for row in predictions]}, PACKAGES)


if __name__ == "__main__":
    main()

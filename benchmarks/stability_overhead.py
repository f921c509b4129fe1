"""What the stability monitor costs: the same training with and without it, in alternation.

    python benchmarks/stability_overhead.py --source FILE --target FILE --work FOLDER [--threads N] [--pairs N]
        [--presets NAME NAME] [--tokens N N] [--note TEXT]

Two copies of one run, with the same weights, learning rates and mini-batches, are trained in one process; one is looked
at every 50 updates as ``training.stability.look_every`` has it, and what was seen is written to a file as in a run, the
other is not. A pair is 50 updates of each, of which one is looked at, in blocks of 5 that take turns; the copy that
goes first changes from block to block, as the first is disturbed more by the thread that makes mini-batches. So both
meet the same moods of the machine. Mini-batches are made before what is timed. The first 50 updates of each, with the
look at update 1, are a warm-up.

After every pair the weights of both copies, and their running averages, are compared by SHA-256.

A look takes about as long however large the mini-batches are, so smaller ones than the preset's (``--tokens``) make its
share look larger, never smaller. Pairs are kept in the folder as soon as they are done, so that the command can be
stopped and started again. ``results/stability-overhead.json`` has the median of the ratios less 1, and the upper end of
its 95 % interval (percentile bootstrap over pairs), by the clock and by the processor's time.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from command_line import command_line

from dragoman.comparison.machine import describe_machine
from dragoman.contracts import AnyBatch, Carried
from dragoman.recipe import Recipe, load_recipe
from dragoman.recipe.training import TrainingRecipe
from dragoman.tasks.table import task_of
from dragoman.training.distributed import ALONE
from dragoman.training.precision import choose_hardware
from dragoman.training.stability import StabilityMonitor
from dragoman.training.stability_log import StabilityLog
from dragoman.training.step import training_step
from dragoman.training.training_state import TrainingState, build_training_state

RESULTS = Path(__file__).parent / "results"
EVERY, BLOCK = 50, 5
RESAMPLES = 10_000


@dataclass(slots=True)
class Copy:
    """One of the two.

    Attributes:
        state: model, weights, optimizer.
        settings: how it is trained.
        monitor: looks at it; None for the other copy.
        log: where what it sees is written.
        update: updates done.
        carried: what the next update goes on from.
        seconds: by the clock, since the pair began.
        processor: likewise of the processor.
    """

    state: TrainingState
    settings: TrainingRecipe
    monitor: StabilityMonitor | None = None
    log: StabilityLog | None = None
    update: int = 0
    carried: Carried = ()
    seconds: float = 0.0
    processor: float = 0.0

    def train(self, updates: Sequence[Sequence[AnyBatch]]) -> None:
        """Make these updates, timed."""
        began, processor = time.perf_counter(), time.process_time()
        for batches in updates:
            self.update += 1
            if self.monitor is not None:
                self.monitor.before_update(self.update)
            result = training_step(self.state, batches, self.update, self.settings, self.carried)
            self.carried = result.carried
            if self.monitor is not None and self.log is not None:
                seen = self.monitor.after_update(self.update, result.gradient_norms)
                if seen is not None:
                    self.log.on_stability(seen)
        self.seconds += time.perf_counter() - began
        self.processor += time.process_time() - processor

    def digest(self) -> str:
        """Of the weights and of their average."""
        found = hashlib.sha256()
        for weights in (self.state.parameters.master, self.state.average.average):
            found.update(weights.cpu().numpy().tobytes())
        return found.hexdigest()


def measure(recipe: Recipe, folder: Path, pairs: int) -> list[dict[str, Any]]:
    """All pairs of a recipe: those that are kept, and as many more as are wanted."""
    path = folder / "pairs.jsonl"
    found = [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []
    if len(found) >= pairs:
        return found[:pairs]
    task = task_of(recipe)
    dataset = task.open(folder / "dataset") if (folder / "dataset").exists() else None
    dataset = dataset or task.prepare(recipe, folder / "dataset")
    settings = recipe.training
    hardware = choose_hardware(settings.device, settings.precision, settings.threads)
    torch.set_num_threads(hardware.threads)
    objective = task.objective(recipe, dataset)
    off, on = (
        Copy(build_training_state(recipe.model, settings, dataset, hardware, objective)[0], settings) for _ in "01"
    )
    batch = task.watched(recipe, dataset)
    on.monitor = StabilityMonitor(on.state.model, on.state.parameters, [batch], EVERY)
    on.log = StabilityLog(folder)
    loader = task.loader(recipe, dataset, ALONE)
    try:
        for number in range(len(found), pairs + 1):
            row = pair(off, on, loader, number, settings.batch.accumulation)
            if off.update == EVERY:
                continue
            found.append(row)
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
            print(number, row, flush=True)
    finally:
        loader.close()
    return found[:pairs]


def pair(off: Copy, on: Copy, loader: Any, number: int, accumulation: int) -> dict[str, Any]:
    """Fifty updates of each copy."""
    off.seconds = on.seconds = off.processor = on.processor = 0.0
    device = off.state.model.device
    updates = [[next(loader).to(device) for _ in range(accumulation)] for _ in range(EVERY)]
    for block in range(EVERY // BLOCK):
        for copy in (on, off) if (number + block) % 2 else (off, on):
            copy.train(updates[BLOCK * block : BLOCK * (block + 1)])
    return {
        "seconds": {"off": off.seconds, "on": on.seconds},
        "processor": {"off": off.processor, "on": on.processor},
        "identical": off.digest() == on.digest(),
    }


def summary(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What was measured of a recipe."""
    found: dict[str, Any] = {"pairs": len(rows), "identical weights": sum(row["identical"] for row in rows)}
    for what in ("seconds", "processor"):
        ratios = np.array([row[what]["on"] / row[what]["off"] - 1 for row in rows])
        drawn = np.random.default_rng(0).choice(ratios, (RESAMPLES, len(ratios)))
        low, high = np.percentile(np.median(drawn, axis=1), [2.5, 97.5])
        found[{"seconds": "by the clock", "processor": "by the processor's time"}[what]] = {
            "median": round(float(np.median(ratios)), 5),
            "low": round(float(low), 5),
            "high": round(float(high), 5),
            "milliseconds per update, without": round(1e3 * _median(rows, what) / EVERY, 2),
            "ratios": [round(float(ratio), 5) for ratio in ratios],
        }
    return found


def _median(rows: Sequence[dict[str, Any]], what: str) -> float:
    return float(np.median([row[what]["off"] for row in rows]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--target", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--presets", nargs="+", default=["recurrent", "small"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--tokens", nargs="+", type=int, default=[2048, 1024], help="of a mini-batch of each preset")
    parser.add_argument("--note", default="", help="what a reader of the result should know")
    arguments = parser.parse_args()
    recipes: dict[str, Any] = {}
    for preset, tokens in zip(arguments.presets, arguments.tokens, strict=True):
        changes = {
            "data": {"train": {"source": str(arguments.source), "target": str(arguments.target)}},
            "training": {"threads": arguments.threads, "batch": {"tokens": tokens}},
        }
        folder = arguments.work / preset
        folder.mkdir(parents=True, exist_ok=True)
        sizes = {"tokens": tokens, "tokens of the preset": load_recipe(preset).training.batch.tokens}
        pairs = measure(load_recipe(preset, changes=changes), folder, arguments.pairs)
        recipes[preset] = {**sizes, **summary(pairs)}
    result = {
        "machine": describe_machine(),
        "command": command_line(),
        "threads": arguments.threads,
        "look_every": EVERY,
        "recipes": recipes,
        "note": arguments.note,
    }
    text = json.dumps(result, indent=2) + "\n"
    (RESULTS / "stability-overhead.json").write_text(text, encoding="utf-8")
    print(json.dumps(recipes))


if __name__ == "__main__":
    main()

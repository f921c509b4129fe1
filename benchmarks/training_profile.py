"""Where the milliseconds of a training step go.

    python benchmarks/training_profile.py --data DIR [--preset tiny] [--threads 1] [--updates 40]

DIR has Multi30k (train.en, train.de). After a warm-up, the updates are timed by the clock and by the processor, then
run once more under PyTorch's profiler, which sees its operators and the native kernels; what no operator accounts for
is Python, autograd's bookkeeping and PyTorch's dispatch. Writes ``results/training-profile-PRESET.json``.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from flop import peak_flops

from dragoman.comparison.machine import describe_machine
from dragoman.data.prepare import prepare
from dragoman.recipe import Recipe, load_recipe
from dragoman.training.distributed import ALONE
from dragoman.training.precision import choose_hardware
from dragoman.training.setup import set_up
from dragoman.training.step import training_step

RESULTS = Path(__file__).parent / "results"
WARM_UP = 5

# The first group whose beginning fits takes an operator's own time.
GROUPS = {
    "matrix products": ("aten::mm", "aten::addmm", "aten::bmm", "aten::baddbmm", "mkldnn"),
    "attention": ("_Attention", "_AdditiveScores", "aten::_softmax", "_FusedScore"),
    "softmax and loss": ("_FusedCrossEntropy",),
    "layer normalisation": ("_LayerNorm", "aten::native_layer_norm"),
    "dropout": ("_Dropout", "aten::random_", "aten::lt"),
    "recurrence": ("_LSTM", "aten::lstm", "aten::gru", "aten::sigmoid", "aten::tanh", "aten::_thnn"),
    "biases' gradients": ("_Linear",),
    "optimizer": ("aten::_fused_adamw", "aten::lerp", "aten::linalg_vector_norm"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of Multi30k")
    parser.add_argument("--preset", default="tiny")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--updates", type=int, default=40)
    arguments = parser.parse_args()
    corpus = {"source": arguments.data / "train.en", "target": arguments.data / "train.de"}
    changes = {"data": {"train": corpus}, "training": {"threads": arguments.threads}}
    recipe = load_recipe(arguments.preset, changes=changes)
    run = updates_of(recipe)
    run(WARM_UP)
    began, processor = time.perf_counter(), time.process_time()
    tokens = run(arguments.updates)
    seconds, processor = time.perf_counter() - began, time.process_time() - processor
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        run(arguments.updates)
    found = {
        "machine": describe_machine(),
        "preset": arguments.preset,
        "threads": arguments.threads,
        "target tokens per update": round(tokens / arguments.updates),
        "milliseconds per update": round(1000 * seconds / arguments.updates, 1),
        "processor milliseconds per update": round(1000 * processor / arguments.updates, 1),
        "target tokens per second": round(tokens / seconds),
        "bf16 peak, Gflop/s": round(peak_flops(torch.bfloat16, arguments.threads) / 1e9, 1),
        "shares": shares(profile),
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"training-profile-{arguments.preset}.json"
    path.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))


def updates_of(recipe: Recipe) -> Callable[[int], int]:
    """Trains for some updates more, and returns the target tokens they had."""
    with tempfile.TemporaryDirectory() as folder:
        dataset = prepare(recipe, Path(folder) / "dataset")
        hardware = choose_hardware("cpu", recipe.training.precision, recipe.training.threads)
        setup = set_up(recipe, dataset, hardware, ALONE)
        batches = [next(setup.loader) for _ in range(100)]
        setup.loader.close()
    done = 0

    def run(updates: int) -> int:
        nonlocal done
        tokens = 0
        for _ in range(updates):
            done += 1
            batch = batches[done % len(batches)]
            tokens += training_step(setup.state, [batch], done, setup.settings).target_tokens
        return tokens

    return run


def shares(profile: torch.profiler.profile) -> dict[str, float]:
    """Of each group of operators, in the order of their size."""
    milliseconds = dict.fromkeys([*GROUPS, "everything else"], 0.0)
    for event in profile.key_averages():
        group = next((name for name, begins in GROUPS.items() if event.key.startswith(begins)), "everything else")
        milliseconds[group] += event.self_cpu_time_total
    total = sum(milliseconds.values())
    ordered: list[tuple[str, Any]] = sorted(milliseconds.items(), key=lambda item: -item[1])
    return {name: round(spent / total, 3) for name, spent in ordered if spent}


if __name__ == "__main__":
    main()

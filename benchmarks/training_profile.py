"""Where the milliseconds of a training step go.

    python benchmarks/training_profile.py --data DIR [--preset tiny] [--tokens N] [--optimizer muon] [--dropout 0.1]
        [--threads 1] [--updates 40]

DIR has Multi30k (train.en, train.de). After a warm-up, the updates are timed by the clock and by the processor, then
run once more under PyTorch's profiler, which sees its operators and the native kernels; what no operator accounts for
is Python, autograd's bookkeeping and PyTorch's dispatch. Of a Transformer, the operations that an update needs at least
are counted from its shapes (``flop.py``), those of Newton–Schulz apart; shares of the peak are by the processor's time.
Writes ``results/training-profile-PRESET.json``, or ``training-profile-PRESET-N.json`` where the tokens are given.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from flop import Corpus, newton_schulz, peak_flops, transformer_step

from dragoman.comparison.machine import describe_machine
from dragoman.contracts import AnyBatch, Batch
from dragoman.data.prepare import prepare
from dragoman.recipe import Recipe, load_recipe
from dragoman.recipe.transformer import TransformerRecipe
from dragoman.training.distributed import ALONE
from dragoman.training.muon import STEPS
from dragoman.training.precision import choose_hardware
from dragoman.training.setup import Setup, set_up
from dragoman.training.step import training_step

RESULTS = Path(__file__).parent / "results"
WARM_UP = 5
BATCHES = 100

# The first group whose beginning fits takes an operator's own time.
GROUPS = {
    "matrix products": ("aten::mm", "aten::addmm", "aten::bmm", "aten::baddbmm", "mkldnn"),
    "attention": ("_Attention", "_AdditiveScores", "aten::_softmax", "_FusedScore"),
    "softmax and loss": ("_LossByChunks",),
    "layer normalisation": ("_LayerNorm", "aten::native_layer_norm"),
    "dropout": ("_Dropout", "aten::random_", "aten::lt"),
    "recurrence": ("_LSTM", "aten::lstm", "aten::gru", "aten::sigmoid", "aten::tanh", "aten::_thnn"),
    "biases' gradients": ("_Linear",),
    "optimizer": ("aten::_fused_adamw", "aten::lerp", "aten::linalg_vector_norm"),
}

UPDATE, STEP = "update", "Optimizer.step"
"""What the profiler calls an update, and the beginning of what it calls an optimizer's step."""
OF_OPTIMIZER = {"matrix products": "Newton–Schulz"}
"""What a group of operators is called within the step of an optimizer, if not that."""
BETWEEN = "Python, between operators"


def main() -> None:
    arguments = _arguments()
    recipe = load_recipe(arguments.preset, changes=_changes(arguments))
    updates = Updates(recipe)
    updates.run(WARM_UP)
    began, processor = time.perf_counter(), []
    tokens = sum(updates.run(1, processor) for _ in range(arguments.updates))
    seconds = time.perf_counter() - began
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        updates.run(arguments.updates)
    median = statistics.median(processor)
    peak = peak_flops(torch.bfloat16, arguments.threads)
    found = {
        "machine": describe_machine(),
        "preset": arguments.preset,
        "optimizer": recipe.training.optimizer.kind,
        "threads": arguments.threads,
        "updates": arguments.updates,
        "target tokens per update": round(tokens / arguments.updates),
        "milliseconds per update": round(1000 * seconds / arguments.updates, 1),
        "processor milliseconds per update": round(1000 * sum(processor) / arguments.updates, 1),
        "median processor milliseconds per update": round(1000 * median, 1),
        "target tokens per second": round(tokens / seconds),
        "bf16 peak, Gflop/s": round(peak / 1e9, 1),
        **operations(updates, peak, median / arguments.threads),
        "shares": shares(profile),
    }
    RESULTS.mkdir(exist_ok=True)
    tokens_given = f"-{arguments.tokens}" if arguments.tokens else ""
    path = RESULTS / f"training-profile-{arguments.preset}{tokens_given}.json"
    path.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2, ensure_ascii=False))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of Multi30k")
    parser.add_argument("--preset", default="tiny")
    parser.add_argument("--tokens", type=int, help="target tokens of a mini-batch; as in the preset if not given")
    parser.add_argument("--optimizer", choices=("adamw", "muon"), help="as in the preset if not given")
    parser.add_argument("--dropout", type=float, help="of encoder and decoder; as in the preset if not given")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--updates", type=int, default=40)
    return parser.parse_args()


def _changes(arguments: argparse.Namespace) -> dict[str, Any]:
    corpus = {"source": arguments.data / "train.en", "target": arguments.data / "train.de"}
    training: dict[str, Any] = {"threads": arguments.threads}
    changes: dict[str, Any] = {"data": {"train": corpus}, "training": training}
    if arguments.tokens:
        training["batch"] = {"tokens": arguments.tokens}
    if arguments.optimizer:
        training["optimizer"] = {"kind": arguments.optimizer}
    if arguments.dropout is not None:
        changes["model"] = {side: {"dropout": arguments.dropout} for side in ("encoder", "decoder")}
    return changes


class Updates:
    """The updates of a recipe, over and over on the same mini-batches.

    Args:
        recipe: the recipe, whose examples are pairs of texts.

    Attributes:
        model: the architecture.
        vocabulary: number of symbols of the targets.
        setup: the model in training.
        batches: the mini-batches.
    """

    def __init__(self, recipe: Recipe) -> None:
        self.model = recipe.model
        with tempfile.TemporaryDirectory() as folder:
            dataset = prepare(recipe, Path(folder) / "dataset")
            hardware = choose_hardware("cpu", recipe.training.precision, recipe.training.threads)
            self.vocabulary = dataset.target.size.values
            self.setup: Setup = set_up(recipe, dataset, hardware, ALONE)
            self.batches: list[AnyBatch] = [next(self.setup.loader) for _ in range(BATCHES)]
            self.setup.loader.close()
        self._done = 0

    def run(self, updates: int, processor: list[float] | None = None) -> int:
        """Train for some updates more, and return the target tokens that they had; the seconds that the processor
        took for each are appended to ``processor``."""
        tokens = 0
        for _ in range(updates):
            self._done += 1
            batch, began = self.batches[self._done % BATCHES], time.process_time()
            with torch.profiler.record_function(UPDATE):
                tokens += training_step(self.setup.state, [batch], self._done, self.setup.settings).target_tokens
            if processor is not None:
                processor.append(time.process_time() - began)
        return tokens


def operations(updates: Updates, peak: float, seconds: float) -> dict[str, float]:
    """Billions of operations of an update, as ``flop.py`` counts them, and the share of the peak that they are in
    ``seconds`` of a thread; nothing of other models than Transformers."""
    model = updates.model
    if not isinstance(model.encoder, TransformerRecipe) or not isinstance(model.decoder, TransformerRecipe):
        return {}
    pairs = [batch for batch in updates.batches if isinstance(batch, Batch)]
    lengths = [
        np.concatenate([layout.lengths.numpy() for layout in layouts])
        for layouts in zip(*(batch.layouts for batch in pairs), strict=True)
    ]
    of_model = transformer_step(model.encoder, model.decoder, updates.vocabulary, Corpus.of(*lengths)) / len(pairs)
    groups = updates.setup.state.optimizer.param_groups
    shapes = [(place.rows, place.columns) for group in groups for place in group.get("places", ())]
    of_muon = newton_schulz(shapes, STEPS)
    return {
        "Gflop of the model per update": round(of_model / 1e9, 2),
        "Gflop of Newton–Schulz per update": round(of_muon / 1e9, 2),
        "share of the peak, the model's alone": round(of_model / seconds / peak, 3),
        "share of the peak, with Newton–Schulz": round((of_model + of_muon) / seconds / peak, 3),
    }


def shares(profile: torch.profiler.profile) -> dict[str, float]:
    """The share of each group of operators in the time of the updates, in the order of their size."""
    milliseconds: dict[str, float] = {}
    for event in profile.events():
        group = _group(event)
        milliseconds[group] = milliseconds.get(group, 0.0) + event.self_cpu_time_total
    total = sum(milliseconds.values())
    ordered = sorted(milliseconds.items(), key=lambda item: -item[1])
    return {name: round(spent / total, 3) for name, spent in ordered if spent}


def _group(event: Any) -> str:
    """The group of an operator, which another may have called."""
    own = next((name for name, begins in GROUPS.items() if event.name.startswith(begins)), "everything else")
    outer, in_step = event, False
    while outer is not None:
        in_step = in_step or outer.name.startswith(STEP)
        outer = outer.cpu_parent
    if in_step:
        return OF_OPTIMIZER.get(own, "optimizer")
    return BETWEEN if event.name == UPDATE else own


if __name__ == "__main__":
    main()

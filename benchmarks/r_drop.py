"""What R-Drop costs: an update that goes through each example twice beside two plain updates, in alternation.

    python benchmarks/r_drop.py --run FOLDER [--preset tiny] [--tokens 2048] [--pairs 20] [--note TEXT]

FOLDER is a run of the preset, whose dataset is taken. Both models begin with the same weights. A pair is two plain
updates and one by R-Drop of the same mini-batch, each by the processor's time, on one core; who goes first changes from
pair to pair. The loss alone, forward and backward, is measured in the same way on random hidden states of the preset's
width and vocabulary: twice the plain one on half of the states, and the paired one on all.

Writes ``results/r-drop.json``: the medians in milliseconds, and the median of the ratios of each pair.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from command_line import command_line

from dragoman.comparison.machine import describe_machine
from dragoman.contracts import TextSize
from dragoman.contracts.expect import expect
from dragoman.data.dataset import Dataset
from dragoman.layers.cross_entropy import cross_entropy
from dragoman.layers.paired_cross_entropy import paired_cross_entropy
from dragoman.recipe import Recipe, load_recipe
from dragoman.training.distributed import ALONE
from dragoman.training.precision import choose_hardware
from dragoman.training.setup import Setup, set_up
from dragoman.training.step import training_step

RESULTS = Path(__file__).parent / "results"
STRENGTH, SMOOTHING, WARM_UP = 5.0, 0.1, 2


def timed(work: Callable[[], object]) -> float:
    """The processor's time of some work, in milliseconds."""
    began = time.process_time()
    work()
    return 1e3 * (time.process_time() - began)


def alternating(plain: Callable[[], object], paired: Callable[[], object], pairs: int) -> dict[str, Any]:
    """The times of both, in turns, after a warm-up."""
    rows = []
    for number in range(WARM_UP + pairs):
        works = {"two plain": plain, "R-Drop": paired}
        row = {name: timed(works[name]) for name in sorted(works, reverse=bool(number % 2))}
        rows.append(row)
    rows = rows[WARM_UP:]
    medians = {name: round(statistics.median(row[name] for row in rows), 3) for name in rows[0]}
    ratio = statistics.median(row["R-Drop"] / row["two plain"] for row in rows)
    return {"milliseconds": medians, "ratio": round(ratio, 4), "pairs": pairs}


def updates(recipe: Recipe, dataset: Dataset, pairs: int) -> dict[str, Any]:
    """Updates of the preset."""
    hardware = choose_hardware("cpu", recipe.training.precision, 1)
    changed = recipe.training.model_copy(update={"r_drop": STRENGTH})
    plain, paired = (
        set_up(recipe.model_copy(update={"training": training}), dataset, hardware, ALONE)
        for training in (recipe.training, changed)
    )
    batches = [next(plain.loader) for _ in range(WARM_UP + pairs)]
    for setup in (plain, paired):
        setup.loader.close()

    def runs(setup: Setup, times: int) -> Callable[[], object]:
        update, given = iter(range(1, 10**6)), iter(batches)

        def make() -> None:
            batch = next(given)
            for _ in range(times):
                training_step(setup.state, [batch], next(update), setup.settings)

        return make

    return alternating(runs(plain, 2), runs(paired, 1), pairs)


def losses(recipe: Recipe, dataset: Dataset, dtype: torch.dtype, pairs: int) -> dict[str, Any]:
    """The loss alone, with its gradients."""
    tokens, width = recipe.training.batch.tokens, recipe.model.token_decoder.embedding
    symbols = expect(dataset.target.size, TextSize).symbols
    generator = torch.Generator().manual_seed(1)
    states = torch.randn(2 * tokens, width, generator=generator).to(dtype).requires_grad_()
    weight = (torch.randn(symbols, width, generator=generator) / width**0.5).to(dtype).requires_grad_()
    targets = torch.randint(symbols, (tokens,), generator=generator)

    def twice() -> None:
        for half in states.detach().chunk(2):
            torch.autograd.backward(cross_entropy(half.requires_grad_(), weight, None, targets, SMOOTHING))

    def paired() -> None:
        torch.autograd.backward(paired_cross_entropy(states, weight, None, targets, SMOOTHING, STRENGTH))

    return alternating(twice, paired, pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--preset", default="tiny")
    parser.add_argument("--tokens", type=int, default=2048)
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--note", default="", help="what a reader of the result should know")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    changes = {"training": {"threads": 1, "batch": {"tokens": arguments.tokens}}}
    recipe = load_recipe(arguments.preset, changes=changes)
    dataset = Dataset.open(arguments.run / "dataset")
    result = {
        "machine": describe_machine(),
        "command": command_line(),
        "updates": updates(recipe, dataset, arguments.pairs),
        "loss alone": {
            str(dtype).removeprefix("torch."): losses(recipe, dataset, dtype, arguments.pairs)
            for dtype in (torch.float32, torch.bfloat16)
        },
        "note": arguments.note,
    }
    (RESULTS / "r-drop.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps({name: result[name] for name in ("updates", "loss alone")}, indent=2))


if __name__ == "__main__":
    main()

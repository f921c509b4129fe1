"""Two processes of one thread against one with accumulation 2: the same loss curve, and how fast each gets it.

    python benchmarks/distributed.py --data DIR [--updates N] [--rounds R]

``DIR`` holds ``train``, ``val`` and ``test_2016_flickr`` with the endings ``.en`` and ``.de`` (Elliott et al. 2016).
The preset ``tiny`` is trained with two mini-batches an update, by one process and by two that ``torchrun`` starts, in
turn.
Writes ``results/distributed.json``: the loss of every update side by side, their largest difference, tokens per second.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from pathlib import Path

import pandas as pd
from training_command import run_training

from dragoman.comparison.machine import describe_machine
from dragoman.training.history import read_history

RESULTS = Path(__file__).parent / "results"
ACCUMULATION = 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the corpus")
    parser.add_argument("--updates", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3, help="times that each is run, in turn")
    parser.add_argument("--batch-tokens", type=int, default=2048, help="target tokens of each mini-batch")
    parser.add_argument("--precision", default="auto", help="auto, float32 or bfloat16")
    parser.add_argument("--note", default="", help="what a reader of the result should know")
    arguments = parser.parse_args()
    curves: dict[int, list[pd.DataFrame]] = {1: [], ACCUMULATION: []}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(arguments.rounds):
            for processes, found in curves.items():
                found.append(run(arguments, Path(folder) / f"{processes}-{number}", processes))
    result = {
        "machine": describe_machine(),
        "note": arguments.note,
        "mini_batches_of_an_update": ACCUMULATION,
        "batch_tokens": arguments.batch_tokens,
        "precision": arguments.precision,
        **summary(curves),
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "distributed.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps({key: value for key, value in result.items() if key != "loss"}, indent=2))


def run(arguments: argparse.Namespace, folder: Path, processes: int) -> pd.DataFrame:
    """The updates of one run by so many processes of one thread each."""
    settings = {
        "updates": arguments.updates,
        "schedule.warmup": max(arguments.updates // 8, 1),
        "batch.tokens": arguments.batch_tokens,
        "batch.accumulation": ACCUMULATION,
        "precision": arguments.precision,
        "validate_every": arguments.updates,
        "checkpoint_every": arguments.updates,
        "threads": 1,
        "device": "cpu",
    }
    data = arguments.data
    # The test set is translated at the end, which is not what is measured here.
    command = ["--set", "search.beam=1", "--output", str(folder)]
    for option, name in (("", "train"), ("validation-", "val"), ("test-", "test_2016_flickr")):
        command += [f"--{option}source", str(data / f"{name}.en"), f"--{option}target", str(data / f"{name}.de")]
    run_training("tiny", command, settings, processes=processes)
    return read_history(folder).query("event == 'update'")


def summary(curves: dict[int, list[pd.DataFrame]]) -> dict[str, object]:
    """Both curves, how far they are apart, and the speeds."""
    losses = {processes: found[0]["loss"].tolist() for processes, found in curves.items()}
    differences = [abs(one - other) for one, other in zip(*losses.values(), strict=True)]
    rates = {processes: [tokens_per_second(curve) for curve in found] for processes, found in curves.items()}
    medians = {processes: statistics.median(found) for processes, found in rates.items()}
    return {
        "tokens_per_second": {f"{processes} process(es)": rates[processes] for processes in rates},
        "median_tokens_per_second": {f"{processes} process(es)": medians[processes] for processes in medians},
        "speed_up": medians[ACCUMULATION] / medians[1],
        "largest_difference_of_loss": max(differences),
        "mean_difference_of_loss": statistics.mean(differences),
        "same_bits_in_every_round": {
            f"{processes} process(es)": all(curve["loss"].equals(found[0]["loss"]) for curve in found)
            for processes, found in curves.items()
        },
        "loss": {f"{processes} process(es)": found for processes, found in losses.items()},
    }


def tokens_per_second(curve: pd.DataFrame) -> float:
    """Target tokens per second of the median update; the first few warm up."""
    seconds = curve["seconds"].diff()
    return float((curve["target_tokens"] / seconds).iloc[5:].median())


if __name__ == "__main__":
    main()

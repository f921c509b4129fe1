"""How many target tokens a second toolkits train on: ours and others in turn, on the same threads, data and model.

    python benchmarks/training_throughput.py --data DIR [--folder FOLDER] [--threads 1 2] [--rounds 3] [--seconds 40]
        [--warm-up 10] [--peers eole joey hf] [--architectures transformer recurrent convolution language-model]
        [--cores 0 1] [--name training-throughput] [--note TEXT]

``DIR`` holds Multi30k: ``train``, ``val`` and ``test_2016_flickr`` with the endings ``.en`` and ``.de`` (Elliott et al.
2016). It is tokenised once, by Dragoman, and all train on the same tokens. The others are installed from the package
index, each into an environment of its own under FOLDER, with the same torch; that happens before anything is measured.

Each training is a process of its own. In every round all toolkits run one after the other, so that what else the
machine does falls on all alike. Only updates after the warm-up count; a token is one that the loss was computed on,
without padding. Beside the clock's, the processor's time is reported, which other processes hardly change. What fails
is reported as failed, and the rest goes on. ``results/NAME.json`` is written after every training.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from command_line import command_line
from flop import Corpus, language_model_step, peak_flops, transformer_step
from peers.data import prepared
from peers.eole import EOLE
from peers.hugging_face import HUGGING_FACE
from peers.joey_nmt import JOEY_NMT
from peers.ours import BATCH_TOKENS, OURS
from peers.peer import Peer, PeerError, end_drivers_on_sigterm

from dragoman.comparison.machine import describe_machine
from dragoman.data.dataset import Dataset
from dragoman.recipe import load_recipe
from dragoman.recipe.transformer import TransformerRecipe

RESULTS = Path(__file__).parent / "results"
PEERS = {peer.name: peer for peer in (EOLE, JOEY_NMT, HUGGING_FACE)}
START_UP = 300.0
"""Seconds that a toolkit may take to start, besides its training."""
MINIMUM_UPDATES = 5
"""A training that has fewer when its time is over goes on, so that the slowest are measured too."""

Row = dict[str, Any]


def main() -> None:
    arguments = _arguments()
    end_drivers_on_sigterm()
    data = prepared(arguments.data, arguments.folder / "data")
    peers = installed([PEERS[name] for name in arguments.peers], arguments.folder)
    result: dict[str, Any] = {
        "what": "target tokens per second in training, by toolkit, architecture and threads",
        "command": command_line(),
        "machine": describe_machine(),
        "note": arguments.note,
        "settings": {peer.name: {**peer.architectures} for peer in (OURS, *peers)},
        "notes": {peer.name: peer.notes for peer in (OURS, *peers)},
        "rows": [],
    }
    for round_number in range(1, arguments.rounds + 1):
        for threads in arguments.threads:
            result.setdefault("bf16_peak_gflops", {}).setdefault(str(threads), []).append(_peak(threads))
            for architecture in arguments.architectures:
                for peer in (OURS, *peers):
                    if architecture in peer.architectures:
                        row = measured(peer, architecture, threads, data, arguments)
                        result["rows"].append({"round": round_number, **row})
                        _save(result, data, arguments.name)
                        print(json.dumps(result["rows"][-1]), flush=True)
    print(json.dumps(result["summary"], indent=2))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the corpus")
    parser.add_argument("--folder", type=Path, default=Path("runs/peers"), help="environments, data and runs")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=40.0, help="measured in each training")
    parser.add_argument("--warm-up", type=float, default=10.0, help="seconds of training before that")
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=list(PEERS))
    parser.add_argument("--architectures", nargs="+", choices=OURS.architectures, default=list(OURS.architectures))
    parser.add_argument("--cores", type=int, nargs="+", default=[0, 1], help="n threads run on the first n of them")
    parser.add_argument("--name", default="training-throughput", help="of the result")
    parser.add_argument("--note", default="", help="what a reader of the result should know")
    return parser.parse_args()


def installed(peers: Iterable[Peer], cache: Path) -> list[Peer]:
    """Those whose environment could be made; the others are told of."""
    found = []
    for peer in peers:
        try:
            peer.python(cache)
            found.append(peer)
        except PeerError as error:
            print(f"left out: {error}", file=sys.stderr)
    return found


def measured(peer: Peer, architecture: str, threads: int, data: Path, arguments: argparse.Namespace) -> Row:
    """One training; what was measured, or the error."""
    row: Row = {"system": peer.name, "architecture": architecture, "threads": threads}
    output = (arguments.folder / "training").absolute()
    shutil.rmtree(output, ignore_errors=True)
    seconds = arguments.warm_up + arguments.seconds
    try:
        answer = peer.train(
            arguments.folder,
            architecture,
            data=str(data),
            output=str(output),
            threads=threads,
            cores=arguments.cores[:threads],
            seconds=seconds,
            minimum_updates=MINIMUM_UPDATES,
            batch_tokens=BATCH_TOKENS,
            limit_seconds=6 * seconds + START_UP,
        )
        marks = answer.pop("marks")
        return {**row, **rates(marks, arguments.warm_up), **answer}
    except (PeerError, ValueError) as error:
        return {**row, "error": str(error)}
    finally:
        shutil.rmtree(output, ignore_errors=True)


def rates(marks: Sequence[Sequence[float]], warm_up: float) -> Row:
    """Tokens per second of the updates that began after the warm-up.

    Args:
        marks: after each update: seconds of the clock, of the processor, tokens so far, loss.
        warm_up: seconds.

    Raises:
        ValueError: if no update began after it.
    """
    counted = [mark for mark in marks if mark[0] >= warm_up]
    if len(counted) < 2:
        raise ValueError(f"only {len(marks)} updates, none of which began after {warm_up:g} seconds: train for longer")
    first, last = counted[0], counted[-1]
    seconds, busy, tokens = (last[place] - first[place] for place in range(3))
    return {
        "tokens_per_second": round(tokens / seconds, 1),
        "tokens_per_processor_second": round(tokens / busy, 1),
        "updates": len(counted) - 1,
        "tokens_per_update": round(tokens / (len(counted) - 1), 1),
        "loss_first": round(marks[0][3], 3),
        "loss_last": round(last[3], 3),
    }


def summary(rows: Sequence[Row], flop: Mapping[str, float], peaks: Mapping[str, Sequence[float]]) -> list[Row]:
    """For each architecture and number of threads: medians over rounds, and ours against the fastest of the others.

    Args:
        rows: what was measured.
        flop: operations for a target token, by architecture, where they are known.
        peaks: measured GFLOP per second of bf16 matrix products in each round, by threads.
    """
    kinds = dict.fromkeys((row["architecture"], row["threads"]) for row in rows)
    found = []
    for architecture, threads in kinds:
        chosen = [row for row in rows if (row["architecture"], row["threads"]) == (architecture, threads)]
        names = dict.fromkeys(row["system"] for row in chosen)
        systems = {name: _medians([row for row in chosen if row["system"] == name]) for name in names}
        entry: Row = {"architecture": architecture, "threads": threads, "systems": systems}
        ours = systems.get(OURS.name, {})
        for unit in ("tokens_per_second", "tokens_per_processor_second"):
            others = {name: values[unit] for name, values in systems.items() if name != OURS.name and unit in values}
            if others and unit in ours:
                fastest = max(others, key=lambda name: others[name])
                entry[f"ratio_{unit}"] = {"fastest_peer": fastest, "ratio": round(ours[unit] / others[fastest], 2)}
        if architecture in flop and "tokens_per_second" in ours and str(threads) in peaks:
            peak = max(peaks[str(threads)])
            gflops = flop[architecture] * ours["tokens_per_second"] / 1e9
            entry["share_of_bf16_peak"] = {
                "mflop_per_token": round(flop[architecture] / 1e6, 2),
                "gflops": round(gflops, 1),
                "peak_gflops": peak,
                "share": round(gflops / peak, 3),
                "share_by_processor_time": round(
                    flop[architecture] * ours["tokens_per_processor_second"] * threads / 1e9 / peak, 3
                ),
            }
        found.append(entry)
    return found


def _medians(rows: Sequence[Row]) -> Row:
    good = [row for row in rows if "error" not in row]
    entry: Row = {"rounds": len(good), "failed": len(rows) - len(good)}
    if good:
        for name in ("tokens_per_second", "tokens_per_processor_second", "tokens_per_update", "peak_resident_mib"):
            entry[name] = round(statistics.median(row[name] for row in good), 1)
        speeds = [row["tokens_per_second"] for row in good]
        entry["tokens_per_second_range"] = [min(speeds), max(speeds)]
    return entry


def flop_per_token(data: Path) -> dict[str, float]:
    """Operations for one target token of the corpus, by architecture: Transformers only."""
    dataset = Dataset.open(data / "dataset")
    corpus = Corpus.of(dataset.train.source_lengths, dataset.train.target_lengths)
    found = {}
    for name, setting in OURS.architectures.items():
        model = load_recipe(setting["preset"], changes=setting["changes"]).model
        size = dataset.target.size.symbols
        if isinstance(model.encoder, TransformerRecipe) and isinstance(model.decoder, TransformerRecipe):
            found[name] = transformer_step(model.encoder, model.decoder, size, corpus) / corpus.target
        elif model.is_language_model and isinstance(model.decoder, TransformerRecipe):
            found[name] = language_model_step(model.decoder, size, corpus) / corpus.target
    return found


def _peak(threads: int) -> float:
    return round(peak_flops(torch.bfloat16, threads) / 1e9, 1)


def _save(result: dict[str, Any], data: Path, name: str) -> None:
    result["summary"] = summary(result["rows"], flop_per_token(data), result["bf16_peak_gflops"])
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""How the speed and memory of training depend on what is trained: batch, sentence length, width, corpus and threads.

    python benchmarks/scaling.py [--folder FOLDER] [--only batch length width corpus threads] [--seconds 20]
        [--warm-up 5] [--rounds 2] [--largest 10000000] [--cores 0 1] [--note TEXT]

Dragoman alone, the Transformer of the preset ``tiny`` but for what is varied. The corpora are generated: ids drawn by
Zipf's law, so that there is nothing to learn and nothing to clean; lengths are of a Poisson distribution around a mean,
or all one number where length is varied. Each training is a process of its own, which counts after the warm-up; the
rounds go through all settings in turn. Resident memory includes what was read of the corpus's file, which the system
can take back. Writes ``results/scaling.json`` after each training, and ``scaling.png``.
"""

from __future__ import annotations

import argparse
import itertools
import json
import shutil
import statistics
import string
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from command_line import command_line
from peers.ours import OURS
from peers.peer import PeerError, end_drivers_on_sigterm
from training_throughput import MINIMUM_UPDATES, START_UP, rates

from dragoman.comparison.machine import describe_machine
from dragoman.contracts import DEFAULT_SYMBOLS
from dragoman.data.arrow import record_batch
from dragoman.data.columns.text import text_columns
from dragoman.data.dataset import Corpus, DatasetWriter
from dragoman.native.lines import Lines
from dragoman.recipe import merge
from dragoman.text.codec import Codec
from dragoman.text.ragged import Ragged
from dragoman.text.tokenizer import Tokenizer

END = DEFAULT_SYMBOLS.end

RESULTS = Path(__file__).parent / "results"
MEAN_LENGTH, VOCABULARY, PAIRS = 14, 10_000, 30_000
CHUNK = 100_000


@dataclass(frozen=True, slots=True)
class Point:
    """One setting that is measured.

    Attributes:
        value: of what is varied.
        changes: to the preset.
        pairs: in the corpus.
        length: tokens of every row, its end symbol counted; 0 for varying lengths around :data:`MEAN_LENGTH`.
        threads: of the processor.
    """

    value: int
    changes: dict[str, Any] = field(default_factory=dict)
    pairs: int = PAIRS
    length: int = 0
    threads: int = 1


def _width(width: int) -> dict[str, Any]:
    stack = {"width": width, "feed_forward": 2 * width, "heads": max(width // 32, 1)}
    return {"model": {"encoder": stack, "decoder": stack}}


def points(largest: int) -> dict[str, list[Point]]:
    """What is measured, by what is varied; corpora have ``largest`` pairs at most."""
    batches, lengths = [256, 512, 1024, 2048, 4096, 8192, 16384], (5, 10, 20, 50, 100, 200)
    return {
        "batch": [Point(size, {"training": {"batch": {"tokens": size}}}) for size in batches],
        "length": [Point(length, pairs=PAIRS * MEAN_LENGTH // length, length=length) for length in lengths],
        "width": [Point(width, _width(width)) for width in (64, 128, 256, 512)],
        "corpus": [Point(size, pairs=size) for size in (10**4, 10**5, 10**6, 10**7) if size <= largest],
        "threads": [Point(threads, threads=threads) for threads in (1, 2)],
    }


def main() -> None:
    arguments = _arguments()
    end_drivers_on_sigterm()
    chosen = {name: found for name, found in points(arguments.largest).items() if name in arguments.only}
    result: dict[str, Any] = {
        "what": "training of the preset tiny: target tokens per second and peak of resident memory",
        "command": command_line(),
        "machine": describe_machine(),
        "note": arguments.note,
        "rows": [],
    }
    for round_number in range(1, arguments.rounds + 1):
        for name, found in chosen.items():
            for point in found:
                row = {"round": round_number, "varied": name, "value": point.value, **_measured(point, arguments)}
                result["rows"].append(row)
                result["summary"] = summary(result["rows"])
                RESULTS.mkdir(exist_ok=True)
                (RESULTS / "scaling.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
                print(json.dumps(row), flush=True)
    if any(entry["rounds"] for entry in result["summary"]):
        _draw(result["summary"])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = list(points(1))
    parser.add_argument("--folder", type=Path, default=Path("runs/scaling"), help="datasets and runs")
    parser.add_argument("--only", nargs="+", choices=names, default=names, help="what is varied")
    parser.add_argument("--seconds", type=float, default=20.0, help="measured in each training")
    parser.add_argument("--warm-up", type=float, default=5.0, help="seconds of training before that")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--largest", type=int, default=10**7, help="pairs of the largest corpus; 10⁷ take about 3 GB")
    parser.add_argument("--cores", type=int, nargs="+", default=[0, 1], help="n threads run on the first n of them")
    parser.add_argument("--note", default="", help="what a reader of the result should know")
    return parser.parse_args()


def _measured(point: Point, arguments: argparse.Namespace) -> dict[str, Any]:
    data = (arguments.folder / f"{point.pairs}-{point.length}").absolute()
    if not data.exists():
        generate(data / "dataset", point.pairs, point.length)
    output = (arguments.folder / "training").absolute()
    shutil.rmtree(output, ignore_errors=True)
    seconds = arguments.warm_up + arguments.seconds
    setting = OURS.architectures["transformer"]
    changes = merge(setting["changes"], point.changes)
    peer = replace(OURS, architectures={"transformer": {**setting, "changes": changes}})
    try:
        answer = peer.train(
            arguments.folder,
            "transformer",
            data=str(data),
            output=str(output),
            threads=point.threads,
            cores=arguments.cores[: point.threads],
            seconds=seconds,
            minimum_updates=MINIMUM_UPDATES,
            limit_seconds=6 * seconds + START_UP,
        )
        marks = answer.pop("marks")
        return {"first_update_seconds": marks[0][0], **rates(marks, arguments.warm_up), **answer}
    except (PeerError, ValueError) as error:
        return {"error": str(error)}
    finally:
        shutil.rmtree(output, ignore_errors=True)


def generate(folder: Path, pairs: int, length: int) -> None:
    """Write a dataset of pairs of drawn ids, with 100 for validation; ``length`` as in :class:`Point`."""
    # Nothing is decoded; the model takes the size of its vocabulary from it.
    words = ["".join(letters) for letters in itertools.product(string.ascii_lowercase, repeat=3)]
    codec = Codec(Tokenizer.train(words * 2, vocabulary_size=VOCABULARY, kind="words"))
    assert codec.size.symbols == VOCABULARY
    random = np.random.default_rng(1)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with DatasetWriter(folder) as writer:
        for name, size in (("train", pairs), ("validation", 100)):
            with writer.split(name) as split:
                for count in _chunks(size):
                    source, target = (Ragged.of(_rows(random, count, length)) for _ in range(2))
                    texts, zeros = Lines.of([""] * count), np.zeros(count, dtype=np.int64)
                    columns = {**text_columns("source", texts, source), **text_columns("target", texts, target)}
                    split.write(record_batch(columns, zeros, zeros, zeros))
        writer.write_fields(codec, codec)
        writer.write_facts([Corpus("generated", 1.0)], ["generated"])
        writer.write_report({})


def _chunks(size: int) -> Iterator[int]:
    for begin in range(0, size, CHUNK):
        yield min(CHUNK, size - begin)


def _rows(random: np.random.Generator, count: int, length: int) -> list[list[int]]:
    """Ids after the special symbols, each row with the end symbol behind them."""
    varying = np.maximum(random.poisson(MEAN_LENGTH - 1, count), 1)
    lengths = np.full(count, length - 1) if length else varying
    ends = np.cumsum(lengths)
    ranks = random.zipf(1.2, int(ends[-1])) % (VOCABULARY - END - 1)
    return [[*part.tolist(), END] for part in np.split(ranks + END + 1, ends[:-1])]


def summary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Medians over rounds of each setting."""
    found = []
    for varied, value in dict.fromkeys((row["varied"], row["value"]) for row in rows):
        chosen = [row for row in rows if (row["varied"], row["value"]) == (varied, value)]
        good = [row for row in chosen if "error" not in row]
        entry: dict[str, Any] = {"varied": varied, "value": value, "rounds": len(good)}
        if good:
            names = ("tokens_per_second", "tokens_per_processor_second", "peak_resident_mib", "first_update_seconds")
            entry.update({name: round(statistics.median(row[name] for row in good), 3) for name in names})
            entry["microseconds_per_token"] = round(1e6 / entry["tokens_per_second"], 2)
        found.append(entry)
    return found


def _draw(summarised: list[dict[str, Any]]) -> None:
    """One picture for each thing that is varied: speed on the left axis, memory on the right one."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot
    from matplotlib.ticker import NullFormatter

    titles = {
        "batch": "target tokens in a batch",
        "length": "tokens in a sentence",
        "width": "width of the model",
        "corpus": "pairs in the corpus",
        "threads": "threads",
    }
    varied = list(dict.fromkeys(entry["varied"] for entry in summarised if entry["rounds"]))
    size = (3.4 * len(varied), 3.2)
    figure, all_axes = pyplot.subplots(1, len(varied), figsize=size, layout="constrained", squeeze=False)
    for axes, name in zip(all_axes[0], varied, strict=True):
        good = [entry for entry in summarised if entry["varied"] == name and entry["rounds"]]
        values = [entry["value"] for entry in good]
        axes.plot(values, [entry["tokens_per_second"] for entry in good], marker="o", color="C0")
        axes.set(xlabel=titles[name], ylim=(0, 1.15 * max(entry["tokens_per_second"] for entry in good)))
        axes.set_ylabel("target tokens per second", color="C0")
        if name != "threads":
            axes.set_xscale("log")
            axes.xaxis.set_minor_formatter(NullFormatter())
        if name == "width":
            axes.set_xticks(values, [str(value) for value in values])
        memory = axes.twinx()
        memory.plot(values, [entry["peak_resident_mib"] for entry in good], marker="s", color="C1", linestyle=":")
        memory.set_ylabel("peak memory (MiB)", color="C1")
        memory.set_ylim(0, 1.3 * max(entry["peak_resident_mib"] for entry in good))
    figure.savefig(RESULTS / "scaling.png", dpi=120)
    pyplot.close(figure)


if __name__ == "__main__":
    main()

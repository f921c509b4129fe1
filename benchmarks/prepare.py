"""Prepare datasets of growing size: seconds for each pair, and the most memory held.

    python benchmarks/prepare.py [--sizes 10000,100000,1000000,10000000] [--folder DIR]

The pairs are generated: each side joins three phrases of the demo (dates, times, numbers, units, names by the rules of
the CLDR), so that all cleaning rules have something to read. Each size runs in a process of its own, whose peak of
resident memory is what the operating system saw. Processor seconds are those of all its threads, which other work on
the machine lengthens little. ``--corpus SOURCE TARGET`` repeats real pairs instead, numbered so that none is a
duplicate. Writes ``results/prepare.json`` after each size.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from dragoman.comparison.machine import describe_machine

RESULTS = Path(__file__).parent / "results"
PHRASES = 30_000
PARTS = 3
CHUNK = 100_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="10000,100000,1000000,10000000")
    parser.add_argument("--folder", type=Path, default=None, help="where corpora and datasets go; about 4 GB at 10⁷")
    parser.add_argument("--corpus", type=Path, nargs=2, default=None, help="two files of real pairs")
    parser.add_argument("--languages", nargs=2, default=["en", "de"], metavar="CODE", help="of the corpus")
    parser.add_argument("--output", default="prepare.json", help="name of the file in results/")
    parser.add_argument("--one", type=int, default=None, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one is not None:
        measure_here(arguments.folder, arguments.one, arguments.languages)
        return
    rows = []
    for size in map(int, arguments.sizes.split(",")):
        with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
            if arguments.corpus is None:
                generate_corpus(Path(folder), size)
            else:
                repeat_corpus(arguments.corpus, Path(folder), size)
            command = [sys.executable, __file__, "--one", str(size), "--folder", folder]
            command += ["--languages", *arguments.languages]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            rows.append(json.loads(done.stdout.splitlines()[-1]))
            print(rows[-1], flush=True)
            save(rows, arguments)


def save(rows: list[dict[str, object]], arguments: argparse.Namespace) -> None:
    result = {
        "what": "dragoman prepare: read, clean by every rule, split, learn BPE of 10,000 symbols, encode, write",
        "corpus": "generated" if arguments.corpus is None else [path.name for path in arguments.corpus],
        "command": "python benchmarks/prepare.py" + ("" if arguments.corpus is None else " --corpus SOURCE TARGET"),
        "languages": arguments.languages,
        "sizes": rows,
        "machine": describe_machine(),
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / arguments.output).write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def generate_corpus(folder: Path, size: int) -> None:
    """Write ``size`` pairs as two text files."""
    from dragoman.data.locale_phrases import generate

    phrases = list(generate("en", "de", PHRASES, 1))
    sides = [np.array([pair[side] for pair in phrases], dtype=object) for side in (0, 1)]
    random = np.random.default_rng(1)
    with (
        (folder / "corpus.en").open("w", encoding="utf-8") as left,
        (folder / "corpus.de").open("w", encoding="utf-8") as right,
    ):
        for begin in range(0, size, CHUNK):
            chosen = random.integers(0, len(phrases), (min(CHUNK, size - begin), PARTS))
            for side, stream in zip(sides, (left, right), strict=True):
                stream.writelines(", ".join(row) + "\n" for row in side[chosen])


def repeat_corpus(corpus: list[Path], folder: Path, size: int) -> None:
    """Write ``size`` pairs: those of two files, again and again, each time with another number behind them."""
    for path, name in zip(corpus, ("corpus.en", "corpus.de"), strict=True):
        lines = [line.rstrip("\r\n") for line in path.open(encoding="utf-8")]
        with (folder / name).open("w", encoding="utf-8") as stream:
            stream.writelines(f"{lines[row % len(lines)]} ({row // len(lines)})\n" for row in range(size))


def peak_gib() -> float:
    """The most memory that this process has held so far."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 3)


def measure_here(folder: Path, size: int, languages: list[str]) -> None:
    """Prepare the corpus in ``folder`` and print one line of JSON."""
    from dragoman.data.prepare import prepare
    from dragoman.native import text as native
    from dragoman.recipe import load_recipe

    train = {"source": folder / "corpus.en", "target": folder / "corpus.de"}
    codes = dict(zip(("source_language", "target_language"), languages, strict=True))
    recipe = load_recipe("tiny", changes={"data": {"train": train, **codes}})
    began, busy_before = time.perf_counter(), time.process_time()
    marks: list[dict[str, object]] = []

    def log(message: str) -> None:
        passed = {"seconds": time.perf_counter() - began, "processor_seconds": time.process_time() - busy_before}
        rounded = {name: round(value, 2) for name, value in passed.items()}
        marks.append({"after": message.splitlines()[0], **rounded, "peak_resident_gib": peak_gib()})

    dataset = prepare(recipe, folder / "dataset", log=log)
    seconds, busy = time.perf_counter() - began, time.process_time() - busy_before
    print(
        json.dumps(
            {
                "pairs": size,
                "kept": dataset.report["cleaning"]["train"]["kept"],
                "load_average": round(os.getloadavg()[0], 1),
                "seconds": round(seconds, 1),
                "microseconds_per_pair": round(1e6 * seconds / size, 1),
                "processor_seconds": round(busy, 1),
                "processor_microseconds_per_pair": round(1e6 * busy / size, 1),
                "native": native.available(),
                "peak_resident_gib": peak_gib(),
                "stages": marks,
            }
        )
    )


if __name__ == "__main__":
    main()

"""Prepare tables and labelled texts of growing size: microseconds for each example, and the most memory held.

    python benchmarks/preparation.py [--sizes 100000,1000000] [--folder DIR]

Both corpora are generated. A table is a CSV file of ten columns beside the target, which is a number: six of numbers,
some of which are missing, two of names, one of dates, one of truth values. Labelled texts are sentences of made-up
words of two languages, one file for each. Each size is prepared in a process of its own, whose peak of resident memory
is what the operating system saw; beside it stands what the process holds once the package is imported. Processor
seconds are those of all its threads. Writes ``results/preparation.json``.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from command_line import command_line

from dragoman.comparison.machine import describe_machine

RESULTS = Path(__file__).parent / "results"
CHUNK = 100_000
SYLLABLES = {"en": ("the", "ing", "ght", "wor", "sha", "lly", "tion", "ed"), "de": ("sch", "ung", "keit", "ver", "bar")}
WORDS, LONGEST = 20_000, 14


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="100000,1000000")
    parser.add_argument("--folder", type=Path, default=None, help="where corpora and datasets go; about 1 GB at 10⁶")
    parser.add_argument("--output", type=Path, default=RESULTS / "preparation.json")
    parser.add_argument("--one", nargs=2, default=None, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one is not None:
        measure_here(arguments.folder, *arguments.one)
        return
    found = []
    for kind, generate in GENERATORS.items():
        for size in map(int, arguments.sizes.split(",")):
            with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
                generate(Path(folder), size)
                command = [sys.executable, __file__, "--one", kind, str(size), "--folder", folder]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
            found.append(json.loads(done.stdout.splitlines()[-1]))
            print(found[-1], flush=True)
    record = {"command": command_line(), "machine": describe_machine(), "preparations": found}
    arguments.output.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def write_table(folder: Path, rows: int) -> None:
    """Ten columns and a target that depends on some of them."""
    draw = np.random.default_rng(1)
    names = np.array([f"town {number}" for number in range(500)])
    with (folder / "table.csv").open("w", encoding="utf-8") as file:
        file.write("a,b,c,d,e,f,town,colour,day,member,target\n")
        for begin in range(0, rows, CHUNK):
            count = min(CHUNK, rows - begin)
            numbers = draw.normal(size=(count, 6))
            target = numbers[:, 0] - 2 * numbers[:, 1]
            cells = [[f"{value:.6f}" for value in column] for column in numbers.T]
            cells[2] = ["" if number % 50 == 0 else cell for number, cell in enumerate(cells[2])]
            cells += [names[draw.integers(len(names), size=count)].tolist()]
            cells += [np.array(["red", "green", "blue"])[draw.integers(3, size=count)].tolist()]
            cells += [(np.datetime64("2001-01-01") + draw.integers(9000, size=count)).astype(str).tolist()]
            cells += [np.array(["true", "false"])[draw.integers(2, size=count)].tolist()]
            cells += [[f"{value:.6f}" for value in target]]
            file.writelines(",".join(row) + "\n" for row in zip(*cells, strict=True))


def write_texts(folder: Path, texts: int) -> None:
    """Half of the texts in each of two languages."""
    for seed, (language, syllables) in enumerate(SYLLABLES.items()):
        draw = np.random.default_rng(seed)
        words = np.array(["".join(draw.choice(syllables, draw.integers(1, 5))) for _ in range(WORDS)])
        with (folder / f"{language}.txt").open("w", encoding="utf-8") as file:
            for begin in range(0, texts // 2, CHUNK):
                count = min(CHUNK, texts // 2 - begin)
                lengths = draw.integers(4, LONGEST, size=count)
                drawn = np.split(words[draw.integers(WORDS, size=lengths.sum())], np.cumsum(lengths)[:-1])
                file.writelines(" ".join(sentence) + "\n" for sentence in drawn)


GENERATORS: dict[str, Callable[[Path, int], None]] = {"table": write_table, "labelled texts": write_texts}


def recipe_values(kind: str, folder: Path) -> dict[str, Any]:
    """What is prepared."""
    if kind == "table":
        train: Any = {"path": str(folder / "table.csv"), "target_column": "target"}
        model = {"encoder": {"kind": "mlp", "reads": "row"}, "decoder": {"kind": "number"}}
        return {"data": {"train": train}, "model": model}
    train = [{"text": str(folder / f"{language}.txt"), "label": language} for language in SYLLABLES]
    model = {"encoder": {"kind": "convolution"}, "decoder": {"kind": "label"}}
    return {"data": {"train": train}, "model": model}


def measure_here(folder: Path, kind: str, size: str) -> None:
    """Prepare in this process, and print what it took."""
    from dragoman.data.prepare import prepare
    from dragoman.recipe import recipe_from

    recipe = recipe_from(recipe_values(kind, folder))
    before = resource.getrusage(resource.RUSAGE_SELF)
    began = time.perf_counter()
    dataset = prepare(recipe, folder / "dataset", log=lambda message: None)
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    # Linux counts in kibibytes, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    figures = {
        "corpus": kind,
        "examples": int(size),
        "training examples": len(dataset.train),
        "seconds": round(seconds, 2),
        "microseconds per example": round(1e6 * seconds / int(size), 2),
        "processor microseconds per example": round(1e6 * processor / int(size), 2),
        "peak resident MB": round(after.ru_maxrss * unit / 1e6),
        "resident MB before": round(before.ru_maxrss * unit / 1e6),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()

"""Translate files of growing size: memory over lines, and lines a second.

    python benchmarks/translate_stream.py [--sizes 10000,100000,1000000,10000000] [--folder DIR]
    python benchmarks/translate_stream.py --model DIR --input FILE --sizes 100000 [--engine ENGINE] [--beam N]

Each size runs in a process of its own that does what ``dragoman translate --input FILE --output FILE`` does. Without
``--model``, a stand-in for the search writes the source's ids as they are, behind a tokenizer of 10,000 symbols: all
else (reading, hashing, normalising, placeholders, tokenising, decoding, writing, syncing, keeping) is real, so that
millions of lines show what the stream itself holds and costs. The lines are generated phrases of the demo, three each;
with ``--input`` they are those of the file, again and again, each with a number of its own so that no two are equal.
Memory is the process's resident set as the operating system sees it. Writes ``results/translate-stream.json`` or, with
a model, ``results/translate-stream-model.json``, after each size.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dragoman.comparison.machine import describe_machine
from dragoman.contracts import TextSize

if TYPE_CHECKING:
    from dragoman.contracts import Packed, Pictures, SearchFeature, SearchRequest, SearchResult
    from dragoman.predict.translator import Translator

RESULTS = Path(__file__).parent / "results"
PHRASES = 30_000
PARTS = 3
BLOCK = 100_000
MARKS = 20
"""Readings of the memory in a run."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="10000,100000,1000000,10000000")
    parser.add_argument("--folder", type=Path, default=None, help="where the texts go; about 1.5 GB at 10⁷ lines")
    parser.add_argument("--model", type=Path, default=None, help="a real one, instead of the stand-in")
    parser.add_argument("--input", type=Path, default=None, help="lines to repeat, instead of generated ones")
    parser.add_argument("--engine", default="torch", help="with --model: what searches")
    parser.add_argument("--beam", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--one", type=int, default=None, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one is not None:
        measure_here(arguments)
        return
    rows = []
    for size in map(int, arguments.sizes.split(",")):
        with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
            write_lines(Path(folder) / "in.txt", size, arguments.input)
            done = subprocess.run(
                [sys.executable, __file__, *sys.argv[1:], "--folder", folder, "--one", str(size)],
                check=True,
                capture_output=True,
                text=True,
            )
            rows.append(json.loads(done.stdout.splitlines()[-1]))
            print(json.dumps(rows[-1]), flush=True)
            save(rows, arguments)


def save(rows: list[dict[str, object]], arguments: argparse.Namespace) -> None:
    real = arguments.model is not None
    result = {
        "what": "dragoman translate from file to file: memory over lines, lines a second",
        "search": f"{arguments.engine}, beam {arguments.beam}" if real else "stand-in that writes the source's ids",
        "lines": arguments.input.name if arguments.input is not None else "generated phrases",
        "threads": arguments.threads,
        "sizes": rows,
        "machine": describe_machine(),
    }
    RESULTS.mkdir(exist_ok=True)
    name = "translate-stream-model.json" if real else "translate-stream.json"
    (RESULTS / name).write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def write_lines(file: Path, size: int, given: Path | None) -> None:
    """Write a text of ``size`` lines."""
    with file.open("w", encoding="utf-8") as stream:
        if given is not None:
            lines = given.read_text(encoding="utf-8").splitlines()
            numbered = zip(range(size), itertools.cycle(lines), strict=False)
            stream.writelines(f"{line}\n" if n < len(lines) else f"{line} {n // len(lines)}\n" for n, line in numbered)
            return
        phrases = np.array(generated_phrases(), dtype=object)
        random = np.random.default_rng(1)
        for begin in range(0, size, BLOCK):
            chosen = random.integers(0, len(phrases), (min(BLOCK, size - begin), PARTS))
            stream.writelines(", ".join(row) + "\n" for row in phrases[chosen])


def generated_phrases() -> list[str]:
    from dragoman.data.locale_phrases import generate

    return [source for source, _ in generate("en", "de", PHRASES, 1)]


class Copies:
    """Stands in for an engine: writes each source's ids."""

    description = "a stand-in that writes the source's ids"
    features: frozenset[SearchFeature] = frozenset()

    def search(self, source: Packed | Pictures, request: SearchRequest) -> SearchResult:
        """As an engine's; see ``predict/engine.py``."""
        from dragoman.contracts import Ending, Hypothesis, Packed, SearchResult

        assert isinstance(source, Packed)
        return SearchResult([[Hypothesis(row[:-1], -1.0, -1.0, Ending.COMPLETE)] for row in source.rows()])


def translator_of(arguments: argparse.Namespace) -> Translator:
    from dragoman.model.build import build
    from dragoman.predict.translator import Translator
    from dragoman.recipe import load_recipe
    from dragoman.text.codec import Codec
    from dragoman.text.tokenizer import Tokenizer

    if arguments.model is not None:
        return Translator.load(arguments.model, engine=arguments.engine)
    recipe = load_recipe("tiny")
    tokenizer = Tokenizer.train(generated_phrases(), vocabulary_size=10_000)
    model = build(recipe.model, TextSize(tokenizer.size), TextSize(tokenizer.size), seed=1)
    return Translator(model, Codec(tokenizer), Codec(tokenizer), recipe, Copies())


class Meter:
    """Reads the memory of this process now and then while it translates."""

    def __init__(self, lines: int) -> None:
        self.marks: list[dict[str, object]] = []
        self._every = max(lines // MARKS, 1)
        self._next = 0

    def begin(self, place: object) -> None:
        """The clock starts."""
        self._began = time.perf_counter()

    def on_chunk(self, chunk: Any, found: object) -> None:
        """Read the memory, if enough lines have passed."""
        if chunk.end.line >= self._next:
            seconds = round(time.perf_counter() - self._began, 2)
            self.marks.append({"lines": chunk.end.line, "seconds": seconds, "resident_mib": resident_mib()})
            self._next = chunk.end.line + self._every


def resident_mib() -> float:
    """Resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)


def measure_here(arguments: argparse.Namespace) -> None:
    """Translate the text in the folder and print one line of JSON."""
    import torch

    from dragoman.predict.file_translation import FileTranslation
    from dragoman.predict.output_form import BestOnly
    from dragoman.predict.search_request import search_request

    torch.set_num_threads(arguments.threads)
    translator = translator_of(arguments)
    source, output = arguments.folder / "in.txt", arguments.folder / "out.txt"
    meter = Meter(arguments.one)
    request = search_request(translator.recipe.search, beam=arguments.beam)
    translate = functools.partial(translator.translate_chunks, request=request)
    before, wall, processor = resident_mib(), time.perf_counter(), time.process_time()
    with source.open("rb") as stream:
        FileTranslation(output, BestOnly(), translate, {}).run(stream, source, meter, resume=False)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    with output.open("rb") as stream:
        written = sum(1 for _ in stream)
    if written != arguments.one:
        raise RuntimeError(f"{written} lines out for {arguments.one} lines in")
    row = {
        "lines": arguments.one,
        "input_bytes": source.stat().st_size,
        "seconds": round(wall, 1),
        "lines_per_second": round(arguments.one / wall, 1),
        "processor_microseconds_per_line": round(1e6 * processor / arguments.one, 1),
        "resident_mib_before": before,
        "most_resident_mib": max([mark["resident_mib"] for mark in meter.marks]),  # type: ignore[type-var]
        "marks": meter.marks,
    }
    print(json.dumps(row))


if __name__ == "__main__":
    main()

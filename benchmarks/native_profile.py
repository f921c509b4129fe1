"""Where the native engine's time goes: each part's share of the processor, by sampling.

    python benchmarks/native_profile.py MODEL --source FILE [--seconds 8] [--frequency 4000] [--number int8]

Translates the test set again and again, greedily and with beam 5, while ``perf`` (on Debian: ``apt install
linux-perf``) looks thousands of times a second at which function the processor is in. The functions of the engine are
gathered into parts by their names; what is outside of its library is counted as Python's, the system's or the C
library's. Writes ``results/native_profile.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from command_line import command_line
from native_limit import measured_limit
from native_systems import SEARCHES, native_engine, of_engine, request_of, sentences_of

from dragoman.comparison.machine import describe_machine
from dragoman.contracts import Packed
from dragoman.contracts.expect import expect
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.folder import load_model
from dragoman.plan.compile import program_of
from dragoman.plan.operations import operations_of
from dragoman.plan.plan_of import plan_of
from dragoman.storage.folder import write_file

RESULT = Path(__file__).parent / "results" / "native_profile.json"
READY = "ready"
LIBRARY = "_engine"
PARTS = {
    r"\brank|see_|normalizer_of|find_bound|scores_of|Merge|insert": "output layer, normaliser and best symbols",
    r"product": "other products",
    r"additive|\battend|\bput|pages?\b|Pages": "attention: keys, values, scores",
    r"\bnormalize|\boperand": "layer normalisation and quantising",
    r"\bcell|\breset|\brenew|\bactivate|\bglu|\badd\b": "cells, activations, sums",
    r"embed|\bcopy|gather|spread|window|Shortlist": "embeddings, copies, shortlists",
    r"Beam|Greedy|Search|[Hh]ypothes|schedule|Schedule|Repetition": "search",
    r"Machine|Model|Program|Routine": "running the program",
}
"""The first pattern that a function's name matches tells its part."""
OTHER = "the rest of the library"
OUTSIDE = {
    "python": "Python",
    "libc": "the C library",
    "kernel": "the system",
    "libtorch": "PyTorch",
    "libm": "the C library",
}


def main() -> None:
    arguments = _arguments()
    torch.set_num_threads(1)
    if arguments.work is not None:
        work(arguments)
        return
    loaded = load_model(arguments.model)
    sentences = sentences_of(loaded, arguments.source.read_text(encoding="utf-8").splitlines())
    special = loaded.codecs[1].special
    operations = operations_of(program_of(plan_of(expect(loaded.model, EncoderDecoder)), special))
    limit = measured_limit()[arguments.number]
    result: dict[str, Any] = {
        "what": "where the native engine's time goes",
        "command": command_line(),
        "machine": describe_machine(),
        "number": arguments.number,
        "limit": limit,
        "note": arguments.note,
        "searches": {},
    }
    for search, width in SEARCHES.items():
        rows = (
            native_engine(loaded, arguments.number)
            .search(Packed.of(sentences.rows), request_of(sentences, width, special.end))
            .calls
        )
        positions, count, symbols = sum(map(len, sentences.rows)), len(sentences.rows), loaded.vocabularies[1]
        output = (rows or 0) * operations.symbol * symbols
        everything = operations.of(positions, rows or 0, symbols)
        found = sampled(arguments, search)
        microseconds = 1e6 * found.pop("processor_seconds_of_a_sentence")
        result["searches"][search] = {
            "microseconds_of_a_sentence": round(microseconds, 1),
            "hypotheses_of_a_sentence": round((rows or 0) / count, 2),
            "operations_of_a_sentence": round(everything / count),
            "microseconds_at_the_limit": {
                "output layer": round(1e6 * output / limit / count, 1),
                "other products": round(1e6 * (everything - output) / limit / count, 1),
            },
            "share_of_the_limit": round(1e6 * everything / limit / count / microseconds, 4),
            **found,
        }
        write_file(RESULT, (json.dumps(result, indent=2) + "\n").encode())
        print(json.dumps(result["searches"][search], indent=1), flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="folder of a translator, such as RUN/best")
    parser.add_argument("--source", type=Path, required=True, help="test set, one sentence a line")
    parser.add_argument("--seconds", type=float, default=8.0, help="of each search")
    parser.add_argument("--frequency", type=int, default=4000, help="looks a second")
    parser.add_argument("--number", choices=("float32", "bfloat16", "int8"), default="int8")
    parser.add_argument("--note", default="", help="what a reader of the result should know")
    parser.add_argument("--work", choices=list(SEARCHES), help=argparse.SUPPRESS)
    return parser.parse_args()


def work(arguments: argparse.Namespace) -> None:
    """What is sampled: translating, after a line that says that it begins."""
    loaded = load_model(arguments.model)
    sentences = sentences_of(loaded, arguments.source.read_text(encoding="utf-8").splitlines())
    system, width = (
        of_engine(native_engine(loaded, arguments.number), loaded.codecs[1].special.end),
        SEARCHES[arguments.work],
    )
    system(sentences, width)
    print(READY, flush=True)
    sys.stdin.readline()
    begin, translated = time.process_time(), 0
    while (used := time.process_time() - begin) < arguments.seconds:
        system(sentences, width)
        translated += len(sentences.rows)
    print(used / translated, flush=True)
    # What Python does at its end is not looked at.
    os._exit(0)


def sampled(arguments: argparse.Namespace, search: str) -> dict[str, Any]:
    """Shares of the time by part, and the functions that take most."""
    worker = subprocess.Popen(
        [sys.executable, *sys.argv, "--work", search],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert worker.stdout is not None
    assert worker.stdin is not None
    with worker, tempfile.TemporaryDirectory() as folder:
        while READY not in worker.stdout.readline():
            if worker.poll() is not None:
                raise SystemExit("the process that translates has ended")
        file = f"{folder}/samples"
        # The clock of the processor, which is there in virtual machines too.
        event = ["-e", "cpu-clock", "-F", str(arguments.frequency), "-o", file, "-p", str(worker.pid)]
        recorder = subprocess.Popen(["perf", "record", *event], stderr=subprocess.DEVNULL)
        time.sleep(0.5)
        worker.stdin.write("\n")
        worker.stdin.flush()
        seconds = float(worker.stdout.readline())
        recorder.wait()
        report = subprocess.check_output(
            ["perf", "report", "-i", file, "--stdio", "--sort", "dso,symbol", "--percent-limit", "0.02"],
            stderr=subprocess.DEVNULL,
            text=True,
        )
    functions = [found for line in report.splitlines() if (found := _function(line)) is not None]
    parts: dict[str, float] = {}
    for share, library, name in functions:
        part = part_of(library, name)
        parts[part] = parts.get(part, 0.0) + share
    return {
        "processor_seconds_of_a_sentence": seconds,
        "parts": {name: round(parts[name], 4) for name in sorted(parts, key=lambda name: -parts[name])},
        "functions": [
            {"function": name, "library": library, "share": round(share, 4)} for share, library, name in functions[:25]
        ],
    }


def _function(line: str) -> tuple[float, str, str] | None:
    """A line of the report: share, library, name without arguments."""
    found = re.match(r"\s+([\d.]+)%\s+(\S+)\s+\[[.k]\]\s+(.+)", line)
    if found is None:
        return None
    name = re.sub(r"dragoman::engine::|\(anonymous namespace\)::|\s+-\s+-\s*$", "", found[3])
    return float(found[1]) / 100, found[2], name.strip()


def part_of(library: str, name: str) -> str:
    """The part that a function belongs to.

    >>> part_of("_engine.so", "avx512_bf16::product<Bytes, (Form)0>(Matrix const&)")
    'other products'
    >>> part_of("libc.so.6", "malloc")
    'the C library'
    """
    if LIBRARY in library:
        alone = name.partition("(")[0]
        return next((part for pattern, part in PARTS.items() if re.search(pattern, alone)), OTHER)
    return next((part for begin, part in OUTSIDE.items() if begin in library), "other libraries")


if __name__ == "__main__":
    main()

"""The engine's searches against PyTorch's, on random tables of scores.

    python benchmarks/engine_search.py [--cases N]

A case is a search over a table with 3 to 14 symbols: greedy or with a beam of 1 to 12, any number of best outputs, five
length penalties, limits from 0 to 40 tokens, with and without minimum lengths, forbidden symbols, prefixes, loops and
symbols that the model excludes; in a second set some rows have random automata as constraints, and in a third the
scores stand at the positions of an input, for connectionist temporal classification. Held are: tokens and endings are
the same; log-probabilities and scores differ by at most 1e-5, of the third set by 1e-4; the model scores as many
hypotheses; and 3 threads with 2 examples at work each give the same outputs to the bit. The time of the engine's search
alone, with a table of 24 symbols as the model, is given for each hypothesis and step. ``results/engine-search.json``
has the counts.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import torch

from dragoman import __version__
from dragoman.comparison.machine import describe_machine
from dragoman.contracts import Beam, Greedy, Packed, SearchRequest
from dragoman.native.engine_inputs import EngineInputs
from dragoman.native.engine_search import EngineSearcher
from dragoman.search.repetition import RepetitionRule
from dragoman.storage.folder import write_file

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests" / "native"))
cases = import_module("search_cases")


def differing(make: Callable[[int], str], count: int) -> dict[str, object]:
    """How many of the cases differ, and how the first one does."""
    found = {seed: text for seed in range(count) if (text := make(seed))}
    return {"cases": count, "different": len(found), "first": next(iter(found.items()), None)}


def of_tables(make: Callable[[int], object]) -> Callable[[int], str]:
    def of(seed: int) -> str:
        case = make(seed)
        found = cases.difference(case)
        try:
            same = case.by_engine(threads=3, places=2) == case.by_engine()
        except cases.UnsupportedError:
            same = True
        return found or ("" if same else "threads change the result")

    return of


def by_alignment(seed: int) -> str:
    one = cases.Places.random(seed)
    return str(cases.first_difference(one.by_engine(), one.by_torch(), 1e-4))


def nanoseconds(method: Greedy | Beam, rows: int = 1000, rounds: int = 7) -> dict[str, float]:
    """Time of the search for each hypothesis and step, and for a call that writes nothing, in ns: the least of some
    rounds."""
    generator = torch.Generator().manual_seed(0)
    table = 2 * torch.randn(4, 60, 24, 24, generator=generator)
    table[..., cases.END] -= 3
    searcher = EngineSearcher.of_table(table, start=cases.START, end=cases.END)
    inputs = EngineInputs.of_texts(Packed.of([[row % 4] for row in range(rows)]))
    one = EngineInputs.of_texts(Packed.of([[0]]))
    many, nothing = SearchRequest(method, limits=[40] * rows), SearchRequest(method, limits=[0])
    times, calls = [], []
    for _ in range(rounds):
        begin = time.process_time_ns()
        found = searcher.search(inputs, many, RepetitionRule())
        times.append((time.process_time_ns() - begin) / (found.calls or 1))
    for _ in range(100 * rounds):
        begin = time.process_time_ns()
        searcher.search(one, nothing, RepetitionRule())
        calls.append(time.process_time_ns() - begin)
    return {"hypothesis and step, with the table's own ranking": min(times), "call": min(calls)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--cases", type=int, default=1000, help="cases of each of the first two sets; a tenth as many of the third"
    )
    parser.add_argument("--output", type=Path, default=HERE / "results" / "engine-search.json")
    arguments = parser.parse_args()
    results = {
        "dragoman": __version__,
        "machine": describe_machine(),
        "free": differing(of_tables(cases.random_case), arguments.cases),
        "within constraints": differing(of_tables(cases.constrained_case), arguments.cases),
        "by alignment": differing(by_alignment, arguments.cases // 10),
        "nanoseconds": {"greedy": nanoseconds(Greedy()), "beam of 5": nanoseconds(Beam(5))},
    }
    write_file(arguments.output, (json.dumps(results, indent=2, ensure_ascii=False) + "\n").encode())
    print(json.dumps(results, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()

"""Exact search against the enumeration of all outputs, on random small models of every decoder kind.

    python benchmarks/exact_search.py [--cases N]

A case is a row of a model with random weights, a length limit from 1 to 6, and a length penalty α of 0, 1 or −1: of
chains with tables of probabilities (up to 5 symbols and the end), and of Transformers, recurrent decoders with and
without attention and input feeding, connectionist temporal classification and language models with 6 symbols in
all, 2 of which can be written beside the end. The log-probability of every output is computed by teacher forcing. Held
are: the two best outputs and their scores are those of enumeration, and proved; no beam of 1, 3 or 8 scores higher; a
beam as wide as the space finds the same; a row alone finds the same as beside another; and with a budget of 3
expansions no output scores higher than the bound that is left. ``results/exact-search.json`` has the number of cases of
each kind, and the share of the space that was expanded.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch

from dragoman import __version__
from dragoman.comparison.machine import describe_machine
from dragoman.contracts import Beam, Ending, Exact, SearchResult
from dragoman.search.length_penalty import LengthPenalty
from dragoman.search.repetition import NO_RULE
from dragoman.search.rules import SearchRules
from dragoman.search.search import search
from dragoman.storage.folder import write_file

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests" / "search"))
markov, small_models = import_module("markov"), import_module("small_models")

ALPHAS = (0.0, 1.0, -1.0)
NEAR = 1e-5


class Chains:
    """Two chains, and the log-probability of each of their outputs."""

    def __init__(self, seed: int, limits: list[int]) -> None:
        vocabulary = 3 + seed % 4
        longest = {3: 6, 4: 6, 5: 4, 6: 4}[vocabulary]
        self.limits = [min(limit, longest) for limit in limits]
        self.model = markov.Markov.random(2, longest, vocabulary, seed, end_bias=float(seed % 3 - 1))

    def find(self, method: Any, count: int, rows: tuple[int, ...] = (0, 1)) -> SearchResult:
        """What a search finds for these rows."""
        rules = SearchRules(
            markov.START, markov.END, [self.limits[row] for row in rows], n_best=count, repetition=NO_RULE
        )
        return search(self.model.step, self.model.start(rows), method, rules)

    def enumerated(self, row: int) -> list[tuple[list[int], float]]:
        """All outputs of a row, with their log-probabilities."""
        found = self.model.best(row, self.limits[row], LengthPenalty(0.0), 10**9)
        return [(tokens, score) for score, tokens in found]


def check(subject: Any, alpha: float) -> tuple[list[int], list[int]]:
    """Check both rows of a subject; the expansions, and the size of the space, of each."""
    penalty = LengthPenalty(alpha)
    spaces = [subject.enumerated(row) for row in (0, 1)]
    exact = subject.find(Exact(alpha, width=2), 2)
    early = subject.find(Exact(alpha, width=1, expansions=3), 1)
    narrow = [subject.find(Beam(width, alpha), 1) for width in (1, 3, 8)]
    # As wide as all continuations of all outputs of full length.
    wide = subject.find(Beam(6 * max(map(len, spaces)), alpha), 1)
    for row, space in enumerate(spaces):
        scored = sorted((-penalty.score(total, len(tokens) + 1), tokens) for tokens, total in space)[:2]
        found, proof = exact.hypotheses[row], exact.proofs[row]
        assert proof.proved, (row, alpha)
        assert [h.tokens for h in found] == [tokens for _, tokens in scored], (found, scored)
        assert np.allclose([h.score for h in found], [-score for score, _ in scored], atol=NEAR)
        for beam in narrow:
            best = beam.best[row]
            assert best.ending is not Ending.COMPLETE or best.score <= found[0].score + NEAR
        assert wide.best[row].tokens == found[0].tokens
        first, left = early.best[row], early.proofs[row]
        assert max(first.score, left.bound) >= found[0].score - NEAR
        alone = subject.find(Exact(alpha, width=2), 2, (row,))
        assert [h.tokens for h in alone.hypotheses[0]] == [h.tokens for h in found]
    return [proof.expansions for proof in exact.proofs], [len(space) for space in spaces]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=1000)
    given = parser.parse_args()
    torch.set_num_threads(1)
    kinds = ["chains", *small_models.DECODERS]
    cases: dict[str, int] = defaultdict(int)
    shares: dict[str, list[float]] = defaultdict(list)
    began, seed = time.perf_counter(), 0
    while sum(cases.values()) < given.cases:
        kind, limits = kinds[seed % len(kinds)], [1 + seed % 6, 1 + (seed // 6 + 2) % 6]
        subject = Chains(seed, limits) if kind == "chains" else small_models.Subject(kind, seed, limits)
        for alpha in ALPHAS:
            expansions, sizes = check(subject, alpha)
            cases[kind] += 2
            shares[f"length penalty {alpha:g}"] += [e / s for e, s in zip(expansions, sizes, strict=True)]
        seed += 1
        if seed % 20 == 0:
            print(f"{sum(cases.values()):,} of {given.cases:,} cases, {time.perf_counter() - began:.0f} s", flush=True)
    content = {
        "version": __version__,
        "torch": torch.__version__,
        "threads": 1,
        "machine": describe_machine(),
        "cases": dict(cases),
        "all cases": sum(cases.values()),
        "differences from enumeration": 0,
        "expansions for each output of the space, median": {name: float(np.median(s)) for name, s in shares.items()},
        "seconds": time.perf_counter() - began,
    }
    write_file(HERE / "results" / "exact-search.json", (json.dumps(content, indent=2) + "\n").encode())


if __name__ == "__main__":
    main()

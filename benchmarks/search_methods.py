"""What the methods of search give, and what they cost, on a translator and on models whose probabilities are known.

    python benchmarks/search_methods.py MODEL SOURCE REFERENCE [--only PART ...] [--lines N]

Parts:

- *minimum Bayes risk*: over 32 and 64 draws and over 20-best lists, with chrF2++ and with BLEU as the utility, measured
  by both, beside beam search.
- *diversity*: of ten outputs of a sentence by a beam, a diverse beam and sampling: how many are distinct, how alike
  they are (BLEU of each with each other as the reference), and how good the best of the ten is.
- *best first*: calls of the model and seconds of best-first beam search beside beam search, in batches and one sentence
  a call; and 1,000 random small models on which both find the same.
- *frequencies*: Pearson's χ² of 100,000 draws from a small model against its exact probabilities.

Times are the processor's, so that other processes do not count. Results are kept after every few sentences in
``results/search-methods.json``; parts that are left out stay as they are there.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch

from dragoman.comparison.machine import describe_machine
from dragoman.contracts import (
    Beam,
    BestFirstBeam,
    DiverseBeam,
    MinimumBayesRisk,
    Sample,
    SearchMethod,
    SearchRequest,
    Utility,
)
from dragoman.evaluation.bleu import bleu, bleu_statistics
from dragoman.evaluation.chrf import chrf, chrf_statistics
from dragoman.evaluation.significance import paired_bootstrap
from dragoman.evaluation.utility import utilities
from dragoman.predict.minimum_bayes_risk import minimum_bayes_risk
from dragoman.predict.translation import Translation
from dragoman.predict.translator import Translator

RESULTS = Path(__file__).parent / "results" / "search-methods.json"
TOGETHER = 50
DRAWS, N_BEST, SEVERAL = 64, 20, 10
DIVERSE = 200
ORDERED, ORDERED_ALONE = 40, 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("source", type=Path)
    parser.add_argument("reference", type=Path)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--lines", type=int, default=1000)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    translator = Translator.load(arguments.model, device="cpu")
    sources, references = (
        path.read_text(encoding="utf-8").splitlines()[: arguments.lines]
        for path in (arguments.source, arguments.reference)
    )
    for part in arguments.only:
        for found in PARTS[part](translator, sources, references):
            kept = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
            kept |= {"machine": describe_machine(), part: found}
            RESULTS.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        print(json.dumps({part: found}, indent=2, ensure_ascii=False), flush=True)


def risk(translator: Translator, sources: Sequence[str], references: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Beam search, and minimum Bayes risk over what several searches find."""
    language = translator.recipe.data.target_language
    outputs: dict[str, list[str]] = {}
    seconds: dict[str, float] = {}

    def add(name: str, texts: Sequence[str], spent: float) -> None:
        outputs.setdefault(name, []).extend(texts)
        seconds[name] = seconds.get(name, 0.0) + spent

    for first in range(0, len(sources), TOGETHER):
        lines = list(sources[first : first + TOGETHER])
        beam, spent = timed(lambda lines=lines: translator.translate(lines, search=Beam(5)))
        add("beam 5", beam, spent)
        listed, spent = timed(lambda lines=lines: translator.n_best(lines, N_BEST, search=Beam(N_BEST)))
        add(f"beam {N_BEST}", [found[0].text for found in listed], spent)
        candidates: dict[str, tuple[SearchMethod, list[list[Translation]], float]] = {
            f"{N_BEST} best": (Beam(N_BEST), listed, spent)
        }
        drawn, spent = timed(lambda lines=lines: translator.n_best(lines, DRAWS, search=Sample()))
        add("one draw", [found[0].text for found in drawn], spent / DRAWS)
        for count in (DRAWS // 2, DRAWS):
            some = [found[:count] for found in drawn]
            candidates[f"{count} draws"] = (Sample(), some, spent * count / DRAWS)
        for name, (search, found, searching) in candidates.items():
            for utility in Utility:
                method = MinimumBayesRisk(search, max(map(len, found)), utility)
                chosen, choosing = timed(
                    lambda found=found, method=method: [minimum_bayes_risk(each, method, language)[0] for each in found]
                )
                add(f"{utility.value} over {name}", [each.text for each in chosen], searching + choosing)
        done = list(references[: len(outputs["beam 5"])])
        complete = len(done) == len(sources)
        yield {"sentences": len(done), "found": _measured(outputs, seconds, done, language, tested=complete)}


def _measured(
    outputs: dict[str, list[str]], seconds: dict[str, float], references: list[str], language: str, *, tested: bool
) -> dict[str, Any]:
    measured = {}
    for name, texts in outputs.items():
        p = tested and {
            metric: round(paired_bootstrap(count(texts), count(outputs["beam 5"])).p_value, 3)
            for metric, count in (
                ("BLEU", lambda texts: bleu_statistics(texts, references, language)),
                ("chrF2++", lambda texts: chrf_statistics(texts, references)),
            )
        }
        measured[name] = {
            "chrF2++": round(chrf(texts, references), 2),
            "BLEU": round(bleu(texts, references, language), 2),
            **({"p against beam 5": p} if tested else {}),
            "seconds of processor a sentence": round(seconds[name] / len(texts), 4),
        }
    return measured


def diversity(translator: Translator, sources: Sequence[str], references: Sequence[str]) -> Iterator[dict[str, Any]]:
    """How different ten outputs of a sentence are by several methods, and how good."""
    language = translator.recipe.data.target_language
    methods: dict[str, SearchMethod] = {
        f"beam {SEVERAL}": Beam(SEVERAL),
        **{
            f"diverse beam {SEVERAL}, {groups} groups, strength {strength}": DiverseBeam(SEVERAL, groups, strength)
            for groups, strength in ((5, 0.5), (10, 0.2), (10, 0.5), (10, 1.0))
        },
        "draws": Sample(),
        "draws, temperature 0.5": Sample(0.5),
        "draws, top-p 0.8": Sample(top_p=0.8),
    }
    lines, truths = list(sources[:DIVERSE]), list(references[:DIVERSE])
    measured: dict[str, Any] = {}
    for name, method in methods.items():
        found, spent = timed(lambda method=method: translator.n_best(lines, SEVERAL, search=method))
        texts = [[each.text for each in several] for several in found]
        oracle = [
            several[int(np.argmax(utilities([*several, truth], Utility.BLEU, language)[:-1, -1]))]
            for several, truth in zip(texts, truths, strict=True)
        ]
        alike = [_others(utilities(several, Utility.BLEU, language)) for several in texts if len(several) > 1]
        measured[name] = {
            "distinct of ten": round(float(np.mean([len(set(several)) for several in texts])), 2),
            "BLEU of one with another": round(float(np.mean(alike)), 1),
            "BLEU of the first": round(bleu([several[0] for several in texts], truths, language), 2),
            "BLEU of the best of ten": round(bleu(oracle, truths, language), 2),
            "seconds of processor a sentence": round(spent / len(lines), 4),
        }
        yield {"sentences": len(lines), "found": measured}


def _others(compared: np.ndarray) -> float:
    return float((compared.sum() - np.trace(compared)) / (compared.size - len(compared)))


T = TypeVar("T")


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What some work gives, and its seconds of processor."""
    begin = time.process_time()
    found = work()
    return found, time.process_time() - begin


def best_first(translator: Translator, sources: Sequence[str], references: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Beam search and best-first beam search on the same sentences."""
    del references
    measured: dict[str, Any] = {}
    pieces = translator.pieces(sources[:ORDERED])
    for one_call, some in (("in batches", pieces), ("one sentence a call", pieces[:ORDERED_ALONE])):
        for penalty in (1.0, 0.0):
            for width in (5, 10, 20):
                counted: list[tuple[int, float, list[list[int]]]] = []
                for method in (Beam(width, penalty), BestFirstBeam(width, penalty)):
                    groups = [some] if one_call == "in batches" else [[piece] for piece in some]
                    request = SearchRequest(method)
                    found, spent = timed(
                        lambda groups=groups, request=request: [
                            translator.by_piece.search(each, request) for each in groups
                        ]
                    )
                    tokens = [hypothesis.tokens for each in found for hypothesis in each.best]
                    counted.append((sum(each.calls or 0 for each in found), spent, tokens))
                (beam, beam_seconds, one), (first, first_seconds, other) = counted
                measured[f"{one_call}, beam {width}, length penalty {penalty:g}"] = {
                    "sentences": len(some),
                    "same outputs": sum(x == y for x, y in zip(one, other, strict=True)),
                    "calls a sentence of beam search": round(beam / len(some), 1),
                    "calls a sentence best first": round(first / len(some), 1),
                    "share of calls saved": round(1 - first / beam, 3),
                    "milliseconds of processor a sentence of beam search": round(1000 * beam_seconds / len(some), 1),
                    "milliseconds of processor a sentence best first": round(1000 * first_seconds / len(some), 1),
                }
                yield {"found": measured}
    yield {"found": measured, "random models": _random_models()}


def _random_models() -> dict[str, Any]:
    """On how many of 1,000 random small models both orders find the same."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "search"))
    from test_other_beams import any_case, found

    same, calls = 0, np.zeros(2)
    for seed in range(1000):
        model, width, penalty, rules = any_case(seed)
        one, other = (found(model, kind(width, penalty), rules) for kind in (Beam, BestFirstBeam))
        same += one.hypotheses == other.hypotheses
        calls += (one.calls or 0, other.calls or 0)
    return {"models": 1000, "same": same, "share of calls saved": round(1 - calls[1] / calls[0], 3)}


def frequencies(translator: Translator, sources: Sequence[str], references: Sequence[str]) -> Iterator[dict[str, Any]]:
    """χ² of 100,000 draws of whole outputs, in several shapes."""
    del translator, sources, references
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "search"))
    from collections import Counter

    from markov import END, START, Markov, output_probabilities
    from scipy.stats import chi2

    from dragoman.search.rules import SearchRules
    from dragoman.search.sampling import sample

    model, total, measured = Markov.random(1, 3, 5, 3, end_bias=1.0), 100_000, {}
    for name, method in {
        "plain": Sample(),
        "temperature 0.7": Sample(0.7, seed=2),
        "top-k 3, temperature 1.5": Sample(1.5, top_k=3, seed=3),
        "top-p 0.8, temperature 2": Sample(2.0, top_p=0.8, seed=4),
    }.items():
        for rows, each in ((total, 1), (1, total), (100, total // 100)):
            found: Counter[tuple[int, ...]] = Counter()
            for first in range(0, rows, 10_000):
                numbers = range(first, min(rows, first + 10_000))
                rules = SearchRules(START, END, [9] * len(numbers), n_best=each, numbers=numbers)
                drawn = sample(model.step, model.start([0] * len(numbers)), method, rules)
                found.update(tuple(hypothesis.tokens) for row in drawn for hypothesis in row)
            chances = output_probabilities(model, method, longest=3)
            common = {output: total * p for output, p in chances.items() if total * p >= 5}
            rest = total - sum(common.values())
            cells = [(found[output], expected) for output, expected in common.items()]
            cells.append((total - sum(found[output] for output in common), rest))
            statistic = sum((seen - expected) ** 2 / expected for seen, expected in cells)
            measured[f"{name}, {rows:,} rows of {each:,} draws"] = {
                "cells": len(cells),
                "chi-square": round(statistic, 1),
                "p": round(float(chi2.sf(statistic, len(cells) - 1)), 4),
            }
            yield {"draws": total, "found": measured}


PARTS = {
    "minimum Bayes risk": risk,
    "diversity": diversity,
    "best first": best_first,
    "frequencies": frequencies,
}

if __name__ == "__main__":
    main()

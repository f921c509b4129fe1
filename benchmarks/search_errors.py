"""Search errors: how often greedy search and beams miss a translator's best output, which exact search proves.

    python benchmarks/search_errors.py --data DIR --work FOLDER --model NAME=FOLDER [--model …] [--expansions N]

``DIR`` has ``test_2016_flickr.en`` and ``.de`` of Multi30k. Each model translates the test set by greedy search, by
beams of 5 and 20 that rank by log-probability alone, by a beam of 5 with the recipe's length penalty, and by exact
search, in PyTorch on one thread. ``results/search-errors.json`` has for each model the search report (share proved,
share missed, gaps, empty and short outputs, BLEU, calls, seconds), and what explains it: search errors and empty best
outputs by length, the log-probability of the empty output, and how sure the model is of each token of its references.
``search-errors-NAME.png`` shows each report.

What is found is kept in the folder after every 50 sentences, so the command can be stopped and started again; the
results of the models that are done are written at once.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from dragoman import __version__
from dragoman.assessment.given import fitting_corpora
from dragoman.assessment.search_picture import draw_search_report
from dragoman.assessment.search_report import budget_of, other_searches
from dragoman.comparison.machine import describe_machine
from dragoman.contracts import Exact, Proof, SearchMethod
from dragoman.data.given import examples_of
from dragoman.evaluation.search_report import TOLERANCE, SearchOutput, SearchReport, SearchRun, search_report
from dragoman.predict.translator import Translator
from dragoman.storage.folder import write_file
from dragoman.tasks.searcher import TranslationSearcher

HERE = Path(__file__).parent
PART = 50
LENGTH_EDGES = (0, 8, 12, 16, 10_000)
"""Edges of the groups of references by words."""
PUBLISHED = {
    "source": "Stahlberg & Byrne 2019, Transformer base, WMT15 English-German",
    "sentences": 2169,
    "greedy": {"bleu": 29.3, "missed": 0.736},
    "beam 10": {"bleu": 30.3, "missed": 0.577},
    "exact": {"bleu": 2.1, "empty": 0.518},
}


def kept_run(searcher: TranslationSearcher, name: str, method: SearchMethod, place: Path) -> SearchRun:
    """What a search finds for all sentences; what is in the file already is not searched for again."""
    parts = [json.loads(line) for line in place.read_text().splitlines()] if place.exists() else []
    count = len(searcher.references)
    rows = np.split(np.arange(count), range(PART, count, PART))
    with place.open("a") as file:
        for part in rows[len(parts) :]:
            began = time.perf_counter()
            found, calls = searcher.search(part, method)
            parts.append(
                {"outputs": [asdict(each) for each in found], "calls": calls, "seconds": time.perf_counter() - began}
            )
            file.write(json.dumps(parts[-1]) + "\n")
            file.flush()
            print(f"{name}: {part[-1] + 1:,} of {count:,}", flush=True)
    outputs = [_output(each) for part in parts for each in part["outputs"]]
    return SearchRun(name, outputs, sum(part["calls"] for part in parts), sum(part["seconds"] for part in parts))


def _output(content: dict[str, Any]) -> SearchOutput:
    proof = content["proof"]
    return SearchOutput(**{**content, "proof": None if proof is None else Proof(**proof)})


def by_length(
    runs: Sequence[SearchRun], exact: SearchRun, references: Sequence[str], of_empty: np.ndarray
) -> list[dict[str, Any]]:
    """Search errors and empty best outputs of the proved sentences, by the words of the reference, with the
    log-probabilities of the best and of the empty outputs."""
    words = np.array([len(reference.split()) for reference in references])
    best = np.array([output.log_probability for output in exact.outputs])
    proved = np.array([output.proof is None or output.proof.proved for output in exact.outputs])
    empty = np.array([not output.text.strip() for output in exact.outputs])
    groups = []
    for low, high in itertools.pairwise(LENGTH_EDGES):
        rows = (words > low) & (words <= high) & proved
        missed = {
            run.name: float(np.mean((best - [o.log_probability for o in run.outputs])[rows] > TOLERANCE))
            for run in runs
        }
        groups.append(
            {
                "words": f"{low + 1} to {high}" if high < LENGTH_EDGES[-1] else f"over {low}",
                "proved sentences": int(rows.sum()),
                "missed": missed,
                "empty best": float(np.mean(empty[rows])),
                "log-probability of the best": float(np.median(best[rows])),
                "log-probability of the empty output": float(np.median(of_empty[rows])),
            }
        )
    return groups


def sureness(
    translator: Translator, sources: Sequence[str], references: Sequence[str], empty: np.ndarray
) -> dict[str, float]:
    """How probable the empty output and the references are."""
    scores = translator.score(list(sources), list(references))
    return {
        "log-probability of the empty output, median": float(np.median(empty)),
        "log-probability of the empty output, 95th percentile": float(np.percentile(empty, 95)),
        "log-probability of the reference, median": float(np.median(-scores.nats)),
        "nats per token of the references": float(scores.nats.sum() / scores.tokens.sum()),
        "vocabulary": len(translator.target.tokenizer.vocabulary),
        "label smoothing": translator.recipe.training.label_smoothing,
        "label smoothing gives each symbol ln": float(
            np.log(translator.recipe.training.label_smoothing / len(translator.target.tokenizer.vocabulary))
        ),
    }


def measured(name: str, folder: Path, data: Path, work: Path, method: Exact) -> tuple[dict[str, Any], SearchReport]:
    translator = Translator.load(folder, device="cpu")
    given = [{"source": str(data / "test_2016_flickr.en"), "target": str(data / "test_2016_flickr.de")}]
    corpora = fitting_corpora(translator.recipe, given)
    searcher = TranslationSearcher(
        translator, examples_of(corpora, translator.recipe, translator.source, translator.target)
    )
    searches = {**other_searches(translator.recipe.search, method.width), "exact": method}
    *runs, exact = [
        kept_run(searcher, search, each, work / f"{name}, {search}.jsonl") for search, each in searches.items()
    ]
    report = search_report(
        runs,
        exact,
        searcher.references,
        quality=searcher.quality,
        spaced=searcher.spaced,
        things=searcher.things,
        budget=budget_of(method),
    )
    of_empty = -translator.score(searcher.sources, [""] * len(searcher.sources)).nats
    result = {
        "report": report.to_dict(),
        "by length": by_length(runs, exact, searcher.references, of_empty),
        "sureness": sureness(translator, searcher.sources, searcher.references, of_empty),
        "parameters": sum(parameter.numel() for parameter in translator.model.parameters()),
    }
    return result, report


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--model", action="append", required=True, help="NAME=FOLDER")
    parser.add_argument("--expansions", type=int, default=20_000)
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    place = HERE / "results" / "search-errors.json"
    results: dict[str, Any] = json.loads(place.read_text()) if place.exists() else {"models": {}}
    for name, folder in (each.split("=", 1) for each in given.model):
        found, report = measured(name, Path(folder), given.data, given.work, Exact(expansions=given.expansions))
        print(name, report.as_text(), sep="\n")
        results["models"][name] = found
        about = {"version": __version__, "torch": torch.__version__, "threads": 1, "machine": describe_machine()}
        content = {**about, "published": PUBLISHED, "models": results["models"]}
        write_file(place, (json.dumps(content, indent=2) + "\n").encode())
        draw_search_report(report, place.with_name(f"search-errors-{name}.png"), f"Multi30k test 2016, {name}")


if __name__ == "__main__":
    main()

"""How well a quarter of the data foretells what all of it gives: the learning curve of ``dragoman diagnose fit``.

    python benchmarks/data_forecast.py --data FOLDER --work FOLDER [--part K/N]

Multi30k, English to German. A Transformer, a GRU and an LSTM learn from 1/16, 1/8 and 1/4 of its 29,000 pairs, which
are the quarter, the half and the whole that ``--probe`` would train on if a quarter of the pairs were all there is; the
parts are random, and the larger hold the smaller. E(n) = E_∞ + a · n^−b is fitted to their lowest validation losses,
and what it says of all pairs is compared with what these give. A part of share s does √s times the updates of all, so
that each comes to its lowest loss, or near it; the Transformer, which learns on the longest, is tried at two lengths.
Every training is kept in ``--work``. Writes ``results/data-forecast.json``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pandas as pd

from dragoman.comparison.machine import describe_machine
from dragoman.data.dataset import Dataset
from dragoman.diagnosis.fit.learning_curve import DataPoint, fit_learning_curve
from dragoman.recipe import Recipe, recipe_from
from dragoman.recipe.shortened import shortened_recipe
from dragoman.tasks.table import task_of
from dragoman.training.trial import run_trial

RESULTS = Path(__file__).parent / "results"
SHARES = (1 / 16, 1 / 8, 1 / 4, 1.0)
LOOKS, SEEDS = 20, (1,)

_TRANSFORMER = {"layers": 2, "width": 96, "feed_forward": 192, "heads": 4, "dropout": 0.2}
MODELS: dict[str, tuple[dict[str, Any], dict[str, Any], tuple[int, ...]]] = {
    "Transformer": (_TRANSFORMER, _TRANSFORMER, (2_000, 3_000)),
    "GRU": (
        {"kind": "gru", "width": 128, "embedding_width": 96, "dropout": 0.3},
        {"kind": "gru", "width": 128, "embedding_width": 96, "dropout": 0.3, "attention": "scaled_dot"},
        (2_000,),
    ),
    "LSTM": (
        {"kind": "lstm", "width": 128, "embedding_width": 96, "dropout": 0.3},
        {"kind": "lstm", "width": 128, "embedding_width": 96, "dropout": 0.3, "attention": "additive"},
        (2_000,),
    ),
}
"""Encoder, decoder, and the numbers of updates on all pairs that are tried."""


def recipe_of(model: str, updates: int, seed: int) -> Recipe:
    """What is trained."""
    encoder, decoder, _ = MODELS[model]
    return recipe_from(
        {
            "data": {"source_language": "en", "target_language": "de"},
            "tokenizer": {"vocabulary_size": 3000},
            "model": {"encoder": encoder, "decoder": decoder, "tie": "decoder"},
            "training": {
                "updates": updates,
                "label_smoothing": 0.0,
                "batch": {"tokens": 1500},
                "optimizer": {"learning_rate": 5e-3},
                "schedule": {"warmup": 100},
                "average": 0.99,
                "threads": 1,
                "seed": seed,
            },
        }
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--part", default="0/1")
    arguments = parser.parse_args()
    if not (arguments.data / "train.en").exists():
        parser.error(f"{arguments.data} has no train.en: give the folder of Multi30k")
    arguments.work.mkdir(parents=True, exist_ok=True)
    dataset = _dataset(arguments.data, arguments.work / "dataset")
    runs = [(model, updates, seed) for seed in SEEDS for model, (*_, lengths) in MODELS.items() for updates in lengths]
    wanted = [(*run, share) for run in runs for share in SHARES]
    part, parts = map(int, arguments.part.split("/"))
    for one in wanted[part::parts]:
        path = _kept(arguments.work, *one)
        if not path.exists():
            _train(dataset, *one, path)
    if all(_kept(arguments.work, *one).exists() for one in wanted):
        result = {"runs": [_forecast(arguments.work, *run) for run in runs], "machine": describe_machine()}
        (RESULTS / "data-forecast.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def _dataset(data: Path, folder: Path) -> Dataset:
    if not folder.exists():
        sides = {
            split: [(data / f"{split}.{side}").read_text(encoding="utf-8").splitlines() for side in ("en", "de")]
            for split in ("train", "val")
        }
        frames = {
            name: pd.DataFrame({"source": sides[split][0], "target": sides[split][1]})
            for name, split in (("train", "train"), ("validation", "val"))
        }
        recipe = recipe_of("GRU", 2_000, 1)
        task_of(recipe).prepare(recipe, folder, **frames)
    return Dataset.open(folder)


def _train(dataset: Dataset, model: str, updates: int, seed: int, share: float, path: Path) -> None:
    examples, shorter = round(share * len(dataset.train)), round(updates * share**0.5)
    recipe = shortened_recipe(recipe_of(model, updates, seed), shorter)
    trial = run_trial(recipe, dataset, examples=examples, validations=LOOKS)
    assert trial.best is not None
    found = {
        "examples": trial.examples,
        "loss": trial.best.value,
        "error": trial.best.error,
        "lowest_at": next(record.update for record in reversed(trial.validations) if record.best),
        "updates": trial.updates,
        "seconds": trial.seconds,
    }
    print(model, updates, seed, found, flush=True)
    path.write_text(json.dumps(found) + "\n", encoding="utf-8")


def _kept(work: Path, model: str, updates: int, seed: int, share: float) -> Path:
    return work / f"{model}-{updates}-{seed}-{round(1 / share)}.json"


def _forecast(work: Path, model: str, updates: int, seed: int) -> dict[str, Any]:
    found = [json.loads(_kept(work, model, updates, seed, share).read_text(encoding="utf-8")) for share in SHARES]
    *parts, whole = found
    curve = fit_learning_curve([DataPoint(one["examples"], one["loss"], one["error"]) for one in parts])
    forecast = curve.predict(whole["examples"])
    return {
        "model": f"{model}, {updates:,} updates",
        "seed": seed,
        "forecast": forecast.value,
        "low": forecast.low,
        "high": forecast.high,
        "measured": whole["loss"],
        "exponent": curve.exponent,
        "floor": curve.floor,
        "trainings": found,
    }


if __name__ == "__main__":
    main()

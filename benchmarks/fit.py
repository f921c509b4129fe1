"""Planted faults of learning, and whether `dragoman diagnose fit` names them: like a medical test.

    python benchmarks/fit.py --work FOLDER [--multi30k FOLDER] [--part K/N] [--only TEXT]

Each planted run is a GRU, an LSTM or a Transformer with one fault, on a task whose entropy is not 0: reversal with
noise (one symbol of ten of the target is replaced at random), or short sentences of Multi30k. What is wrong with it is
not taken from the plant but measured, with another seed than any that the diagnosis sees: the intervention that lowers
the validation loss most, by 2 % or more and by more than 2 standard errors (paired bootstrap), or none.

Every training is kept in the folder as soon as it is done, so that the command can be stopped and started again, and
several processes can share the work (``--part 0/2`` and ``--part 1/2``). ``benchmarks/fit_scores.py`` makes
``results/fit.json`` of what is there.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dragoman.data.dataset import Dataset
from dragoman.diagnosis.fit.actions import (
    ACTIONS,
    LESS_DROPOUT,
    MORE_DATA,
    MORE_DROPOUT,
    MORE_STEPS,
    MUCH_HIGHER_RATE,
    WIDER,
)
from dragoman.recipe import Recipe, recipe_from
from dragoman.tasks.losses import LossEstimate
from dragoman.tasks.table import task_of
from dragoman.training.observer import ValidationRecord
from dragoman.training.trial import Trial, part_of, run_trial

LOOKS = 16
SYMBOLS, LONGEST, NOISE, POOL = 10, 5, 0.1, 150_000
MORE = 4
"""Times the training set in the intervention with more data."""
INTERVENTIONS = (WIDER, LESS_DROPOUT, MORE_DROPOUT, MUCH_HIGHER_RATE, MORE_STEPS, MORE_DATA)
HELD_OUT = 1000
"""Added to the seed of what the truth is measured with."""
SEEDS = {"reversal": (1, 2, 3), "Multi30k": (1,)}
"""Of each task; sentences take two to three times as long."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """What a healthy run of it is like."""

    kind: str
    width: int
    rate: float
    updates: int
    attention: str = ""


ARCHITECTURES = {
    "Transformer": Architecture("transformer", 48, 8e-3, 800),
    "GRU": Architecture("gru", 64, 1.5e-2, 800, "scaled_dot"),
    "LSTM": Architecture("lstm", 64, 1.2e-2, 1200, "dot"),
}


@dataclass(frozen=True, slots=True)
class Plant:
    """A fault: what is changed of a healthy run."""

    width: float = 1.0
    dropout: float = 0.05
    updates: float = 1.0
    rate: float = 1.0
    examples: int = 20_000


PLANTS = {
    "too small": Plant(width=1 / 6),
    "too little data": Plant(examples=400),
    "no regularisation": Plant(dropout=0.0, examples=2_000),
    "dropout 0.8": Plant(dropout=0.8),
    "5 % of the steps": Plant(updates=0.05),
    "learning rate ÷ 100": Plant(rate=0.01),
    "healthy": Plant(),
    "healthy, wider": Plant(width=1.5, dropout=0.1),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One planted run."""

    task: str
    architecture: str
    plant: str
    seed: int

    @property
    def name(self) -> str:
        """For people and files."""
        return f"{self.task}, {self.architecture}, {self.plant}, seed {self.seed}"


TASKS = {
    "reversal": tuple(PLANTS),
    "Multi30k": ("too small", "too little data", "dropout 0.8", "5 % of the steps", "learning rate ÷ 100"),
}
MULTI30K = {"too little data": 600, "other": 2_500}
"""Pairs; the healthy plants are left out, as more data helps every run of so few."""


def cells(tasks: list[str]) -> list[Cell]:
    """All planted runs."""
    return [
        Cell(task, architecture, plant, seed)
        for task in tasks
        for seed in SEEDS[task]
        for plant in TASKS[task]
        for architecture in ARCHITECTURES
    ]


def recipe_of(cell: Cell) -> Recipe:
    """The recipe of a planted run."""
    kind, plant = ARCHITECTURES[cell.architecture], PLANTS[cell.plant]
    width = 2 * round(kind.width * plant.width / 2)
    if kind.kind == "transformer":
        encoder = decoder = {"layers": 1, "width": width, "feed_forward": 2 * width, "heads": 2}
    else:
        encoder = {"kind": kind.kind, "width": width, "embedding_width": width}
        decoder = {**encoder, "attention": kind.attention}
    updates = round(kind.updates * plant.updates)
    tokens = {"reversal": {"vocabulary_size": 310}, "Multi30k": {"vocabulary_size": 1500}}[cell.task]
    return recipe_from(
        {
            "data": {"validation_pairs": 500},
            "cleaning": {"copies": False, "repetition": False, "language": False},
            "tokenizer": tokens,
            "model": {
                "encoder": {**encoder, "dropout": plant.dropout},
                "decoder": {**decoder, "dropout": plant.dropout},
                "tie": "decoder",
            },
            "training": {
                "updates": updates,
                "label_smoothing": 0.0,
                "average": 0.99,
                "batch": {"tokens": {"reversal": 400, "Multi30k": 600}[cell.task]},
                "optimizer": {"learning_rate": kind.rate * plant.rate},
                "schedule": {"warmup": min(100, updates // 4)},
                "precision": "float32",
                "threads": 1,
                "seed": cell.seed,
                "stability": {"look_every": 0},
            },
        }
    )


def examples_of(cell: Cell) -> int:
    """Training examples of a planted run."""
    if cell.task == "Multi30k":
        return MULTI30K.get(cell.plant, MULTI30K["other"])
    return PLANTS[cell.plant].examples


class Laboratory:
    """Trains, and keeps what it found, so that nothing is trained twice.

    Args:
        folder: where.
        multi30k: its folder.
    """

    def __init__(self, folder: Path, multi30k: Path | None) -> None:
        self.folder = folder
        self._multi30k = multi30k
        self.trained = 0

    @functools.cache  # noqa: B019  # one laboratory a process
    def pool(self, task: str) -> Dataset:
        """All data of a task."""
        folder = self.folder / f"data-{task}"
        recipe = recipe_of(Cell(task, "GRU", "too small", 1))
        if not folder.exists():
            frame = reversal() if task == "reversal" else short_sentences(self._multi30k)
            task_of(recipe).prepare(recipe, folder, train=frame)
        return Dataset.open(folder)

    def dataset(self, cell: Cell, seed: int, times: int = 1) -> Dataset:
        """What a planted run learns from."""
        return part_of(_seeded(recipe_of(cell), seed), self.pool(cell.task), times * examples_of(cell))

    def train(self, cell: Cell, recipe: Recipe, *, seed: int, times: int = 1, **how: Any) -> Trial:
        """A trial on the data of a planted run, or on so many times as much."""
        how = {"validations": LOOKS, **how}
        how.pop("minutes", None)
        recipe = _seeded(recipe, seed)
        key = json.dumps([cell.task, examples_of(cell), times, recipe.model_dump(mode="json"), how], default=str)
        path = self.folder / "trials" / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.json"
        if not path.exists():
            trial = run_trial(recipe, self.dataset(cell, seed, times), **how)
            self.trained += 1
            path.parent.mkdir(exist_ok=True)
            temporary = path.with_suffix(f".{os.getpid()}")
            temporary.write_text(json.dumps(asdict(trial), default=lambda array: array.tolist()), encoding="utf-8")
            temporary.rename(path)
        return read_trial(path)


def _seeded(recipe: Recipe, seed: int) -> Recipe:
    return recipe.model_copy(update={"training": recipe.training.model_copy(update={"seed": seed})})


def read_trial(path: Path) -> Trial:
    """A trial that was kept."""
    kept = json.loads(path.read_text(encoding="utf-8"))
    kept["validations"] = tuple(ValidationRecord(**record) for record in kept["validations"])
    if kept["best"] is not None:
        best = kept["best"]
        kept["best"] = LossEstimate(best["value"], best["error"], np.array(best["sums"]), np.array(best["units"]))
    return Trial(**kept)


def planted_run(laboratory: Laboratory, cell: Cell) -> Trial:
    """The run that is diagnosed."""
    return laboratory.train(cell, recipe_of(cell), seed=cell.seed)


def interventions(laboratory: Laboratory, cell: Cell) -> Iterator[tuple[str, Trial]]:
    """What would help it, with another seed; first the run as it is."""
    recipe, seed = recipe_of(cell), cell.seed + HELD_OUT
    yield "", laboratory.train(cell, recipe, seed=seed)
    for name in INTERVENTIONS:
        if name == MORE_DATA:
            yield name, laboratory.train(cell, recipe, seed=seed, times=MORE)
            continue
        changed = ACTIONS[name].applied(recipe)
        if changed is not None:
            yield name, laboratory.train(cell, changed, seed=seed)


def reversal() -> pd.DataFrame:
    """Rows of symbols and their reversals, with noise."""
    generator = np.random.default_rng(0)
    symbols = [chr(ord("a") + index) for index in range(SYMBOLS)]
    sources, targets = [], []
    for _ in range(POOL):
        row = generator.choice(symbols, generator.integers(2, LONGEST + 1)).tolist()
        noisy = [generator.choice(symbols) if generator.random() < NOISE else symbol for symbol in row[::-1]]
        sources.append(" ".join(row))
        targets.append(" ".join(noisy))
    return pd.DataFrame({"source": sources, "target": targets})


def short_sentences(folder: Path | None) -> pd.DataFrame:
    """The pairs of Multi30k with at most 10 words on either side."""
    if folder is None:
        raise SystemExit("--multi30k FOLDER is needed for the planted runs on Multi30k")
    sides = [(folder / f"train.{side}").read_text(encoding="utf-8").splitlines() for side in ("en", "de")]
    pairs = [pair for pair in zip(*sides, strict=True) if max(len(text.split()) for text in pair) <= 10]
    return pd.DataFrame(pairs, columns=["source", "target"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--multi30k", type=Path)
    parser.add_argument("--part", default="0/1")
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    laboratory = Laboratory(arguments.work, arguments.multi30k)
    part, parts = map(int, arguments.part.split("/"))
    tasks = [task for task in TASKS if task == "reversal" or arguments.multi30k]
    wanted = [cell for cell in cells(tasks) if arguments.only in cell.name]
    if not wanted:
        parser.error(f"no planted run has {arguments.only!r} in its name; those on Multi30k need --multi30k FOLDER")
    for cell in wanted[part::parts]:
        run = planted_run(laboratory, cell)
        found = [f"{name or 'as it is'} {_best(trial):.3f}" for name, trial in interventions(laboratory, cell)]
        last = run.validations[-1]
        print(f"{cell.name}: {last.training_loss:.3f} {last.loss:.3f} | {', '.join(found)}", flush=True)


def _best(trial: Trial) -> float:
    return float("nan") if trial.best is None else trial.best.value


if __name__ == "__main__":
    main()

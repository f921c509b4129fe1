"""Does training by importance weights help where inputs have shifted: a model that is too simple, and one that is not.

Data are planted: x ~ N(0, 1) in training and N(1.2, 0.7²) in the target; labels depend on a second number too, which
is the same in both, as p(y | x) is. A *misspecified* model cannot be right everywhere (linear regression of a curve;
softmax regression with a curved boundary), so it has to be right where the new inputs lie. A *well-specified* one can,
and weights then only make its estimate noisier (Shimodaira 2000). Weights come from unlabelled new inputs alone:
ratio of densities by logistic regression, capped at √n, mean 1.

The *fast* trials minimise the weighted loss exactly: weighted least squares, and Newton's method for logistic
regression. The *real* ones are `dragoman.train` on a table with a file of weights, twice each.

    python benchmarks/correction.py
    python benchmarks/correction.py --trials 20 --real 2
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
import torch

import dragoman
from dragoman.data.example_weights import example_keys, write_weights
from dragoman.data.prepare import prepare
from dragoman.predict.predictor import Predictor
from dragoman.recipe import Recipe, changed, load_recipe
from dragoman.shift.density_ratio import density_ratio
from dragoman.shift.importance_weights import importance_weights
from dragoman.training.run import train

RESULT = Path(__file__).parent / "results" / "correction.json"
TRAINING, NEW, TARGET = 500, 500, 4_000
"""Examples of training, unlabelled new inputs that weights are made from, and labelled ones that both are judged by."""
KINDS = ("curve, line", "line, line", "curved boundary, straight one", "straight boundary, straight one")
"""Truth and model; of each pair the first is misspecified."""


def inputs(draw: np.random.Generator, count: int, *, new: bool, width: int) -> np.ndarray:
    values = draw.normal(size=(count, width))
    if new:
        values[:, 0] = 1.2 + 0.7 * values[:, 0]
    return values


def outputs(draw: np.random.Generator, kind: str, values: np.ndarray) -> np.ndarray:
    x = values[:, 0]
    if kind == "curve, line":
        return np.sin(1.5 * x) + 0.3 * draw.normal(size=len(x))
    if kind == "line, line":
        return 0.8 * x + 0.3 * draw.normal(size=len(x))
    bend = 1.5 * x**2 if kind.startswith("curved") else 1.5 * x
    odds = 2.0 * (values[:, 1] - bend + 1)
    return (draw.random(len(x)) < 1 / (1 + np.exp(-odds))).astype(np.int64)


def is_number(kind: str) -> bool:
    return kind.endswith("line, line") or kind == "curve, line"


def fitted(kind: str, values: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The minimiser of the weighted loss, with an intercept."""
    matrix = np.c_[np.ones(len(values)), values]
    if is_number(kind):
        return np.linalg.solve(matrix.T @ (weights[:, None] * matrix), matrix.T @ (weights * truth))
    found = np.zeros(matrix.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-matrix @ found))
        hessian = matrix.T @ ((weights * p * (1 - p))[:, None] * matrix) + 1e-6 * np.eye(len(found))
        step = np.linalg.solve(hessian, matrix.T @ (weights * (p - truth)))
        found = found - step
        if np.abs(step).max() < 1e-9:
            break
    return found


def loss(kind: str, coefficients: np.ndarray, values: np.ndarray, truth: np.ndarray) -> float:
    """Mean squared error, or nats a label."""
    scores = np.c_[np.ones(len(values)), values] @ coefficients
    if is_number(kind):
        return float(np.square(scores - truth).mean())
    return float(np.logaddexp(0, np.where(truth == 1, -scores, scores)).mean())


def planted(kind: str, trial: int) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Training examples, unlabelled new inputs, and labelled target examples."""
    draw = np.random.default_rng([trial, KINDS.index(kind)])
    width = 1 if is_number(kind) else 2
    values = [inputs(draw, count, new=new, width=width) for count, new in ((TRAINING, False), (TARGET, True))]
    old, target = ((each, outputs(draw, kind, each)) for each in values)
    return old, inputs(draw, NEW, new=True, width=width), target


def fast(kind: str, trials: int) -> dict[str, object]:
    """Trials by exact minimisers."""
    gains, shares = [], []
    for trial in range(trials):
        (values, truth), new, target = planted(kind, trial)
        weights = importance_weights(density_ratio(values, new, seed=trial).old)
        plain = loss(kind, fitted(kind, values, truth, np.ones(len(values))), *target)
        weighted = loss(kind, fitted(kind, values, truth, weights.values), *target)
        gains.append((plain, weighted))
        shares.append(weights.effective_share)
    return summary(gains, shares)


def recipe_for(kind: str) -> Recipe:
    """Linear or softmax regression with Adam, long enough to converge."""
    preset = "row-number" if is_number(kind) else "row-label"
    training = {
        "updates": 400,
        "validate_every": 200,
        "checkpoint_every": 400,
        "batch": {"tokens": 500},
        "optimizer": {"learning_rate": 2e-2, "weight_decay": 0.0},
        "label_smoothing": 0.0,
        "device": "cpu",
        "threads": 1,
        "stability": {"look_every": 0},
        "early_stopping": {"metric": "loss", "patience": 100},
    }
    encoder = {"kind": "linear"}
    return changed(load_recipe(preset), {"model": {"encoder": encoder}, "training": training})


def table(values: np.ndarray, truth: np.ndarray) -> pd.DataFrame:
    named = {f"x{column}": values[:, column] for column in range(values.shape[1])}
    return pd.DataFrame({**named, "target": truth})


def real(kind: str, trials: int) -> dict[str, object]:
    """Trials by `dragoman.train`, without weights and with a file of them."""
    gains, shares, recipe = [], [], recipe_for(kind)
    for trial in range(trials):
        (values, truth), new, target = planted(kind, trial)
        frame, held_out = table(values, truth), table(*(each[:400] for each in target))
        weights = importance_weights(density_ratio(values, new, seed=trial).old)
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            dataset = prepare(recipe, folder / "plain", train=frame, validation=held_out, log=lambda message: None)
            order = dataset.train.stored.column("line").to_numpy() - 1
            places = dataset.train.stored.column("file").to_numpy(), order + 1
            keys = example_keys(dataset.train.stored, dataset.files)
            write_weights(folder / "weights.parquet", dataset.files, places, keys, weights.values[order])
            losses = []
            for file in (None, folder / "weights.parquet"):
                given = recipe if file is None else changed(recipe, {"data": {"weights": str(file)}})
                run = train(given, folder / f"run{len(losses)}", train=frame, validation=held_out, progress=False)
                predictor = Predictor.load(run.best)
                inputs_ = table(*target).drop(columns="target")
                if is_number(kind):
                    found = np.array(predictor.predict(inputs_), dtype=np.float64)
                    losses.append(float(np.square(found - target[1]).mean()))
                else:
                    found = predictor.probabilities(inputs_)
                    losses.append(float(-np.log(found[np.arange(len(found)), target[1]]).mean()))
        gains.append((losses[0], losses[1]))
        shares.append(weights.effective_share)
    return summary(gains, shares)


def summary(gains: list[tuple[float, float]], shares: list[float]) -> dict[str, object]:
    better = sum(weighted < plain for plain, weighted in gains)
    return {
        "trials": len(gains),
        "better": better / len(gains),
        "loss_unweighted": round(median(plain for plain, _ in gains), 4),
        "loss_weighted": round(median(weighted for _, weighted in gains), 4),
        "effective_share": round(median(shares), 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=200, help="fast trials of each kind")
    parser.add_argument("--real", type=int, default=12, help="trials of each misspecified kind by dragoman.train")
    parser.add_argument("--result", type=Path, default=RESULT)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    began = time.time()
    found: dict[str, object] = {}
    for kind in KINDS:
        found[kind] = fast(kind, arguments.trials)
        print(kind, found[kind], flush=True)
    by_training: dict[str, object] = {}
    for kind in (KINDS[0], KINDS[2]) if arguments.real else ():
        by_training[kind] = real(kind, arguments.real)
        print("real:", kind, by_training[kind], flush=True)
    result = {
        "examples": {"training": TRAINING, "new": NEW, "target": TARGET},
        "fast": found,
        "real": by_training,
        "seconds": round(time.time() - began),
        "dragoman": dragoman.__version__,
        "torch": torch.__version__,
        "numpy": np.__version__,
        "machine": platform.processor() or platform.machine(),
    }
    arguments.result.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Label shift of handwritten digits: how well the shares of the ten classes are estimated, beside quapy.

    python benchmarks/label_shift.py --data DIR --runs FOLDER --peer PYTHON [--draws N] [--note TEXT]

``DIR`` holds MNIST's test digits in IDX format (see ``digits.py``), ``FOLDER`` gets the runs of softmax regression and
of the preset ``picture-label``, trained on the first 8,000 pictures, or has them already. ``PYTHON`` is an interpreter
with ``quapy``, and with ``abstention`` for its calibration.

The 2,000 pictures that no model learnt from are old or new in two ways. *Files*: the 1,000 validation pictures are old,
and new ones are drawn from the 1,000 test pictures. *Halves*: they are dealt out to two halves at random for each draw,
so that label shift holds exactly. The shares of the new classes are drawn from a Dirichlet distribution, and as many
new pictures as are wanted are drawn by these shares, with replacement.

``results/label-shift.json`` has the total variation of each method's shares to the drawn ones, and to those of the very
sample, by median and 95th percentile; how often the 95 % intervals of the smaller samples hold the drawn share;
accuracy before and after the probabilities are re-weighted; and how often the test of "the shares are the old ones"
rejects.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from command_line import command_line
from digits import MODELS, _read, _recipe
from jaxtyping import Float64, Int64

from dragoman.comparison.machine import describe_machine
from dragoman.predict.predictor import Predictor
from dragoman.shift.label_shift import label_shift
from dragoman.training.run import train

RESULTS = Path(__file__).parent / "results"
DRIVER = Path(__file__).parent / "peers" / "drivers" / "quapy_driver.py"
TRAINED = ("convolution", "softmax regression")
CONCENTRATIONS = (0.1, 1.0)
SIZES = (1000, 5000)
CLASSES = 10
RESAMPLES = 100
"""Resamples behind the intervals, which are made of the smaller samples alone."""
OURS = ("maximum likelihood", "confusion, soft", "confusion, hard")


@dataclass(frozen=True, slots=True)
class Draws:
    """Draws of one setting: places of old examples, [D, n], and of new ones, [D, m], and the drawn shares, [D, K]."""

    old: Int64[np.ndarray, "D n"]
    new: Int64[np.ndarray, "D m"]
    shares: Float64[np.ndarray, "D K"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the IDX files")
    parser.add_argument("--runs", type=Path, required=True, help="folder of the trained models")
    parser.add_argument("--peer", type=Path, required=True, help="interpreter with quapy")
    parser.add_argument("--draws", type=int, default=100, help="draws of each setting")
    parser.add_argument("--note", default="", help="what a reader of the result should know")
    arguments = parser.parse_args()
    digits = _read(arguments.data)
    held_out = [*digits["validation"]["source"], *digits["test"]["source"]]
    classes = np.array([*digits["validation"]["target"], *digits["test"]["target"]]).astype(np.int64)
    result: dict[str, Any] = {
        "command": command_line(),
        "machine": describe_machine(),
        "peer": _versions(arguments.peer),
        "note": arguments.note,
        "draws": arguments.draws,
        "models": {},
    }
    for name in TRAINED:
        run = arguments.runs / name.replace(" ", "-")
        if not run.exists():
            train(_recipe(MODELS[name][0], threads=1), run, **digits)
        probabilities = Predictor.load(run / "best", device="cpu").probabilities(held_out, progress=False)
        result["models"][name] = {
            "accuracy": float((np.asarray(probabilities).argmax(axis=1) == classes)[1000:].mean()),
            "settings": [
                {**setting, **_measured(np.asarray(probabilities), classes, draws, arguments.peer)}
                for setting, draws in _settings(classes, arguments.draws)
            ],
        }
        print(json.dumps(result["models"][name], indent=1), flush=True)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "label-shift.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def _versions(python: Path) -> dict[str, str]:
    script = (
        "import json; from importlib.metadata import version; "
        "print(json.dumps({n: version(n) for n in ('quapy', 'abstention', 'numpy', 'scikit-learn')}))"
    )
    found: dict[str, str] = json.loads(
        subprocess.run([python, "-c", script], capture_output=True, text=True, check=True).stdout
    )
    return found


def _settings(classes: Int64[np.ndarray, " N"], count: int) -> Iterator[tuple[dict[str, Any], Draws]]:
    for split in ("files", "halves"):
        for concentration in CONCENTRATIONS:
            for size in SIZES:
                generator = np.random.default_rng([len(split), round(10 * concentration), size])
                draws = [_draw(classes, split, concentration, size, generator) for _ in range(count)]
                old, new, shares = (np.array(part) for part in zip(*draws, strict=True))
                yield {"split": split, "concentration": concentration, "size": size}, Draws(old, new, shares)


def _draw(
    classes: Int64[np.ndarray, " N"], split: str, concentration: float, size: int, generator: np.random.Generator
) -> tuple[Int64[np.ndarray, " n"], Int64[np.ndarray, " m"], Float64[np.ndarray, " K"]]:
    places = np.arange(len(classes)) if split == "files" else generator.permutation(len(classes))
    old, pool = np.split(places, 2)
    shares = generator.dirichlet(np.full(CLASSES, concentration))
    of_class = [pool[classes[pool] == number] for number in range(CLASSES)]
    drawn = generator.choice(CLASSES, size=size, p=shares)
    return old, np.array([generator.choice(of_class[number]) for number in drawn]), shares


def _measured(
    probabilities: Float64[np.ndarray, "N K"], classes: Int64[np.ndarray, " N"], draws: Draws, peer: Path
) -> dict[str, Any]:
    found: dict[str, list[Float64[np.ndarray, " K"]]] = {name: [] for name in OURS}
    covered, before, after, rejected, reasons = [], [], [], [], []
    for old, new, shares in zip(draws.old, draws.new, draws.shares, strict=True):
        resamples = RESAMPLES if len(new) == SIZES[0] else 2
        shift = label_shift(probabilities[old], classes[old], probabilities[new], permutations=99, resamples=resamples)
        estimates = (shift.likelihood, *(each and each.estimate for each in (shift.soft, shift.hard)))
        if shift.calibration is None or shift.weights is None or None in estimates:
            reasons.append(shift.reason)
            continue
        for name, estimate in zip(OURS, estimates, strict=True):
            if estimate is not None:
                found[name].append(estimate.shares)
        covered.append([(each.low <= shares) & (shares <= each.high) for each in estimates if each is not None])
        right = classes[new]
        before.append((probabilities[new].argmax(axis=1) == right).mean())
        after.append(((shift.calibration(probabilities[new]) * shift.weights).argmax(axis=1) == right).mean())
        rejected.append(shift.p_value <= 0.05)
    of_all = {name: np.array(each) for name, each in found.items()} | _of_peer(probabilities, classes, draws, peer)
    of_sample = np.array([np.bincount(classes[new], minlength=CLASSES) / len(new) for new in draws.new])
    of_all["the sample itself"] = of_sample
    return {
        "abstained": reasons,
        "total_variation": {name: _summary(shares, draws.shares) for name, shares in of_all.items()},
        "total_variation_to_the_sample": {name: _summary(shares, of_sample) for name, shares in of_all.items()},
        "coverage": dict(zip(OURS, np.mean(covered, axis=(0, 2)).round(4).tolist(), strict=True))
        if draws.new.shape[1] == SIZES[0]
        else None,
        "accuracy": {
            "before": round(float(np.mean(before)), 4),
            "after": round(float(np.mean(after)), 4),
            "higher": float(np.mean(np.array(after) > np.array(before))),
            "lower": float(np.mean(np.array(after) < np.array(before))),
        },
        "rejected": float(np.mean(rejected)),
    }


def _of_peer(
    probabilities: Float64[np.ndarray, "N K"], classes: Int64[np.ndarray, " N"], draws: Draws, peer: Path
) -> dict[str, Float64[np.ndarray, "D K"]]:
    with tempfile.TemporaryDirectory() as folder:
        given, found = Path(folder) / "given.npz", Path(folder) / "found.npz"
        np.savez(given, probabilities=probabilities, classes=classes, old=draws.old, new=draws.new)
        subprocess.run([peer, DRIVER, given, found], check=True)
        with np.load(found) as shares:
            return {f"quapy, {name}": shares[name] for name in shares.files}


def _summary(found: Float64[np.ndarray, "D K"], wanted: Float64[np.ndarray, "D K"]) -> dict[str, float]:
    distances = np.abs(found - wanted).sum(axis=1) / 2
    median, high = np.quantile(distances, [0.5, 0.95])
    return {"mean": round(float(distances.mean()), 4), "median": round(median, 4), "95th percentile": round(high, 4)}


if __name__ == "__main__":
    main()

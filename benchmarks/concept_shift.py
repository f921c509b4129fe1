"""Concept shift: how often it is seen where there is none though the inputs have shifted strongly, and where there is.

    python benchmarks/concept_shift.py [--trials N] [--power-trials N] [--note TEXT]

In each trial 300 old and 300 new inputs have five features; the mean of the first is moved by 1.5 standard deviations,
which a classifier tells apart with an area under the ROC curve of 0.86. The ratio of densities is estimated, as it is
in use. Losses grow with the first feature in mean and in spread, so that new examples have higher losses without any
concept shift:

- *moved*: as described;
- *moved and spread*: the new features also vary 1.5 times as much;
- *bent*: as *moved*, with losses that go up and down along the first feature;
- *documents*: 60 old and 60 new documents of 5 examples each, whose examples share an addend of the loss.

``results/concept-shift.json`` has the rate of rejections at 0.05 without a concept shift, beside that of a plain test
of the mean losses; the coverage of the 95 % interval; and the rate for effects of different size.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from command_line import command_line
from jaxtyping import Float64

from dragoman.comparison.machine import describe_machine
from dragoman.shift.concept import Outcomes, concept_shift
from dragoman.shift.density_ratio import density_ratio

RESULTS = Path(__file__).parent / "results"
EXAMPLES = 300
FEATURES = 5
MOVED = 1.5
PERMUTATIONS = 199
EFFECTS = (0.1, 0.2, 0.4, 0.8)
"""Effects on the loss, whose standard deviation is about 2."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How losses depend on the first feature, how much new features vary, and examples of a document."""

    mean: Callable[[Float64[np.ndarray, " n"]], Float64[np.ndarray, " n"]]
    deviation: float = 1.0
    of_document: int = 1


def _rising(first: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    return np.exp(0.7 * first)


def _bent(first: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    return first + 2 * np.sin(2 * first)


SETTINGS = {
    "moved": Setting(_rising),
    "moved and spread": Setting(_rising, deviation=1.5),
    "bent": Setting(_bent),
    "documents": Setting(_rising, of_document=5),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=1000, help="trials without a concept shift")
    parser.add_argument("--power-trials", type=int, default=200, help="trials of each effect")
    parser.add_argument("--note", default="", help="what a reader of the result should know")
    arguments = parser.parse_args()
    result: dict[str, Any] = {
        "command": command_line(),
        "machine": describe_machine(),
        "note": arguments.note,
        "examples": EXAMPLES,
        "permutations": PERMUTATIONS,
        "settings": {},
    }
    for name, setting in SETTINGS.items():
        without = _rates(setting, 0.0, arguments.trials)
        power = {str(effect): _rates(setting, effect, arguments.power_trials)["rejected"] for effect in EFFECTS}
        result["settings"][name] = {**without, "power": power}
        print(name, json.dumps(result["settings"][name]), flush=True)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "concept-shift.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def _rates(setting: Setting, effect: float, trials: int) -> dict[str, Any]:
    rejected = plain = covered = abstained = 0
    pairs, errors = [], []
    for trial in range(trials):
        old, new = _trial(setting, effect, np.random.default_rng([trial, round(100 * effect)]))
        found = concept_shift(old, new, permutations=PERMUTATIONS, seed=trial)
        gap = float(new.losses.mean() - old.losses.mean())
        plain += abs(gap) > 1.96 * np.hypot(*(side.losses.std() / np.sqrt(len(side)) for side in (old, new)))
        if found.p_value is None or found.effect is None or found.low is None or found.high is None:
            abstained += 1
            continue
        rejected += found.p_value <= 0.05
        covered += found.low <= effect <= found.high
        pairs.append(found.pairs)
        errors.append(found.effect - effect)
    tested = max(trials - abstained, 1)
    return {
        "trials": trials,
        "abstained": abstained,
        "rejected": round(rejected / tested, 4),
        "coverage": round(covered / tested, 4),
        "mean_error": round(float(np.mean(errors)), 4),
        "deviation": round(float(np.std(errors)), 4),
        "pairs": round(float(np.mean(pairs)), 1),
        "rejected_by_plain_means": round(plain / trials, 4),
    }


def _trial(setting: Setting, effect: float, generator: np.random.Generator) -> tuple[Outcomes, Outcomes]:
    old = generator.normal(size=(EXAMPLES, FEATURES))
    new = generator.normal(0, setting.deviation, size=(EXAMPLES, FEATURES))
    new[:, 0] += MOVED
    document = np.arange(EXAMPLES) // setting.of_document if setting.of_document > 1 else None
    pooled = None if document is None else np.concatenate([document, document + EXAMPLES])
    ratio = density_ratio(old, new, documents=pooled)
    sides = []
    for inputs, log_ratios, addend in ((old, ratio.old, 0.0), (new, ratio.new, effect)):
        losses = setting.mean(inputs[:, 0]) + (0.3 + np.abs(inputs[:, 0])) * generator.exponential(size=EXAMPLES)
        if document is not None:
            losses += generator.normal(size=EXAMPLES)[document]
        sides.append(Outcomes(losses + addend, log_ratios, inputs, None, document))
    return sides[0], sides[1]


if __name__ == "__main__":
    main()

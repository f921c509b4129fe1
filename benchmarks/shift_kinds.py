"""Whether the kind of a planted shift is named: none, covariate, label or concept shift.

    python benchmarks/shift_kinds.py [--trials 200] [--new 1000]

Each trial draws a world (``planted_shift.py``), lets a classifier learn from its old distribution, and diagnoses new
examples with their true labels, as `dragoman diagnose shift --labels` does. The four kinds take turns. In the first
part the classifier is a small model that ``dragoman.train`` makes for each world, and everything goes through its
folder; in the second, faster part it is a softmax regression whose profile is made here. Writes
``results/shift-kinds.json``.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from command_line import command_line
from planted_shift import KINDS, Sample, World, planted

from dragoman.comparison.machine import describe_machine
from dragoman.diagnosis.shift.diagnose import diagnose_shift
from dragoman.diagnosis.shift.examine import examine
from dragoman.diagnosis.shift.findings import Sample as Described
from dragoman.diagnosis.shift.settings import Settings
from dragoman.diagnosis.shift.verdict import ShiftKind, Verdict, judge
from dragoman.recipe import Recipe, load_recipe, merge, recipe_from
from dragoman.reference.profile import Classes, Profile
from dragoman.shift.softmax_classifier import SoftmaxClassifier, fit_softmax_classifier
from dragoman.training.run import train

RESULTS = Path(__file__).parent / "results"
NAMED = {
    ShiftKind.NONE: "none",
    ShiftKind.COVARIATE: "covariate",
    ShiftKind.LABEL: "label",
    ShiftKind.CONCEPT: "concept",
}
TRAINED, REFERENCE = 5000, 2000
UPDATES = 400


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--new", type=int, default=1000)
    parser.add_argument("--part", choices=("models", "profiles"), help="one part alone, which is printed, not written")
    arguments = parser.parse_args()
    parts = {"models": of_models, "profiles": of_profiles}
    result: dict[str, Any] = {
        "command": command_line(),
        "machine": describe_machine(),
        "trials": arguments.trials,
        "new": arguments.new,
    }
    for name, part in parts.items():
        if arguments.part in (None, name):
            began = time.monotonic()
            found = part(arguments.trials, arguments.new)
            result[name] = {**summary(found), "seconds": round(time.monotonic() - began, 1)}
            print(name, json.dumps(result[name], indent=2), flush=True)
    if arguments.part is None:
        (RESULTS / "shift-kinds.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def summary(found: list[tuple[str, str]]) -> dict[str, Any]:
    """How often each planted kind was named as each kind."""
    confusion = {kind: {named: found.count((kind, named)) for named in KINDS} for kind in KINDS}
    right = sum(kind == named for kind, named in found)
    return {"confusion": confusion, "right": right, "share": right / len(found)}


def of_models(trials: int, count: int) -> list[tuple[str, str]]:
    """The planted kind and the one that is named, with a trained model for each world and four trials."""
    found: list[tuple[str, str]] = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(trials):
            generator = np.random.default_rng([2, number])
            if number % len(KINDS) == 0:
                world = World.drawn(np.random.default_rng([1, number // len(KINDS)]))
                old = world.sample(TRAINED + REFERENCE, generator).table().rename(columns={"y": "target"})
                learnt, held_out = old[:TRAINED], old[TRAINED:].reset_index(drop=True)
                run = train(
                    recipe(number), Path(folder) / str(number), train=learnt, validation=held_out, progress=False
                )
                model = run.best
            kind = KINDS[number % len(KINDS)]
            rows = planted(kind, world, count, generator).table()
            report = diagnose_shift(model, rows.drop(columns="y"), rows["y"], seed=number, device="cpu")
            found.append((kind, NAMED[report.verdict.kind]))
            print(number, *found[-1], flush=True)
    return found


def recipe(seed: int) -> Recipe:
    """A small classifier of rows."""
    changes: dict[str, Any] = {
        "training": {
            "seed": seed + 1,
            "updates": UPDATES,
            "validate_every": UPDATES,
            "checkpoint_every": UPDATES,
            "schedule": {"warmup": 40},
            "threads": 1,
            "device": "cpu",
        },
    }
    values = load_recipe("row-label").model_dump(mode="json", exclude_none=True)
    return recipe_from(merge(values, merge(changes, {"data": {"train": []}})))


def of_profiles(trials: int, count: int, *, permutations: int = 999) -> list[tuple[str, str]]:
    """The planted kind and the one that is named, with a softmax regression in each trial."""
    found: list[tuple[str, str]] = []
    for number in range(trials):
        generator = np.random.default_rng([3, number])
        world = World.drawn(generator)
        taught = world.sample(TRAINED, generator)
        classifier = fit_softmax_classifier(taught.values, taught.classes, len(world.shares))
        kind = KINDS[number % len(KINDS)]
        old, new = world.sample(REFERENCE, generator), planted(kind, world, count, generator)
        settings = Settings(permutations=permutations, seed=number)
        found.append((kind, NAMED[verdict(profile(classifier, old), profile(classifier, new), settings).kind]))
    return found


def profile(classifier: SoftmaxClassifier, sample: Sample) -> Profile:
    """What a classifier makes of some examples."""
    probabilities = classifier.probabilities(sample.values)
    names = tuple(f"class {number}" for number in range(probabilities.shape[1]))
    logits = np.log(np.maximum(probabilities, 1e-12))
    return Profile(
        features=(*(f"x{place + 1}" for place in range(sample.values.shape[1])), *(f"log-odds of {n}" for n in names)),
        values=np.concatenate([sample.values, logits], axis=1).astype(np.float32),
        losses=-logits[np.arange(len(sample)), sample.classes].astype(np.float32),
        classes={"labels": Classes(names, sample.classes, probabilities.astype(np.float32))},
    )


def verdict(old: Profile, new: Profile, settings: Settings) -> Verdict:
    """The verdict on two profiles."""
    samples = Described("old", len(old)), Described("new", len(new))
    _, numbers = examine(old, new, settings, samples=samples, numbers=np.arange(len(new)), unit="nats per label")
    return judge(numbers, settings.alpha)


if __name__ == "__main__":
    main()

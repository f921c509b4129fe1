"""How often the tests of covariate shift reject, where there is a shift and where there is none.

    python benchmarks/shift_tests.py --model MODEL --captions FILE --wheel WHEEL --work FOLDER
        [--trials N] [--frouros PYTHON] [--alibi-detect PYTHON]

``FILE`` holds the captions that MODEL was trained on (Multi30k, ``train.en``), WHEEL the catalogues of Home Assistant
(``pip download --no-deps homeassistant``), whose English strings are the foreign examples; each integration's file is a
document. Features are those that MODEL keeps of examples.

*Size*: both samples are captions, or both are integrations permuted as documents; beside them the same integrations
permuted string by string, which is wrong. *Power*: new samples of 20 to 2,000 captions in which a share are strings.
*Peers*: frouros and alibi-detect on the same draws, each in an environment of its own whose interpreter is given;
``shift_peers.py`` runs there.

What is measured is kept in FOLDER trial by trial, so the command can be stopped and goes on. Writes
``results/shift-tests.json`` and ``results/shift-tests.png`` of all that has been measured.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import time
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, cast

import numpy as np
from command_line import command_line
from jaxtyping import Float32, Int64
from matplotlib.figure import Figure
from scipy.stats import binom

from dragoman.comparison.machine import describe_machine
from dragoman.model.folder import load_model
from dragoman.reference.measure import profile_of_inputs
from dragoman.shift.covariate import covariate_shift

RESULTS = Path(__file__).parent / "results"
PEERS = Path(__file__).parent / "shift_peers.py"
TESTS = ("overall", "classifier", "mean discrepancy", "Kolmogorov–Smirnov")
LEVELS = (0.05, 0.005)
CAPTIONS = 10_000
SIZES = (20, 50, 100, 200, 500, 1000, 2000)
SHARES = (1.0, 0.1)
SIZE = 60
"""Captions in each sample without a shift."""
DOCUMENTS = 20
"""Integrations in each sample without a shift."""
STRINGS = 4
"""The most strings of an integration there, so that a thousand trials take minutes."""
PEER_SIZE, PEER_SHARE, PEER_DRAWS, PEER_PERMUTATIONS = 200, 0.07, 100, 199
TIMED_SIZE, TIMED_DRAWS, TIMED_PERMUTATIONS = 500, 5, 999
Draw = tuple[Float32[np.ndarray, "n d"], Float32[np.ndarray, "m d"]]


@dataclass(frozen=True)
class Features:
    """Features of captions and of strings.

    Attributes:
        names: the features.
        captions: features of captions.
        strings: features of strings.
        documents: the integration of each string.
    """

    names: tuple[str, ...]
    captions: Float32[np.ndarray, "n d"]
    strings: Float32[np.ndarray, "m d"]
    documents: Int64[np.ndarray, " m"]

    def contaminated(self, size: int, share: float, generator: np.random.Generator) -> Draw:
        """Captions, and as many others of which a share are replaced by strings."""
        foreign = round(share * size)
        captions = self.captions[generator.choice(len(self.captions), 2 * size - foreign, replace=False)]
        strings = self.strings[generator.choice(len(self.strings), foreign, replace=False)]
        return captions[:size], np.concatenate([captions[size:], strings])


@dataclass(frozen=True)
class Condition:
    """What is drawn and tested many times.

    Attributes:
        name: key in the result.
        trials: number of draws.
        size: old and new examples, each.
        share: share of strings among the new captions.
        documents: whether both samples are integrations instead; their strings, ``size`` does not matter.
        known: whether the test is told of the documents.
    """

    name: str
    trials: int
    size: int = 0
    share: float = 0.0
    documents: bool = False
    known: bool = False


def conditions(trials: int) -> list[Condition]:
    """All conditions, those that decide most first."""
    few = max(trials // 10, 1)
    # Small samples are fast, and their power is between 0 and 1.
    counts = [(100, 4 * few), (500, few), (SIZES[-1], max(few * 3 // 10, 1))]
    power = [
        Condition(f"power {share:g} {size}", next(count for most, count in counts if size <= most), size, share)
        for share in SHARES
        for size in SIZES
        if size <= 500 or share < 1
    ]
    return [
        Condition("size captions", trials, SIZE),
        Condition("size documents", trials, documents=True, known=True),
        *sorted(power, key=lambda one: (one.share != 0.1, one.size)),
        Condition("size documents as sentences", few, documents=True),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--captions", type=Path, required=True)
    parser.add_argument("--wheel", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True, help="folder for features and finished trials")
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--frouros", type=Path, help="interpreter of an environment with frouros")
    parser.add_argument("--alibi-detect", type=Path, help="interpreter of an environment with alibi-detect")
    parser.add_argument("--note", default="", help="what a reader of the result should know")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    features = features_of(arguments.model, arguments.captions, arguments.wheel, arguments.work / "features.npz")
    for condition in conditions(arguments.trials):
        measure(features, condition, arguments.work / "trials.jsonl")
        write(arguments, features)
    for name, python in (("frouros", arguments.frouros), ("alibi-detect", arguments.alibi_detect)):
        if python is not None:
            measure_peer(name, python, features, arguments.work)
            write(arguments, features)


def features_of(model: Path, captions: Path, wheel: Path, cache: Path) -> Features:
    """The features that a model keeps of captions and of strings, measured once."""
    if not cache.exists():
        loaded = load_model(model)
        texts = captions.read_text(encoding="utf-8").splitlines()
        chosen = np.random.default_rng(1).choice(len(texts), CAPTIONS, replace=False)
        strings = list(_strings(wheel))
        one = profile_of_inputs(loaded, [texts[i] for i in np.sort(chosen)], search=False, texts=False)
        other = profile_of_inputs(loaded, [text for _, text in strings], search=False, texts=False)
        documents = np.unique([name for name, _ in strings], return_inverse=True)[1]
        np.savez(cache, names=one.features, captions=one.values, strings=other.values, documents=documents)
    with np.load(cache) as kept:
        names = tuple(str(name) for name in kept["names"])
        return Features(names, kept["captions"], kept["strings"], kept["documents"])


def _strings(wheel: Path) -> Iterator[tuple[str, str]]:
    """Each integration's file with each of its English strings."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.endswith("/translations/en.json"):
                yield from ((name, text) for text in dict.fromkeys(_leaves(json.loads(archive.read(name)))))


def _leaves(values: Any) -> Iterator[str]:
    if isinstance(values, dict):
        for value in values.values():
            yield from _leaves(value)
    elif isinstance(values, str) and values.strip():
        yield values


def measure(features: Features, condition: Condition, kept: Path) -> None:
    """Run the trials of a condition that are not yet kept."""
    begin = len(trials_of(kept)[condition.name])
    with kept.open("a", encoding="utf-8") as stream:
        for trial in range(begin, condition.trials):
            found = _trial(features, condition, np.random.default_rng([trial, condition.size, 4]), trial)
            stream.write(json.dumps({"condition": condition.name, **found}) + "\n")
            stream.flush()
    print(condition.name, condition.trials, flush=True)


def _trial(features: Features, condition: Condition, generator: np.random.Generator, trial: int) -> dict[str, Any]:
    documents: list[Int64[np.ndarray, " k"] | None] = [None, None]
    if condition.documents:
        drawn = generator.choice(features.documents.max() + 1, 2 * DOCUMENTS, replace=False)
        sides = [np.concatenate([_some(features, one, generator) for one in half]) for half in np.split(drawn, 2)]
        old, new = (features.strings[rows] for rows in sides)
        if condition.known:
            documents = [features.documents[rows] for rows in sides]
    else:
        old, new = features.contaminated(condition.size, condition.share, generator)
    begin = time.process_time()
    shift = covariate_shift(
        old, new, features.names, old_documents=documents[0], new_documents=documents[1], seed=trial
    )
    return {
        "p": [shift.p_value, shift.classifier_p, shift.discrepancy_p, shift.features_p],
        "area": shift.area,
        "seconds": time.process_time() - begin,
    }


def _some(features: Features, document: int, generator: np.random.Generator) -> Int64[np.ndarray, " k"]:
    rows = np.flatnonzero(features.documents == document)
    return rows if len(rows) <= STRINGS else generator.choice(rows, STRINGS, replace=False)


def trials_of(kept: Path) -> dict[str, list[dict[str, Any]]]:
    """What was measured, by condition."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    if kept.exists():
        for line in kept.read_text(encoding="utf-8").splitlines():
            trial = json.loads(line)
            found[trial.pop("condition")].append(trial)
    return found


def measure_peer(name: str, python: Path, features: Features, work: Path) -> None:
    """Run a peer on draws without a shift, on contaminated ones and on large ones, which ours is run on too."""
    settings = {
        "none": (PEER_SIZE, 0.0, PEER_DRAWS, PEER_PERMUTATIONS),
        "contaminated": (PEER_SIZE, PEER_SHARE, PEER_DRAWS, PEER_PERMUTATIONS),
        "timed": (TIMED_SIZE, PEER_SHARE, TIMED_DRAWS, TIMED_PERMUTATIONS),
    }
    for key, (size, share, draws, permutations) in settings.items():
        generator = np.random.default_rng([5, size, round(100 * share)])
        samples = [features.contaminated(size, share, generator) for _ in range(draws)]
        file = work / f"draws-{key}.npy"
        pooled = np.stack([np.concatenate(sample) for sample in samples]).astype(np.float64)
        deviation = pooled.std(axis=1, keepdims=True)
        np.save(file, (pooled - pooled.mean(axis=1, keepdims=True)) / np.where(deviation > 0, deviation, 1))
        ours = work / f"dragoman-{key}.json"
        if not ours.exists():
            found = []
            for seed, (old, new) in enumerate(samples):
                begin = time.process_time()
                shift = covariate_shift(old, new, features.names, permutations=permutations, seed=seed)
                seconds = time.process_time() - begin
                p = (shift.p_value, shift.classifier_p, shift.discrepancy_p, shift.features_p)
                found.append({"p": dict(zip(TESTS, p, strict=True)), "seconds": {"all tests": seconds}})
            ours.write_text(json.dumps(found), encoding="utf-8")
        theirs = work / f"{name}-{key}.json"
        if not theirs.exists():
            command = [str(python), str(PEERS), name, str(file), str(theirs), "--permutations", str(permutations)]
            subprocess.run(command, check=True)


def write(arguments: argparse.Namespace, features: Features) -> None:
    """The result of all that has been measured so far."""
    machine = describe_machine()
    cast(dict[str, str], machine["versions"])["scipy"] = metadata.version("scipy")
    found = trials_of(arguments.work / "trials.jsonl")
    result = {
        "command": command_line(),
        "machine": machine,
        "note": arguments.note,
        "features": len(features.names),
        "permutations": 999,
        "captions": SIZE,
        "documents": {"integrations": DOCUMENTS, "most strings": STRINGS},
        "regions": {
            "0.05": [0.033, 0.069],
            "0.005": [float(end) / arguments.trials for end in binom.interval(0.99, arguments.trials, 0.005)],
        },
        "size": {name.removeprefix("size "): _rates(trials) for name, trials in found.items() if name[:5] == "size "},
        "power": [
            {"share": float(share), "size": int(size), **_rates(found[f"power {share} {size}"])}
            for share in (f"{share:g}" for share in SHARES)
            for size in SIZES
            if f"power {share} {size}" in found
        ],
        "peers": _peers(arguments.work),
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "shift-tests.json").write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if result["power"]:
        draw(cast(list[dict[str, Any]], result["power"]), RESULTS / "shift-tests.png")


def _rates(trials: list[dict[str, Any]]) -> dict[str, Any]:
    p = np.array([trial["p"] for trial in trials])
    return {
        "trials": len(trials),
        "area": float(np.mean([trial["area"] for trial in trials])),
        "processor_seconds": float(np.median([trial["seconds"] for trial in trials])),
        "rejected": {str(level): dict(zip(TESTS, (p <= level).mean(axis=0).tolist(), strict=True)) for level in LEVELS},
    }


def _peers(work: Path) -> dict[str, Any]:
    """Rates of rejection at the level 0.05, and processor time, by toolkit and test."""
    table: dict[str, Any] = {}
    for name in ("dragoman", "frouros", "alibi-detect"):
        files = {key: work / f"{name}-{key}.json" for key in ("none", "contaminated", "timed")}
        if not all(file.exists() for file in files.values()):
            continue
        found = {key: json.loads(file.read_text(encoding="utf-8")) for key, file in files.items()}
        rates = {
            test: {
                key: float(np.mean([draw["p"][test] <= LEVELS[0] for draw in found[key]]))
                for key in ("none", "contaminated")
            }
            for test in found["none"][0]["p"]
        }
        seconds = {
            test: float(np.median([draw["seconds"][test] for draw in found["timed"]]))
            for test in found["timed"][0]["seconds"]
        }
        table[name] = {"rejected": rates, "processor_seconds": seconds}
    if not table:
        return {}
    return {
        "draws": {"size": PEER_SIZE, "share": PEER_SHARE, "draws": PEER_DRAWS, "permutations": PEER_PERMUTATIONS},
        "timed": {"size": TIMED_SIZE, "draws": TIMED_DRAWS, "permutations": TIMED_PERMUTATIONS},
        "toolkits": table,
    }


def draw(power: list[dict[str, Any]], file: Path) -> None:
    """Power of the overall test over the size of the samples."""
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    for share in dict.fromkeys(row["share"] for row in power):
        rows = [row for row in power if row["share"] == share]
        rates = [row["rejected"]["0.05"]["overall"] for row in rows]
        axes.plot([row["size"] for row in rows], rates, marker="o", label=f"{100 * share:g} % foreign")
    axes.axhline(0.05, color="grey", linestyle="dotted", label="α = 0.05")
    axes.set(xscale="log", xlabel="old and new examples, each", ylabel="rejected", ylim=(0, 1.02))
    axes.set_xticks(SIZES, [f"{size:,}" for size in SIZES])
    axes.minorticks_off()
    axes.legend(loc="center right")
    figure.savefig(file, dpi=120)


if __name__ == "__main__":
    main()

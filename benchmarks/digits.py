"""Handwritten digits: softmax regression, a multilayer perceptron and a convolutional network, and what others reach.

    python benchmarks/digits.py --data DIR [--threads N] [--output FOLDER] [NAME ...]

``DIR`` holds ``t10k-images-idx3-ubyte.gz`` and ``t10k-labels-idx1-ubyte.gz`` of MNIST (LeCun et al. 1998): the first
8,000 pictures are learnt from, the next 1,000 choose the best weights, and the last 1,000 are the test. scikit-learn's
``LogisticRegression`` learns from the same pixels; its penalty is chosen on the validation pictures. Writes
``results/digits.json``; with names only these models are trained, and nothing is written.
"""

from __future__ import annotations

import argparse
import gzip
import json
import tempfile
import time
import warnings
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
from command_line import command_line
from jaxtyping import UInt8

from dragoman.comparison.machine import describe_machine
from dragoman.evaluation.classification_report import ClassificationReport
from dragoman.evaluation.exact_match import wilson_interval
from dragoman.model.folder import load_model
from dragoman.model.weights import parameter_count
from dragoman.predict.predictor import Predictor
from dragoman.recipe import Recipe, load_recipe
from dragoman.training.run import train

RESULTS = Path(__file__).parent / "results"
PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1)
"""λ of λ/2·‖w‖² that scikit-learn may choose from."""

Split = dict[str, pd.DataFrame]


def _plain(kind: str, **encoder: Any) -> dict[str, Any]:
    return {"model": {"encoder": {"kind": kind, "reads": "picture", **encoder}}}


MODELS: dict[str, tuple[dict[str, Any], float]] = {
    "softmax regression": (
        {
            **_plain("linear"),
            "training": {"updates": 2000, "label_smoothing": 0.0, "optimizer": {"weight_decay": 0.03}},
        },
        0.89,
    ),
    "multilayer perceptron": (
        {
            **_plain("mlp", hidden=[1024], dropout=0.5),
            "training": {"updates": 3000, "optimizer": {"learning_rate": 1e-3, "weight_decay": 0.01}},
        },
        0.94,
    ),
    "convolution": ({}, 0.98),
}
"""What differs from the preset ``picture-label``, and the share of test pictures that shall be right."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[*MODELS, []], help="models to train; all by default")
    parser.add_argument("--data", type=Path, required=True, help="folder of the IDX files")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--output", type=Path, help="keep the runs there")
    parser.add_argument("--note", default="", help="what a reader of the result should know")
    arguments = parser.parse_args()
    digits = _read(arguments.data)
    machine = describe_machine()
    cast(dict[str, str], machine["versions"])["scikit-learn"] = metadata.version("scikit-learn")
    result: dict[str, Any] = {
        "command": command_line(),
        "machine": machine,
        "threads": arguments.threads,
        "note": arguments.note,
        "pictures": {name: len(frame) for name, frame in digits.items()},
        "models": {},
    }
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.output or Path(temporary)
        for name in arguments.names or MODELS:
            changes, wanted = MODELS[name]
            found = _learnt(_recipe(changes, arguments.threads), digits, folder / name.replace(" ", "-"))
            result["models"][name] = {**found, "wanted": wanted}
            print(name, json.dumps(result["models"][name]), flush=True)
    if arguments.names:
        return
    result["models"]["scikit-learn, softmax regression"] = _scikit_learn(digits, arguments.threads)
    print(json.dumps(result["models"]["scikit-learn, softmax regression"]), flush=True)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "digits.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def _read(folder: Path) -> Split:
    """The digits in the order of the files."""
    pixels = _idx(folder / "t10k-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)
    labels = _idx(folder / "t10k-labels-idx1-ubyte.gz", 8)
    frame = pd.DataFrame({"source": pd.Series(list(pixels), dtype=object), "target": labels.astype(str)})
    return {"train": frame[:8000], "validation": frame[8000:9000], "test": frame[9000:10_000]}


def _idx(path: Path, header: int) -> UInt8[np.ndarray, " n"]:
    """What stands behind the header of a file of bytes."""
    return np.frombuffer(gzip.decompress(path.read_bytes()), dtype=np.uint8, offset=header)


def _recipe(changes: dict[str, Any], threads: int) -> Recipe:
    return load_recipe(
        "picture-label", changes={**changes, "training": {**changes.get("training", {}), "threads": threads}}
    )


def _learnt(recipe: Recipe, digits: Split, folder: Path) -> dict[str, Any]:
    begin = time.perf_counter()
    run = train(recipe, folder, **digits)
    seconds = time.perf_counter() - begin
    report = cast(ClassificationReport, run.report)
    found = report.to_dict()
    validations = run.history().query("event == 'validation'")
    predictor = Predictor.load(run.best, device="cpu")
    begin = time.perf_counter()
    predictor.predict(digits["test"]["source"].tolist())
    return {
        "accuracy": found["accuracy"],
        "macro_f1": found["macro_f1"]["value"],
        "calibration_error": found["calibration_error"],
        "validation_accuracy": float(validations["accuracy"].max()) / 100,
        "seconds": round(seconds, 1),
        "updates": int(validations["update"].max()),
        "parameters": parameter_count(load_model(run.best).model),
        "pictures_per_second": round(len(digits["test"]) / (time.perf_counter() - begin)),
    }


def _scikit_learn(digits: Split, threads: int) -> dict[str, Any]:
    """Of the penalties that which is best on the validation pictures; the seconds are those of this one."""
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    inputs = {name: np.stack(list(frame["source"])).reshape(len(frame), -1) / 255 for name, frame in digits.items()}
    found = []
    with threadpool_limits(threads), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for penalty in PENALTIES:
            begin = time.perf_counter()
            model = LogisticRegression(C=1 / (penalty * len(inputs["train"])), max_iter=1000)
            model.fit(inputs["train"], digits["train"]["target"])
            seconds = time.perf_counter() - begin
            validation = model.score(inputs["validation"], digits["validation"]["target"])
            found.append((validation, penalty, seconds, model))
    validation, penalty, seconds, model = max(found, key=lambda one: one[0])
    right = int((model.predict(inputs["test"]) == digits["test"]["target"]).sum())
    return {
        "accuracy": asdict(wilson_interval(right, len(digits["test"]))),
        "validation_accuracy": float(validation),
        "penalty": penalty,
        "seconds": round(seconds, 1),
        "parameters": int(model.coef_.size + model.intercept_.size),
    }


if __name__ == "__main__":
    main()

"""Whether a linear encoder gives linear and softmax regression, as others compute them.

    python benchmarks/closed_form.py

Linear regression on scikit-learn's table of diabetes (442 rows, 9 columns of numbers and 1 of names) against
``numpy.linalg.lstsq``, and softmax regression on its digits (1,797 rows, 64 columns of numbers, 10 labels) against
``LogisticRegression`` with the same penalty on the weights. Both are trained by gradients of all rows at once. Writes
``results/closed-form.json``.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
from command_line import command_line
from jaxtyping import Float64, Int64
from sklearn.datasets import load_diabetes, load_digits
from sklearn.linear_model import LogisticRegression

from dragoman.comparison.machine import describe_machine
from dragoman.fields.row import RowField
from dragoman.model.folder import load_model
from dragoman.predict.predictor import Predictor
from dragoman.recipe import Recipe, recipe_from
from dragoman.training.run import train

RESULTS = Path(__file__).parent / "results"
PENALTY = 1e-3
"""λ of λ/2·‖w‖² beside the mean loss."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    machine = describe_machine()
    cast(dict[str, str], machine["versions"])["scikit-learn"] = metadata.version("scikit-learn")
    result: dict[str, Any] = {"command": command_line(), "machine": machine}
    with tempfile.TemporaryDirectory() as folder:
        result["linear"] = _linear(Path(folder))
        print(json.dumps(result["linear"], indent=2), flush=True)
        result["softmax"] = _softmax(Path(folder))
        print(json.dumps(result["softmax"], indent=2), flush=True)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "closed-form.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def _recipe(decoder: str, updates: int, **optimizer: Any) -> Recipe:
    """Every update sees every row, and the last ones are small."""
    return recipe_from(
        {
            "model": {"encoder": {"kind": "linear"}, "decoder": {"kind": decoder}},
            "training": {
                "updates": updates,
                "label_smoothing": 0.0,
                "average": 0.0,
                "precision": "float32",
                "threads": 1,
                "batch": {"tokens": 100_000},
                "schedule": {"kind": "cosine", "warmup": 100},
                "optimizer": {"learning_rate": 0.05, "beta2": 0.999, "clip_norm": 0.0, **optimizer},
                "validate_every": updates,
                "checkpoint_every": updates,
            },
        }
    )


def _linear(folder: Path) -> dict[str, Any]:
    data = load_diabetes(as_frame=True, scaled=False).frame
    data["sex"] = data["sex"].map({1.0: "one", 2.0: "other"})
    updates = 8000
    run = train(_recipe("number", updates), folder / "linear", train=data, validation=data)
    inputs, target = data.drop(columns="target"), data["target"].to_numpy(dtype=np.float64)
    said = np.array(Predictor.load(run.best, device="cpu").predict(inputs))
    numbers = _standardised(cast(RowField, load_model(run.best).source), inputs)
    design = np.column_stack([numbers, inputs["sex"] == "other", np.ones(len(inputs))]).astype(np.float64)
    solution, *_ = np.linalg.lstsq(design, target, rcond=None)
    ours = _weights(run.best)["decoder.weight"][0, : numbers.shape[1]] * target.std()
    return {
        "rows": len(data),
        "columns": inputs.shape[1],
        "updates": updates,
        "r2_of_least_squares": 1 - float(((design @ solution - target) ** 2).mean() / target.var()),
        "r2": 1 - float(((said - target) ** 2).mean() / target.var()),
        "largest_difference_of_predictions_in_deviations": float(np.abs(said - design @ solution).max() / target.std()),
        "largest_difference_of_coefficients_in_deviations": float(
            np.abs(ours - solution[: len(ours)]).max() / target.std()
        ),
    }


def _softmax(folder: Path) -> dict[str, Any]:
    inputs, digits = load_digits(return_X_y=True, as_frame=True)
    data = inputs.assign(target=digits.map(str))
    updates = 3000
    recipe = _recipe("label", updates, weight_decay=PENALTY, decay="l2")
    run = train(recipe, folder / "softmax", train=data, validation=data)
    numbers = _standardised(cast(RowField, load_model(run.best).source), inputs)
    labels = digits.to_numpy()
    theirs = LogisticRegression(C=1 / (PENALTY * len(data)), tol=1e-10, max_iter=100_000).fit(numbers, labels)
    weights = _weights(run.best)
    ours = _losses(weights["decoder.weight"], weights["decoder.bias"], numbers, labels)
    other = _losses(theirs.coef_, theirs.intercept_, numbers, labels)
    return {
        "rows": len(data),
        "columns": numbers.shape[1],
        "labels": 10,
        "updates": updates,
        "penalty": PENALTY,
        "loss": ours["penalised"],
        "loss_of_scikit_learn": other["penalised"],
        "cross_entropy": ours["cross_entropy"],
        "cross_entropy_of_scikit_learn": other["cross_entropy"],
        "difference": abs(ours["penalised"] - other["penalised"]),
    }


def _standardised(field: RowField, inputs: pd.DataFrame) -> Float64[np.ndarray, "n k"]:
    """What the model reads."""
    return field.encode(inputs).numbers.astype(np.float64)


def _weights(folder: Path) -> dict[str, Float64[np.ndarray, ...]]:
    model = load_model(folder).model
    return {name: value.detach().double().numpy() for name, value in model.named_parameters()}


def _losses(
    weight: Float64[np.ndarray, "K k"],
    bias: Float64[np.ndarray, " K"],
    inputs: Float64[np.ndarray, "n k"],
    labels: Int64[np.ndarray, " n"],
) -> dict[str, float]:
    """The mean cross-entropy in nats, and with the penalty on it; in float64."""
    scores = inputs @ weight.T + bias
    scores -= scores.max(1, keepdims=True)
    nats = np.log(np.exp(scores).sum(1)) - scores[np.arange(len(labels)), labels]
    return {"cross_entropy": float(nats.mean()), "penalised": float(nats.mean() + PENALTY / 2 * (weight**2).sum())}


if __name__ == "__main__":
    main()

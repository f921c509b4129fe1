"""Which architectures learn to reverse a row of up to 10 symbols out of 20, and how fast.

    python benchmarks/reversal.py [--threads N] [NAME ...]

The textbook's test of memory and alignment: without attention, all of the row must pass through one vector. Writes
``results/reversal.json``: exact match on 500 unseen rows, updates, seconds of processor time in all, the machine. With
names, only these are trained anew; the others stay as they are.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dragoman.comparison.machine import describe_machine
from dragoman.evaluation.translation_report import TranslationReport
from dragoman.recipe import recipe_from
from dragoman.training.run import train

RESULTS = Path(__file__).parent / "results"
PAIRS, LONGEST, SYMBOLS = 100_000, 10, 20
UPDATES = {"attention": 4000, "no attention": 8000}

_SIZE = {"width": 192, "embedding_width": 64, "dropout": 0.0}
_TRANSFORMER = {"layers": 2, "width": 64, "feed_forward": 128, "heads": 4, "dropout": 0.0}


def _recurrent(kind: str, attention: str, **both: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    return {"kind": kind, **_SIZE, **both}, {"kind": kind, "attention": attention, **_SIZE, **both}


MODELS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "RNN": _recurrent("rnn", "none"),
    "GRU": _recurrent("gru", "none"),
    "GRU, reset before": _recurrent("gru", "none", reset="before"),
    "LSTM": _recurrent("lstm", "none"),
    "RNN + scaled dot": _recurrent("rnn", "scaled_dot"),
    "GRU + scaled dot": _recurrent("gru", "scaled_dot"),
    "LSTM + dot": _recurrent("lstm", "dot"),
    "LSTM + additive": _recurrent("lstm", "additive"),
    "convolution, LSTM + additive": (
        {"kind": "convolution", "layers": 3, "width": 64, "dropout": 0.0},
        {"kind": "lstm", **_SIZE},
    ),
    "Transformer": (_TRANSFORMER, _TRANSFORMER),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    path = RESULTS / "reversal.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["models"] if path.exists() else {}
    for name in arguments.names or MODELS:
        found[name] = _learn(*MODELS[name], arguments.threads)
        print(name, found[name], flush=True)
        result = {"pairs": PAIRS, "models": {n: found[n] for n in MODELS if n in found}}
        path.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def _learn(encoder: dict[str, Any], decoder: dict[str, Any], threads: int) -> dict[str, Any]:
    updates = UPDATES["no attention" if decoder.get("attention") == "none" else "attention"]
    recipe = recipe_from(
        {
            "data": {"validation_pairs": 200, "test_pairs": 500},
            "tokenizer": {"vocabulary_size": 310},
            "model": {"encoder": encoder, "decoder": decoder, "tie": "decoder"},
            "training": {
                "updates": updates,
                "label_smoothing": 0.0,
                "average": 0.99,
                "batch": {"tokens": 800},
                "optimizer": {"learning_rate": 4e-3},
                "schedule": {"kind": "cosine", "warmup": 100},
                "validate_every": updates,
                "checkpoint_every": updates,
                "precision": "float32",
                "threads": threads,
            },
            "search": {"beam": 1},
        }
    )
    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        report = train(recipe, Path(folder) / "run", train=_rows()).report
    assert isinstance(report, TranslationReport)
    match = report.to_dict()["exact_match"]
    seconds = round(time.process_time() - began)
    return {"updates": updates, "seconds": seconds, "exact_match": match, "machine": describe_machine()}


def _rows() -> pd.DataFrame:
    generator = np.random.default_rng(0)
    symbols = [chr(ord("a") + index) for index in range(SYMBOLS)]
    rows = [generator.choice(symbols, generator.integers(1, LONGEST + 1)).tolist() for _ in range(PAIRS)]
    return pd.DataFrame({"source": [" ".join(row) for row in rows], "target": [" ".join(row[::-1]) for row in rows]})


if __name__ == "__main__":
    main()

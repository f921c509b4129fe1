"""How well a model learns to copy or reverse rows of symbols, through the front door."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import dragoman
from dragoman.evaluation.translation_report import TranslationReport
from dragoman.recipe import recipe_from

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
from toy import frame

TRANSFORMER = {"kind": "transformer", "layers": 2, "width": 64, "feed_forward": 128, "heads": 4, "dropout": 0.0}


def recurrent(kind: str, width: int = 64, **values: Any) -> dict[str, Any]:
    return {"kind": kind, "width": width, "embedding_width": width, "dropout": 0.0, **values}


def exact_match(
    folder: Path,
    encoder: dict[str, Any],
    decoder: dict[str, Any],
    *,
    updates: int,
    learning_rate: float,
    longest: int = 5,
    symbols: int = 10,
) -> float:
    """Share of 300 rows of up to ``longest`` out of so many symbols, unseen in training, that are written backwards
    without a mistake."""
    values = {
        "data": {"validation_pairs": 50, "test_pairs": 300},
        "tokenizer": {"vocabulary_size": 310},
        "cleaning": {
            "language": False,
            "copies": False,
            "drop_duplicates": False,
            "drop_near_duplicates": False,
        },
        "model": {"encoder": encoder, "decoder": decoder},
        "training": {
            "updates": updates,
            "label_smoothing": 0.0,
            "batch": {"tokens": 400},
            "schedule": {"kind": "cosine", "warmup": 30},
            "optimizer": {"learning_rate": learning_rate},
            "average": 0.98,
            "validate_every": updates,
            "checkpoint_every": updates,
            "precision": "float32",
            "device": "cpu",
            "threads": 1,
        },
        "search": {"beam": 1},
    }
    table = frame("reversal", 8000, longest=longest, symbols=symbols)
    report = dragoman.train(recipe_from(values), folder, train=table).report
    assert isinstance(report, TranslationReport)
    assert report.exact_match is not None
    return report.exact_match.value

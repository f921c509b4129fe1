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


def recurrent(kind: str, **values: Any) -> dict[str, Any]:
    return {"kind": kind, "width": 128, "embedding_width": 64, "dropout": 0.0, **values}


def exact_match(
    folder: Path,
    encoder: dict[str, Any],
    decoder: dict[str, Any],
    *,
    updates: int,
    learning_rate: float,
    task: str = "reversal",
    longest: int = 10,
) -> float:
    """Share of 500 unseen rows of up to ``longest`` symbols out of 20 that are written without a mistake."""
    recipe = recipe_from(
        {
            "data": {"validation_pairs": 100, "test_pairs": 500},
            "tokenizer": {"vocabulary_size": 310},
            "model": {"encoder": encoder, "decoder": decoder},
            "training": {
                "updates": updates,
                "label_smoothing": 0.0,
                "batch": {"tokens": 800},
                "schedule": {"kind": "cosine", "warmup": 50},
                "optimizer": {"learning_rate": learning_rate},
                "average": 0.99,
                "validate_every": updates,
                "checkpoint_every": updates,
                "precision": "float32",
                "device": "cpu",
                "threads": 1,
            },
            "search": {"beam": 1},
        }
    )
    report = dragoman.train(recipe, folder, train=frame(task, 40_000, longest=longest)).report
    assert isinstance(report, TranslationReport)
    assert report.exact_match is not None
    return report.exact_match.value

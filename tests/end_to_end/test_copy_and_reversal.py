"""From a table of pairs to a model that has learnt them, through the front door."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import dragoman
from dragoman.recipe import recipe_from

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
from toy import frame


@pytest.mark.parametrize("task", ["copy", "reversal"])
def test_learnt_to_99_percent(task: str, tmp_path: Path) -> None:
    stack = {"layers": 2, "width": 64, "feed_forward": 128, "heads": 4, "dropout": 0.0}
    recipe = recipe_from(
        {
            "data": {"validation_pairs": 200, "test_pairs": 500},
            "tokenizer": {"vocabulary_size": 310},
            "model": {"encoder": stack, "decoder": stack},
            "training": {
                "updates": 800,
                "batch": {"tokens": 1000},
                "schedule": {"kind": "cosine", "warmup": 50},
                "optimizer": {"learning_rate": 5e-3},
                "average": 0.99,
                "validate_every": 400,
                "precision": "float32",
                "threads": 1,
            },
            "search": {"beam": 2},
        }
    )
    run = dragoman.train(recipe, tmp_path / "run", train=frame(task, 20_000))
    assert run.report is not None
    assert run.report.exact_match.value >= 0.99

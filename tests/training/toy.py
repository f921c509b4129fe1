"""A small task and a small recipe that tests of whole runs share."""

from __future__ import annotations

import os
import signal
from typing import Any

import numpy as np
import pandas as pd

from dragoman.recipe import Recipe, recipe_from
from dragoman.training.observer import Observer, UpdateRecord

SYMBOLS = [chr(ord("a") + index) for index in range(20)]


def frame(task: str, pairs: int, *, longest: int = 10, symbols: int = 20, seed: int = 0) -> pd.DataFrame:
    """Rows of letters with spaces; the target is the ``copy`` or the ``reversal`` of the source."""
    random = np.random.default_rng(seed)
    rows = [random.choice(SYMBOLS[:symbols], random.integers(1, longest + 1)).tolist() for _ in range(pairs)]
    turn = {"copy": lambda row: row, "reversal": lambda row: row[::-1]}[task]
    return pd.DataFrame({"source": [" ".join(r) for r in rows], "target": [" ".join(turn(r)) for r in rows]})


def recipe(tokenizer: dict[str, Any] | None = None, **training: Any) -> Recipe:
    """Two blocks of width 32 and a few updates; ``tokenizer`` and ``training`` change these sections."""
    stack = {"layers": 1, "width": 32, "feed_forward": 64, "heads": 2, "dropout": 0.1}
    settings: dict[str, Any] = {
        "updates": 12,
        "batch": {"tokens": 200, "pool": 4},
        "schedule": {"kind": "cosine", "warmup": 3},
        "optimizer": {"learning_rate": 5e-3},
        "validate_every": 5,
        "checkpoint_every": 4,
        "precision": "float32",
        "device": "cpu",
        "threads": 1,
        **training,
    }
    return recipe_from(
        {
            "data": {"validation_pairs": 20, "test_pairs": 20},
            "cleaning": {"copies": False, "repetition": False, "language": False},
            "tokenizer": {"vocabulary_size": 310, **(tokenizer or {})},
            "model": {"encoder": stack, "decoder": stack},
            "training": settings,
            "search": {"beam": 2},
        }
    )


class StopAfter(Observer):
    """Sends this process a signal after an update, as Ctrl-C would."""

    def __init__(self, update: int, number: signal.Signals = signal.SIGINT) -> None:
        self.update = update
        self.number = number

    def on_update(self, record: UpdateRecord) -> None:
        if record.update == self.update:
            os.kill(os.getpid(), self.number)

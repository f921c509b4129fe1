"""Every preset as it is, but small and short, from a table to a model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dragoman.recipe import preset_values, presets, recipe_from
from dragoman.recipe.file import merge
from dragoman.training.run import train

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
from toy import frame

pytestmark = pytest.mark.draws

_NARROW: dict[str, Any] = {
    **{"width": 16, "feed_forward": 16, "heads": 2, "embedding_width": 16},
    **{"channels": [4, 4], "hidden": [8]},
}


_SIZES = {
    "transformer": {"width", "feed_forward", "heads"},
    "convolution": {"width"},
    "lenet": {"channels", "hidden"},
    "residual": {"channels", "width"},
    "mlp": {"hidden"},
    **{kind: set() for kind in ("none", "ctc", "label", "number", "tags", "crf")},
    **{kind: {"width", "embedding_width"} for kind in ("rnn", "gru", "lstm")},
}


def narrow(stack: dict[str, Any]) -> dict[str, Any]:
    return {**stack, **{name: _NARROW[name] for name in _SIZES[stack.get("kind", "transformer")]}}


def corpus(reads: str, says: str) -> pd.DataFrame:
    """150 examples of what goes in and comes out."""
    table = frame("copy", 150)
    if reads == "nothing":
        return table[["source"]].rename(columns={"source": "text"})
    draw = np.random.default_rng(1)
    if reads == "picture":
        table["source"] = pd.Series([draw.integers(0, 256, (32, 160), dtype=np.uint8) for _ in range(150)])
    if reads == "row":
        table = table[["target"]].assign(size=draw.normal(size=150), town=["Bonn", "Ulm", "Kiel"] * 50)
    targets = {
        "text": table["target"],
        "label": ["a", "b", "c"] * 50,
        "number": draw.normal(size=150),
        "tags": table["target"].str.replace("[aeiou]", "vowel", regex=True),
    }
    return table.assign(target=targets[says])


@pytest.mark.parametrize("name", presets())
def test_a_preset_at_toy_size(name: str, tmp_path: Path) -> None:
    values = preset_values(name)
    model = {side: narrow(values.get("model", {}).get(side, {})) for side in ("encoder", "decoder")}
    small = {
        "data": {"validation_pairs": 10, "test_pairs": 10},
        "tokenizer": {"vocabulary_size": 310},
        "cleaning": {"copies": False, "repetition": False, "language": False},
        "model": {**values.get("model", {}), **model},
        "training": {
            "updates": 4,
            "validate_every": 2,
            "checkpoint_every": 2,
            "batch": {"tokens": 200, "window": 8},
            "schedule": {"warmup": 1},
            "threads": 1,
        },
    }
    recipe = recipe_from(merge(values, small))
    run = train(recipe, tmp_path / "run", train=corpus(recipe.model.input_kind, recipe.model.output_kind))
    assert run.report is not None
    assert (run.best / "card.md").is_file()

"""Every preset as it is, but small and short, from a table to a model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from dragoman.recipe import preset_values, presets, recipe_from
from dragoman.recipe.file import merge
from dragoman.training.run import train

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
from toy import frame

_NARROW = {"width": 16, "feed_forward": 16, "heads": 2, "embedding_width": 16}


_SIZES = {
    "transformer": {"width", "feed_forward", "heads"},
    "convolution": {"width"},
    "none": set(),
    **{kind: {"width", "embedding_width"} for kind in ("rnn", "gru", "lstm")},
}


def narrow(stack: dict[str, Any]) -> dict[str, Any]:
    return {**stack, **{name: _NARROW[name] for name in _SIZES[stack.get("kind", "transformer")]}}


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
    corpus = frame("copy", 150)
    if recipe.model.is_language_model:
        corpus = corpus[["source"]].rename(columns={"source": "text"})
    run = train(recipe, tmp_path / "run", train=corpus)
    assert run.report is not None
    assert (run.best / "card.md").is_file()

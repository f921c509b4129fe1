"""Models that have learnt nothing, and what they are given."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dragoman.fields.label import LabelField
from dragoman.fields.number import NumberField
from dragoman.fields.picture import PictureField
from dragoman.fields.row import RowField
from dragoman.images.preparation import Preparation
from dragoman.model.build import build
from dragoman.model.folder import LoadedModel, save_model
from dragoman.recipe import recipe_from
from dragoman.text.codec import Codec
from dragoman.text.tokenizer import Tokenizer

TABLE = pd.DataFrame({"size": [1.0, 2.0, 4.0], "colour": ["red", "blue", "red"], "y": [1.0, 2.0, 3.0]})
CODEC = Codec(Tokenizer.train(["red apples", "green pears"] * 5, vocabulary_size=300))
GREY = PictureField(Preparation(height=8, width=None, channels=1, contrast=False), 10**6)
RESIDUAL = {"kind": "residual", "channels": [3], "halvings": 1, "width": 8, "context": 0}
LABELS = LabelField(("a", "b"), (3, 3))
MODELS: dict[str, tuple[dict[str, Any], str, Any, Any]] = {
    "rows": ({"kind": "linear"}, "number", RowField.learn(TABLE, exclude="y"), NumberField(2.0, 1.0)),
    "other rows": ({"kind": "linear"}, "number", RowField.learn(TABLE, exclude="y"), NumberField(5.0, 1.0)),
    "texts": ({"kind": "convolution", "layers": 1, "width": 8}, "label", CODEC, LABELS),
    "pictures": (RESIDUAL, "label", GREY, LABELS),
}


def save(folder: Path, name: str) -> Path:
    """The folder of a model."""
    encoder, decoder, source, target = MODELS[name]
    recipe = recipe_from({"model": {"encoder": encoder, "decoder": {"kind": decoder}}})
    model = build(recipe.model, source.size, target.size, seed=1)
    save_model(folder / name, LoadedModel(model, recipe, source, target), {})
    return folder / name


def rows(count: int, *, seed: int, shift: float = 0.0) -> list[dict[str, object]]:
    """Rows of a table; a shift makes sizes larger."""
    draw = np.random.default_rng(seed)
    sizes, colours = draw.normal(3 + shift, 1, count), draw.choice(["red", "blue"], count)
    return [{"size": float(size), "colour": str(colour)} for size, colour in zip(sizes, colours, strict=True)]


def write(file: Path, records: Iterable[Mapping[str, object]]) -> Path:
    """A log of JSON lines."""
    file.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return file

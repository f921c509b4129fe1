"""Untrained models of every kind with a small dataset each, and the same examples as a caller would pass them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from dragoman.data.dataset import Dataset
from dragoman.data.prepare import prepare
from dragoman.model.build import build
from dragoman.model.folder import LoadedModel
from dragoman.recipe import recipe_from

STACK = {"layers": 1, "width": 40, "feed_forward": 16, "heads": 2}
PERCEPTRON = {"kind": "mlp", "hidden": [6]}
RESIDUAL = {"kind": "residual", "channels": [4, 6], "halvings": 1, "width": 12, "context": 1}
HELD_OUT = 24
KINDS = (
    "text to text",
    "text to label",
    "text to number",
    "text to tags",
    "picture to text",
    "picture to label",
    "nothing to text",
    "row to label",
    "row to number",
)


@dataclass(frozen=True)
class Kind:
    """A model, its dataset, and the validation examples as inputs and outputs of a caller."""

    loaded: LoadedModel
    dataset: Dataset
    inputs: Any
    outputs: list[Any] | None


def _texts(count: int) -> list[str]:
    """Lines of letters, numbers and placeholders, some with a character that no vocabulary here has."""
    draw = np.random.default_rng(0)
    words = ["ab", "Cd", "efg", "7", "{name}", "h!"]
    lines = [" ".join(draw.choice(words, draw.integers(1, 8))) for _ in range(count)]
    return [f"{line} {number} {'ж' * (number % 5 == 0)}".strip() for number, line in enumerate(lines)]


def _pictures(count: int, *, any_width: bool) -> list[np.ndarray]:
    draw = np.random.default_rng(0)
    widths = draw.integers(10, 20, count) if any_width else np.full(count, 12)
    return [draw.integers(0, 256, (12, width), dtype=np.uint8) for width in widths]


def _rows(count: int) -> pd.DataFrame:
    draw = np.random.default_rng(0)
    size = draw.normal(5, 2, count)
    size[::7] = np.nan
    days = pd.date_range("2024-01-01", periods=count).strftime("%Y-%m-%d")
    return pd.DataFrame({"size": size, "town": draw.choice(["Bonn", "Ulm", "Kiel"], count), "day": days})


def _pairs(inputs: list[Any], outputs: Any) -> pd.DataFrame:
    return pd.DataFrame({"source": pd.Series(inputs, dtype=object), "target": outputs})


def _case(name: str, count: int) -> tuple[dict[str, Any], pd.DataFrame]:
    """Encoder and decoder, and examples."""
    texts = _texts(count)
    labels = [("yes", "no", "maybe")[number % 3] for number in range(count)]
    match name:
        case "text to text":
            return {"encoder": STACK, "decoder": STACK}, _pairs(texts, [" ".join(t.split()[::-1]) for t in texts])
        case "text to label":
            return {"encoder": STACK, "decoder": {"kind": "label"}}, _pairs(texts, labels)
        case "text to number":
            return {"encoder": STACK, "decoder": {"kind": "number"}}, _pairs(texts, np.arange(count) / 2)
        case "text to tags":
            tags = [" ".join("O" if word.islower() else "B-X" for word in text.split()) for text in texts]
            return {"encoder": STACK, "decoder": {"kind": "crf"}}, _pairs(texts, tags)
        case "picture to text":
            words = ["ab", "ba", "b"] * (count // 3)
            return {"encoder": RESIDUAL, "decoder": {"kind": "ctc"}}, _pairs(_pictures(count, any_width=True), words)
        case "picture to label":
            encoder = {**PERCEPTRON, "reads": "picture"}
            return {"encoder": encoder, "decoder": {"kind": "label"}}, _pairs(_pictures(count, any_width=False), labels)
        case "nothing to text":
            return {"encoder": {"kind": "none"}, "decoder": {"kind": "gru", "width": 16}}, pd.DataFrame({"text": texts})
        case "row to label":
            return {"encoder": PERCEPTRON, "decoder": {"kind": "label"}}, _rows(count).assign(target=labels)
        case _:
            numbers = np.arange(count) / 2
            return {"encoder": {"kind": "linear"}, "decoder": {"kind": "number"}}, _rows(count).assign(target=numbers)


_FOLDERS: list[TemporaryDirectory[str]] = []
"""What datasets lie in until all tests are done."""


@cache
def kind(name: str) -> Kind:
    """A model of a kind, with random weights."""
    model, frame = _case(name, 120)
    recipe = recipe_from(
        {
            "data": {"source_language": "en", "target_language": "en"},
            "cleaning": {"copies": False, "repetition": False, "language": False, "max_tokens": 50},
            "tokenizer": {"vocabulary_size": 320, "placeholders": "picture" not in name},
            "pictures": {"height": 12, "width": 12 if name == "picture to label" else None},
            "model": model,
            "training": {"label_smoothing": 0.0},
            "search": {"max_length_ratio": 1.5},
        }
    )
    train, validation = frame.iloc[:-HELD_OUT], frame.iloc[-HELD_OUT:].reset_index(drop=True)
    _FOLDERS.append(TemporaryDirectory(prefix="dragoman-"))
    folder = Path(_FOLDERS[-1].name) / "dataset"
    dataset = prepare(recipe, folder, train=train, validation=validation, log=lambda message: None)
    built = build(recipe.model, dataset.source.size, dataset.target.size, seed=1)
    loaded = LoadedModel(built.eval(), recipe, dataset.source, dataset.target)
    if "text" in validation:
        return Kind(loaded, dataset, validation["text"].tolist(), None)
    inputs: Any = validation["source"].tolist() if "source" in validation else validation.drop(columns="target")
    return Kind(loaded, dataset, inputs, validation["target"].tolist())


ODD: dict[str, Callable[[], Any]] = {
    "text": lambda: ["", " ", "🙂🙂", "\u200b", "word" * 3000, "ж", "A b c {name} {{x}} %s"],
    "nothing": lambda: ["", "🙂", "word" * 3000],
    "picture": lambda: [np.full((12, 12), 255, np.uint8), np.zeros((12, 12), np.uint8)],
    "row": lambda: [{"size": None, "town": None, "day": None}, {"size": 1e30, "town": "Rome", "day": "1900-01-01"}],
}
"""Inputs of every kind that are far from what training has seen."""

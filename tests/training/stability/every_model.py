"""A model and a batch of every kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from dragoman.contracts import (
    AnyBatch,
    Batch,
    Labels,
    Numbers,
    Packed,
    Pictures,
    PictureSize,
    Rows,
    RowSize,
    SourceSize,
    TextBatch,
    TextSize,
)
from dragoman.model.build import Model, build
from dragoman.recipe.architecture import ModelRecipe

V, CLASSES, HEIGHT = 23, 5, 28
SOURCES = [[5, 6, 7, 3], [8, 9, 3], [10, 3], [11, 12, 13, 14, 15, 3]]
TARGETS = [[6, 5, 3], [9, 8, 7, 6, 3], [20, 3], [7, 7, 3]]
WIDTHS = [40, 24, 32, 28]

SMALL = {"width": 16, "dropout": 0.2}
TRANSFORMER = {"layers": 2, "feed_forward": 24, "heads": 4, **SMALL}
BOTH_DIRECTIONS = {"kind": "lstm", "layers": 2, "bidirectional": True, **SMALL, "embedding_width": 16}
RESIDUAL = {"kind": "residual", "channels": [4, 6], "halvings": 1, "context": 1, **SMALL}
LENET = {"kind": "lenet", "channels": [3, 4], "hidden": [16], "dropout": 0.2}


def recurrent(kind: str, **values: Any) -> dict[str, Any]:
    return {"kind": kind, **SMALL, **values}


READS_TEXT: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "transformer": (TRANSFORMER, TRANSFORMER),
    "post-norm gelu to squared relu": (
        {**TRANSFORMER, "norm": "post", "activation": "gelu"},
        {**TRANSFORMER, "activation": "squared_relu"},
    ),
    "rnn without attention": (recurrent("rnn"), recurrent("rnn", attention="none")),
    "relu rnn dot": (recurrent("rnn", activation="relu"), recurrent("rnn", activation="relu", attention="dot")),
    "gru additive": (recurrent("gru"), recurrent("gru", attention="additive")),
    "gru reset before": (recurrent("gru", reset="before"), recurrent("gru", reset="before", attention="scaled_dot")),
    "lstm multi-head": (BOTH_DIRECTIONS, recurrent("lstm", attention="multi_head", heads=2)),
    "lstm additive fed": (BOTH_DIRECTIONS, recurrent("lstm", layers=2, input_feeding=True)),
    "gru dot fed": (recurrent("gru"), recurrent("gru", attention="dot", input_feeding=True)),
    "rnn multi-head fed": (recurrent("rnn"), recurrent("rnn", attention="multi_head", heads=2, input_feeding=True)),
    "convolution": ({"kind": "convolution", "layers": 2, **SMALL}, recurrent("gru")),
    "text to label": (recurrent("gru", bidirectional=True), {"kind": "label"}),
    "text to number": ({"kind": "convolution", **SMALL}, {"kind": "number"}),
}
OTHERS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "language model transformer": ({"kind": "none"}, TRANSFORMER),
    "language model lstm": ({"kind": "none"}, recurrent("lstm", layers=2)),
    "language model rnn": ({"kind": "none"}, recurrent("rnn")),
    "lenet to label": (LENET, {"kind": "label"}),
    "lenet to number": (LENET, {"kind": "number"}),
    "residual to ctc": (RESIDUAL, {"kind": "ctc"}),
    "residual to transformer": (RESIDUAL, TRANSFORMER),
    "residual to gru fed": (RESIDUAL, recurrent("gru", input_feeding=True)),
    "mlp to label": ({"kind": "mlp", "hidden": [12, 8], "dropout": 0.2}, {"kind": "label"}),
    "mlp to number": ({"kind": "mlp", "hidden": [12, 8], "activation": "tanh"}, {"kind": "number"}),
    "linear to number": ({"kind": "linear"}, {"kind": "number"}),
}
CELLS = {**READS_TEXT, **OTHERS}


def model_of(encoder: dict[str, Any], decoder: dict[str, Any], seed: int = 1) -> Model:
    writes = decoder.get("kind") not in ("label", "number", "ctc")
    tie = "decoder" if writes else "none"
    recipe = ModelRecipe.model_validate({"encoder": encoder, "decoder": decoder, "tie": tie})
    sizes: dict[str, SourceSize] = {
        "lenet": PictureSize(1, HEIGHT, 28),
        "residual": PictureSize(1, HEIGHT, None),
        "mlp": RowSize(3, (4,)),
        "linear": RowSize(3, (4,)),
    }
    target = {"text": TextSize(V), "label": CLASSES, "number": 1}[recipe.output_kind]
    return build(recipe, sizes.get(recipe.encoder.kind, TextSize(V)), target, seed)


def model(name: str) -> Model:
    return model_of(*CELLS[name])


def batch(name: str, rows: slice = slice(None)) -> AnyBatch:
    encoder, decoder = CELLS[name]
    return batch_of(encoder, decoder, rows)


def batch_of(encoder: dict[str, Any], decoder: dict[str, Any], rows: slice = slice(None)) -> AnyBatch:
    reads, says = encoder.get("kind", "transformer"), decoder.get("kind", "transformer")
    examples = torch.arange(len(SOURCES))[rows]
    generator = torch.Generator().manual_seed(2)
    numbers = torch.randn(len(SOURCES), 3, generator=generator)[rows]
    target: Any = Packed.of(TARGETS[rows])
    if says == "label":
        target = Labels(torch.tensor([0, 4, 2, 1])[rows])
    if says == "number":
        target = Numbers(numbers[:, 0].clone())
    if reads == "none":
        return TextBatch(target.shifted(2), target, False, examples)
    if reads in ("lenet", "residual"):
        widths = WIDTHS if reads == "residual" else [28] * 4
        random = np.random.default_rng(3)
        pictures = [random.integers(0, 256, (1, HEIGHT, width), dtype=np.uint8) for width in widths]
        return Batch(Pictures.of(pictures[rows]), target, examples)
    if reads in ("mlp", "linear"):
        return Batch(Rows(numbers, torch.arange(len(SOURCES))[rows, None]), target, examples)
    return Batch(Packed.of(SOURCES[rows]), target, examples)

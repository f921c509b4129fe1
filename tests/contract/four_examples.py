"""A model of each kind with four examples, and its loss with weights, for tests of losses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from dragoman.contracts import (
    AnyBatch,
    Batch,
    Labels,
    Numbers,
    Packed,
    Pictures,
    PictureSize,
    SourceSize,
    Tags,
    TagSize,
    TargetSize,
    TextBatch,
    TextSize,
)
from dragoman.model.build import Model
from dragoman.recipe.architecture import ModelRecipe

V, HEIGHT = 12, 8
VOCABULARY = TextSize(V)
END = 3
TRANSFORMER = {"kind": "transformer", "layers": 1, "width": 8, "feed_forward": 8, "heads": 2}
RECURRENT = {"kind": "gru", "width": 8, "embedding_width": 8}
TEXT = Packed.of([[5, 6, END], [7, END], [8, 9, 10, 11, END], [4, END]])
TARGET = Packed.of([[6, END], [9, 8, 7, END], [5, END], [7, 7, 4, END]])
CODE = Packed.of([[6, END], [7, 7, END], [5, 4, 8, END], [END]])
PIXELS = torch.randint(0, 256, (1, HEIGHT, 40), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
SIZES: dict[str, TargetSize] = {"label": 3, "number": 1, **dict.fromkeys(["tags", "crf"], TagSize(("A", "B", "C")))}
TAGS = Tags.of([[0, 2], [1], [1, 0, 2], [2]], [[0, 1], [0], [0, 1, 3], [1]])


def translation(
    encoder: dict[str, Any], decoder: dict[str, Any]
) -> tuple[ModelRecipe, SourceSize, TargetSize, AnyBatch]:
    recipe = ModelRecipe.model_validate({"encoder": encoder, "decoder": decoder})
    return recipe, VOCABULARY, VOCABULARY, Batch(TEXT, TARGET, torch.arange(4))


def language(decoder: dict[str, Any]) -> tuple[ModelRecipe, SourceSize, TargetSize, AnyBatch]:
    recipe = ModelRecipe.model_validate({"encoder": {"kind": "none"}, "decoder": decoder})
    return recipe, VOCABULARY, VOCABULARY, TextBatch(TARGET.shifted(2), TARGET, False, torch.arange(4))


def reader() -> tuple[ModelRecipe, SourceSize, TargetSize, AnyBatch]:
    picture = {"kind": "residual", "channels": [4], "halvings": 0, "context": 0, "width": 8}
    recipe = ModelRecipe.model_validate({"encoder": picture, "decoder": {"kind": "ctc"}})
    pictures = Pictures(PIXELS, TEXT.layout.of([10, 8, 12, 10]))
    return recipe, PictureSize(1, HEIGHT, None), VOCABULARY, Batch(pictures, CODE, torch.arange(4))


def predictor(kind: str, target: Labels | Numbers | Tags) -> tuple[ModelRecipe, SourceSize, TargetSize, AnyBatch]:
    recipe = ModelRecipe.model_validate({"encoder": TRANSFORMER, "decoder": {"kind": kind}})
    return recipe, VOCABULARY, SIZES[kind], Batch(TEXT, target, torch.arange(4))


MODELS: dict[str, Callable[[], tuple[ModelRecipe, SourceSize, TargetSize, AnyBatch]]] = {
    "transformer": lambda: translation(TRANSFORMER, TRANSFORMER),
    "recurrent": lambda: translation(RECURRENT, {**RECURRENT, "attention": "none"}),
    "attentional": lambda: translation(RECURRENT, {**RECURRENT, "input_feeding": False}),
    "input feeding": lambda: translation(RECURRENT, {**RECURRENT, "input_feeding": True}),
    "transformer language model": lambda: language(TRANSFORMER),
    "recurrent language model": lambda: language(RECURRENT),
    "ctc": reader,
    "label": lambda: predictor("label", Labels(torch.tensor([0, 2, 2, 1]))),
    "number": lambda: predictor("number", Numbers(torch.tensor([0.5, -1.0, 2.0, 0.0]))),
    "tags": lambda: predictor("tags", TAGS),
    "crf": lambda: predictor("crf", TAGS),
}


def with_weights(batch: AnyBatch, weights: Tensor | None) -> AnyBatch:
    if isinstance(batch, TextBatch):
        return TextBatch(batch.inputs, batch.target, batch.follows, batch.examples, weights)
    return Batch(batch.source, batch.target, batch.examples, weights)


def loss_and_gradient(model: Model, batch: AnyBatch, times: float = 1) -> list[Tensor]:
    """The summed loss some times, and the gradient of every parameter."""
    model.zero_grad()
    loss = times * model.loss(batch)[0]  # type: ignore[arg-type]
    loss.backward()
    return [loss.detach(), *(parameter.grad.clone() for parameter in model.parameters() if parameter.grad is not None)]

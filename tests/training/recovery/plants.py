"""Small models of every kind with a batch for each, and faults planted in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from dragoman.contracts import (
    DEFAULT_SYMBOLS,
    AnyBatch,
    Batch,
    Labels,
    Numbers,
    Packed,
    Pictures,
    PictureSize,
    Rows,
    RowSize,
    TextBatch,
    TextSize,
)
from dragoman.model.build import Model, build
from dragoman.model.taps import Call, Tap, replaced, tapped, with_tensors
from dragoman.recipe.architecture import ModelRecipe
from dragoman.training.recovery.provenance import Origin, Replay, trace

V = 23
TEXT = TextSize(V)
SOURCES = [[5, 6, 7, 3], [8, 9, 3], [10, 3], [11, 12, 13, 14, 15, 3], [16, 17, 3]]
TARGETS = [[6, 5, 3], [9, 8, 7, 6, 3], [20, 3], [7, 7, 3], [21, 3]]
STACK = {"kind": "transformer", "layers": 2, "width": 16, "feed_forward": 24, "heads": 4}
LSTM = {"kind": "lstm", "width": 16}


def _texts() -> Batch:
    return Batch(Packed.of(SOURCES), Packed.of(TARGETS), torch.arange(100, 105))


def _lines() -> TextBatch:
    target = Packed.of(TARGETS)
    return TextBatch(target.shifted(DEFAULT_SYMBOLS.start), target, False, torch.arange(100, 105))


def _rows(target: Labels | Numbers) -> Batch:
    numbers = torch.linspace(-2, 2, 15).view(5, 3)
    return Batch(Rows(numbers, torch.tensor([[0, 1], [1, 2], [2, 0], [0, 0], [1, 1]])), target, torch.arange(100, 105))


def _pictures(target: Packed | Labels, width: int | None = None) -> Batch:
    random = np.random.default_rng(1)
    widths = [width or 14 + 2 * n for n in range(5)]
    pictures = Pictures.of([random.integers(0, 256, (1, 16, w), dtype=np.uint8) for w in widths])
    return Batch(pictures, target, torch.arange(100, 105))


LABELS, NUMBERS = Labels(torch.tensor([0, 1, 1, 0, 1])), Numbers(torch.tensor([0.5, -1.0, 0.25, 2.0, 0.0]))
PAIR = Packed.of([[5, 6, 3], [7, 3], [5, 3], [8, 9, 3], [6, 3]])
RESIDUAL = {"kind": "residual", "channels": [4, 6], "halvings": 1, "width": 8, "context": 1}
KINDS: dict[str, tuple[dict[str, Any], Any, int, Callable[[], AnyBatch]]] = {
    "transformer": ({"encoder": STACK, "decoder": STACK}, TEXT, TEXT, _texts),
    "post-norm": ({"encoder": {**STACK, "norm": "post"}, "decoder": {**STACK, "norm": "post"}}, TEXT, TEXT, _texts),
    "lstm": (
        {"encoder": {**LSTM, "bidirectional": True}, "decoder": {**LSTM, "attention": "additive"}},
        TEXT,
        TEXT,
        _texts,
    ),
    "gru": (
        {
            "encoder": {"kind": "gru", "width": 16, "layers": 2},
            "decoder": {"kind": "gru", "width": 16, "attention": "none"},
        },
        TEXT,
        TEXT,
        _texts,
    ),
    "fed rnn": (
        {
            "encoder": {"kind": "rnn", "width": 16},
            "decoder": {"kind": "rnn", "width": 16, "attention": "multi_head", "input_feeding": True},
        },
        TEXT,
        TEXT,
        _texts,
    ),
    "convolution": (
        {"encoder": {"kind": "convolution", "width": 16, "layers": 2}, "decoder": STACK},
        TEXT,
        TEXT,
        _texts,
    ),
    "language model": ({"encoder": {"kind": "none"}, "decoder": {"kind": "gru", "width": 16}}, TEXT, TEXT, _lines),
    "transformer language model": ({"encoder": {"kind": "none"}, "decoder": STACK}, TEXT, TEXT, _lines),
    "label of text": ({"encoder": STACK, "decoder": {"kind": "label"}}, TEXT, 2, lambda: _with(_texts(), LABELS)),
    "label of a row": (
        {"encoder": {"kind": "mlp", "hidden": [8, 8]}, "decoder": {"kind": "label"}},
        RowSize(3, (4, 4)),
        2,
        lambda: _rows(LABELS),
    ),
    "number of a row": (
        {"encoder": {"kind": "mlp", "hidden": [8]}, "decoder": {"kind": "number"}},
        RowSize(3, (4, 4)),
        1,
        lambda: _rows(NUMBERS),
    ),
    "reader": (
        {"encoder": RESIDUAL, "decoder": {"kind": "ctc"}},
        PictureSize(1, 16, None),
        TEXT,
        lambda: _pictures(PAIR),
    ),
    "label of a picture": (
        {"encoder": {"kind": "lenet"}, "decoder": {"kind": "label"}},
        PictureSize(1, 16, 16),
        2,
        lambda: _pictures(LABELS, 16),
    ),
}


def _with(batch: Batch, target: Labels) -> Batch:
    return Batch(batch.source, target, batch.examples)


def made(kind: str) -> tuple[Model, AnyBatch]:
    """A model in training mode, and a batch of five examples, 100 to 104."""
    values, source, target, batch = KINDS[kind]
    if values["encoder"]["kind"] == "none":
        values = {**values, "tie": "decoder"}
    elif values["encoder"].get("kind") in ("residual", "lenet", "mlp", "linear") or "attention" in values["decoder"]:
        values = {**values, "tie": "none"}
    return build(ModelRecipe.model_validate(values), source, target, seed=1).train(), batch()


def traced(model: Model, *batches: AnyBatch, **changes: Any) -> Origin:
    """What is found at update 7."""
    values = {"seed": 3, "update": 7, "places": tuple(range(len(batches))), "factor": 0.1, **changes}
    return trace(model, batches, Replay(**values))


class _Differentiable(Tap):
    """Notes the calls that return tensors with a gradient."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str], None] = {}

    def after(self, call: Call, result: Any) -> Any:
        def note(values: Tensor) -> Tensor:
            if values.requires_grad:
                self.found.setdefault((call.module, call.method))
            return values

        return with_tensors(result, note)


def calls(model: Model, batch: AnyBatch) -> list[tuple[str, str]]:
    """Modules and the methods of theirs that make tensors with a gradient in a loss."""
    seen = _Differentiable()
    with tapped(model, seen, methods=None):
        model.loss(batch)  # type: ignore[arg-type]
    return list(seen.found)


class _Faulty(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        return values.clone()

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> Tensor:
        return upstream[0] * float("nan")


@contextmanager
def planted(module: nn.Module, method: str, change: Callable[[Tensor], Tensor]) -> Iterator[None]:
    """The results of a module's method, changed."""
    plain = getattr(module, method)
    with replaced(module, method, lambda *given, **named: with_tensors(plain(*given, **named), change)):
        yield


def divided_by_zero(values: Tensor) -> Tensor:
    """Infinite, or not a number where it was 0."""
    return values / 0.0


def faulty_gradient(values: Tensor) -> Tensor:
    """The same values; their gradient is lost on the way back."""
    return _Faulty.apply(values) if values.requires_grad else values  # type: ignore[no-untyped-call]

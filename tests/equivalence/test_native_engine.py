"""The native engine computes what PyTorch's modules compute, for every architecture.

The program of a model is run by its slow reference in NumPy, in double precision, and by the engine in float32.
Widths are no multiples of 16, and heads have odd widths, so that padding is everywhere.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from jaxtyping import Float
from torch import nn

from dragoman.contracts import (
    DEFAULT_SYMBOLS,
    Layout,
    Packed,
    Pictures,
    PictureSize,
    Rows,
    RowSize,
    SourceSize,
    TagSize,
    TargetSize,
    TextSize,
)
from dragoman.errors import UnsupportedError
from dragoman.model.build import Model, build
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.language_model import LanguageModel
from dragoman.plan.compile import program_of
from dragoman.plan.plan_of import plan_of
from dragoman.plan.program import Program
from dragoman.plan.run import Example, Input
from dragoman.recipe.architecture import ModelRecipe

Section = dict[str, Any]

TRANSFORMER = {"layers": 2, "width": 20, "feed_forward": 24, "heads": 4}
POST_NORM = {**TRANSFORMER, "norm": "post", "activation": "gelu", "positions": "learned", "max_positions": 24}
ENCODERS: dict[str, Section] = {
    "pre-norm": TRANSFORMER,
    "post-norm": POST_NORM,
    "rnn": {"kind": "rnn", "width": 20},
    "deep relu rnn": {"kind": "rnn", "width": 20, "activation": "relu", "layers": 2},
    "gru": {"kind": "gru", "width": 20},
    "gru reset before, both ways": {"kind": "gru", "width": 10, "reset": "before", "bidirectional": True, "layers": 2},
    "residual lstm": {"kind": "lstm", "width": 20, "layers": 3, "residual": True},
    "residual lstm both ways": {
        "kind": "lstm",
        "width": 10,
        "embedding_width": 20,
        "layers": 2,
        "bidirectional": True,
        "residual": True,
    },
    "convolution": {"kind": "convolution", "width": 20, "layers": 2, "max_positions": 24},
    "convolution of 1 tap": {"kind": "convolution", "width": 20, "layers": 1, "taps": 1, "positions": "sinusoidal"},
}
DECODERS: dict[str, Section] = {
    "pre-norm": TRANSFORMER,
    "post-norm": POST_NORM,
    "residual rnn": {"kind": "rnn", "width": 20, "attention": "none", "layers": 2, "residual": True},
    "lstm with readout": {"kind": "lstm", "width": 12, "embedding_width": 20, "attention": "none"},
    "gru dot": {"kind": "gru", "width": 20, "attention": "dot"},
    "gru reset before, additive": {"kind": "gru", "width": 12, "reset": "before", "embedding_width": 20},
    "lstm scaled dot": {"kind": "lstm", "width": 20, "attention": "scaled_dot", "layers": 2},
    "lstm additive fed": {"kind": "lstm", "width": 20, "layers": 2, "input_feeding": True, "residual": True},
    "gru dot fed": {"kind": "gru", "width": 20, "attention": "dot", "input_feeding": True, "embedding_width": 8},
    "relu rnn multi-head fed": {
        "kind": "rnn",
        "width": 20,
        "activation": "relu",
        "attention": "multi_head",
        "input_feeding": True,
    },
    "lstm multi-head": {"kind": "lstm", "width": 15, "attention": "multi_head", "heads": 3, "embedding_width": 20},
}
VOCABULARY = 37
TOLERANCE = 2e-6
SOURCE = [5, 6, 7, 9, 11, 13, 3]


def model_of(recipe: Section, source: SourceSize, target: TargetSize) -> Model:
    """A model in double precision with weights that leave no bias and no gain as it began."""
    model = build(ModelRecipe.model_validate(recipe), source, target, seed=7).eval()
    generator = torch.Generator().manual_seed(11)
    for parameter in model.parameters():
        parameter.data += 0.1 * torch.randn(parameter.shape, generator=generator)
    for name, buffer in model.named_buffers():
        buffer.copy_(0.5 + torch.rand(buffer.shape, generator=generator)) if "running" in name else None
    return model.double()


def program(model: nn.Module) -> Program:
    return program_of(plan_of(model), DEFAULT_SYMBOLS)


def same(found: Float[np.ndarray, "_ _"], expected: torch.Tensor) -> bool:
    wide = np.atleast_2d(expected.detach().numpy())
    return np.allclose(found[:, : wide.shape[1]], wide, rtol=TOLERANCE, atol=TOLERANCE)


def translator(encoder: str, decoder: str, tie: str = "decoder") -> EncoderDecoder:
    recipe = {"encoder": ENCODERS[encoder], "decoder": DECODERS[decoder], "tie": tie}
    model = model_of(recipe, TextSize(VOCABULARY), TextSize(VOCABULARY))
    assert isinstance(model, EncoderDecoder)
    return model


def same_scores(model: EncoderDecoder | LanguageModel, example: Example) -> bool:
    """Whether hypotheses that branch get the same scores of next symbols as by PyTorch."""
    begin = 1 if isinstance(model, LanguageModel) else model.encode(Packed.of([SOURCE]))
    state = model.start(begin)
    for symbols, parents in (([2], [0, 0, 0]), ([5, 6, 7], [2, 0]), ([8, 3], [1, 1]), ([9, 10], [0])):
        scores, state = model.step(torch.tensor(symbols), state)
        if not same(example.step(symbols), scores):
            return False
        state = state.select(torch.tensor(parents))
        example.select(parents)
    return True


PAIRS = [(encoder, "gru dot") for encoder in ENCODERS] + [("gru reset before, both ways", name) for name in DECODERS]


@pytest.mark.parametrize(("encoder", "decoder"), PAIRS)
@torch.inference_mode()
def test_reference_of_translators(encoder: str, decoder: str) -> None:
    model = translator(encoder, decoder)
    assert same_scores(model, Example(program(model), np.array(SOURCE)))


@pytest.mark.parametrize("decoder", ["pre-norm", "post-norm", "residual rnn", "lstm with readout"])
@torch.inference_mode()
def test_reference_of_language_models(decoder: str) -> None:
    section = {key: value for key, value in DECODERS[decoder].items() if key != "attention"}
    model = model_of({"encoder": {"kind": "none"}, "decoder": section}, TextSize(VOCABULARY), TextSize(VOCABULARY))
    assert isinstance(model, LanguageModel)
    assert same_scores(model, Example(program(model), None))


TEXT, TAGS, PICTURE = TextSize(VOCABULARY), TagSize(("O", "B-X", "I-X")), PictureSize(3, 15, None)
OTHERS: dict[str, tuple[Section, SourceSize, TargetSize]] = {
    **{
        f"{encoder} to {decoder}": ({"encoder": ENCODERS[encoder], "decoder": {"kind": decoder}}, TEXT, target)
        for encoder, decoder, target in [
            ("pre-norm", "label", 5),
            ("residual lstm both ways", "label", 5),
            ("convolution", "number", 1),
            ("gru reset before, both ways", "tags", TAGS),
            ("pre-norm", "crf", TAGS),
        ]
    },
    "reader": (
        {
            "encoder": {"kind": "residual", "channels": [3, 6, 6], "halvings": 1, "width": 20, "context": 2},
            "decoder": {"kind": "ctc"},
        },
        PICTURE,
        TEXT,
    ),
    "reader without context": (
        {"encoder": {"kind": "residual", "channels": [6], "width": 20, "context": 0}, "decoder": {"kind": "ctc"}},
        PICTURE,
        TEXT,
    ),
    "lenet": (
        {"encoder": {"kind": "lenet", "channels": [5, 7], "hidden": [20, 9]}, "decoder": {"kind": "label"}},
        PictureSize(3, 15, 18),
        6,
    ),
    "pixels": (
        {
            "encoder": {"kind": "mlp", "reads": "picture", "hidden": [20, 9], "activation": "sigmoid"},
            "decoder": {"kind": "label"},
        },
        PictureSize(3, 15, 18),
        6,
    ),
    "rows": (
        {"encoder": {"kind": "mlp", "hidden": [9], "activation": "tanh"}, "decoder": {"kind": "number"}},
        RowSize(4, (3, 2)),
        1,
    ),
    "linear regression": ({"encoder": {"kind": "linear"}, "decoder": {"kind": "number"}}, RowSize(4, (3, 2)), 1),
}


def inputs_of(model: EncoderDecoder, size: SourceSize) -> tuple[list[Input], Any]:
    """Inputs as a program reads them, and the same as the model does."""
    random = np.random.default_rng(3)
    if isinstance(size, TextSize):
        texts = [SOURCE, [8, 3]]
        return [np.array(text) for text in texts], Packed.of(texts)
    if isinstance(size, PictureSize):
        widths = [size.width or 23, size.width or 12]
        pictures = [random.integers(0, 256, (size.channels, size.height, width), np.uint8) for width in widths]
        packed = np.concatenate(pictures, 2)
        return pictures, Pictures(torch.from_numpy(packed), Layout.of(widths))
    numbers = torch.from_numpy(random.normal(size=(2, size.numbers)))
    rows = Rows(numbers, torch.tensor([[0, 1], [2, 0]]))
    return list(model.encoder.numbers(rows).double().numpy()), rows


@pytest.mark.parametrize("name", OTHERS)
@torch.inference_mode()
def test_reference_of_other_outputs(name: str) -> None:
    recipe, source, target = OTHERS[name]
    model = model_of(recipe, source, target)
    assert isinstance(model, EncoderDecoder)
    inputs, packed = inputs_of(model, source)
    run = program(model)
    found = np.concatenate([Example(run, given).result for given in inputs])
    expected = model.decoder.outputs(Packed.of([SOURCE] * len(inputs)), model.encode(packed))
    if name.startswith("reader"):
        expected[:, list(model.decoder.not_at_a_place)] = -torch.inf
    assert same(found, expected[:, None] if expected.ndim == 1 else expected)


def test_shared_tables_are_stored_once() -> None:
    model = translator("gru", "gru dot", "all").float()
    run = program(model)
    assert len(run.tables) == 1
    assert same_scores(model.double(), Example(run, np.array(SOURCE)))


def test_modules_without_a_plan_are_named() -> None:
    model = translator("gru", "gru dot")
    model.encoder = nn.Linear(3, 3)
    with pytest.raises(UnsupportedError, match="no plan of a module of type Linear"):
        plan_of(model)

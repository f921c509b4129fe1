"""The native engine computes what PyTorch's modules compute, for every architecture.

The program of a model is run by its slow reference in NumPy, in double precision, and by the engine in float32.
Widths are no multiples of 16, and heads have odd widths, so that padding is everywhere.
"""

from __future__ import annotations

import copy
import ctypes
from typing import Any

import numpy as np
import pytest
import torch
from jaxtyping import Float
from torch import nn

from dragoman.contracts import (
    DEFAULT_SYMBOLS,
    Beam,
    Greedy,
    Layout,
    Packed,
    Pictures,
    PictureSize,
    Rows,
    RowSize,
    SearchRequest,
    Source,
    SourceSize,
    TagSize,
    TargetSize,
    TextSize,
)
from dragoman.decoders.ctc import CTCDecoder
from dragoman.errors import UnsupportedError
from dragoman.model.build import Model, build
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.language_model import LanguageModel
from dragoman.native.engine import EngineModel, Inputs
from dragoman.native.engine_inputs import EngineInputs
from dragoman.native.engine_kernels import Number
from dragoman.native.engine_search import EngineSearcher
from dragoman.native.library import load, present
from dragoman.plan.compile import program_of
from dragoman.plan.plan_of import plan_of
from dragoman.plan.program import Program
from dragoman.plan.program_bytes import program_bytes
from dragoman.plan.run import Example, Input
from dragoman.predict.torch_engine import TorchEngine
from dragoman.recipe.architecture import ModelRecipe
from dragoman.search.repetition import RepetitionRule

Section = dict[str, Any]
Scores = Float[np.ndarray, "..."]

TRANSFORMER = {"layers": 2, "width": 20, "feed_forward": 24, "heads": 4}
POST_NORM = {**TRANSFORMER, "norm": "post", "activation": "gelu", "positions": "learned", "max_positions": 24}
SWITCHED = {
    **{**POST_NORM, "activation": "squared_relu", "query_key_norm": True},
    **{"positions": "rotary", "heads": 2, "embedding_shortcut": True},
}
ENCODERS: dict[str, Section] = {
    "pre-norm": TRANSFORMER,
    "post-norm": POST_NORM,
    "pre-norm with switches": {**SWITCHED, "norm": "pre"},
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
    "post-norm with switches": SWITCHED,
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
IN_PARTS = "gru reset before, both ways"
PAIRS = [
    *((encoder, "gru dot") for encoder in ENCODERS),
    *(("pre-norm", decoder) for decoder in DECODERS if decoder != "gru dot"),
    *((IN_PARTS, decoder) for decoder in ("pre-norm", "lstm with readout", "lstm additive fed", "lstm multi-head")),
]
"""All encoders, all decoders, and each way to read a memory that stands in two parts, one for each direction."""
VOCABULARY = 37
TEXT, TAGS = TextSize(VOCABULARY), TagSize(("O", "B-X", "I-X"))
PICTURE, DIGIT = PictureSize(3, 15, None), PictureSize(3, 15, 18)
RESIDUAL: Section = {"kind": "residual", "channels": [3, 6, 6], "halvings": 1, "width": 20, "context": 2}
LENET: Section = {"kind": "lenet", "channels": [5, 7], "hidden": [20, 9]}
SOURCES = [[5, 6, 7, 9, 11, 13, 3], [8, 3]]
# What three hypotheses of each source read at each step, and from which ones they go on.
SYMBOLS = [[2, 2, 2], [5, 6, 7], [8, 3, 9]]
PARENTS = [[0, 0, 0], [0, 1, 2], [2, 0, 0]]
TOLERANCE = 2e-6
SINGLE_TOLERANCE = 1e-5


def model_of(recipe: Section, source: SourceSize, target: TargetSize) -> Model:
    """A model with weights that leave no bias and no gain as it began."""
    model = build(ModelRecipe.model_validate(recipe), source, target, seed=7).eval()
    generator = torch.Generator().manual_seed(11)
    for parameter in model.parameters():
        parameter.data += 0.1 * torch.randn(parameter.shape, generator=generator)
    for name, buffer in model.named_buffers():
        if "running" in name:
            buffer.copy_(0.5 + torch.rand(buffer.shape, generator=generator))
    return model


def translator(encoder: str, decoder: str, tie: str = "decoder") -> EncoderDecoder:
    recipe = {"encoder": ENCODERS[encoder], "decoder": DECODERS[decoder], "tie": tie}
    model = model_of(recipe, TEXT, TEXT)
    assert isinstance(model, EncoderDecoder)
    return model


def program(model: Model) -> Program:
    return program_of(plan_of(model), DEFAULT_SYMBOLS)


def inputs_of(size: SourceSize | None, model: Model) -> tuple[list[Input | None], Source | None]:
    """Inputs as a program reads them, and the same as the model does; None and no size are of a language model."""
    random = np.random.default_rng(3)
    if isinstance(size, TextSize):
        return [np.array(text, np.int32) for text in SOURCES], Packed.of(SOURCES)
    if isinstance(size, PictureSize):
        widths = [size.width or 23, size.width or 12]
        pictures = [random.integers(0, 256, (size.channels, size.height, width), np.uint8) for width in widths]
        return list(pictures), Pictures(torch.from_numpy(np.concatenate(pictures, 2)), Layout.of(widths))
    if size is None or isinstance(model, LanguageModel):
        return [None] * len(SOURCES), None
    rows = Rows(torch.from_numpy(random.normal(size=(2, size.numbers))), torch.tensor([[0, 1], [2, 0]]))
    return list(model.encoder.numbers(rows).float().numpy()), rows


def end_to_end(run: Program, inputs: list[Input | None]) -> tuple[Inputs, list[int]]:
    """Inputs as the engine takes them, and their lengths."""
    given = [np.zeros(0, np.int32) if one is None else one for one in inputs]
    if run.given:
        return np.concatenate([np.pad(row, (0, run.given - len(row))) for row in given]), [1] * len(given)
    lengths = [picture.shape[2] for picture in given] if run.channels else [len(text) for text in given]
    return np.concatenate([one.ravel() for one in given]), lengths


def torch_scores(model: Model, source: Source | None) -> Scores:
    """The scores of next symbols by PyTorch, in double precision: [steps inputs hypotheses symbols]."""
    model = copy.deepcopy(model).double()
    count = len(SOURCES)
    state = model.start(count) if isinstance(model, LanguageModel) else model.start(model.encode(source))
    scores = []
    for step, (symbols, parents) in enumerate(zip(SYMBOLS, PARENTS, strict=True)):
        before = 3 if step else 1
        rows = [number * before + parent for number in range(count) for parent in parents]
        found, state = model.step(torch.tensor(symbols * count), state.select(torch.tensor(rows)))
        scores.append(found.numpy().reshape(count, 3, -1))
    return np.stack(scores)


def reference_scores(run: Program, inputs: list[Input | None]) -> Scores:
    """The same by the reference of programs."""
    examples = [Example(run, given) for given in inputs]
    scores = []
    for symbols, parents in zip(SYMBOLS, PARENTS, strict=True):
        for example in examples:
            example.select(parents)
        scores.append([example.step(symbols) for example in examples])
    return np.array(scores)


def engine_scores(run: Program, inputs: list[Input | None]) -> Scores:
    """The same by the engine, in which symbols that are never written have a score of −∞."""
    model = EngineModel(program_bytes(run), Number.FLOAT32)
    data, lengths = end_to_end(run, inputs)
    symbols, parents = (np.repeat(np.array(given, np.int32), len(inputs), 0) for given in (SYMBOLS, PARENTS))
    scores = np.empty((len(SYMBOLS), len(inputs), 3, run.symbols), np.float32)
    normalizers, error = np.empty(scores.shape[:3]), ctypes.create_string_buffer(512)
    sizes, memory = np.array(lengths, np.int64), np.zeros(2, np.int64)
    given = (model.handle, data, data.size, sizes, len(inputs), 3, len(SYMBOLS), symbols, parents, 0, scores)
    present(load("engine")).dragoman_engine_test_steps(*map(_c, (*given, normalizers, memory, error, 512)))
    assert error.value == b""
    assert memory[0] <= memory[1], "a machine holds more memory than was told"
    log_sum = np.logaddexp.reduce(scores[..., DEFAULT_SYMBOLS.end :], -1)
    assert (normalizers >= log_sum - SINGLE_TOLERANCE).all(), "symbols that are never written count, too"
    return scores


def _c(value: object) -> object:
    if isinstance(value, np.ndarray):
        return ctypes.c_void_p(value.ctypes.data)
    return ctypes.c_int64(value) if isinstance(value, int) else value


def close(found: Scores, expected: Scores, tolerance: float = TOLERANCE) -> bool:
    return np.allclose(found, expected, rtol=tolerance, atol=tolerance)


def check_scores(model: Model, size: SourceSize | None = TEXT) -> None:
    """The reference equals PyTorch, and the engine the reference."""
    run = program(model)
    inputs, source = inputs_of(size, model)
    reference = reference_scores(run, inputs)
    assert close(reference, torch_scores(model, source))
    if load("engine") is not None:
        never = len(DEFAULT_SYMBOLS.never_written)
        assert close(engine_scores(run, inputs)[..., never:], reference[..., never:], SINGLE_TOLERANCE)


@pytest.mark.parametrize(("encoder", "decoder"), PAIRS)
@torch.inference_mode()
def test_translators(encoder: str, decoder: str) -> None:
    check_scores(translator(encoder, decoder))


@pytest.mark.parametrize("decoder", ["pre-norm", "post-norm with switches", "residual rnn", "lstm with readout"])
@torch.inference_mode()
def test_language_models(decoder: str) -> None:
    section = {key: value for key, value in DECODERS[decoder].items() if key != "attention"}
    check_scores(model_of({"encoder": {"kind": "none"}, "decoder": section}, TEXT, TEXT), None)


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
        {"encoder": RESIDUAL, "decoder": {"kind": "ctc"}},
        PICTURE,
        TEXT,
    ),
    "reader without context": (
        {"encoder": {"kind": "residual", "channels": [6], "width": 20, "context": 0}, "decoder": {"kind": "ctc"}},
        PICTURE,
        TEXT,
    ),
    "lenet": (
        {"encoder": LENET, "decoder": {"kind": "label"}},
        DIGIT,
        6,
    ),
    "pixels": (
        {
            "encoder": {"kind": "mlp", "reads": "picture", "hidden": [20, 9], "activation": "sigmoid"},
            "decoder": {"kind": "label"},
        },
        DIGIT,
        6,
    ),
    "rows": (
        {"encoder": {"kind": "mlp", "hidden": [9], "activation": "tanh"}, "decoder": {"kind": "number"}},
        RowSize(4, (3, 2)),
        1,
    ),
    "linear regression": ({"encoder": {"kind": "linear"}, "decoder": {"kind": "number"}}, RowSize(4, (3, 2)), 1),
}


READERS: dict[str, tuple[Section, PictureSize]] = {
    "residual to pre-norm": ({"encoder": RESIDUAL, "decoder": DECODERS["pre-norm"]}, PICTURE),
    "residual to lstm": ({"encoder": RESIDUAL, "decoder": DECODERS["lstm additive fed"]}, PICTURE),
    "lenet to gru": ({"encoder": LENET, "decoder": {"kind": "gru", "width": 9, "attention": "dot"}}, DIGIT),
}


@pytest.mark.parametrize("name", READERS)
@torch.inference_mode()
def test_readers_by_attention(name: str) -> None:
    recipe, size = READERS[name]
    check_scores(model_of(recipe, size, TEXT), size)


@pytest.mark.parametrize("name", OTHERS)
@torch.inference_mode()
def test_other_outputs(name: str) -> None:
    recipe, source, target = OTHERS[name]
    model = model_of(recipe, source, target)
    assert isinstance(model, EncoderDecoder)
    inputs, packed = inputs_of(source, model)
    run = program(model)
    reference = np.concatenate([Example(run, given).result for given in inputs])
    exact = model.double()
    expected = exact.decoder.outputs(Packed.of([[3]] * len(inputs)), exact.encode(packed)).numpy()
    if expected.ndim == 1:
        expected = expected[:, None]
    if isinstance(exact.decoder, CTCDecoder):
        expected[:, list(exact.decoder.not_at_a_place)] = -np.inf
    assert close(reference[:, : expected.shape[1]], expected)
    if load("engine") is not None:
        found = EngineModel(program_bytes(run), Number.FLOAT32).encode(*end_to_end(run, inputs))
        assert close(np.concatenate(found), reference, SINGLE_TOLERANCE)


def searched_alike(model: EncoderDecoder, size: SourceSize) -> bool:
    """Whether greedy and beam search find the same texts as by PyTorch, with scores that hardly differ."""
    inputs, source = inputs_of(size, model)
    run, decoder = program(model), model.decoder
    blank = decoder.blank if isinstance(decoder, CTCDecoder) else None
    searcher = EngineSearcher.of_model(EngineModel(program_bytes(run), Number.FLOAT32), blank)
    data, lengths = end_to_end(run, inputs)
    given = EngineInputs(data, np.array(lengths, np.int64))
    for method, n_best in ((Greedy(), 1), (Beam(width=4), 2)):
        request = SearchRequest(method, n_best=n_best, limits=[7, 9])
        expected = TorchEngine(model, DEFAULT_SYMBOLS, batch_tokens=99).search(source, request).hypotheses
        found = searcher.search(given, request, RepetitionRule()).hypotheses
        pairs = [both for rows in zip(found, expected, strict=True) for both in zip(*rows, strict=True)]
        if any(mine.tokens != other.tokens or abs(mine.score - other.score) > 1e-4 for mine, other in pairs):
            return False
    return True


@pytest.mark.skipif(load("engine") is None, reason="the engine is not built here")
@pytest.mark.parametrize(
    ("recipe", "size"),
    [
        ({"encoder": ENCODERS["pre-norm"], "decoder": DECODERS["post-norm with switches"]}, TEXT),
        ({"encoder": ENCODERS[IN_PARTS], "decoder": DECODERS["lstm additive fed"]}, TEXT),
        ({"encoder": ENCODERS["convolution"], "decoder": DECODERS["residual rnn"]}, TEXT),
        ({"encoder": RESIDUAL, "decoder": {"kind": "ctc"}}, PICTURE),
    ],
)
def test_searches_find_the_same(recipe: Section, size: SourceSize) -> None:
    model = model_of(recipe, size, TEXT)
    assert isinstance(model, EncoderDecoder)
    assert searched_alike(model, size)


@torch.inference_mode()
def test_shared_tables_are_stored_once() -> None:
    model = translator("gru", "gru dot", "all")
    assert len(program(model).tables) == 1
    check_scores(model)


def test_modules_without_a_plan_are_named() -> None:
    model = translator("gru", "gru dot")
    model.encoder = nn.Linear(3, 3)
    with pytest.raises(UnsupportedError, match="no plan of a module of type Linear"):
        plan_of(model)

"""Previews of output layers fit every model that writes symbol by symbol: one of full rank changes no score."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from dragoman.contracts import DEFAULT_SYMBOLS, Beam, Greedy, Packed, SearchRequest, TextSize
from dragoman.contracts.expect import expect
from dragoman.errors import DamagedFileError
from dragoman.model.build import build
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.native.engine import EngineModel
from dragoman.native.engine_kernels import Number
from dragoman.native.library import load
from dragoman.plan.compile import program_of
from dragoman.plan.output_preview import OutputPreview
from dragoman.plan.plan_of import plan_of
from dragoman.plan.program import Instruction, Op
from dragoman.plan.program_bytes import program_bytes
from dragoman.plan.run import Example
from dragoman.predict.native_engine import NativeEngine
from dragoman.recipe.architecture import ModelRecipe

pytestmark = pytest.mark.skipif(load("engine") is None, reason="the engine is not built here")

TRANSFORMER = {"layers": 1, "width": 20, "feed_forward": 24, "heads": 2}
GRU = {"kind": "gru", "width": 20}
MODELS: dict[str, dict[str, Any]] = {
    "pre-norm": {"encoder": TRANSFORMER, "decoder": TRANSFORMER},
    "post-norm": {"encoder": TRANSFORMER, "decoder": {**TRANSFORMER, "norm": "post"}},
    "without attention": {"encoder": GRU, "decoder": {**GRU, "attention": "none"}},
    "input feeding": {"encoder": GRU, "decoder": {**GRU, "attention": "dot", "input_feeding": True}},
}
SYMBOLS, TEXT = 90, [5, 7, 9, 11, 3]


def built(name: str) -> tuple[EncoderDecoder, OutputPreview]:
    """A model, and a preview of all numbers, turned, with ten candidates."""
    model = build(ModelRecipe.model_validate(MODELS[name]), TextSize(SYMBOLS), TextSize(SYMBOLS), seed=1).eval()
    generator = np.random.default_rng(2)
    for parameter in model.parameters():
        if parameter.ndim == 1:
            parameter.data += 0.3 * parameter.data.new_tensor(generator.normal(size=len(parameter)))
    turn = np.linalg.qr(generator.normal(size=(20, 20)))[0].astype(np.float32)
    return expect(model, EncoderDecoder), OutputPreview(turn.T.copy(), turn, np.zeros(SYMBOLS, np.float32), 10)


@pytest.mark.parametrize("name", MODELS)
def test_a_preview_of_full_rank_changes_nothing(name: str) -> None:
    model, preview = built(name)
    plan = plan_of(model)
    whole, previewed = (Example(program_of(plan, DEFAULT_SYMBOLS, given), np.array(TEXT)) for given in (None, preview))
    for symbol in (2, 8, 13):
        assert np.allclose(whole.step([symbol]), previewed.step([symbol]), atol=2e-5)
    moved = dataclasses.replace(preview, rest=np.full(SYMBOLS, 0.5, np.float32))
    example = Example(program_of(plan, DEFAULT_SYMBOLS, moved), np.array(TEXT))
    exact = Example(program_of(plan, DEFAULT_SYMBOLS), np.array(TEXT)).step([2])
    assert np.sum(np.abs(example.step([2]) - exact) < 0.1) == preview.candidates
    rows = Packed.of([TEXT, [8, 3], list(range(10, 30))])
    every = dataclasses.replace(preview, candidates=SYMBOLS)
    for method in (Greedy(), Beam(5)):
        request = SearchRequest(method, limits=[9, 9, 9])
        found = [
            [best.tokens for best in engine.search(rows, request).best]
            for number, given in [("int8", None), ("int8", every), ("float32", None), ("float32", preview)]
            for engine in [NativeEngine(model, DEFAULT_SYMBOLS, number=number, threads=1, preview=given)]
        ]
        assert found[0] == found[1]
        assert found[2] == found[3]


def test_previews_that_cannot_be_used_are_refused() -> None:
    model, preview = built("pre-norm")
    plan = plan_of(model)
    for wrong in (
        dataclasses.replace(preview, candidates=0),
        dataclasses.replace(preview, rest=preview.rest[1:]),
        dataclasses.replace(preview, reading=preview.reading[:, 1:].copy(), writing=preview.writing[1:]),
    ):
        with pytest.raises(ValueError, match="90 symbols and width 20"):
            program_of(plan, DEFAULT_SYMBOLS, wrong)
    program = program_of(plan, DEFAULT_SYMBOLS, preview)
    *_, product, operand = program.step.instructions
    for changed, message in (
        ({"candidates": 0}, "candidates of its own"),
        ({"candidates": SYMBOLS + 1}, "more candidates"),
        ({"preview": program.output}, "of its own"),
        ({"preview": len(program.matrices)}, "out of range"),
        ({"preview": 0}, "another number of outputs"),
        ({"preview_operand": program.output_operand}, "of its own"),
        ({"preview_operand": 99}, "an operand is number 99"),
        ({"output": program.preview}, "of its own"),
    ):
        with pytest.raises(DamagedFileError, match=message):
            EngineModel(program_bytes(dataclasses.replace(program, **changed)), Number.INT8)
    later = (*program.step.instructions, Instruction(Op.activate, out=product.out, in_=product.out))
    step = dataclasses.replace(program.step, instructions=later)
    with pytest.raises(DamagedFileError, match="not those of the preview"):
        EngineModel(program_bytes(dataclasses.replace(program, step=step)), Number.INT8)
    assert operand.out == program.preview_operand


def test_memory_is_told_beforehand() -> None:
    model, preview = built("pre-norm")
    data = [program_bytes(program_of(plan_of(model), DEFAULT_SYMBOLS, given)) for given in (None, preview)]
    plain, previewed = (EngineModel(one, Number.INT8) for one in data)
    assert previewed.describe().bytes > plain.describe().bytes
    assert previewed.memory(10, 10, 5) > plain.memory(10, 10, 5)

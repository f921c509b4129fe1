"""What a decoder looks up is prepared once per sentence, however many steps are taken."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from dragoman.contracts import DEFAULT_SYMBOLS, Batch, Beam, Greedy, Memory, Packed, TextSize
from dragoman.layers.attention.key_values import KeyValues
from dragoman.layers.attention.memory_attention import MemoryAttention
from dragoman.model.build import build
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.recipe.architecture import ModelRecipe
from dragoman.search.rules import SearchRules
from dragoman.search.search import search

START = DEFAULT_SYMBOLS.start

V, ROWS, STEPS = 23, 3, 9
DECODERS: dict[str, dict[str, Any]] = {
    "transformer": {"layers": 2, "width": 16, "feed_forward": 24, "heads": 4},
    "dot": {"kind": "gru", "width": 16, "attention": "dot"},
    "additive": {"kind": "lstm", "width": 16, "attention": "additive"},
    "multi-head": {"kind": "rnn", "width": 16, "attention": "multi_head", "heads": 2},
    "fed": {"kind": "lstm", "width": 16, "attention": "additive", "input_feeding": True},
}


@pytest.fixture(params=list(DECODERS))
def model(request: pytest.FixtureRequest) -> EncoderDecoder:
    recipe = {"encoder": {"kind": "gru", "width": 16}, "decoder": DECODERS[request.param], "tie": "decoder"}
    built = build(ModelRecipe.model_validate(recipe), TextSize(V), TextSize(V), seed=1)
    assert isinstance(built, EncoderDecoder)
    return built.eval()


@pytest.fixture
def projections(model: EncoderDecoder, monkeypatch: pytest.MonkeyPatch) -> dict[int, int]:
    """How often each attention to the source projected a memory; filled while the test runs."""
    counts: dict[int, int] = {}
    names = ("attention", "cross_attention")
    found = [getattr(module, name) for module in model.decoder.modules() for name in names if hasattr(module, name)]
    for attention in found:
        counts[id(attention)] = 0

        def count(*_: Any, of: MemoryAttention = attention) -> None:
            counts[id(of)] += 1

        def counted(memory: Memory, *, of: MemoryAttention = attention) -> KeyValues:
            counts[id(of)] += 1
            return type(of).project(of, memory)

        # Whole targets at once may take another way than `project`, but keys and values are one linear layer's.
        if hasattr(attention, "memory_inputs"):
            attention.memory_inputs.register_forward_hook(count)
        else:
            monkeypatch.setattr(attention, "project", counted)
    return counts


SOURCE = Packed.of([[5, 6, 7, 3], [8, 9, 3], [10, 3]])


def test_in_training(model: EncoderDecoder, projections: dict[int, int]) -> None:
    target = Packed.of([[6] * STEPS] * ROWS)
    model.loss(Batch(SOURCE, target, torch.arange(ROWS)))
    assert set(projections.values()) == {1}


@pytest.mark.parametrize("beam", [1, 3])
@torch.inference_mode()
def test_in_search(model: EncoderDecoder, projections: dict[int, int], beam: int) -> None:
    steps = 0

    def step(tokens: torch.Tensor, state: Any) -> tuple[torch.Tensor, Any]:
        nonlocal steps
        steps += 1
        return model.step(tokens, state)

    method = Greedy() if beam == 1 else Beam(beam, 0.0)
    search(step, model.start(model.encode(SOURCE)), method, SearchRules(START, V, [STEPS] * ROWS))
    assert steps >= STEPS
    assert set(projections.values()) == {1}

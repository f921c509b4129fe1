"""A step of a Transformer decoder in one native call, against the decoder's own step: on every instruction set, with
odd widths, after rows were repeated, reordered and dropped, and twice from one state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from dragoman.contracts import Packed, RankingStep, TextSize
from dragoman.decoders.packed_transformer import PackedTransformer
from dragoman.model.build import build
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.native import decoding
from dragoman.recipe.architecture import ModelRecipe
from dragoman.search.scores import log_normalizer, top_symbols

pytestmark = pytest.mark.skipif(decoding.kernels() is None, reason="the native kernels are not built here")

SETS = ["baseline", "avx2", "avx512"]
SELECTIONS = ([0, 1, 2], [0] * 6 + [1] * 9 + [2] * 4, [1, 0, 18, 3, 5, 4, *range(8, 17)], [4, 5], [1, 0, 1])


@pytest.fixture(params=SETS, autouse=True, scope="module")
def instruction_set(request: pytest.FixtureRequest) -> Iterator[str]:
    """Every kernel is built for each; the best that the processor has is taken."""
    wanted = SETS.index(request.param)
    try:
        if decoding.library().dragoman_use_isa(wanted) != wanted:
            pytest.skip(f"this processor has no {request.param}")
        yield str(request.param)
    finally:
        decoding.library().dragoman_use_isa(len(SETS) - 1)


def model_of(vocabulary: int = 23, **decoder: Any) -> EncoderDecoder:
    recipe = {"encoder": {"kind": "gru", "width": 16}, "decoder": decoder, "tie": "decoder"}
    model = build(ModelRecipe.model_validate(recipe), TextSize(23), TextSize(vocabulary), seed=1)
    assert isinstance(model, EncoderDecoder)
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
    return model.eval()


def outputs(model: EncoderDecoder, start: Any, step: Any) -> Iterator[tuple[Tensor, Any, Tensor]]:
    """Logits, and the tokens and state before them."""
    state = start(model.encode(Packed.of([[5, 6, 7, 3], [8, 3], [10, *range(5, 22), 3]])))
    for rows in SELECTIONS:
        state = state.select(torch.tensor(rows))
        tokens = torch.arange(len(rows)) % 19 + 3
        yield step(tokens + 1, state)[0], state, tokens + 1
        logits, after = step(tokens, state)
        yield logits, state, tokens
        state = after


SHAPES: list[dict[str, Any]] = [
    {"layers": 1, "width": 16, "heads": 1, "feed_forward": 24},
    {"layers": 2, "width": 36, "heads": 3, "feed_forward": 70, "norm": "post", "activation": "squared_relu"},
    {"layers": 3, "width": 128, "heads": 4, "feed_forward": 96, "norm": "pre"},
    {"layers": 2, "width": 20, "heads": 2, "feed_forward": 5, "norm": "pre", "positions": "learned"},
]


@pytest.mark.parametrize("vocabulary", [23, 1100])
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: f"{shape['layers']}x{shape['width']}")
@torch.no_grad()
def test_equals_the_decoder(shape: dict[str, Any], vocabulary: int) -> None:
    model = model_of(vocabulary, **shape)
    start, step = model.for_search()
    assert isinstance(step, PackedTransformer)
    assert isinstance(step, RankingStep)
    expected = [logits for logits, _, _ in outputs(model, model.start, model.step)]
    for (found, state, tokens), logits in zip(outputs(model, start, step), expected, strict=True):
        assert torch.allclose(found, logits, atol=2e-4, rtol=1e-4)
        values, ids, normalizers, _ = step.best(tokens, state, 7)
        assert torch.allclose(normalizers, log_normalizer(found), atol=1e-4)
        best, order = top_symbols(found, 7, torch.zeros(len(found)))
        assert values.equal(best)
        assert ids.equal(order)


@torch.no_grad()
def test_a_row_is_the_same_in_any_company() -> None:
    """Whatever the number of rows and of threads, to the bit."""
    model = model_of(300, **SHAPES[2])
    start, step = model.for_search()
    state = start(model.encode(Packed.of([[5, 6, 7, 3]])))
    together = state.select(torch.zeros(229, dtype=torch.int64))
    tokens = torch.arange(229) % 200
    before, threads = step(tokens, together)[0], torch.get_num_threads()
    try:
        torch.set_num_threads(threads % 2 + 1)
        assert step(tokens, together)[0].equal(before)
    finally:
        torch.set_num_threads(threads)
    for row in (0, 11, 12, 100, 228):
        assert step(tokens[row : row + 1], state)[0][0].equal(before[row])


@torch.no_grad()
def test_scores_that_are_no_numbers_are_seen() -> None:
    model = model_of(600, **SHAPES[0])
    model.decoder.output.weight[555] = float("nan")
    start, step = model.for_search()
    *_, normalizers, _ = step.best(torch.tensor([4]), start(model.encode(Packed.of([[5, 3]]))), 3)
    assert normalizers.isnan().all()


@torch.no_grad()
def test_weights_are_those_of_the_search() -> None:
    model = model_of(**SHAPES[0])
    memory = model.encode(Packed.of([[5, 3]]))
    found = []
    for _ in range(2):
        start, step = model.for_search()
        found.append(step(torch.tensor([4]), start(memory))[0])
        for block in model.decoder.blocks:
            block.feed_forward.weight_1.data.mul_(3)
    assert not torch.allclose(*found)


def test_takes_only_what_it_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    decoder = model_of(**SHAPES[0]).decoder
    assert not PackedTransformer.takes(decoder), "a gradient is wanted"
    with torch.no_grad():
        assert PackedTransformer.takes(decoder)
        for switch in (
            {"activation": "gelu"},
            {"query_key_norm": True},
            {"positions": "rotary"},
            {"embedding_shortcut": True},
        ):
            assert not PackedTransformer.takes(model_of(**SHAPES[0], **switch).decoder)
        assert not PackedTransformer.takes(model_of(**SHAPES[0]).double().decoder)
        assert not PackedTransformer.takes(model_of(**SHAPES[0]).train().decoder)
        assert not PackedTransformer.takes(model_of(kind="lstm", width=16).decoder)
        monkeypatch.setattr(decoding, "kernels", lambda: None)
        assert not PackedTransformer.takes(decoder)

"""The kernels of a search against PyTorch: uneven rows, odd widths, ties, any instruction set; and whole decoders with
and without them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from dragoman.contracts import Layout, Packed, TextSize
from dragoman.layers.attention.indexed import IndexedPast
from dragoman.layers.attention.scaled_dot_product import attention_equations
from dragoman.model.build import build
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.native import decoding
from dragoman.recipe.architecture import ModelRecipe

pytestmark = pytest.mark.skipif(decoding.kernels() is None, reason="the native kernels are not built here")

SETS = ["baseline", "avx2", "avx512"]


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


def attended(query: Tensor, keys: Tensor, values: Tensor, heads: int) -> Tensor:
    """Of one query, by the equations, in float64."""
    q, k, v = (x.double().unflatten(-1, (heads, -1)) for x in (query, keys, values))
    out = attention_equations(q[:, None], k.transpose(0, 1), v.transpose(0, 1))
    return out.flatten()


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10**6), st.integers(1, 20), st.integers(1, 40), st.sampled_from([(1, 5), (2, 16), (3, 52), (2, 65)])
)
@torch.no_grad()
def test_attention_to_the_past(seed: int, rows: int, length: int, shape: tuple[int, int]) -> None:
    heads, width = shape
    generator = torch.Generator().manual_seed(seed)
    past, counts = IndexedPast.none(rows), [rows]
    for step in range(length):
        if step:
            counts.append(int(torch.randint(1, 20, (), generator=generator)))
            past = past.select(torch.randint(0, counts[-2], (counts[-1],), generator=generator))
        past = past.grown(3 * torch.randn(counts[-1], 3 * heads * width, generator=generator))
    found = decoding.attend_to_past(past.steps, past.ancestry, heads)
    for row, ancestors in enumerate(past.ancestry.tolist()):
        read = torch.stack([step[place] for step, place in zip(past.steps, ancestors, strict=True)])
        _, keys, values = read.chunk(3, 1)
        expected = attended(past.steps[-1][row, : heads * width], keys, values, heads)
        assert torch.allclose(found[row].double(), expected, atol=1e-4)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.integers(1, 40), min_size=1, max_size=6), st.sampled_from([(1, 5), (4, 32)]))
@torch.no_grad()
def test_attention_to_the_memory(seed: int, lengths: list[int], shape: tuple[int, int]) -> None:
    heads, width = shape
    generator = torch.Generator().manual_seed(seed)
    layout = Layout.of(lengths)
    memory = 3 * torch.randn(layout.tokens, 2 * heads * width, generator=generator)
    sentences = torch.randint(0, len(lengths), (11,), generator=generator)
    queries = torch.randn(11, heads * width, generator=generator)
    found = decoding.attend_to_memory(queries, memory, sentences, layout, heads)
    for row, sentence in enumerate(sentences.tolist()):
        start = int(layout.starts[sentence])
        keys, values = memory[start : start + lengths[sentence]].chunk(2, 1)
        assert torch.allclose(found[row].double(), attended(queries[row], keys, values, heads), atol=1e-4)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 3000), st.integers(1, 20), st.booleans())
def test_top_symbols(seed: int, vocabulary: int, count: int, ties: bool) -> None:
    count = min(count, vocabulary)
    logits = 4 * torch.randn(5, vocabulary, generator=torch.Generator().manual_seed(seed))
    if ties:
        logits = logits.round()
    values, ids, normalizers = decoding.top_symbols(logits, count)
    expected, order = logits.sort(dim=1, descending=True, stable=True)
    assert values.equal(expected[:, :count])
    assert ids.equal(order[:, :count]), "of symbols that tie the smaller id comes first"
    assert torch.allclose(normalizers.double(), torch.logsumexp(logits.double(), 1), atol=1e-5)


def test_symbols_that_cannot_be() -> None:
    logits = torch.full((3, 200), float("-inf"))
    logits[1, 7], logits[2, 150] = 2.0, float("nan")
    values, ids, normalizers = decoding.top_symbols(logits, 2)
    assert values[0].tolist() == [float("-inf")] * 2
    assert normalizers[0].item() == float("-inf")
    assert (values[1, 0].item(), ids[1, 0].item(), normalizers[1].item()) == (2.0, 7, 2.0)
    assert normalizers[2].isnan()
    assert len(set(ids[0].tolist())) == 2


DECODERS: dict[str, dict[str, Any]] = {
    "transformer": {"layers": 2, "width": 16, "feed_forward": 24, "heads": 4},
    "multi-head": {"kind": "lstm", "width": 16, "attention": "multi_head", "heads": 2},
    "fed": {"kind": "rnn", "width": 16, "attention": "multi_head", "input_feeding": True},
}


@pytest.mark.parametrize("kind", list(DECODERS))
@torch.no_grad()
def test_a_decoder_computes_the_same_without_them(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also after rows were repeated, reordered and dropped, and twice from one state."""
    recipe = {"encoder": {"kind": "gru", "width": 16}, "decoder": DECODERS[kind], "tie": "decoder"}
    model = build(ModelRecipe.model_validate(recipe), TextSize(23), TextSize(23), seed=1)
    assert isinstance(model, EncoderDecoder)
    model.eval()

    def scores() -> list[Tensor]:
        state: Any = model.start(model.encode(Packed.of([[5, 6, 7, 3], [8, 3], [10, 11, 3]])))
        found = []
        for rows in ([0, 1, 2], [0, 0, 1, 1, 2, 2], [1, 0, 3, 3, 5, 4], [4, 5], [1, 0, 1]):
            state = state.select(torch.tensor(rows))
            tokens = torch.arange(5, 5 + len(rows))
            found.append(model.step(tokens + 1, state)[0])
            logits, state = model.step(tokens, state)
            found.append(logits)
        return found

    native = scores()
    monkeypatch.setattr(decoding, "kernels", lambda: None)
    for one, other in zip(native, scores(), strict=True):
        assert torch.allclose(one, other, atol=1e-5)

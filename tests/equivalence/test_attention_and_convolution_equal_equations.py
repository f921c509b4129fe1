"""Attention of recurrent decoders and convolution over text: fast paths equal the equations, row by row."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from dragoman.contracts import Layout, Memory
from dragoman.layers.attention import additive
from dragoman.layers.attention.additive import AdditiveAttention, additive_score_equations, additive_scores
from dragoman.layers.attention.dot_product import DotProductAttention
from dragoman.layers.attention.scaled_dot_product import attention_equations
from dragoman.layers.convolution.cross_correlation_1d import CrossCorrelation1d, cross_correlation_1d_equations
from dragoman.layers.convolution.gated_block import GatedConvolutionBlock
from dragoman.layers.recurrent.bridge import Bridge
from dragoman.layers.transformer.feed_forward import FeedForward

SOURCE, TARGET = [4, 2, 5], [3, 5, 1]
TOLERANCES = {torch.float32: 1e-5, torch.float64: 1e-10}


@pytest.fixture(params=[torch.float32, torch.float64], ids=str)
def dtype(request: pytest.FixtureRequest) -> torch.dtype:
    return request.param


def leaf(*shape: int, dtype: torch.dtype) -> Tensor:
    return torch.randn(*shape, dtype=dtype, requires_grad=True)


def assert_same(fast: Tensor, slow: Tensor, leaves: list[Tensor], dtype: torch.dtype) -> None:
    tolerance = TOLERANCES[dtype]
    assert torch.allclose(fast, slow, atol=tolerance, rtol=tolerance)
    direction = torch.randn_like(slow)
    one, other = (torch.autograd.grad((value * direction).sum(), leaves) for value in (fast, slow))
    for a, b in zip(one, other, strict=True):
        assert torch.allclose(a, b, atol=10 * tolerance, rtol=10 * tolerance)


@pytest.mark.parametrize("scale", [1.0, 6**-0.5], ids=["plain", "scaled"])
def test_dot_product_attention_over_packed_rows(scale: float, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    attention = DotProductAttention(6, scale, 0.0)
    states, queries = leaf(sum(SOURCE), 6, dtype=dtype), leaf(sum(TARGET), 6, dtype=dtype)
    memory = Memory(states, Layout.of(SOURCE), states[:3])
    fast = attention(queries, Layout.of(TARGET), memory)
    rows = [
        attention_equations(q, m, m, scale=scale)
        for q, m in zip(queries.split(TARGET), states.split(SOURCE), strict=True)
    ]
    assert_same(fast, torch.cat(rows), [states, queries], dtype)


def test_additive_attention_over_packed_rows(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    attention = AdditiveAttention(query_width=4, memory_width=6, width=5, dropout=0.0).to(dtype)
    with torch.no_grad():
        attention.bias.normal_()
    states, queries = leaf(sum(SOURCE), 6, dtype=dtype), leaf(sum(TARGET), 4, dtype=dtype)
    memory = Memory(states, Layout.of(SOURCE), states[:3])
    fast = attention(queries, Layout.of(TARGET), memory)
    rows = []
    for q, m in zip(queries.split(TARGET), states.split(SOURCE), strict=True):
        keys = m @ attention.weight_key.t() + attention.bias
        scores = additive_score_equations((q @ attention.weight_query.t())[None], keys[None], attention.vector)
        rows.append(torch.softmax(scores[0], -1) @ m)
    assert_same(fast, torch.cat(rows), [states, queries, *attention.parameters()], dtype)


def test_additive_scores_a_few_queries_at_a_time(dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    monkeypatch.setattr(additive, "_LARGEST_HIDDEN", 2 * 3 * 7 * 4)  # two queries
    queries, keys, vector = leaf(3, 5, 4, dtype=dtype), leaf(3, 7, 4, dtype=dtype), leaf(4, dtype=dtype)
    slow = additive_score_equations(queries, keys, vector)
    assert_same(additive_scores(queries, keys, vector), slow, [queries, keys, vector], dtype)


def test_additive_scores_have_a_numeric_gradient() -> None:
    shapes = ((2, 3, 2), (2, 4, 2), (2,))
    assert torch.autograd.gradcheck(additive_scores, tuple(leaf(*shape, dtype=torch.float64) for shape in shapes))


@pytest.mark.parametrize("kind", ["dot", "additive"])
def test_a_step_of_several_hypotheses_equals_each_alone(kind: str) -> None:
    torch.manual_seed(0)
    attention = DotProductAttention(6, 1.0, 0.0) if kind == "dot" else AdditiveAttention(6, 6, 5, 0.0)
    attention.double()
    states = torch.randn(sum(SOURCE), 6, dtype=torch.float64)
    memory = attention.project(Memory(states, Layout.of(SOURCE), states[:3]))
    queries = torch.randn(6, 6, dtype=torch.float64)
    together = attention.step(queries, memory)
    for place, query in enumerate(queries):
        row = states.split(SOURCE)[place // 2]
        alone = attention.step(query[None], attention.project(Memory(row, Layout.of([len(row)]), row[:1])))
        assert torch.allclose(together[place], alone[0], atol=1e-12)


@pytest.mark.parametrize("taps", [1, 3, 5])
def test_cross_correlation_over_packed_rows(taps: int, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    layer = CrossCorrelation1d(4, 6, taps, 0.5).to(dtype)
    with torch.no_grad():
        layer.bias.normal_()
    x = leaf(sum(SOURCE), 4, dtype=dtype)
    slow = torch.cat([cross_correlation_1d_equations(row, layer.weight, layer.bias) for row in x.split(SOURCE)])
    assert_same(layer(x, Layout.of(SOURCE)), slow, [x, *layer.parameters()], dtype)


def test_cross_correlation_is_the_one_of_the_library() -> None:
    torch.manual_seed(0)
    layer, x = CrossCorrelation1d(4, 6, 3, 0.5), torch.randn(9, 4)
    library = F.conv1d(x.t()[None], layer.weight.permute(0, 2, 1), layer.bias, padding=1)[0].t()
    assert torch.allclose(layer(x, Layout.of([9])), library, atol=1e-5)


def test_a_gated_block_by_its_equation(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    block = GatedConvolutionBlock(4, 3, 0.0).to(dtype)
    x = leaf(sum(SOURCE), 4, dtype=dtype)
    weights = block.convolution.weight, block.convolution.bias
    both = torch.cat([cross_correlation_1d_equations(row, *weights) for row in x.split(SOURCE)])
    a, b = both.chunk(2, 1)
    assert_same(block(x, Layout.of(SOURCE)), (x + a * torch.sigmoid(b)) * 0.5**0.5, [x, *block.parameters()], dtype)


def test_the_position_wise_network_is_a_1x1_convolution(dtype: torch.dtype) -> None:
    """Vaswani et al. 2017, section 3.3: two convolutions with one tap and the same weights."""
    torch.manual_seed(0)
    network = FeedForward(4, 7, F.relu, 0.0).to(dtype)
    with torch.no_grad():
        network.bias_1.normal_()
        network.bias_2.normal_()
    inner, outer = CrossCorrelation1d(4, 7, 1, 1.0).to(dtype), CrossCorrelation1d(7, 4, 1, 1.0).to(dtype)
    for layer, weight, bias in (
        (inner, network.weight_1, network.bias_1),
        (outer, network.weight_2, network.bias_2),
    ):
        layer.weight, layer.bias = torch.nn.Parameter(weight.data[:, None].clone()), torch.nn.Parameter(bias.data)
    x, layout = leaf(sum(SOURCE), 4, dtype=dtype), Layout.of(SOURCE)
    convolved = outer(F.relu(inner(x, layout)), layout)
    assert torch.allclose(network(x), convolved, atol=TOLERANCES[dtype])
    weights = [network.weight_1, network.weight_2]
    one = torch.autograd.grad(network(x).square().sum(), [x, *weights])
    other = torch.autograd.grad(convolved.square().sum(), [x, inner.weight, outer.weight])
    for a, b in zip(one, other, strict=True):
        assert torch.allclose(a, b.view(a.shape), atol=1e2 * TOLERANCES[dtype], rtol=1e-4)


def test_the_bridge_makes_every_state_of_every_layer() -> None:
    bridge = Bridge(5, [[3, 3], [2]])
    final = torch.randn(4, 5)
    (h, c), (g,) = bridge(final)
    whole = torch.tanh(final @ bridge.linear.weight.t() + bridge.linear.bias)
    assert torch.cat([h, c, g], 1).allclose(whole)
    assert [part.shape[1] for part in (h, c, g)] == [3, 3, 2]

"""The weights of every attention: with the values they give the result of ``forward``, and they are a distribution."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from dragoman.contracts import Layout, Memory
from dragoman.layers.attention.additive import AdditiveAttention
from dragoman.layers.attention.dot_product import DotProductAttention
from dragoman.layers.attention.head_norm import HeadNorm
from dragoman.layers.attention.key_values import KeyValues
from dragoman.layers.attention.memory_attention import MemoryAttention
from dragoman.layers.attention.multi_head import CrossAttention, SelfAttention
from dragoman.layers.attention.rotary import RotaryPositions

SOURCE, TARGET, WIDTH = Layout.of([4, 2, 5]), Layout.of([3, 5, 1]), 6
TO_A_MEMORY: dict[str, Callable[[], Any]] = {
    "dot": lambda: DotProductAttention(WIDTH, 1.0, 0.0),
    "scaled dot": lambda: DotProductAttention(WIDTH, WIDTH**-0.5, 0.0),
    "additive": lambda: AdditiveAttention(WIDTH, WIDTH, 5, 0.0),
    "multi-head": lambda: CrossAttention(WIDTH, 2, 0.0, norms=(HeadNorm(3), HeadNorm(3))),
}


def joined(contexts: Tensor) -> Tensor:
    """The contexts of all heads side by side."""
    return contexts.transpose(1, 2).flatten(2)


def assert_distributions(weights: Tensor, queries: Layout, keys: Layout) -> None:
    real = queries.mask[:, None, :, None]
    assert torch.allclose(weights.sum(-1, keepdim=True), real.double().expand(-1, weights.shape[1], -1, -1))
    assert not weights[~(real & keys.mask[:, None, None, :]).expand_as(weights)].any()


@pytest.mark.parametrize("kind", list(TO_A_MEMORY))
def test_attention_to_a_memory(kind: str) -> None:
    torch.manual_seed(0)
    attention = TO_A_MEMORY[kind]().double()
    assert isinstance(attention, MemoryAttention)
    states, queries = (torch.randn(layout.tokens, WIDTH).double() for layout in (SOURCE, TARGET))
    memory = Memory(states, SOURCE, states[:3])
    weights, projected = attention.weights(queries, TARGET, memory), attention.project(memory)
    assert isinstance(projected, KeyValues)
    assert_distributions(weights, TARGET, SOURCE)
    contexts = joined(weights @ projected.values)
    result = attention.output(contexts) if kind == "multi-head" else contexts
    assert torch.allclose(TARGET.unpad(result), attention(queries, TARGET, memory), atol=1e-12)


@pytest.mark.parametrize("causal", [False, True])
def test_self_attention(causal: bool) -> None:
    torch.manual_seed(0)
    switches = {"norms": (HeadNorm(2), HeadNorm(2)), "rotary": RotaryPositions(2)} if causal else {}
    attention = SelfAttention(WIDTH, 3, 0.0, causal=causal, **switches).double()
    x = torch.randn(SOURCE.tokens, WIDTH).double()
    weights = attention.weights(x, SOURCE)
    assert_distributions(weights, SOURCE, SOURCE)
    assert torch.equal(weights, weights.tril()) == causal
    values = SOURCE.pad(attention.inputs(x)[:, 2 * WIDTH :]).unflatten(2, (3, -1)).transpose(1, 2)
    result = SOURCE.unpad(attention.output(joined(weights @ values)))
    assert torch.allclose(result, attention(x, SOURCE), atol=1e-12)

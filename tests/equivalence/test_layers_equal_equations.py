"""Every layer's fast path equals its equations, in value and in gradient."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dragoman.contracts import Layout, Memory
from dragoman.layers.attention.head_norm import HeadNorm, head_norm_equations
from dragoman.layers.attention.masks import causal_mask
from dragoman.layers.attention.multi_head import CrossAttention, SelfAttention
from dragoman.layers.attention.rotary import RotaryPositions, rotary_equations
from dragoman.layers.attention.scaled_dot_product import attend, attention_equations
from dragoman.layers.cross_entropy import cross_entropy, cross_entropy_equations, token_cross_entropy
from dragoman.layers.dropout import Dropout, dropout_equations
from dragoman.layers.normalization import LayerNorm, layer_norm_equations
from dragoman.layers.paired_cross_entropy import paired_cross_entropy, paired_cross_entropy_equations
from dragoman.layers.transformer.squared_relu import squared_relu, squared_relu_equations
from dragoman.native import training
from dragoman.native.dropout import draw_seed, kept_units

TOLERANCES = {torch.float32: 1e-5, torch.float64: 1e-10}


@pytest.fixture(params=[torch.float32, torch.float64], ids=str)
def dtype(request: pytest.FixtureRequest) -> torch.dtype:
    return request.param


@pytest.fixture(params=["native", "torch"], autouse=True)
def path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With the native kernels, where this machine has them, and without."""
    if request.param == "torch":
        monkeypatch.setattr(training, "kernels", lambda: None)
    elif training.kernels() is None:
        pytest.skip("the native kernels are not built here")
    return str(request.param)


def assert_same(fast: Tensor, slow: Tensor, leaves: list[Tensor], tolerance: float) -> None:
    """Equal in value, and in the gradient of a random projection with respect to every leaf."""
    assert torch.allclose(fast, slow, atol=tolerance, rtol=tolerance)
    direction = torch.randn_like(slow)
    fast_gradients = torch.autograd.grad((fast * direction).sum(), leaves)
    slow_gradients = torch.autograd.grad((slow * direction).sum(), leaves)
    for one, other in zip(fast_gradients, slow_gradients, strict=True):
        assert torch.allclose(one, other, atol=10 * tolerance, rtol=10 * tolerance)


def leaf(*shape: int, dtype: torch.dtype) -> Tensor:
    return torch.randn(*shape, dtype=dtype, requires_grad=True)


@pytest.mark.parametrize("masked", [False, True])
def test_attention(masked: bool, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    q, k, v = leaf(2, 3, 5, 4, dtype=dtype), leaf(2, 3, 7, 4, dtype=dtype), leaf(2, 3, 7, 4, dtype=dtype)
    mask = (torch.arange(7) < torch.tensor([7, 4])[:, None])[:, None, None, :] if masked else None
    assert_same(attend(q, k, v, mask, Dropout(0.0)), attention_equations(q, k, v, mask), [q, k, v], TOLERANCES[dtype])


def test_attention_of_long_rows_takes_the_tiled_kernel_to_the_same_end() -> None:
    torch.manual_seed(0)
    q, k, v = (leaf(1, 2, 600, 4, dtype=torch.float64) for _ in range(3))
    mask = causal_mask(600)
    assert_same(attend(q, k, v, mask, Dropout(0.0)), attention_equations(q, k, v, mask), [q, k, v], 1e-10)


def test_attention_by_hand() -> None:
    """Two keys with scores log 1 and log 3 get weights 1/4 and 3/4."""
    query = torch.tensor([[1.0]])
    keys = torch.tensor([[0.0], [torch.log(torch.tensor(3.0))]])
    values = torch.tensor([[8.0], [4.0]])
    assert attention_equations(query, keys, values).item() == pytest.approx(5.0)


def head_norms() -> tuple[HeadNorm, HeadNorm]:
    """Of queries and of keys, with gains that tell the numbers of a head apart."""
    norms = HeadNorm(4), HeadNorm(4)
    for norm in norms:
        norm.gain.data += torch.rand(4)
    return norms


def normalized_by_hand(attention: SelfAttention | CrossAttention, q: Tensor, k: Tensor) -> tuple[Tensor, Tensor]:
    if attention.query_norm is None or attention.key_norm is None:
        return q, k
    norms = attention.query_norm, attention.key_norm
    one, other = (head_norm_equations(x, n.gain, n.epsilon) for x, n in zip((q, k), norms, strict=True))
    return one, other


def heads_by_hand(x: Tensor, attention: SelfAttention, mask: Tensor | None) -> Tensor:
    """MultiHead as the paper writes it: one row, one head after the other."""
    width = x.shape[1]
    w_q, w_k, w_v = attention.inputs.weight.split(width)
    b_q, b_k, b_v = attention.inputs.bias.split(width)
    heads = []
    for head in torch.arange(width).view(attention.heads, -1):
        q, k, v = ((x @ w.t() + b)[:, head] for w, b in ((w_q, b_q), (w_k, b_k), (w_v, b_v)))
        q, k = normalized_by_hand(attention, q, k)
        if attention.rotary is not None:
            q, k = (rotary_equations(part, torch.arange(len(x)), attention.rotary.width) for part in (q, k))
        heads.append(attention_equations(q, k, v, mask))
    return torch.cat(heads, 1) @ attention.output.weight.t() + attention.output.bias


@pytest.mark.parametrize("switched", [False, True])
@pytest.mark.parametrize("causal", [False, True])
def test_multi_head_self_attention_over_packed_rows(causal: bool, switched: bool, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    switches = {"norms": head_norms(), "rotary": RotaryPositions(4)} if switched else {}
    attention = SelfAttention(8, 2, 0.0, causal=causal, **switches).to(dtype)
    lengths = [3, 5, 1]
    x = leaf(9, 8, dtype=dtype)
    slow = torch.cat(
        [heads_by_hand(row, attention, causal_mask(len(row)) if causal else None) for row in x.split(lengths)]
    )
    leaves = [x, *attention.parameters()]
    # The table of rotary positions is computed in float32.
    tolerance = TOLERANCES[torch.float32 if switched else dtype]
    assert_same(attention(x, Layout.of(lengths)), slow, leaves, tolerance)


@pytest.mark.parametrize("normalized", [False, True])
def test_cross_attention_over_packed_rows(normalized: bool, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    attention = CrossAttention(8, 2, 0.0, norms=head_norms() if normalized else None).to(dtype)
    source_lengths, target_lengths = [4, 2], [3, 5]
    states, x = leaf(6, 8, dtype=dtype), leaf(8, 8, dtype=dtype)
    memory = Memory(states, Layout.of(source_lengths), states[:2])
    fast = attention(x, Layout.of(target_lengths), memory)
    rows = []
    w_k, w_v = attention.memory_inputs.weight.split(8)
    b_k, b_v = attention.memory_inputs.bias.split(8)
    for row, memory_row in zip(x.split(target_lengths), states.split(source_lengths), strict=True):
        heads = []
        for head in torch.arange(8).view(2, -1):
            q = (row @ attention.queries.weight.t() + attention.queries.bias)[:, head]
            k, v = (memory_row @ w_k.t() + b_k)[:, head], (memory_row @ w_v.t() + b_v)[:, head]
            q, k = normalized_by_hand(attention, q, k)
            heads.append(attention_equations(q, k, v))
        rows.append(torch.cat(heads, 1) @ attention.output.weight.t() + attention.output.bias)
    assert_same(fast, torch.cat(rows), [x, states, *attention.parameters()], TOLERANCES[dtype])


def test_layer_norm(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    norm = LayerNorm(6).to(dtype)
    with torch.no_grad():
        norm.gain.normal_()
        norm.bias.normal_()
    x = leaf(4, 6, dtype=dtype)
    slow = layer_norm_equations(x, norm.gain, norm.bias, norm.epsilon)
    assert_same(norm(x), slow, [x, norm.gain, norm.bias], TOLERANCES[dtype])


def test_turned_queries_and_keys_know_of_their_distance_alone() -> None:
    turn, places = RotaryPositions(6), torch.arange(3)
    q, k = torch.randn(1, 6).double(), torch.randn(1, 6).double()
    one, other = (turn(q.expand(3, -1), p + 4) @ turn(k.expand(3, -1), p).T for p in (places, places + 50))
    assert torch.allclose(one, other)
    assert not torch.allclose(one[0], one[1])


def test_squared_relu(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    x = leaf(4, 37, dtype=dtype)
    assert_same(squared_relu(x), squared_relu_equations(x), [x], TOLERANCES[dtype])
    with torch.no_grad():
        assert squared_relu(x).equal(squared_relu_equations(x))


def test_dropout(dtype: torch.dtype) -> None:
    dropout, x, residual = Dropout(0.3), leaf(40, 9, dtype=dtype), leaf(40, 9, dtype=dtype)
    torch.manual_seed(7)
    if training.available(x):
        kept, keep_probability = kept_units(x.numel(), 0.3, draw_seed()).view(x.shape), 0.7
    else:
        kept, keep_probability = dropout.mask(x), dropout.keep_probability
    torch.manual_seed(7)
    assert_same(dropout(x), dropout_equations(x, kept, keep_probability), [x], TOLERANCES[dtype])
    torch.manual_seed(7)
    slow = residual + dropout_equations(x, kept, keep_probability)
    assert_same(dropout.add(residual, x), slow, [x, residual], TOLERANCES[dtype])


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("with_bias", [False, True])
def test_cross_entropy(smoothing: float, with_bias: bool, weighted: bool, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    states, weight = leaf(1100, 6, dtype=dtype), leaf(11, 6, dtype=dtype)
    bias = leaf(11, dtype=dtype) if with_bias else None
    targets = torch.randint(0, 11, (1100,))
    leaves = [states, weight] + ([bias] if bias is not None else [])
    weights = 2 * torch.rand(1100, dtype=dtype) if weighted else None
    fast = cross_entropy(states, weight, bias, targets, smoothing, weights) / 1100
    slow = cross_entropy_equations(states, weight, bias, targets, smoothing, weights) / 1100
    assert torch.allclose(fast, slow, atol=0, rtol=10 * TOLERANCES[dtype])
    for one, other in zip(torch.autograd.grad(fast, leaves), torch.autograd.grad(slow, leaves), strict=True):
        assert torch.allclose(one, other, atol=TOLERANCES[dtype], rtol=10 * TOLERANCES[dtype])


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("with_bias", [False, True])
def test_paired_cross_entropy(with_bias: bool, weighted: bool, dtype: torch.dtype) -> None:
    """Over more than one chunk, the last of which is not full."""
    torch.manual_seed(0)
    states, weight = leaf(1400, 6, dtype=dtype), leaf(11, 6, dtype=dtype)
    bias = leaf(11, dtype=dtype) if with_bias else None
    targets = torch.randint(0, 11, (700,))
    leaves = [states, weight] + ([bias] if bias is not None else [])
    weights = 2 * torch.rand(700, dtype=dtype) if weighted else None
    fast = paired_cross_entropy(states, weight, bias, targets, 0.1, 5.0, weights) / 700
    slow = paired_cross_entropy_equations(states, weight, bias, targets, 0.1, 5.0, weights) / 700
    assert torch.allclose(fast, slow, atol=0, rtol=10 * TOLERANCES[dtype])
    for one, other in zip(torch.autograd.grad(fast, leaves), torch.autograd.grad(slow, leaves), strict=True):
        assert torch.allclose(one, other, atol=TOLERANCES[dtype], rtol=10 * TOLERANCES[dtype])


def test_the_gradient_of_the_paired_loss_is_that_of_its_definition() -> None:
    """By differences, of the mean cross-entropy and α / 2 times the mean of both divergences, as PyTorch has them."""
    torch.manual_seed(0)
    leaves = [leaf(6, 4, dtype=torch.float64), leaf(5, 4, dtype=torch.float64), leaf(5, dtype=torch.float64)]
    targets = torch.tensor([0, 4, 2])

    def loss(states: Tensor, weight: Tensor, bias: Tensor, consistency: float = 3.0) -> Tensor:
        return paired_cross_entropy(states, weight, bias, targets, 0.2, consistency)

    log_p, log_q = F.log_softmax(F.linear(*leaves), 1).chunk(2)
    apart = F.kl_div(log_p, log_q, reduction="sum", log_target=True)
    apart = apart + F.kl_div(log_q, log_p, reduction="sum", log_target=True)
    plain = cross_entropy_equations(*leaves, targets.repeat(2), 0.2) / 2
    assert torch.allclose(loss(*leaves), plain + 3 / 2 * apart / 2)
    assert torch.allclose(loss(*leaves, consistency=0.0), plain)
    gradients = torch.autograd.grad(loss(*leaves), leaves)
    for number, gradient in enumerate(gradients):
        step = 1e-5 * torch.randn_like(gradient)
        up, down = (
            loss(*(x + sign * step if n == number else x for n, x in enumerate(leaves))).detach() for sign in (1, -1)
        )
        assert torch.allclose((up - down) / 2, (gradient * step).sum(), rtol=1e-6, atol=1e-14)


def test_token_cross_entropy_sums_to_the_loss_without_smoothing() -> None:
    torch.manual_seed(0)
    states, weight, targets = torch.randn(700, 6), torch.randn(11, 6), torch.randint(0, 11, (700,))
    tokens = token_cross_entropy(states, weight, None, targets)
    assert tokens.sum().item() == pytest.approx(
        cross_entropy_equations(states, weight, None, targets, 0.0).item(), rel=1e-5
    )


@pytest.mark.parametrize(
    "build", [lambda: SelfAttention(4, 2, 0.0, causal=True), lambda: SelfAttention(4, 2, 0.0, causal=False)]
)
def test_numeric_gradient(build: type[nn.Module]) -> None:
    torch.manual_seed(0)
    attention = build().double()
    layout = Layout.of([2, 3])
    assert torch.autograd.gradcheck(lambda x: attention(x, layout), leaf(5, 4, dtype=torch.float64))

"""Native kernels against their definitions: uneven rows, odd widths, dropout, both types, any number of threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from dragoman.contracts import Layout
from dragoman.layers.attention.additive import additive_score_equations
from dragoman.layers.cross_entropy import cross_entropy_equations
from dragoman.layers.dropout import dropout_equations
from dragoman.layers.normalization import layer_norm_equations
from dragoman.layers.paired_cross_entropy import paired_losses
from dragoman.layers.recurrent.lstm import lstm_equations
from dragoman.layers.transformer.squared_relu import squared_relu_equations
from dragoman.native import training
from dragoman.native.additive import additive_scores
from dragoman.native.attention import AttentionShape, cross_attention, self_attention
from dragoman.native.cross_entropy import cross_entropy_, paired_cross_entropy_
from dragoman.native.dropout import dropout, dropout_add, kept_units
from dragoman.native.layer_norm import layer_norm, layer_norm_beside
from dragoman.native.linear import linear
from dragoman.native.lstm import lstm
from dragoman.native.squared_relu import squared_relu

pytestmark = pytest.mark.skipif(training.kernels() is None, reason="the native kernels are not built here")


@pytest.fixture(params=["baseline", "avx2", "avx512", "avx512_bf16"], autouse=True, scope="module")
def instruction_set(request: pytest.FixtureRequest) -> Iterator[str]:
    """Every kernel is built for each; the best that the processor has is taken."""
    wanted = ["baseline", "avx2", "avx512", "avx512_bf16"].index(request.param)
    try:
        if training.library().dragoman_use_isa(wanted) != wanted:
            pytest.skip(f"this processor has no {request.param}")
        yield str(request.param)
    finally:
        training.library().dragoman_use_isa(3)


TOLERANCES = {torch.float32: 1e-5, torch.bfloat16: 3e-2}
DTYPES = pytest.mark.parametrize("dtype", list(TOLERANCES), ids=str)


def attention_of_rows(q: Tensor, k: Tensor, v: Tensor, shape: AttentionShape) -> Tensor:
    """Row by row and head by head, with the mask that the kernel draws, in float64."""
    width = q.shape[1] // shape.heads
    rows = []
    for n in range(shape.queries.batch):
        q0, k0 = int(shape.queries.starts[n]), int(shape.keys.starts[n])
        t, s = int(shape.queries.lengths[n]), int(shape.keys.lengths[n])
        heads = []
        for head in range(shape.heads):
            columns = slice(head * width, (head + 1) * width)
            scores = q[q0 : q0 + t, columns] @ k[k0 : k0 + s, columns].t() * shape.scale
            if shape.causal:
                scores = scores.masked_fill(~torch.ones(t, s, dtype=torch.bool).tril(), float("-inf"))
            weights = torch.softmax(scores, 1)
            if shape.rate:
                offset, row = shape.mask_places(head)
                kept = kept_units((q0 + t) * row, shape.rate, shape.seed).view(q0 + t, row)[q0:, offset : offset + s]
                weights = dropout_equations(weights, kept, 1 - shape.rate)
            heads.append(weights @ v[k0 : k0 + s, columns])
        rows.append(torch.cat(heads, 1))
    return torch.cat(rows)


def check(fast: Callable[..., Tensor], slow: Callable[..., Tensor], leaves: list[Tensor], tolerance: float) -> None:
    """``fast`` on the leaves equals ``slow`` on their float64 copies, in value and gradient."""
    exact = [leaf.detach().double().requires_grad_() for leaf in leaves]
    found, wanted = fast(*leaves), slow(*exact)
    scale = float(wanted.detach().abs().max())
    assert torch.allclose(found.double(), wanted, atol=tolerance * scale, rtol=tolerance)
    direction = torch.randn_like(wanted)
    gradients = torch.autograd.grad(found, leaves, direction.to(found.dtype))
    for one, other in zip(gradients, torch.autograd.grad(wanted, exact, direction), strict=True):
        assert torch.allclose(one.double(), other, atol=3 * tolerance * float(other.abs().max()), rtol=3 * tolerance)


def leaf(*shape: int, dtype: torch.dtype) -> Tensor:
    return torch.randn(*shape).to(dtype).requires_grad_()


@DTYPES
@pytest.mark.parametrize("rate", [0.0, 0.3])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("heads", "width"), [(1, 5), (2, 16), (3, 20), (4, 32), (1, 64)])
def test_self_attention(heads: int, width: int, causal: bool, rate: float, dtype: torch.dtype) -> None:
    torch.manual_seed(heads * width)
    layout = Layout.of([3, 1, 17, 16, 40])
    shape = AttentionShape(layout, layout, heads, width**-0.5, causal, rate, 2**61 + 12345)
    inputs = leaf(layout.tokens, 3 * heads * width, dtype=dtype)
    check(
        lambda x: self_attention(x, shape),
        lambda x: attention_of_rows(*x.chunk(3, 1), shape),
        [inputs],
        TOLERANCES[dtype],
    )


@DTYPES
@pytest.mark.parametrize("rate", [0.0, 0.3])
def test_cross_attention(rate: float, dtype: torch.dtype) -> None:
    torch.manual_seed(1)
    queries, keys = Layout.of([5, 1, 20, 2]), Layout.of([2, 33, 7, 1])
    shape = AttentionShape(queries, keys, 2, 0.3, False, rate, 99)
    q, memory = leaf(queries.tokens, 48, dtype=dtype), leaf(keys.tokens, 96, dtype=dtype)
    check(
        lambda q, m: cross_attention(q, m, shape),
        lambda q, m: attention_of_rows(q, *m.chunk(2, 1), shape),
        [q, memory],
        TOLERANCES[dtype],
    )


@settings(deadline=None, max_examples=30)
@given(lengths=st.lists(st.integers(1, 70), min_size=1, max_size=6), heads=st.integers(1, 3), width=st.integers(1, 40))
def test_attention_of_any_shape(lengths: list[int], heads: int, width: int) -> None:
    torch.manual_seed(0)
    layout = Layout.of(lengths)
    shape = AttentionShape(layout, layout, heads, 1.0, True)
    inputs = leaf(layout.tokens, 3 * heads * width, dtype=torch.float32)
    check(lambda x: self_attention(x, shape), lambda x: attention_of_rows(*x.chunk(3, 1), shape), [inputs], 2e-5)


def test_large_scores_do_not_overflow() -> None:
    layout = Layout.of([9])
    shape = AttentionShape(layout, layout, 1, 1.0)
    inputs = (100 * torch.randn(9, 48)).requires_grad_()
    found = self_attention(inputs, shape)
    assert found.isfinite().all()
    assert torch.autograd.grad(found.sum(), inputs)[0].isfinite().all()


def test_nan_stays_in_its_row() -> None:
    layout = Layout.of([4, 4])
    inputs = torch.randn(8, 48)
    inputs[1, 3] = float("nan")
    found = self_attention(inputs, AttentionShape(layout, layout, 1, 1.0))
    assert found[:4].isnan().any()
    assert found[4:].isfinite().all()


@DTYPES
@pytest.mark.parametrize("width", [1, 6, 16, 100, 128])
def test_layer_norm(width: int, dtype: torch.dtype) -> None:
    torch.manual_seed(width)
    leaves = [leaf(300, width, dtype=dtype), leaf(width, dtype=dtype), leaf(width, dtype=dtype)]
    # A row of one number has no spread: its gradient is 0, whatever the rounding.
    check(
        lambda x, g, b: layer_norm(x, g, b, 1e-3),
        lambda x, g, b: layer_norm_equations(x, g, b, 1e-3),
        leaves if width > 1 else leaves[:1] + [one.detach().fill_(0.5).requires_grad_() for one in leaves[1:]],
        TOLERANCES[dtype] if width > 1 else 0.1,
    )


@DTYPES
def test_layer_norm_beside_a_residual_connection(dtype: torch.dtype) -> None:
    torch.manual_seed(2)
    leaves = [leaf(300, 20, dtype=dtype), leaf(20, dtype=dtype), leaf(20, dtype=dtype)]

    def both(x: Tensor, g: Tensor, b: Tensor) -> Tensor:
        beside, normalized = layer_norm_beside(x, g, b, 1e-3)
        return beside * normalized

    check(both, lambda x, g, b: x * layer_norm_equations(x, g, b, 1e-3), leaves, 2 * TOLERANCES[dtype])


@DTYPES
@pytest.mark.parametrize("count", [1, 16, 1000, 40_000])
def test_dropout(count: int, dtype: torch.dtype) -> None:
    torch.manual_seed(count)
    x, residual = leaf(count, dtype=dtype), leaf(count, dtype=dtype)
    kept = kept_units(count, 0.25, 7)
    check(lambda x: dropout(x, 0.25, 7), lambda x: dropout_equations(x, kept, 0.75), [x], TOLERANCES[dtype])
    check(
        lambda r, x: dropout_add(r, x, 0.25, 7),
        lambda r, x: r + dropout_equations(x, kept, 0.75),
        [residual, x],
        TOLERANCES[dtype],
    )


@DTYPES
@pytest.mark.parametrize("count", [1, 40_000])
def test_squared_relu(count: int, dtype: torch.dtype) -> None:
    torch.manual_seed(count)
    x = leaf(count, dtype=dtype)
    check(squared_relu, squared_relu_equations, [x], TOLERANCES[dtype])
    assert squared_relu(torch.full((17,), float("nan"), dtype=dtype)).isnan().all()


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_as_many_units_are_kept_as_the_rate_says(rate: float) -> None:
    count = 200_000
    kept = kept_units(count, rate, 2**62 - 1)
    # Five standard deviations of a binomial.
    assert abs(float(kept.double().mean()) - (1 - rate)) < 5 * (rate * (1 - rate) / count) ** 0.5


def test_neighbouring_units_and_seeds_are_independent() -> None:
    count = 200_000
    one, other = kept_units(count, 0.5, 1), kept_units(count, 0.5, 2)
    for a, b in ((one[1:], one[:-1]), (one[64:], one[:-64]), (one, other)):
        assert abs(float((a == b).double().mean()) - 0.5) < 5 * 0.5 / count**0.5


@DTYPES
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("vocabulary", [3, 16, 1000])
def test_cross_entropy(vocabulary: int, smoothing: float, dtype: torch.dtype) -> None:
    torch.manual_seed(vocabulary)
    logits, targets = (3 * torch.randn(50, vocabulary)).to(dtype), torch.randint(0, vocabulary, (50,))
    exact = logits.double().requires_grad_()
    wanted = cross_entropy_equations(exact, torch.eye(vocabulary, dtype=torch.float64), None, targets, smoothing)
    (gradient,) = torch.autograd.grad(wanted, exact)
    assert cross_entropy_(logits, targets, smoothing).sum().item() == pytest.approx(wanted.item(), rel=1e-6)
    assert torch.allclose(logits.double(), gradient, atol=TOLERANCES[dtype] / 4, rtol=TOLERANCES[dtype])


@DTYPES
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("vocabulary", [3, 16, 1000])
def test_paired_cross_entropy(vocabulary: int, smoothing: float, dtype: torch.dtype) -> None:
    """The second pass is near the first, near it but for what is the same for a whole row, and far from it."""
    torch.manual_seed(vocabulary)
    first, targets = 3 * torch.randn(60, vocabulary), torch.randint(0, vocabulary, (60,))
    second = first + torch.randn(60, vocabulary) * torch.tensor([0.1, 0.1, 3.0]).repeat(20)[:, None]
    second[1::3] += 50
    logits = torch.cat([first, second]).to(dtype)
    exact = logits.double().requires_grad_()
    wanted = paired_losses(exact, targets, smoothing, 5.0)
    (gradient,) = torch.autograd.grad(wanted.sum(), exact)
    found = paired_cross_entropy_(logits, targets, smoothing, 5.0)
    assert torch.allclose(found, wanted, atol=1e-5, rtol=1e-5)
    assert torch.allclose(logits.double(), gradient, atol=TOLERANCES[dtype] / 4, rtol=TOLERANCES[dtype])


@pytest.mark.parametrize(
    "kernel", [lambda x, y: cross_entropy_(x, y, 0.1), lambda x, y: paired_cross_entropy_(x.repeat(2, 1), y, 0.1, 5.0)]
)
def test_a_target_beyond_the_vocabulary_is_refused(kernel: Callable[[Tensor, Tensor], Tensor]) -> None:
    with pytest.raises(IndexError, match="targets from 0 to 3 in a vocabulary of 3"):
        kernel(torch.zeros(2, 3), torch.tensor([0, 3]))


@DTYPES
def test_the_bits_do_not_depend_on_the_threads(dtype: torch.dtype) -> None:
    torch.manual_seed(3)
    layout = Layout.of([7, 30, 12, 5] * 40)
    shape = AttentionShape(layout, layout, 2, 0.5, True, 0.2, 5)
    x = leaf(layout.tokens, 96, dtype=dtype)
    gain, bias = leaf(32, dtype=dtype), leaf(32, dtype=dtype)

    def everything() -> list[Tensor]:
        y = dropout_add(squared_relu(self_attention(x, shape)), self_attention(x, shape), 0.3, 11)
        y = layer_norm(y, gain, bias, 1e-5)
        gradients = torch.autograd.grad(y, [x, gain, bias], torch.ones_like(y))
        logits = y.detach().repeat(1, 10).contiguous()
        pairs = logits.clone()
        loss = cross_entropy_(logits, torch.arange(len(logits)) % 320, 0.1)
        of_pairs = paired_cross_entropy_(pairs, torch.arange(len(pairs) // 2) % 320, 0.1, 5.0)
        return [y, *gradients, logits, loss, pairs, of_pairs]

    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        alone = everything()
        torch.set_num_threads(3)
        together = everything()
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(one, other) for one, other in zip(alone, together, strict=True))


@DTYPES
def test_linear(dtype: torch.dtype) -> None:
    torch.manual_seed(4)
    leaves = [leaf(600, 20, dtype=dtype), leaf(9, 20, dtype=dtype), leaf(9, dtype=dtype)]
    check(linear, torch.nn.functional.linear, leaves, TOLERANCES[dtype])


@DTYPES
@pytest.mark.parametrize("width", [5, 16, 40])
def test_additive_scores(width: int, dtype: torch.dtype) -> None:
    torch.manual_seed(width)
    leaves = [leaf(3, 4, width, dtype=dtype), leaf(3, 7, width, dtype=dtype), leaf(width, dtype=dtype)]
    check(additive_scores, additive_score_equations, leaves, TOLERANCES[dtype])


def test_saturated_units_do_not_overflow() -> None:
    queries = torch.tensor([[[1e4, -1e4, 50.0]]], requires_grad=True)
    scores = additive_scores(queries, torch.zeros(1, 1, 3), torch.ones(3))
    assert scores.item() == 1.0
    assert torch.equal(torch.autograd.grad(scores.sum(), queries)[0], torch.zeros(1, 1, 3))


@DTYPES
@pytest.mark.parametrize("width", [6, 32])
def test_lstm(width: int, dtype: torch.dtype) -> None:
    """Rows of 4, 3, 3 and 1 steps, longest first, with what is read from every step and from the last states."""
    torch.manual_seed(width)
    sizes = torch.tensor([4, 3, 3, 1])
    leaves = [
        leaf(11, 4 * width, dtype=dtype),
        (0.3 * torch.randn(4 * width, width)).to(dtype).requires_grad_(),
        leaf(4, width, dtype=dtype),
        leaf(4, width, dtype=dtype),
    ]

    def fast(projected: Tensor, weight: Tensor, h: Tensor, c: Tensor) -> Tensor:
        hidden, last = lstm(projected, weight, (h, c), sizes)
        return torch.cat([hidden, *last])

    def slow(projected: Tensor, weight: Tensor, h: Tensor, c: Tensor) -> Tensor:
        hidden, ended = [], []
        identity, nothing = torch.eye(4 * width, dtype=h.dtype), torch.zeros(4 * width, dtype=h.dtype)
        for part in torch.split(projected, sizes.tolist()):
            ended.append((h[len(part) :], c[len(part) :]))
            h, c = lstm_equations(part, h[: len(part)], c[: len(part)], identity, weight, nothing)
            hidden.append(h)
        ended.append((h, c))
        last = [torch.cat([state[side] for state in reversed(ended)]) for side in (0, 1)]
        return torch.cat([*hidden, *last])

    check(fast, slow, leaves, 2 * TOLERANCES[dtype])

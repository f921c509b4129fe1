"""Convolution, pooling and batch normalisation of pictures: fast paths equal the equations in value and gradient."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from dragoman.errors import UnsupportedError
from dragoman.layers.convolution.batch_norm import BatchNorm2d, batch_norm_equations
from dragoman.layers.convolution.cross_correlation_2d import CrossCorrelation2d, cross_correlation_2d_equations
from dragoman.layers.convolution.output_size import output_size
from dragoman.layers.convolution.pooling import (
    AveragePooling,
    MaximumPooling,
    average_pooling_equations,
    maximum_pooling_equations,
)
from dragoman.layers.convolution.residual_block import ResidualBlock
from dragoman.layers.hidden_layers import HiddenLayers, hidden_layers_equations
from dragoman.layers.regression_loss import HuberLoss, absolute_loss, huber_loss_equations, squared_loss

TOLERANCES = {torch.float32: 1e-5, torch.float64: 1e-10}
REAL = torch.tensor([1, 1, 1, 0, 0, 1, 1, 0, 1], dtype=torch.bool)[None, None, None]


@pytest.fixture(params=[torch.float32, torch.float64], ids=str)
def dtype(request: pytest.FixtureRequest) -> torch.dtype:
    return request.param


def leaf(*shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(*shape, dtype=dtype, requires_grad=True)


def assert_same(fast: Tensor, slow: Tensor, leaves: list[Tensor], dtype: torch.dtype) -> None:
    tolerance = TOLERANCES[dtype]
    assert torch.allclose(fast, slow, atol=tolerance, rtol=tolerance)
    direction = torch.randn_like(slow)
    one, other = (torch.autograd.grad((value * direction).sum(), leaves) for value in (fast, slow))
    for a, b in zip(one, other, strict=True):
        assert torch.allclose(a, b, atol=20 * tolerance, rtol=10 * tolerance)


@given(st.integers(1, 12), st.integers(1, 4), st.integers(1, 3), st.integers(0, 3), st.integers(1, 3))
@settings(max_examples=60)
def test_the_size_is_that_of_the_library_and_too_small_is_refused(
    size: int, kernel: int, stride: int, padding: int, dilation: int
) -> None:
    x, weight = torch.zeros(1, 1, size), torch.zeros(1, 1, kernel)
    if size + 2 * padding < dilation * (kernel - 1) + 1:
        with pytest.raises(UnsupportedError, match=rf"kernel of length {kernel}"):
            output_size(size, kernel, stride, padding, dilation)
    else:
        library = F.conv1d(x, weight, stride=stride, padding=padding, dilation=dilation).shape[2]
        assert output_size(size, kernel, stride, padding, dilation) == library


def test_a_picture_that_is_too_small_is_told_with_the_arithmetic() -> None:
    layer = CrossCorrelation2d(1, 2, (5, 5), padding=(0, 2))
    with pytest.raises(UnsupportedError, match=r"⌊\(3 \+ 2·0 − 1·\(5 − 1\) − 1\) / 1⌋ \+ 1 = -1"):
        layer(torch.zeros(1, 1, 3, 9))
    with pytest.raises(UnsupportedError, match="does not fit into 1"):
        MaximumPooling((2, 2))(torch.zeros(1, 1, 4, 1))


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "dilation", "bias"),
    [
        ((3, 3), (1, 1), (1, 1), (1, 1), True),
        ((1, 1), (1, 1), (0, 0), (1, 1), True),
        ((2, 3), (2, 1), (0, 2), (1, 2), False),
        ((3, 1), (1, 3), (2, 0), (2, 1), True),
    ],
)
def test_cross_correlation(
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int],
    dilation: tuple[int, int],
    bias: bool,
    dtype: torch.dtype,
) -> None:
    torch.manual_seed(0)
    layer = CrossCorrelation2d(2, 3, kernel, stride=stride, padding=padding, dilation=dilation, bias=bias).to(dtype)
    if layer.bias is not None:
        torch.nn.init.normal_(layer.bias)
    x = leaf(2, 2, 5, 6, dtype=dtype)
    fast = layer(x)
    assert fast.shape[2:] == layer.output_size(5, 6)
    slow = [cross_correlation_2d_equations(one, layer.weight, layer.bias, stride, padding, dilation) for one in x]
    assert_same(fast, torch.stack(slow), [x, *layer.parameters()], dtype)


def test_a_1x1_kernel_is_a_linear_layer_at_every_pixel() -> None:
    torch.manual_seed(0)
    layer, x = CrossCorrelation2d(4, 6, (1, 1)), torch.randn(2, 4, 3, 5)
    linear = F.linear(x.permute(0, 2, 3, 1), layer.weight[:, :, 0, 0], layer.bias).permute(0, 3, 1, 2)
    assert torch.allclose(layer(x), linear, atol=1e-5)


def test_cross_correlation_has_a_numeric_gradient() -> None:
    layer = CrossCorrelation2d(2, 2, (3, 2), stride=(2, 1), padding=(1, 0)).double()
    x = leaf(1, 2, 4, 3)
    assert torch.autograd.gradcheck(layer, (x,))


def test_fresh_weights_keep_the_size_of_what_passes_a_relu() -> None:
    torch.manual_seed(0)
    x = torch.randn(1, 32, 24, 24)
    for _ in range(6):
        layer = CrossCorrelation2d(32, 32, (3, 3), padding=(1, 1))
        x = F.relu(layer(x))
    assert 0.3 < float(x[:, :, 8:16, 8:16].detach().square().mean()) < 3


@pytest.mark.parametrize(("kernel", "stride"), [((2, 2), None), ((2, 3), (1, 2)), ((3, 1), (2, 1))])
def test_pooling(kernel: tuple[int, int], stride: tuple[int, int] | None, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    x = leaf(2, 3, 5, 7, dtype=dtype)
    step = stride or kernel
    slow = torch.stack([maximum_pooling_equations(one, kernel, step) for one in x])
    assert_same(MaximumPooling(kernel, stride)(x), slow, [x], dtype)
    slow = torch.stack([average_pooling_equations(one, kernel, step) for one in x])
    assert_same(AveragePooling(kernel, stride)(x), slow, [x], dtype)


@pytest.mark.parametrize("real", [None, REAL, torch.ones_like(REAL)], ids=["all", "some", "all by mask"])
@pytest.mark.parametrize("offset", [0.0, 5.0])
def test_batch_norm_in_training(real: Tensor | None, offset: float, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    layer = BatchNorm2d(4).to(dtype)
    for parameter in layer.parameters():
        torch.nn.init.normal_(parameter)
    x = (torch.randn(2, 4, 3, 9, dtype=dtype) + offset).requires_grad_()
    for memory_format in (torch.contiguous_format, torch.channels_last):
        slow = batch_norm_equations(x, layer.gain, layer.bias, layer.epsilon, real)
        fast = layer(x.contiguous(memory_format=memory_format), real)
        assert_same(fast, slow, [x, *layer.parameters()], dtype)


@pytest.mark.parametrize("real", [None, REAL], ids=["all", "some"])
def test_batch_norm_has_a_numeric_gradient(real: Tensor | None) -> None:
    torch.manual_seed(0)
    layer, x = BatchNorm2d(2).double(), leaf(1, 2, 2, 9)

    def normalised(x: Tensor, gain: Tensor, bias: Tensor) -> Tensor:
        return torch.func.functional_call(layer, {"gain": gain, "bias": bias}, (x, real))

    assert torch.autograd.gradcheck(normalised, (x, leaf(2), leaf(2)))


@pytest.mark.parametrize("real", [None, REAL], ids=["all", "some"])
def test_running_statistics_come_to_those_of_the_real_places(real: Tensor | None) -> None:
    torch.manual_seed(0)
    layer, x = BatchNorm2d(4, momentum=0.3), torch.randn(2, 4, 3, 9) * 2 + 1
    for _ in range(60):
        layer(x, real)
    values = (x if real is None else x[..., real.flatten()]).transpose(0, 1).flatten(1)
    assert torch.allclose(layer.running_mean, values.mean(1), atol=1e-4)
    assert torch.allclose(layer.running_variance, values.var(1), rtol=1e-4)
    before = layer.running_mean.clone()
    y = layer.eval()(x, real)
    assert layer.running_mean.equal(before), "evaluation moves nothing"
    wanted = (x - values.mean(1)[:, None, None]) / values.std(1)[:, None, None]
    assert torch.allclose(y, wanted if real is None else wanted * real, atol=1e-3)


def test_what_is_not_real_has_no_say() -> None:
    torch.manual_seed(0)
    layer, x = BatchNorm2d(4), torch.randn(2, 4, 3, 9)
    other = torch.where(REAL, x, 1e3)
    assert torch.allclose(layer(x, REAL), layer(other, REAL), atol=1e-6)


@pytest.mark.parametrize("whole", [False, True], ids=["parameters", "running statistics, too"])
@pytest.mark.parametrize("real", [None, REAL], ids=["all", "some"])
def test_batch_norm_in_bfloat16(real: Tensor | None, whole: bool) -> None:
    torch.manual_seed(0)
    exact, rough = BatchNorm2d(4), BatchNorm2d(4)
    for parameter in rough.parameters():
        parameter.data = parameter.data.to(torch.bfloat16)
    if whole:
        rough.to(torch.bfloat16)
    x = (torch.randn(2, 4, 3, 9) + 1).to(torch.bfloat16).requires_grad_()
    for training in (True, False):
        exact.train(training)
        rough.train(training)
        y = rough(x, real)
        assert y.dtype == torch.bfloat16
        wanted = exact(x.float(), real)
        assert torch.allclose(y.float(), wanted, atol=0.03)
        direction = torch.randn_like(wanted)
        one, other = (torch.autograd.grad((z * direction).sum(), x)[0] for z in (y.float(), wanted))
        assert torch.allclose(one.float(), other.float(), atol=0.05)
        assert torch.allclose(rough.running_variance.float(), exact.running_variance, rtol=0.01)


@pytest.mark.parametrize(("outputs", "stride"), [(2, (1, 1)), (3, (2, 1))], ids=["same shape", "other shape"])
def test_a_residual_block_by_its_equations(outputs: int, stride: tuple[int, int], dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    block, x = ResidualBlock(2, outputs, stride).to(dtype), leaf(1, 2, 4, 5, dtype=dtype)

    def normalised(x: Tensor, layer: BatchNorm2d) -> Tensor:
        return batch_norm_equations(x[None], layer.gain, layer.bias, layer.epsilon)[0]

    one, two = block.convolution_1.weight, block.convolution_2.weight
    h = normalised(cross_correlation_2d_equations(x[0], one, None, stride, (1, 1)), block.norm_1)
    h = normalised(cross_correlation_2d_equations(F.relu(h), two, None, padding=(1, 1)), block.norm_2)
    way = x[0]
    if block.shortcut is not None and block.shortcut_norm is not None:
        way = normalised(cross_correlation_2d_equations(way, block.shortcut.weight, None, stride), block.shortcut_norm)
    assert_same(block(x)[0], F.relu(h + way), [x, *block.parameters()], dtype)


@pytest.mark.parametrize("widths", [[], [5], [4, 3]], ids=str)
def test_hidden_layers(widths: list[int], dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    layers, x = HiddenLayers(3, widths, torch.tanh, 0.0).to(dtype), leaf(4, 3, dtype=dtype)
    for bias in layers.biases:
        torch.nn.init.normal_(bias)
    slow = [hidden_layers_equations(row, list(layers.weights), list(layers.biases), torch.tanh) for row in x]
    assert_same(layers(x), torch.stack(slow), [x, *layers.parameters()], dtype)
    assert layers(x).shape[1] == layers.width


@pytest.mark.parametrize("threshold", [0.3, 1.0, 4.0])
def test_huber_loss(threshold: float, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    prediction, target = leaf(50, dtype=dtype), torch.randn(50, dtype=dtype)
    slow = huber_loss_equations(prediction, target, threshold)
    assert_same(HuberLoss(threshold)(prediction, target), slow, [prediction], dtype)


def test_huber_loss_lies_between_the_squared_and_the_absolute() -> None:
    prediction, target = torch.zeros(3), torch.tensor([0.5, 1.0, 100.0])
    assert huber_loss_equations(prediction, target, 1e6).equal(squared_loss(prediction, target))
    assert (huber_loss_equations(prediction, target, 1e-3) / 1e-3).allclose(
        absolute_loss(prediction, target), rtol=1e-2
    )
    assert squared_loss(prediction, target).tolist() == [0.125, 0.5, 5000.0]
    assert absolute_loss(prediction, target).tolist() == [0.5, 1.0, 100.0]

"""What every encoder of pictures and of rows of a table must do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from dragoman.contracts import Encoder, Layout, Pictures, Rows
from dragoman.encoders.flat import PictureNumbers, RowNumbers
from dragoman.encoders.multilayer_perceptron import MultilayerPerceptron
from dragoman.encoders.picture_lenet import LeNetEncoder
from dragoman.encoders.picture_residual import ResidualPictureEncoder
from dragoman.errors import UnsupportedError
from dragoman.layers.convolution.gated_block import GatedConvolutionBlock

CATEGORIES = [4, 3]
WIDTHS = [13, 4, 21, 1]


def residual(channels: int = 1, height: int = 8) -> ResidualPictureEncoder:
    context = [GatedConvolutionBlock(6, 3, 0.0) for _ in range(2)]
    return ResidualPictureEncoder(channels, height, (4, 2, 2), [(4, 1, 1), (8, 2, 2)], 6, context, 0.0)


def lenet() -> LeNetEncoder:
    return LeNetEncoder(1, 12, 13, (3, 4), (9, 5), 0.0)


def perceptron_of_pictures() -> MultilayerPerceptron:
    return MultilayerPerceptron(PictureNumbers(1, 12, 13), [7, 5], 12 * 13, torch.tanh, 0.0)


def perceptron_of_rows(embedding: int | None = 4) -> MultilayerPerceptron:
    numbers = RowNumbers(2, CATEGORIES, embedding)
    return MultilayerPerceptron(numbers, [5], numbers.outputs, F.relu, 0.0)


def pictures(widths: list[int], height: int, channels: int = 1) -> Pictures:
    generator = torch.Generator().manual_seed(len(widths))
    size = (channels, height, sum(widths))
    return Pictures(torch.randint(0, 256, size, dtype=torch.uint8, generator=generator), Layout.of(widths))


def rows(count: int = 4) -> Rows:
    generator = torch.Generator().manual_seed(0)
    categories = [torch.randint(0, values - 1, (count,), generator=generator) for values in CATEGORIES]
    return Rows(torch.randn(count, 2, generator=generator), torch.stack(categories, 1))


Source = Pictures | Rows
VARIANTS: dict[str, tuple[Callable[[], nn.Module], Source]] = {
    "residual": (residual, pictures(WIDTHS, 8)),
    "residual, colour, odd height": (lambda: residual(3, 7), pictures(WIDTHS, 7, 3)),
    "lenet": (lenet, pictures([13] * 4, 12)),
    "perceptron of pictures": (perceptron_of_pictures, pictures([13] * 4, 12)),
    "perceptron of rows": (perceptron_of_rows, rows()),
    "perceptron of rows, dummies": (lambda: perceptron_of_rows(None), rows()),
}


@pytest.fixture(params=list(VARIANTS))
def variant(request: pytest.FixtureRequest) -> tuple[nn.Module, Source]:
    torch.manual_seed(0)
    build, source = VARIANTS[request.param]
    encoder = build()
    for name, parameter in encoder.named_parameters():
        if "bias" in name:
            nn.init.normal_(parameter, std=0.1)
    for name, buffer in encoder.named_buffers():
        buffer.uniform_(0.5, 1.5) if "variance" in name else buffer.normal_(std=0.1)
    return encoder.eval(), source


def one_of(source: Source, place: int) -> Source:
    if isinstance(source, Rows):
        return Rows(source.numbers[place : place + 1], source.categories[place : place + 1])
    widths = source.layout.lengths.tolist()
    return Pictures(source.values.split(widths, 2)[place], Layout.of([widths[place]]))


def test_each_alone_equals_the_batch(variant: tuple[nn.Module, Source]) -> None:
    encoder, source = variant
    assert isinstance(encoder, Encoder)
    together = encoder(source)
    lengths = together.layout.lengths.tolist()
    assert len(together.states) == sum(lengths)
    for place, states in enumerate(together.states.split(lengths)):
        alone = encoder(one_of(source, place))
        assert torch.allclose(alone.states, states, atol=1e-5)
        assert torch.allclose(alone.final[0], together.final[place], atol=1e-5)


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_gradients_reach_every_parameter(variant: tuple[nn.Module, Source], training: bool) -> None:
    encoder, source = variant
    memory = encoder.train(training)(source)
    (memory.states * torch.randn_like(memory.states)).sum().backward()
    for name, parameter in encoder.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_bfloat16_is_roughly_float32(variant: tuple[nn.Module, Source], training: bool) -> None:
    encoder, source = variant
    exact = encoder.train(training)(source)
    for parameter in encoder.parameters():
        parameter.data = parameter.data.to(torch.bfloat16)
    rough = encoder(source)
    assert rough.states.dtype == rough.final.dtype == torch.bfloat16
    scale = exact.states.abs().max()
    # Batch normalisation in training makes little differences larger where a batch has few places.
    assert (rough.states.float() - exact.states).abs().max() / scale < (0.25 if training else 0.05)


def test_a_whole_model_in_bfloat16(variant: tuple[nn.Module, Source]) -> None:
    encoder, source = variant
    states = encoder.to(torch.bfloat16).train()(source).states
    assert torch.isfinite(states).all()
    assert states.dtype == torch.bfloat16


def test_numeric_gradient(variant: tuple[nn.Module, Source]) -> None:
    encoder, source = variant
    encoder.double()
    names = [name for name, _ in encoder.named_parameters()]

    def states(*values: torch.Tensor) -> torch.Tensor:
        return torch.func.functional_call(encoder, dict(zip(names, values, strict=True)), (source,)).states

    values = tuple(p.detach().clone().requires_grad_() for p in encoder.parameters())
    assert torch.autograd.gradcheck(states, values, fast_mode=True)


def test_numeric_gradient_of_the_residual_network_in_training() -> None:
    torch.manual_seed(0)
    encoder, source = residual().double().train(), pictures([5, 9, 2], 8)
    names = [name for name, _ in encoder.named_parameters()]

    def states(*values: torch.Tensor) -> torch.Tensor:
        return torch.func.functional_call(encoder, dict(zip(names, values, strict=True)), (source,)).states

    values = tuple(p.detach().clone().requires_grad_() for p in encoder.parameters())
    assert torch.autograd.gradcheck(states, values, fast_mode=True)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=4))
@settings(max_examples=15)
def test_a_residual_network_has_a_state_for_every_few_columns(widths: list[int]) -> None:
    torch.manual_seed(0)
    encoder = residual().eval()
    assert encoder.stride == 4
    memory = encoder(pictures(widths, 8))
    assert memory.layout.lengths.tolist() == [-(-width // 4) for width in widths]
    assert torch.allclose(memory.final, memory.layout.mean(memory.states))


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_the_order_of_pictures_is_that_of_states(training: bool) -> None:
    torch.manual_seed(0)
    encoder, source = residual().double().train(training), pictures(WIDTHS, 8)
    parts = source.values.split(WIDTHS, 2)
    turned = Pictures(torch.cat(parts[::-1], 2), Layout.of(WIDTHS[::-1]))
    one, other = encoder(source), encoder(turned)
    expected = torch.cat(one.states.split(one.layout.lengths.tolist())[::-1])
    assert torch.allclose(other.states, expected, atol=1e-9)


def test_paper_beside_a_picture_looks_like_nothing_at_all() -> None:
    torch.manual_seed(0)
    encoder = ResidualPictureEncoder(1, 8, (4, 2, 2), [], 6, [], 0.0).eval()
    source = pictures([8], 8)
    wider = Pictures(F.pad(source.values, (0, 8), value=255), Layout.of([16]))
    assert torch.allclose(encoder(source).states, encoder(wider).states[:4], atol=1e-6)


def test_evaluation_remembers_the_pictures_of_training() -> None:
    torch.manual_seed(0)
    encoder, source = residual(), pictures(WIDTHS * 4, 8)
    fresh = encoder.eval()(source).states
    encoder.train()
    for _ in range(80):
        trained = encoder(source).states
    remembered = encoder.eval()(source).states
    assert torch.allclose(remembered, trained, atol=0.05)
    assert not torch.allclose(fresh, trained, atol=0.05)
    assert remembered.equal(encoder(source).states), "evaluation is repeatable"


def test_running_statistics_are_saved() -> None:
    torch.manual_seed(0)
    encoder, other, source = residual(), residual(), pictures(WIDTHS, 8)
    encoder.train()(source)
    names = [name for name in encoder.state_dict() if "running" in name]
    assert names
    assert all(encoder.state_dict()[name].dtype == torch.float32 for name in names)
    other.load_state_dict(encoder.state_dict())
    assert other.eval()(source).states.equal(encoder.eval()(source).states)


def test_dropout_drops_in_training_only() -> None:
    torch.manual_seed(0)
    numbers = RowNumbers(2, CATEGORIES, 4)
    encoder, source = MultilayerPerceptron(numbers, [32], numbers.outputs, torch.tanh, 0.5), rows()
    assert (encoder.train()(source).states == 0).any()
    assert encoder.eval()(source).states.equal(encoder(source).states)


def test_lenet_5_has_the_size_of_the_paper() -> None:
    encoder = LeNetEncoder(1, 28, 28, (6, 16), (120, 84), 0.0)
    assert encoder(pictures([28] * 3, 28)).states.shape == (3, 84)
    assert encoder.states_width == 84
    assert encoder.hidden.weights[0].shape == (120, 400)


def test_without_hidden_layers_the_numbers_pass_as_they_are() -> None:
    numbers = RowNumbers(2, CATEGORIES, None)
    encoder, source = MultilayerPerceptron(numbers, [], numbers.outputs, F.relu, 0.5), rows()
    states = encoder(source).states
    assert encoder.states_width == numbers.outputs == 7
    assert states[:, :2].equal(source.numbers)
    assert states[:, 2:5].argmax(1).equal(source.categories[:, 0])
    assert states[:, 5:].argmax(1).equal(source.categories[:, 1])
    assert states[:, 2:].sum(1).equal(torch.full((4,), 2.0))


@pytest.mark.parametrize("embedding", [None, 4])
def test_a_value_that_training_has_not_seen_is_a_vector_of_zeros(embedding: int | None) -> None:
    numbers, seen = RowNumbers(2, CATEGORIES, embedding), rows()
    unseen = Rows(seen.numbers, torch.tensor([[3, 2]] * 4))
    assert numbers(seen)[:, 2:].abs().sum(1).min() > 0
    assert numbers(unseen)[:, 2:].abs().sum() == 0
    assert numbers(unseen).shape[1] == numbers.outputs


def test_a_table_may_lack_numbers_or_categories() -> None:
    count = torch.zeros(3, 0, dtype=torch.int64)
    assert RowNumbers(2, [], 4)(Rows(torch.ones(3, 2), count)).equal(torch.ones(3, 2))
    assert RowNumbers(0, [3], None)(Rows(torch.ones(3, 0), count.new_ones(3, 1))).tolist() == [[0.0, 1.0]] * 3


def test_pixels_pass_channel_by_channel_and_row_by_row() -> None:
    source = pictures([3, 3], 2, 3)
    first = PictureNumbers(3, 2, 3)(source)[0]
    assert torch.allclose(first * 255, 255 - source.values[:, :, :3].flatten().float())


@pytest.mark.parametrize("build", [lenet, perceptron_of_pictures])
def test_pictures_of_another_size_are_refused(build: Callable[[], nn.Module]) -> None:
    with pytest.raises(
        UnsupportedError, match="height 12 and width 13, and got one with 1 channels, height 12 and width 9"
    ):
        build()(pictures([13, 9], 12))
    with pytest.raises(UnsupportedError, match="got one with 3 channels, height 12 and width 13"):
        build()(pictures([13], 12, 3))


def test_pictures_of_another_height_are_refused() -> None:
    with pytest.raises(UnsupportedError, match="1 channels and height 8, and got 1 channels and height 9"):
        residual()(pictures([5], 9))


def test_a_table_with_other_columns_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="2 numeric and 2 categorical columns, and got 1 and 2"):
        perceptron_of_rows()(Rows(rows().numbers[:, :1], rows().categories))


def test_pictures_too_small_for_lenet_are_refused() -> None:
    with pytest.raises(UnsupportedError, match="kernel of length 5"):
        LeNetEncoder(1, 8, 8, (6, 16), (84,), 0.0)

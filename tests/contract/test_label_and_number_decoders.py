"""What decoders to labels and to numbers must do."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from dragoman.contracts import Decoder, Labels, Layout, Memory, Numbers, Rows
from dragoman.decoders.label import LabelDecoder
from dragoman.decoders.number import NumberDecoder
from dragoman.encoders.flat import RowNumbers
from dragoman.encoders.multilayer_perceptron import MultilayerPerceptron
from dragoman.layers.regression_loss import HuberLoss, absolute_loss, squared_loss

LABELS = Labels(torch.tensor([0, 2, 2, 1]))
NUMBERS = Numbers(torch.tensor([0.5, -1.0, 2.0, 0.0]))
LOSSES = {"squared": squared_loss, "absolute": absolute_loss, "huber": HuberLoss(0.5)}


def memory(dtype: torch.dtype = torch.float32, rows: int = 4) -> Memory:
    states = torch.randn(rows, 5, generator=torch.Generator().manual_seed(0)).to(dtype)
    return Memory(states, Layout.of([1] * rows), states)


def label_decoder(smoothing: float = 0.0, weights: torch.Tensor | None = None) -> LabelDecoder:
    torch.manual_seed(0)
    decoder = LabelDecoder(5, 3, smoothing, weights)
    torch.nn.init.normal_(decoder.bias)
    return decoder


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@pytest.mark.parametrize("weights", [None, torch.tensor([2.0, 0.5, 1.0])], ids=["even", "weighted"])
def test_the_loss_is_the_weighted_cross_entropy(weights: torch.Tensor | None, smoothing: float) -> None:
    decoder = label_decoder(smoothing, weights)
    assert isinstance(decoder, Decoder)
    log_p = torch.log_softmax(decoder(memory()), 1)
    wanted = (1 - smoothing) * F.one_hot(LABELS.values, 3) + smoothing / 3
    nats = -(wanted * log_p).sum(1)
    expected = (nats if weights is None else nats * weights[LABELS.values]).sum()
    assert torch.allclose(decoder.loss(LABELS, memory()), expected)


def test_what_is_measured_knows_neither_weights_nor_smoothing_nor_gradient() -> None:
    decoder = label_decoder(0.3, torch.tensor([2.0, 0.5, 1.0]))
    measured = decoder.token_losses(LABELS, memory())
    assert not measured.requires_grad
    assert torch.allclose(measured.sum(), label_decoder().loss(LABELS, memory()))
    assert "class_weights" not in decoder.state_dict()


@pytest.mark.parametrize("name", list(LOSSES))
def test_the_loss_of_a_number_is_the_one_handed_in(name: str) -> None:
    decoder = NumberDecoder(5, LOSSES[name])
    assert isinstance(decoder, Decoder)
    each = LOSSES[name](decoder(memory()), NUMBERS.values)
    assert torch.allclose(decoder.loss(NUMBERS, memory()), each.sum())
    measured = decoder.token_losses(NUMBERS, memory())
    assert measured.equal(each.detach())
    assert not measured.requires_grad


def test_each_alone_equals_the_batch() -> None:
    whole = memory()
    for decoder, target in ((label_decoder(), LABELS), (NumberDecoder(5, squared_loss), NUMBERS)):
        together, losses = decoder(whole), decoder.token_losses(target, whole)
        for n in range(4):
            row = whole.states[n : n + 1]
            alone, one = Memory(row, Layout.of([1]), row), type(target)(target.values[n : n + 1])
            assert torch.allclose(decoder(alone)[0], together[n], atol=1e-6)
            assert torch.allclose(decoder.token_losses(one, alone)[0], losses[n], atol=1e-6)


class Loss(torch.nn.Module):
    """The loss of a decoder as a function of the hidden states."""

    def __init__(self, decoder: torch.nn.Module, target: Labels | Numbers) -> None:
        super().__init__()
        self.decoder = decoder
        self.target = target

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        return self.decoder.loss(self.target, Memory(states, Layout.of([1] * 4), states))


def test_numeric_gradients() -> None:
    for decoder, target in (
        (label_decoder(0.2, torch.tensor([2.0, 0.5, 1.0])), LABELS),
        (NumberDecoder(5, squared_loss), NUMBERS),
    ):
        loss = Loss(decoder, target).double()
        names = [name for name, _ in loss.named_parameters()]

        def value(
            states: torch.Tensor, *values: torch.Tensor, loss: Loss = loss, names: list[str] = names
        ) -> torch.Tensor:
            return torch.func.functional_call(loss, dict(zip(names, values, strict=True)), (states,))

        leaves = [memory(torch.float64).states, *loss.parameters()]
        assert torch.autograd.gradcheck(
            value, tuple(x.detach().clone().requires_grad_() for x in leaves), fast_mode=True
        )


def test_losses_in_bfloat16_are_float32() -> None:
    label, number = label_decoder(0.1, torch.tensor([2.0, 0.5, 1.0])), NumberDecoder(5, HuberLoss(1.0))
    for decoder, target in ((label, LABELS), (number, NUMBERS)):
        exact = decoder.loss(target, memory())
        decoder.to(torch.bfloat16)
        rough = decoder.loss(target, memory(torch.bfloat16))
        assert rough.dtype == decoder.token_losses(target, memory(torch.bfloat16)).dtype == torch.float32
        assert torch.allclose(rough, exact, rtol=0.03)
        assert torch.isfinite(decoder.loss(target, memory())), "an encoder without weights hands on float32"


def test_on_rows_it_is_the_linear_regression_of_the_closed_form() -> None:
    torch.manual_seed(0)
    rows = Rows(torch.randn(40, 2, dtype=torch.float64), torch.randint(0, 3, (40, 1)))
    effects = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    y = rows.numbers @ torch.tensor([2.0, -1.0], dtype=torch.float64) + effects[rows.categories[:, 0]]
    target = Numbers(y + 0.1 * torch.randn(40, dtype=torch.float64))
    numbers = RowNumbers(2, [4], None)
    encoder, decoder = MultilayerPerceptron(numbers, [], numbers.outputs, F.relu, 0.0), NumberDecoder(5, squared_loss)
    decoder.double()
    optimizer = torch.optim.LBFGS(decoder.parameters(), max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = decoder.loss(target, encoder(rows))
        loss.backward()
        return loss

    optimizer.step(closure)
    dummies = torch.cat([rows.numbers, F.one_hot(rows.categories[:, 0], 3).double()], 1)
    solution = torch.linalg.lstsq(dummies, target.values[:, None]).solution
    assert torch.allclose(decoder(encoder(rows)), (dummies @ solution)[:, 0], atol=1e-4)


def test_softmax_regression_learns_what_a_line_can_part() -> None:
    torch.manual_seed(0)
    rows = Rows(torch.randn(60, 2), torch.zeros(60, 0, dtype=torch.int64))
    target = Labels((rows.numbers[:, 0] > rows.numbers[:, 1]).long())
    encoder, decoder = MultilayerPerceptron(RowNumbers(2, [], None), [], 2, F.relu, 0.0), LabelDecoder(2, 2)
    optimizer = torch.optim.Adam(decoder.parameters(), lr=0.2)
    for _ in range(60):
        optimizer.zero_grad()
        (decoder.loss(target, encoder(rows)) / target.units).backward()
        optimizer.step()
    assert decoder(encoder(rows)).argmax(1).eq(target.values).float().mean() > 0.95
    assert decoder.token_losses(target, encoder(rows)).mean() < 0.2

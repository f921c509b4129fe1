"""A picture's hidden states are a memory like any other: every decoder of text takes them."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest
import torch

from dragoman.contracts import DEFAULT_SYMBOLS, Batch, Packed, Pictures, PictureSize, TextSize, WritingDecoder
from dragoman.model.build import build
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.recipe.architecture import ModelRecipe

START = DEFAULT_SYMBOLS.start

V, HEIGHT = 12, 16
TARGETS = [[5, 6, 3], [7, 3], [8, 9, 10, 3]]
WIDTHS = {"residual": [40, 24, 64], "lenet": [20, 20, 20]}
ENCODERS: dict[str, dict[str, Any]] = {
    "residual": {"kind": "residual", "channels": [4, 6], "halvings": 1, "width": 16, "context": 1, "dropout": 0.0},
    "lenet": {"kind": "lenet", "channels": [3, 4], "hidden": [16], "dropout": 0.0},
}
DECODERS: dict[str, dict[str, Any]] = {
    "transformer": {"layers": 1, "width": 16, "feed_forward": 24, "heads": 2, "dropout": 0.0},
    "gru without attention": {"kind": "gru", "width": 16, "attention": "none", "dropout": 0.0},
    "lstm additive": {"kind": "lstm", "width": 16, "attention": "additive", "dropout": 0.0},
    "gru dot fed": {"kind": "gru", "width": 16, "attention": "dot", "input_feeding": True, "dropout": 0.0},
    "ctc": {"kind": "ctc"},
}
PAIRS = [(e, d) for e in ENCODERS for d in DECODERS if (e, d) != ("lenet", "ctc")]


@pytest.fixture(params=PAIRS, ids=" to ".join)
def case(request: pytest.FixtureRequest) -> tuple[str, EncoderDecoder]:
    encoder, decoder = request.param
    recipe = ModelRecipe.model_validate({"encoder": ENCODERS[encoder], "decoder": DECODERS[decoder]})
    size = PictureSize(1, HEIGHT, 20 if encoder == "lenet" else None)
    return encoder, cast(EncoderDecoder, build(recipe, size, TextSize(V), seed=2)).eval()


def batch(encoder: str, rows: slice = slice(None)) -> Batch:
    generator = np.random.default_rng(3)
    pictures = [generator.integers(0, 256, (1, HEIGHT, width), dtype=np.uint8) for width in WIDTHS[encoder]][rows]
    targets = TARGETS[rows]
    return Batch(Pictures.of(pictures), Packed.of(targets), torch.arange(len(targets)))


def test_every_weight_learns(case: tuple[str, EncoderDecoder]) -> None:
    encoder, model = case
    model.train()
    model.loss(batch(encoder))[0].backward()
    for name, parameter in model.named_parameters():
        # Among one state there is nothing to choose, so that nothing is learnt about choosing.
        if encoder == "residual" or "attention" not in name:
            assert parameter.grad is not None, name
            assert parameter.grad.abs().sum() > 0, name


def test_a_batch_of_one_equals_a_batch_of_n(case: tuple[str, EncoderDecoder]) -> None:
    encoder, model = case
    model.double()
    together = model.token_losses(batch(encoder)).sum()
    alone = sum(model.token_losses(batch(encoder, slice(n, n + 1))).sum() for n in range(3))
    assert torch.allclose(together, torch.as_tensor(alone), atol=1e-9)


def test_steps_give_the_probability_of_the_whole(case: tuple[str, EncoderDecoder]) -> None:
    encoder, model = case
    assert isinstance(model.decoder, WritingDecoder)
    model.double()
    data = batch(encoder)
    target = cast(Packed, data.target)
    inputs, wanted = (target.layout.pad(rows.values) for rows in (target.shifted(START), target))
    state, nats = model.start(model.encode(data.source)), torch.zeros(3, dtype=torch.float64)
    for position in range(target.layout.longest):
        scores, state = model.step(inputs[:, position], state)
        real = target.layout.mask[:, position]
        log_p = torch.log_softmax(scores.double(), -1).gather(1, wanted[:, position, None])[:, 0]
        nats -= torch.where(real, log_p, 0.0)
    assert nats.sum().item() == pytest.approx(model.token_losses(data).sum().item(), abs=1e-4)

"""Guided alignment: its loss by its equations, and what it adds to the loss of every decoder that attends."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from dragoman.contracts import Batch, GuidedAlignment, Links, Packed, TextSize
from dragoman.contracts.expect import expect
from dragoman.layers.alignment_loss import alignment_loss, alignment_loss_equations
from dragoman.model.attention_weights import Side, attention_weights
from dragoman.model.build import build
from dragoman.model.build_decoders import Objective
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.recipe.architecture import ModelRecipe

STACK = {"layers": 3, "width": 16, "feed_forward": 24, "heads": 4}
DECODERS: dict[str, dict[str, Any]] = {
    "transformer": STACK,
    "post-norm": STACK | {"norm": "post"},
    "dot": {"kind": "gru", "width": 16, "attention": "dot"},
    "additive": {"kind": "lstm", "width": 16, "attention": "additive"},
    "multi-head": {"kind": "rnn", "width": 16, "attention": "multi_head", "heads": 4},
    "fed": {"kind": "lstm", "width": 16, "attention": "additive", "input_feeding": True},
}
SOURCE, TARGET = Packed.of([[5, 6, 7, 3], [9, 3], [10, 11, 3]]), Packed.of([[12, 3], [13, 14, 15, 3], [16, 17, 3]])
LINKS = Links.of([[(0, 0), (2, 0)], [], [(1, 0), (0, 1), (2, 2)]])
WEIGHTS = torch.tensor([2.0, 1.0, 0.5])


def made(kind: str, guide: GuidedAlignment | None) -> EncoderDecoder:
    recipe = {"encoder": {"kind": "gru", "width": 16}, "decoder": DECODERS[kind], "tie": "decoder"}
    objective = Objective(0.1, guide=guide)
    built = build(ModelRecipe.model_validate(recipe), TextSize(23), TextSize(23), seed=1, objective=objective)
    return expect(built, EncoderDecoder).double().eval()


def guide_of(kind: str) -> GuidedAlignment:
    return GuidedAlignment(0.7, layer=1 if "norm" in kind or kind == "transformer" else 0, heads=1 + (kind != "dot"))


def batch(links: Links | None = LINKS, weights: Tensor | None = None) -> Batch:
    return Batch(SOURCE, TARGET, torch.arange(3), weights, links)


@pytest.mark.parametrize("weights", [None, WEIGHTS.double()])
def test_the_loss_equals_its_equations(weights: Tensor | None) -> None:
    torch.manual_seed(0)
    scores = torch.randn(3, 2, 4, 5, dtype=torch.float64)
    scores[1, :, :, 3:] = float("-inf")
    scores.requires_grad_()
    fast, slow = (loss(scores, LINKS, weights) for loss in (alignment_loss, alignment_loss_equations))
    torch.testing.assert_close(fast, slow)
    torch.testing.assert_close(*(torch.autograd.grad(loss, scores)[0] for loss in (fast, slow)))
    real = scores.detach()[[0, 2]].requires_grad_()
    some = LINKS.select(torch.tensor([0, 2]))
    of_some = None if weights is None else weights[[0, 2]]
    assert torch.autograd.gradcheck(lambda s: alignment_loss(s, some, of_some), (real,))
    assert alignment_loss(real, Links.of([[], []])).item() == 0


def test_one_link_far_below_the_others_still_pulls() -> None:
    scores = torch.tensor([[[[0.0, 500.0]]]], requires_grad=True)
    (gradient,) = torch.autograd.grad(alignment_loss(scores, Links.of([[(0, 0)]])), scores)
    assert gradient.flatten().tolist() == [-1, 1]


@pytest.mark.parametrize("kind", list(DECODERS))
@pytest.mark.parametrize("weights", [None, WEIGHTS.double()])
def test_it_is_added_to_the_loss_of_every_decoder(kind: str, weights: Tensor | None) -> None:
    guide = guide_of(kind)
    model, plain = made(kind, guide), made(kind, None)
    loss, _ = model.loss(batch(weights=weights))
    without = plain.loss(batch(None, weights))[0]
    assert model.loss(batch(None, weights))[0].equal(without)
    assert plain.loss(batch(weights=weights))[0].equal(without)
    crosses = [found for found in attention_weights(model, batch()) if found.layer.side is Side.CROSS]
    expected = 0.0
    for row, links in enumerate([[(0, 0), (2, 0)], [], [(1, 0), (0, 1), (2, 2)]]):
        for source, target in links:
            heads = crosses[guide.layer].rows[row][: guide.heads, target, source]
            share = sum(1 for _, t in links if t == target)
            nats = -float(torch.tensor(heads).log().mean()) / share
            expected += nats * (1 if weights is None else float(weights[row]))
    assert float((loss - without).detach()) == pytest.approx(0.7 * expected, rel=1e-5)


@pytest.mark.parametrize("kind", list(DECODERS))
def test_examples_alone_add_up(kind: str) -> None:
    """So it does not matter how an update's examples are dealt out to mini-batches and processes."""
    model = made(kind, guide_of(kind))
    together, gradient = loss_and_gradient(model, [batch(weights=WEIGHTS.double())])
    apart = [batch(weights=WEIGHTS.double()).select(torch.tensor(rows)) for rows in ([2], [0], [1])]
    alone, same = loss_and_gradient(model, apart)
    torch.testing.assert_close(alone, together)
    torch.testing.assert_close(same, gradient, atol=1e-10, rtol=1e-8)


def loss_and_gradient(model: EncoderDecoder, batches: list[Batch]) -> tuple[Tensor, Tensor]:
    loss = torch.stack([model.loss(each)[0] for each in batches]).sum()
    gradients = torch.autograd.grad(loss, list(model.parameters()), allow_unused=True)
    return loss, torch.cat([gradient.flatten() for gradient in gradients if gradient is not None])

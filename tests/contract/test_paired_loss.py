"""R-Drop of every decoder with a softmax: two passes in one, which cost what they cost apart and what parts them."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from dragoman.contracts import AnyBatch, Batch, GuidedAlignment, Links, PairedDecoder, Tags, TextBatch
from dragoman.layers.dropout import Dropout
from dragoman.layers.paired_cross_entropy import paired_losses
from dragoman.model.build import Model, build
from dragoman.model.build_decoders import Objective

sys.path.insert(0, str(Path(__file__).parent))
from four_examples import MODELS, loss_and_gradient, with_weights

WEIGHTS = torch.tensor([2.0, 0.0, 1.0, 0.5])
CLASS_WEIGHTS = torch.tensor([2.0, 0.5, 1.0])
WITHOUT = ("ctc", "number", "crf")
WITH = [name for name in MODELS if name not in WITHOUT]
GUIDED = "guided transformer"
LINKS = Links.of([[(0, 0)], [(0, 1), (1, 1)], [], [(0, 3)]])


def made(kind: str, consistency: float) -> tuple[Model, AnyBatch]:
    """A model in training, and four examples with weights; with links if their alignment is taught."""
    recipe, source, target, batch = MODELS["transformer" if kind == GUIDED else kind]()
    weights = tuple(CLASS_WEIGHTS.tolist()) if kind == "label" else None
    guide = GuidedAlignment(0.7, 0, 1) if kind == GUIDED else None
    model = build(recipe, source, target, seed=1, objective=Objective(0.1, weights, guide, consistency))
    weighted = with_weights(batch, WEIGHTS)
    if isinstance(weighted, Batch) and guide is not None:
        weighted = replace(weighted, links=LINKS)
    return model.train(), weighted


@pytest.mark.parametrize("kind", [*WITH, GUIDED])
def test_where_nothing_is_dropped_both_passes_are_one(kind: str) -> None:
    (twice, batch), (once, _) = made(kind, 5.0), made(kind, 0.0)
    for model in (twice, once):
        for module in model.modules():
            if isinstance(module, Dropout):
                module.rate = 0.0
    for found, wanted in zip(loss_and_gradient(twice, batch), loss_and_gradient(once, batch), strict=True):
        assert torch.allclose(found, wanted, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("kind", WITH)
def test_with_dropout_it_is_the_loss_of_two_passes(kind: str) -> None:
    model, batch = made(kind, 5.0)
    torch.manual_seed(7)
    found = loss_and_gradient(model, batch)
    torch.manual_seed(7)
    logits, targets, weights = outputs_of_two_passes(kind, model, batch)
    loss = paired_losses(logits, targets, 0.1, 5.0) @ weights
    loss.backward()
    assert found[0].item() == pytest.approx(loss.item(), rel=1e-5)
    gradients = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
    assert len(gradients) == len(found) - 1
    # The gradients of the first backward pass are in these, too.
    for of_loss, both in zip(found[1:], gradients, strict=True):
        assert torch.allclose(both, 2 * of_loss, atol=1e-5, rtol=1e-4)
    assert not torch.allclose(*logits.chunk(2), atol=1e-3), "both passes drop the same"


def outputs_of_two_passes(kind: str, model: Model, batch: AnyBatch) -> tuple[Tensor, Tensor, Tensor]:
    """The scores of both passes, one below the other, the target of each pair, and how much each pair counts."""
    both = batch.twice()
    logits: Tensor = model.outputs(both)  # type: ignore[arg-type]
    targets = batch.target.values
    if kind == "label":
        return logits, targets, WEIGHTS * CLASS_WEIGHTS[targets]
    if isinstance(both.target, Tags) and isinstance(both, Batch):
        logits = logits[both.target.places(both.source.layouts[0])]
    return logits, targets, WEIGHTS.repeat_interleave(batch.target.unit_counts)


@pytest.mark.parametrize("kind", [*WITH, GUIDED])
def test_in_evaluation_one_pass_is_enough(kind: str) -> None:
    losses = [model.eval().loss(batch)[0] for model, batch in (made(kind, 5.0), made(kind, 0.0))]
    assert losses[0].equal(losses[1])


def test_the_state_of_the_first_pass_is_carried_on() -> None:
    """Both passes over the next batch begin with it."""
    model, batch = made("recurrent language model", 5.0)
    assert isinstance(batch, TextBatch)
    torch.manual_seed(7)
    _, carried = model.loss(batch)  # type: ignore[arg-type]
    torch.manual_seed(7)
    _, both = made("recurrent language model", 0.0)[0].loss(batch.twice())  # type: ignore[arg-type]
    assert len(carried) == len(both) > 0
    assert all(one.equal(two[:4]) for one, two in zip(carried, both, strict=True))
    follows = replace(batch, follows=True)
    assert not model.loss(follows, carried)[0].equal(model.loss(batch)[0])  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", WITHOUT)
def test_decoders_without_a_softmax_for_each_prediction_have_no_such_loss(kind: str) -> None:
    recipe, source, target, _ = MODELS[kind]()
    assert not isinstance(build(recipe, source, target, seed=1).decoder, PairedDecoder)
    assert not recipe.decoder.by_softmax

"""What every decoder's loss makes of weights by example: 2 is the example twice, 0 is its absence."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor

from dragoman.contracts import AnyBatch
from dragoman.model.build import Model, build
from dragoman.model.build_decoders import Objective

sys.path.insert(0, str(Path(__file__).parent))
from four_examples import MODELS, loss_and_gradient, with_weights

WEIGHTS = torch.tensor([2.0, 0.0, 1.0, 0.5])
TWICE = torch.tensor([0, 0, 0, 0, 2, 2, 3])
"""The examples as often as twice their weight says."""


@pytest.fixture(params=MODELS)
def case(request: pytest.FixtureRequest) -> tuple[Model, AnyBatch]:
    """A model that does the same with an example whatever stands beside it, and four examples."""
    recipe, source, target, batch = MODELS[request.param]()
    weights = (2.0, 0.5, 1.0) if request.param == "label" else None
    return build(recipe, source, target, seed=1, objective=Objective(0.1, weights)).eval(), batch


@pytest.mark.parametrize("native", [True, False], ids=["native", "twin"])
def test_a_weight_of_two_is_the_example_twice_and_none_its_absence(
    case: tuple[Model, AnyBatch], native: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, batch = case
    if not native:
        monkeypatch.setattr("dragoman.layers.cross_entropy.available", lambda *tensors: False)
    weighted, repeated = with_weights(batch, WEIGHTS), batch.select(TWICE)
    found, wanted = loss_and_gradient(model, weighted, 2), loss_and_gradient(model, repeated)
    assert len(found) > 5
    for one, other in zip(found, wanted, strict=True):
        assert torch.allclose(one, other, atol=1e-6, rtol=1e-4)
    for one, other in zip(loss_and_gradient(model, batch, 2), wanted, strict=True):
        assert not torch.allclose(one, other, atol=1e-6, rtol=1e-4), "the weights make no difference here"


def test_without_weights_all_examples_count_one(case: tuple[Model, AnyBatch]) -> None:
    model, batch = case
    ones = with_weights(batch, torch.ones(4))
    for one, other in zip(loss_and_gradient(model, ones), loss_and_gradient(model, batch), strict=True):
        assert torch.allclose(one, other, atol=1e-6, rtol=1e-5)


def test_weights_do_not_change_what_the_loss_is_divided_by(case: tuple[Model, AnyBatch]) -> None:
    """Else a batch of examples that all weigh little would count as much as one of those that weigh much."""
    _, batch = case
    assert with_weights(batch, WEIGHTS).units == batch.units == batch.target.units


def test_what_is_measured_knows_no_weights(case: tuple[Model, AnyBatch]) -> None:
    model, batch = case
    weighted = with_weights(batch, WEIGHTS)
    measured: Tensor = model.token_losses(weighted)  # type: ignore[arg-type]
    assert not measured.requires_grad
    assert measured.equal(model.token_losses(batch))  # type: ignore[arg-type]


def test_weights_go_where_their_examples_go(case: tuple[Model, AnyBatch]) -> None:
    _, batch = case
    moved = with_weights(batch, WEIGHTS).to("cpu").select(torch.tensor([3, 0]))
    assert moved.weights is not None
    assert moved.weights.tolist() == [0.5, 2.0]

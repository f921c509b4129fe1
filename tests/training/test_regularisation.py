"""Dropout and weight decay, for every kind of model: in the right places, and off where they must be."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from dragoman.contracts import Batch, Packed, TextBatch, TextSize
from dragoman.layers.dropout import Dropout
from dragoman.model.build import Model, build
from dragoman.recipe.architecture import ModelRecipe
from dragoman.recipe.training import OptimizerRecipe
from dragoman.training.optimizer import build_optimizer
from dragoman.training.parameters import FlatParameters

V = 19
RATE = 0.25
SMALL = {"width": 16, "dropout": RATE}
MODELS: dict[str, dict[str, Any]] = {
    "transformer": {
        "encoder": {**SMALL, "layers": 1, "heads": 2, "feed_forward": 8},
        "decoder": {**SMALL, "layers": 1, "heads": 2, "feed_forward": 8},
    },
    "rnn": {"encoder": {"kind": "rnn", **SMALL}, "decoder": {"kind": "rnn", "attention": "none", **SMALL}},
    "gru": {"encoder": {"kind": "gru", **SMALL}, "decoder": {"kind": "gru", "attention": "dot", **SMALL}},
    "deep lstm": {
        "encoder": {"kind": "lstm", "layers": 2, "bidirectional": True, **SMALL},
        "decoder": {"kind": "lstm", "layers": 2, "input_feeding": True, **SMALL},
    },
    "convolution": {"encoder": {"kind": "convolution", **SMALL}, "decoder": {"kind": "gru", **SMALL}},
    "language model": {"encoder": {"kind": "none"}, "decoder": {"kind": "lstm", "layers": 2, **SMALL}},
}


@pytest.fixture(params=list(MODELS))
def model(request: pytest.FixtureRequest) -> Model:
    return build(
        ModelRecipe.model_validate({"tie": "decoder", **MODELS[request.param]}), TextSize(V), TextSize(V), seed=1
    )


def batch(model: Model) -> Batch | TextBatch:
    source, target = Packed.of([[5, 6, 7, 3], [8, 3]]), Packed.of([[6, 5, 3], [9, 8, 7, 3]])
    rows = torch.arange(2)
    return Batch(source, target, rows) if hasattr(model, "encoder") else TextBatch(target, target, False, rows)


def states(model: Model) -> torch.Tensor:
    found = model(batch(model))
    return found[0] if isinstance(found, tuple) else found


def test_two_evaluations_agree_bit_for_bit_and_draw_nothing(model: Model) -> None:
    model.eval()
    before = torch.get_rng_state()
    assert states(model).equal(states(model))
    assert torch.get_rng_state().equal(before)


def test_training_is_random_and_every_rate_is_the_recipes(model: Model) -> None:
    model.train()
    assert not states(model).equal(states(model))
    rates = {module.rate for module in model.modules() if isinstance(module, Dropout)}
    assert rates <= {RATE, 0.0}
    assert RATE in rates


def test_every_dropout_keeps_the_expectation(model: Model) -> None:
    """Each place where something is dropped, on what really passes it: the mean over many draws is the input."""
    model.eval()
    seen: dict[str, torch.Tensor] = {}
    dropouts = {name: module for name, module in model.named_modules() if isinstance(module, Dropout) and module.rate}
    original = Dropout.forward

    def noting(module: Dropout, x: torch.Tensor) -> torch.Tensor:
        seen.update({name: x.detach() for name, other in dropouts.items() if other is module})
        return original(module, x)

    Dropout.forward = noting  # type: ignore[method-assign]
    try:
        states(model)
    finally:
        Dropout.forward = original  # type: ignore[method-assign]
    assert seen
    model.train()
    torch.manual_seed(0)
    for name, x in seen.items():
        draws = 4000
        mean = sum(dropouts[name](x) for _ in range(draws)) / draws
        # The standard error of the mean of x·B/(1 − p) is |x| √(p / (1 − p) / draws).
        error = x.abs() * (RATE / (1 - RATE) / draws) ** 0.5
        assert bool(((mean - x).abs() <= 5.5 * error + 1e-6).all()), name


def test_dropout_never_stands_on_the_recurrent_connections() -> None:
    """With the inputs' weights at zero, only the state passes from step to step, and it passes untouched."""
    values = {"encoder": {"kind": "none"}, "decoder": {"kind": "rnn", "width": 8, "dropout": 0.5}}
    model = build(ModelRecipe.model_validate(values), TextSize(V), TextSize(V), seed=1).train()
    cell = model.decoder.layers.layers[0].cell
    with torch.no_grad():
        cell.weight_input.zero_()
    carried = (torch.randn(1, 8),)
    target = Packed.of([[5, 6, 7, 8, 9]])
    follows = TextBatch(target, target, True, torch.zeros(1, dtype=torch.int64))
    after = [model(follows, carried)[1][0] for _ in range(3)]
    assert after[0].equal(after[1])
    assert after[0].equal(after[2])
    assert after[0].abs().sum() > 0


@pytest.mark.parametrize("decay", ["decoupled", "l2"])
def test_matrices_decay_and_vectors_do_not(model: Model, decay: str) -> None:
    """With a gradient of zero, decoupled decay shrinks every matrix by 1 − lr·λ and leaves every vector."""
    parameters = FlatParameters(model, torch.float32, torch.device("cpu"))
    recipe = OptimizerRecipe(learning_rate=0.1, weight_decay=0.5, decay=decay)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    vectors = [name for name, p in before.items() if p.ndim < 2]
    matrices = [name for name, p in before.items() if p.ndim >= 2]
    assert vectors
    if decay == "decoupled":
        build_optimizer(recipe, parameters, model).step()
        parameters.publish()
        for name, parameter in model.named_parameters():
            shrunk = before[name] * (1 - 0.1 * 0.5) if name in matrices else before[name]
            assert torch.allclose(parameter, shrunk, atol=1e-7), name
        return
    from dragoman.training.weight_decay import add_l2_gradient

    add_l2_gradient(parameters, 0.5)
    gradients = {place.name: parameters.gradient[place.begin : place.end] for place in parameters.map.places}
    for name in matrices:
        assert torch.allclose(gradients[name], 0.5 * before[name].flatten()), name
    for name in vectors:
        assert not gradients[name].any(), name

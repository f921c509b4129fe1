"""Muon: its equations, its fast path, and the weights that it is for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from dragoman.errors import RecipeError
from dragoman.layers.attention.multi_head import SelfAttention
from dragoman.layers.recurrent.gru import ResetAfterGRU
from dragoman.layers.recurrent.lstm import LSTM
from dragoman.model.hidden_matrices import hidden_matrices
from dragoman.native import training
from dragoman.native.library import without_kernels
from dragoman.native.muon import muon_update
from dragoman.recipe.training import OptimizerRecipe
from dragoman.training.muon import MatrixPlace, Muon, orthogonalize, orthogonalize_equations
from dragoman.training.optimizer import build_optimizer, optimizer_tensors, restore_optimizer, set_learning_rate
from dragoman.training.parameters import FlatParameters

CPU = torch.device("cpu")


@pytest.mark.parametrize("shape", [(3, 8, 8), (2, 16, 5), (2, 5, 16)])
def test_directions_are_those_of_the_singular_vectors(shape: tuple[int, int, int]) -> None:
    torch.manual_seed(1)
    matrices = torch.randn(shape)
    found, exact = orthogonalize(matrices), orthogonalize_equations(matrices)
    left, _, right = torch.linalg.svd(matrices, full_matrices=False)
    inside = left.mT @ found @ right.mT
    sizes = torch.diagonal(inside, dim1=1, dim2=2)
    torch.testing.assert_close(inside, torch.diag_embed(sizes), atol=1e-4, rtol=0)
    torch.testing.assert_close(left.mT @ exact @ right.mT, torch.diag_embed(torch.ones_like(sizes)), atol=1e-4, rtol=0)
    strong = torch.linalg.svdvals(matrices) > 0.1 * matrices.norm(dim=(1, 2))[:, None]
    assert bool(((sizes > 0.6) & (sizes < 1.3))[strong].all())


def test_the_size_of_a_gradient_changes_nothing() -> None:
    matrices = torch.randn(2, 6, 4)
    torch.testing.assert_close(orthogonalize(1000 * matrices), orthogonalize(matrices), atol=1e-4, rtol=1e-4)


def test_bfloat16_finds_nearly_the_same() -> None:
    matrices = torch.randn(4, 32, 32)
    found, exact = orthogonalize(matrices.bfloat16()).float(), orthogonalize(matrices)
    assert (found - exact).norm() < 0.05 * exact.norm()


def test_a_matrix_of_zeros_stays_where_it_is() -> None:
    assert not orthogonalize(torch.zeros(1, 3, 3)).any()


def _by_the_equations(weights: torch.Tensor, gradients: list[torch.Tensor], rate: float, decay: float) -> torch.Tensor:
    momentum = torch.zeros_like(weights)
    for gradient in gradients:
        momentum = 0.9 * momentum + 0.1 * gradient
        ahead = 0.9 * momentum + 0.1 * gradient
        change = max(1.0, weights.shape[0] / weights.shape[1]) ** 0.5 * orthogonalize(ahead[None])[0]
        weights = weights - rate * (decay * weights + change)
    return weights


def test_updates_are_those_of_the_equations() -> None:
    torch.manual_seed(2)
    tall, wide, other = torch.randn(6, 4), torch.randn(3, 5), torch.randn(6, 4)
    flat = nn.Parameter(torch.cat([each.flatten() for each in (tall, wide, other)]))
    places = [MatrixPlace(0, 6, 4), MatrixPlace(24, 3, 5), MatrixPlace(39, 6, 4)]
    group = {"params": [flat], "places": places, "weight_decay": 0.1}
    optimizer = Muon([group], None, learning_rate=0.05, momentum=0.9, precision=torch.float32)
    gradients = [[torch.randn(place.rows, place.columns) for place in places] for _ in range(3)]
    for each in gradients:
        flat.grad = torch.cat([gradient.flatten() for gradient in each])
        optimizer.step()
    for number, (place, begun) in enumerate(zip(places, (tall, wide, other), strict=True)):
        expected = _by_the_equations(begun, [each[number] for each in gradients], 0.05, 0.1)
        torch.testing.assert_close(place.of(flat.detach()), expected, atol=1e-4, rtol=1e-4)


def _five_updates(sides: list[tuple[int, int]]) -> torch.Tensor:
    torch.manual_seed(4)
    places, begin = [], 0
    for rows, columns in sides:
        places.append(MatrixPlace(begin, rows, columns))
        begin += rows * columns
    flat = nn.Parameter(torch.randn(begin))
    group = {"params": [flat], "places": places, "weight_decay": 0.1}
    optimizer = Muon([group], None, learning_rate=0.05, momentum=0.9, precision=torch.bfloat16)
    for _ in range(5):
        flat.grad = torch.randn(begin)
        optimizer.step()
    return flat.detach()


@pytest.mark.skipif(training.kernels() is None, reason="the native kernels are not built here")
@pytest.mark.parametrize("instruction_set", range(4))
def test_the_kernel_is_the_equations_on_every_instruction_set_and_any_number_of_threads(instruction_set: int) -> None:
    sides = [(1, 1), (3, 70), (32, 32), (65, 20), (48, 100), (128, 128), (40, 33)]
    threads = torch.get_num_threads()
    with without_kernels():
        slow = _five_updates(sides)
    try:
        if training.library().dragoman_use_isa(instruction_set) != instruction_set:
            pytest.skip("this processor has no such instructions")
        fast = _five_updates(sides)
        torch.set_num_threads(3 - threads % 2)
        assert torch.equal(_five_updates(sides), fast)
    finally:
        training.library().dragoman_use_isa(3)
        torch.set_num_threads(threads)
    torch.manual_seed(4)
    begun = torch.randn(len(slow))
    assert (fast - slow).norm() < 0.03 * (slow - begun).norm()


@pytest.mark.skipif(training.kernels() is None, reason="the native kernels are not built here")
def test_a_matrix_beyond_the_weights_is_refused() -> None:
    numbers = [torch.zeros(16) for _ in range(3)]
    values = {"decay_of_momentum": 0.9, "rate": 0.1, "decay": 0.0, "smallest_norm": 1e-7}
    with pytest.raises(ValueError, match="16 weights"):
        muon_update(*numbers, torch.tensor([[1, 4, 4]]), [(1.0, 0.0, 0.0)], **values)


@pytest.mark.parametrize(
    ("build", "parts"),
    [
        (lambda: SelfAttention(8, heads=2, dropout=0.0, causal=True), {"inputs.weight": 3, "output.weight": 1}),
        (lambda: LSTM(4, 6), {"weight_input": 4, "weight_hidden": 4}),
        (lambda: ResetAfterGRU(4, 6), {"weight_input": 3, "weight_hidden": 3}),
    ],
)
def test_fused_matrices_are_cut_into_their_maps(build: Callable[[], nn.Module], parts: dict[str, int]) -> None:
    assert {matrix.name: matrix.parts for matrix in hidden_matrices(build())} == parts


class _Tied(nn.Module):
    """A small model whose output layer shares the matrix of its symbols."""

    def __init__(self) -> None:
        super().__init__()
        self.symbols = nn.Embedding(20, 8)
        self.inner = nn.Linear(8, 8)
        self.output = nn.Linear(8, 20, bias=False)
        self.output.weight = self.symbols.weight


def _trained(recipe: OptimizerRecipe, updates: int, kept: dict[str, torch.Tensor] | None = None) -> _Tied:
    torch.manual_seed(3)
    model = _Tied()
    parameters = FlatParameters(model, torch.float32, CPU)
    optimizer = build_optimizer(recipe, parameters, model)
    for update in range(1, updates + 1):
        parameters.gradient.copy_(torch.linspace(-1, update, parameters.map.size).sin())
        if kept is not None and update == 3:
            # The state goes through a checkpoint.
            stored = {name: tensor.clone() for name, tensor in optimizer_tensors(optimizer).items()}
            optimizer = build_optimizer(recipe, parameters, model)
            restore_optimizer(optimizer, stored)
            kept.update(stored)
        set_learning_rate(optimizer, recipe.learning_rate / update)
        optimizer.step()
    return model


def test_symbols_and_vectors_are_changed_by_adamw() -> None:
    muon = _trained(OptimizerRecipe(kind="muon", weight_decay=0.1), 4)
    adam = _trained(OptimizerRecipe(weight_decay=0.1), 4)
    assert torch.equal(muon.symbols.weight, adam.symbols.weight)
    assert torch.equal(muon.inner.bias, adam.inner.bias)
    assert not torch.allclose(muon.inner.weight, adam.inner.weight)


def test_state_from_a_checkpoint_goes_on_to_the_same_bits() -> None:
    recipe, kept = OptimizerRecipe(kind="muon", weight_decay=0.1), dict[str, torch.Tensor]()
    through = _trained(recipe, 5, kept)
    assert any(name.endswith("momentum") for name in kept)
    for one, other in zip(through.parameters(), _trained(recipe, 5).parameters(), strict=True):
        assert torch.equal(one, other)


def test_both_rates_follow_one_schedule() -> None:
    model = _Tied()
    parameters = FlatParameters(model, torch.float32, CPU)
    optimizer = build_optimizer(OptimizerRecipe(kind="muon", learning_rate=0.004, hidden_factor=5.0), parameters, model)
    set_learning_rate(optimizer, 0.002)
    assert sorted(group["lr"] for group in optimizer.param_groups) == [0.002, 0.002, 0.01]


def test_a_model_without_hidden_layers_is_refused() -> None:
    model = nn.Embedding(5, 4)
    with pytest.raises(RecipeError, match="adamw"):
        build_optimizer(OptimizerRecipe(kind="muon"), FlatParameters(model, torch.float32, CPU), model)


def test_a_penalty_in_the_loss_is_refused() -> None:
    with pytest.raises(ValueError, match="decoupled"):
        OptimizerRecipe(kind="muon", decay="l2", weight_decay=0.1)

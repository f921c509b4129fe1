"""Contributions by integrated gradients: complete, and where a function is known, equal to what it says."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from dragoman.explanation.integrated_gradients import TOLERANCE, integrated_gradients


def test_of_a_polynomial_they_are_exact() -> None:
    """F = x y² + z from (1, 1, 1) to (3, 2, 5), where the integral is known; the shape of an input is its own."""
    x, baseline = torch.tensor([[3.0, 2.0], [5.0, 7.0]]).double(), torch.ones(2, 2).double()
    found = integrated_gradients(lambda p: p[:, 0, 0] * p[:, 0, 1] ** 2 + p[:, 1, 0], x, baseline)
    # ∫ 2 (1 + a)² da = 14/3; ∫ 2 (1 + 2a)(1 + a) da = 19/3.
    assert found.contributions.flatten().tolist() == pytest.approx([14 / 3, 19 / 3, 4, 0])
    assert (found.value, found.baseline_value) == (17, 2)
    assert found.gap == pytest.approx(0, abs=1e-12)


def test_kinks_are_found() -> None:
    """ReLUs that turn on at many places of the path."""
    draw = torch.Generator().manual_seed(1)
    weights, bias = torch.randn(40, 6, generator=draw), torch.randn(40, generator=draw)
    signs = torch.randn(40, generator=draw).sign()

    def function(points: Tensor) -> Tensor:
        return torch.relu(points @ weights.t() + bias) @ signs

    x = 3 * torch.randn(6, generator=draw)
    rough = integrated_gradients(function, x, torch.zeros(6), tolerance=1e9)
    fine = integrated_gradients(function, x, torch.zeros(6), tolerance=1e-3)
    assert rough.evaluations < fine.evaluations
    assert abs(fine.gap) <= 1e-3 * max(1, abs(fine.value - fine.baseline_value))
    # By the definition, with very many points.
    shares = (torch.arange(100_000) + 0.5)[:, None] / 100_000
    points = (shares * x).requires_grad_()
    (gradient,) = torch.autograd.grad(function(points).sum(), points)
    assert torch.allclose(fine.contributions, (x * gradient.mean(0)).double(), atol=2e-2)


def test_how_many_are_computed_together_changes_nothing() -> None:
    x = torch.tensor([1.0, -2.0])
    one, other = (
        integrated_gradients(lambda p: torch.sin(p).prod(1), x, torch.zeros(2), together=n) for n in (1, 1000)
    )
    assert torch.allclose(one.contributions, other.contributions)


def test_a_jump_ends_with_a_gap_that_is_told() -> None:
    found = integrated_gradients(lambda p: (p[:, 0] > 0.3).float() + 0 * p[:, 0], torch.ones(1), torch.zeros(1))
    assert found.gap == pytest.approx(1)
    assert abs(found.gap) > TOLERANCE

"""Randomness as a function of what is computed."""

from __future__ import annotations

import torch

from dragoman.training.randomness import seed_generators


def test_the_same_draws_as_with_pytorchs_own_seeding():
    torch.manual_seed(2**63 + 7)
    expected = torch.rand(5)
    seed_generators(2**63 + 7)
    assert torch.equal(torch.rand(5), expected)

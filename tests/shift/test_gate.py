"""The gate opens for label shift, and for nothing else."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from dragoman.shift.covariate import covariate_shift
from dragoman.shift.gate import FEWEST_KEPT, kept_by_class, label_shift_gate
from dragoman.shift.label_shift import label_shift

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from planted_shift import World, planted

NAMES = [f"x{number + 1}" for number in range(8)]


def shifted_by(kind, seed, *, strength=1.0):
    """A world, old examples of it, and new ones after a shift."""
    generator = np.random.default_rng(seed)
    world = World.drawn(generator)
    return world, world.sample(600, generator), planted(kind, world, 400, generator, strength=strength)


def gate_of(world, old, new, permutations=99):
    weights = label_shift(
        world.posterior(old.values), old.classes, world.posterior(new.values), permutations=9, resamples=5
    ).weights
    return label_shift_gate(old.values, old.classes, new.values, weights, NAMES, permutations=permutations)


def test_a_label_shift_is_explained_by_the_shares_of_the_classes():
    world, old, new = shifted_by("label", 1)
    assert covariate_shift(old.values, new.values, NAMES, permutations=99).p_value == 0.01
    gate = gate_of(world, old, new)
    assert gate.p_value > 0.05
    assert FEWEST_KEPT <= gate.kept < 600
    assert gate.reason == ""


def test_a_covariate_shift_is_not():
    world, old, new = shifted_by("covariate", 2, strength=1.5)
    assert gate_of(world, old, new).p_value == 0.01


def test_what_is_kept_has_the_new_shares_and_no_example_twice():
    classes = np.repeat([0, 1, 2], [3000, 3000, 3000])
    kept = kept_by_class(classes, np.array([0.3, 1.2, 1.5]))
    assert kept.dtype == bool
    assert np.bincount(classes[kept]) / kept.sum() == pytest.approx([0.1, 0.4, 0.5], abs=0.02)
    # A class with the largest weight is kept whole; one that does not occur decides nothing.
    assert kept[6000:].all()
    assert kept_by_class(np.zeros(50, dtype=int), np.array([0.5, 9.0])).all()
    assert not kept_by_class(np.zeros(50, dtype=int), np.array([0.0, 2.0])).any()


def test_with_too_few_examples_it_says_so():
    _, old, new = shifted_by("label", 3)
    weights = np.array([0.02, 0.02, 0.02, 0.02])
    weights[0] = 4.0
    few = label_shift_gate(old.values[:100], old.classes[:100], new.values, weights, NAMES, permutations=9)
    assert few.p_value is None
    assert f"{few.kept} of 100 old examples" in few.reason
    assert f"{FEWEST_KEPT} would do" in few.reason

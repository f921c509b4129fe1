"""Concept shift: what is planted is found, a shift of the inputs alone is not mistaken for it."""

from __future__ import annotations

import numpy as np
import pytest

from dragoman.shift.concept import Outcomes, concept_shift
from dragoman.shift.density_ratio import density_ratio
from dragoman.shift.propensity_blocks import PropensityBlocks


def outcomes_of(old_inputs, new_inputs, losses, *, ratios=None, residuals=(None, None), documents=(None, None)):
    """Outcomes of both sides; ``losses`` is a function of inputs, and ratios are estimated if they are not given."""
    if ratios is None:
        found = density_ratio(old_inputs, new_inputs)
        ratios = found.old, found.new
    return tuple(
        Outcomes(losses(inputs), ratio, inputs, residual, of_documents)
        for inputs, ratio, residual, of_documents in zip(
            (old_inputs, new_inputs), ratios, residuals, documents, strict=True
        )
    )


def linear(inputs, intercept):
    """Losses that grow with the first input, in mean and in spread."""
    draws = np.random.default_rng(len(inputs)).exponential(size=len(inputs))
    return intercept + np.exp(0.7 * inputs[:, 0]) + (0.3 + np.abs(inputs[:, 0])) * draws


def known_shift(generator, old, new, shift=1.5):
    """Inputs of which the first is moved by ``shift``, and the true log-ratios."""
    inputs = generator.normal(size=(old, 3)), generator.normal([shift, 0, 0], 1, size=(new, 3))
    return inputs, tuple(shift * each[:, 0] - shift**2 / 2 for each in inputs)


def test_inputs_that_have_shifted_strongly_are_no_concept_shift():
    generator = np.random.default_rng(1)
    called = naive = 0
    for _ in range(100):
        (old, new), ratios = known_shift(generator, 250, 200)
        draws = generator.exponential(size=450)
        both = np.concatenate([old, new])
        losses = np.exp(0.7 * both[:, 0]) + (0.3 + np.abs(both[:, 0])) * draws
        sides = Outcomes(losses[:250], ratios[0], old), Outcomes(losses[250:], ratios[1], new)
        called += concept_shift(*sides, permutations=99).p_value <= 0.05
        error = np.hypot(losses[:250].std() / np.sqrt(250), losses[250:].std() / np.sqrt(200))
        naive += abs(losses[:250].mean() - losses[250:].mean()) > 1.96 * error
    # A rate of 0.05 has standard error 0.022.
    assert called <= 12
    assert naive > 80


@pytest.mark.parametrize("effect", [0.8, -0.8])
def test_a_planted_change_is_found_in_either_direction_and_measured(effect):
    (old, new), _ = known_shift(np.random.default_rng(2), 600, 500, shift=1.0)
    sides = outcomes_of(old, new, lambda inputs: linear(inputs, effect if inputs is new else 0.0))
    found = concept_shift(*sides, permutations=199)
    assert found.p_value == found.loss_p == 0.005
    assert found.low < effect < found.high
    assert np.sign(found.low) == np.sign(found.high) == np.sign(effect)
    assert found.pairs > 100
    assert not found.by_document
    assert found.weighted == pytest.approx(effect, abs=0.6)


def test_residuals_show_what_cancels_out_in_the_loss():
    generator = np.random.default_rng(3)
    inputs = generator.normal(size=(800, 2))
    probabilities = np.tile([0.4, 0.4, 0.2], (800, 1))
    classes = np.array([generator.choice(3, size=400, p=p) for p in ([0.4, 0.4, 0.2], [0.6, 0.2, 0.2])]).reshape(-1)
    losses = -np.log(probabilities[np.arange(800), classes])
    residuals = np.eye(3)[classes] - probabilities
    zeros = np.zeros(400)
    old, new = (
        Outcomes(losses[part], zeros, inputs[part], residuals[part]) for part in (slice(0, 400), slice(400, 800))
    )
    found = concept_shift(old, new, residual_names=("a", "b", "c"), permutations=199)
    assert found.loss_p > 0.05
    assert found.p_value <= 0.01
    assert [each.name for each in found.residuals] == ["a", "b", "c"]
    effects = [each.effect for each in found.residuals]
    assert effects == pytest.approx([0.2, -0.2, 0.0], abs=0.08)
    assert [each.p_value <= 0.05 for each in found.residuals] == [True, True, False]


def test_documents_count_as_one():
    generator = np.random.default_rng(4)
    called = {True: 0, False: 0}
    documents = np.repeat(np.arange(25), 6)
    for _ in range(60):
        inputs = generator.normal(size=(2, 150, 2))
        of_documents = np.repeat(generator.normal(size=(2, 25)), 6, axis=1)
        losses = of_documents + 0.5 * generator.normal(size=(2, 150))
        for known in called:
            old, new = (
                Outcomes(losses[side], np.zeros(150), inputs[side], None, documents if known else None)
                for side in (0, 1)
            )
            found = concept_shift(old, new, permutations=99)
            assert found.by_document == known
            called[known] += found.p_value <= 0.05
    # A rate of 0.05 has standard error 0.028.
    assert called[True] <= 9
    assert called[False] > 15


def test_without_overlap_it_abstains():
    generator = np.random.default_rng(5)
    old, new = generator.normal(size=(200, 2)), generator.normal([12, 0], 1, size=(200, 2))
    found = concept_shift(*outcomes_of(old, new, lambda inputs: linear(inputs, 0.0)), permutations=9)
    assert found.p_value is None
    assert found.effect is None
    assert "only 0 pairs" in found.reason
    few = Outcomes(np.zeros(60), np.zeros(60), old[:60], None, np.repeat(np.arange(3), 20))
    assert "3 old and 3 new documents" in concept_shift(few, few, permutations=9).reason
    with pytest.raises(ValueError, match="0 old"):
        concept_shift(Outcomes(np.zeros(0), np.zeros(0), old[:0]), Outcomes(np.zeros(5), np.zeros(5), new[:5]))


def test_blocks_hold_similar_examples_and_permutations_stay_within_them():
    generator = np.random.default_rng(6)
    ratios, is_new = generator.normal(size=97), generator.random(97) < 0.3
    blocks = PropensityBlocks.of(ratios, is_new, generator)
    assert (np.diff(ratios[blocks.order]) >= 0).all()
    assert blocks.sizes.sum() == 97
    assert blocks.sizes.min() >= 9
    one_block = np.eye(int(blocks.block.max()) + 1)[blocks.block]
    # How many are new in each block is the same after every permutation.
    sums = blocks.permuted_sums(one_block, 20, generator)
    assert (sums == blocks.new).all()
    centred = blocks.centred(generator.normal(size=(97, 2)))
    assert np.abs(one_block.T @ centred).max() < 1e-12

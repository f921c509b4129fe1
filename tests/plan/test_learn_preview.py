"""Previews of output layers, as they are learnt from hidden states."""

from __future__ import annotations

import numpy as np

from dragoman.plan.learn_preview import learnt_preview
from dragoman.plan.output_preview import OutputPreview

RANDOM = np.random.default_rng(4)
WEIGHT = RANDOM.normal(size=(300, 16)).astype(np.float32)
# Hidden states that go far in some directions, and hardly in others.
STATES = (RANDOM.normal(size=(500, 16)) * np.geomspace(3, 0.03, 16) @ RANDOM.normal(size=(16, 16))).astype(np.float32)


def scores(preview: OutputPreview) -> np.ndarray:
    return STATES @ preview.reading.T @ preview.writing.T @ WEIGHT.T


def error(found: np.ndarray) -> float:
    return float(((found - STATES @ WEIGHT.T) ** 2).mean())


def test_no_other_scores_of_that_rank_are_nearer_to_the_exact_ones() -> None:
    exact = STATES.astype(np.float64) @ WEIGHT.T
    for rank in (2, 5, 9):
        left, sizes, right = np.linalg.svd(exact, full_matrices=False)
        best = error((left[:, :rank] * sizes[:rank]) @ right[:rank])
        assert np.isclose(error(scores(learnt_preview(WEIGHT, STATES, rank=rank, candidates=9))), best, rtol=1e-2)


def test_the_rest_is_half_of_the_mean_square_of_what_is_left_out() -> None:
    preview = learnt_preview(WEIGHT, STATES, rank=4, candidates=9)
    left_out = ((STATES @ WEIGHT.T - scores(preview)) ** 2).mean(0)
    assert np.allclose(preview.rest, left_out / 2, rtol=1e-2)

"""The preview of an output layer, learnt from the hidden states that the layer reads."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from dragoman.plan.output_preview import OutputPreview

_LEAST_SHARE = 1e-6
"""Directions in which hidden states have less than this share of their largest second moment count as never taken."""


def learnt_preview(
    weight: Float[np.ndarray, "V d"], states: Float[np.ndarray, "n d"], *, rank: int, candidates: int
) -> OutputPreview:
    """The preview of ``rank`` numbers whose scores are nearest to the exact ones, by the mean square over all symbols
    and over some hidden states.

    Shim et al. 2017 (section 3) take the singular value decomposition of the weights W, which is best where hidden
    states go in all directions alike. Theirs is that of W C^½ = U S Vᵀ here, with the second moment C = E[h hᵀ] of
    the hidden states: ``reading`` is V_rᵀ C^−½ and ``writing`` C^½ V_r. It is found through the d × d matrix
    C^½ Wᵀ W C^½, whose eigenvectors are V. For symbol v, ``rest`` is half of the mean square of the score that is left
    out, ½ (w_vᵀ C w_v − |writingᵀ w_v|²).

    >>> random = np.random.default_rng(0)
    >>> weight, states = random.normal(size=(50, 6)), random.normal(size=(200, 3)) @ random.normal(size=(3, 6))
    >>> preview = learnt_preview(weight, states, rank=3, candidates=10)  # the states only go in three directions
    >>> scores = states @ preview.reading.T @ preview.writing.T @ weight.T
    >>> np.allclose(scores, states @ weight.T, atol=1e-4), np.allclose(preview.rest, 0, atol=1e-4)
    (True, True)

    Args:
        weight: weights W of the output layer.
        states: hidden states h that it reads.
        rank: how many numbers r stand for the d of a hidden state.
        candidates: how many symbols are scored exactly, at least.
    """
    w, h = weight.astype(np.float64), states.astype(np.float64)
    moment = h.T @ h / max(len(h), 1)
    values, vectors = np.linalg.eigh(moment)
    taken = values > _LEAST_SHARE * values.max(initial=0.0)
    roots = np.sqrt(np.where(taken, values, 0.0))
    inverse_roots = np.where(taken, 1 / np.where(taken, roots, 1.0), 0.0)
    root = (vectors * roots) @ vectors.T
    inverse_root = (vectors * inverse_roots) @ vectors.T
    directions = np.linalg.eigh(root @ (w.T @ w) @ root)[1][:, ::-1][:, :rank]
    writing = root @ directions
    left_out = np.einsum("vd,vd->v", w @ moment, w) - ((w @ writing) ** 2).sum(1)
    return OutputPreview(
        (directions.T @ inverse_root).astype(np.float32),
        writing.astype(np.float32),
        (np.maximum(left_out, 0.0) / 2).astype(np.float32),
        candidates,
    )

"""Documents of examples: sentences of one document resemble each other, so they count as one where chance is judged."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64, Int, Int64


def numbered(documents: Int[np.ndarray, " n"] | None, count: int) -> Int64[np.ndarray, " n"]:
    """The document of each of ``count`` examples, numbered from 0; each example is its own where none are known.

    >>> numbered(np.array([7, 3, 7]), 3), numbered(None, 2)
    (array([1, 0, 1]), array([0, 1]))
    """
    if documents is None:
        return np.arange(count)
    return np.unique(documents, return_inverse=True)[1].reshape(-1).astype(np.int64)


def one_of_each(documents: Int[np.ndarray, " n"], generator: np.random.Generator) -> Int64[np.ndarray, " D"]:
    """The places of one example of each document, drawn at random, in rising order."""
    shuffled = generator.permutation(len(documents))
    return np.sort(shuffled[np.unique(documents[shuffled], return_index=True)[1]]).astype(np.int64)


def resampling_counts(
    documents: Int64[np.ndarray, " n"], resamples: int, generator: np.random.Generator
) -> Float64[np.ndarray, "B n"]:
    """How much each example counts in each resample of the Bayesian bootstrap (Rubin 1981): all examples of a document
    alike, by a draw from the exponential distribution, divided so that the mean over examples is 1. No example ever
    counts for nothing, so no class is ever without examples.

    >>> counts = resampling_counts(np.array([0, 0, 1]), 4, np.random.default_rng(1))
    >>> counts.shape, bool((counts[:, 0] == counts[:, 1]).all()), counts.mean(axis=1).round(6)
    ((4, 3), True, array([1., 1., 1., 1.]))
    """
    drawn = generator.exponential(size=(resamples, int(documents.max(initial=-1)) + 1))[:, documents]
    drawn /= drawn.mean(axis=1, keepdims=True)
    return drawn

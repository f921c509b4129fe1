"""A low-rank approximation of an output layer, by which the engine finds likely symbols."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True, slots=True, eq=False)
class OutputPreview:
    """Approximate scores of all symbols from r numbers in the place of d: the *preview* of SVD-softmax (Shim, Lee,
    Choi, Boo, Sung: SVD-Softmax: Fast Softmax Approximation on Large Vocabulary Neural Networks, NeurIPS 2017, section
    3).

    With the rows w_v of the output layer's weights, its biases b_v and the hidden state h that it reads, the preview
    score of symbol v is

        (writingᵀ w_v) · (reading h) + b_v + rest_v.

    At least ``candidates`` symbols, those with the highest preview scores, get their exact score w_v · h + b_v; the
    best symbols are the best of these. The softmax is normalised by Σ exp over all symbols, of exact scores where there
    are some, else of preview scores. So ``rest`` should hold what the part that is left out adds to an exponential on
    average: half of its variance.

    Searches for more than a quarter of ``candidates`` symbols of each row, as with wide beams, and searches within
    constraints score all symbols exactly, as do models in float32.

    Attributes:
        reading: from hidden states to the r numbers, [r, d].
        writing: from these back, [d, r].
        rest: what is added to the preview score of each symbol, [V].
        candidates: how many symbols are scored exactly, at least.
    """

    reading: Float[np.ndarray, "r d"]
    writing: Float[np.ndarray, "d r"]
    rest: Float[np.ndarray, " V"]
    candidates: int

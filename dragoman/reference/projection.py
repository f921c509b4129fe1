"""Hidden states brought to a few numbers by a projection that is drawn once and for all."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float32, Float64

WIDTH = 32
"""Most numbers that hidden states are brought to."""
SEED = 20_240_229
"""The seed of the projection."""


def projected(values: Float[np.ndarray, "n D"]) -> Float32[np.ndarray, "n d"]:
    """Vectors of D numbers as vectors of at most :data:`WIDTH`: themselves where they are no longer, otherwise their
    products with a Gaussian matrix.

    The matrix depends on D alone. Nothing is fitted, so a projection of old and new examples cannot be drawn towards
    either. Squared distances are kept up to a factor of about 1 ± √(2 / 32) (Dasgupta and Gupta 2003, "An elementary
    proof of a theorem of Johnson and Lindenstrauss", theorem 2.1).

    >>> projected(np.ones((3, 8))).shape, projected(np.ones((3, 256))).shape
    ((3, 8), (3, 32))
    """
    if values.shape[1] <= WIDTH:
        return values.astype(np.float32)
    return (values.astype(np.float64) @ _gaussian(values.shape[1])).astype(np.float32)


def _gaussian(width: int) -> Float64[np.ndarray, "D d"]:
    """Independent Gaussian numbers of mean 0 and variance 1 / d.

    They are made from the bits of the generator by the method of Box and Muller (1958), as NumPy keeps its streams of
    bits the same in all versions, and those of its normal numbers not.
    """
    count = width * WIDTH // 2
    bits = np.random.PCG64(SEED).random_raw(2 * count)
    first, second = ((bits >> np.uint64(11)).astype(np.float64) + 0.5).reshape(2, count) / 2.0**53
    radius, angle = np.sqrt(-2 * np.log(first)), 2 * np.pi * second
    numbers: Float64[np.ndarray, " m"] = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])
    return numbers.reshape(width, WIDTH) / np.sqrt(WIDTH)

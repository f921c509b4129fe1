"""What tasks have in common whose target is text."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int

from dragoman.data.dataset import Dataset


def target_tokens(dataset: Dataset) -> tuple[Int[np.ndarray, " N"], Int[np.ndarray, " M"]]:
    """The ids of all targets end to end, of the training set and of the validation set."""
    train, validation = (split.target_tokens for split in (dataset.train, dataset.validation))
    return train[np.arange(len(train))], validation[np.arange(len(validation))]

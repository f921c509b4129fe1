"""Functions that tasks with text as target share."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int

from dragoman.contracts.expect import expect
from dragoman.data.dataset import Dataset
from dragoman.tasks.baseline import frequency_baseline
from dragoman.text.codec import Codec


def target_tokens(dataset: Dataset) -> tuple[Int[np.ndarray, " N"], Int[np.ndarray, " M"]]:
    """The target ids of the training set, concatenated, and those of the validation set."""
    train, validation = (split.target_tokens for split in (dataset.train, dataset.validation))
    return train[np.arange(len(train))], validation[np.arange(len(validation))]


def unigram_entropy(dataset: Dataset) -> float:
    """The cross-entropy of the validation set's target tokens under their frequencies in training, in nats."""
    return frequency_baseline(*target_tokens(dataset), expect(dataset.target, Codec).size.symbols)

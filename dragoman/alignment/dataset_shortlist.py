"""The lexical shortlist of a dataset."""

from __future__ import annotations

import numpy as np

from dragoman.alignment.drawn_pairs import drawn_pairs
from dragoman.alignment.ibm_model_1 import ibm_model_1
from dragoman.alignment.shortlist import Shortlist
from dragoman.data.dataset import Dataset

FREQUENT, PER_SYMBOL = 1000, 100
"""The usual numbers of target symbols that are always allowed, and that each source symbol allows."""


def pays(targets: int) -> bool:
    """Whether a shortlist of the usual size leaves out most of a target vocabulary of so many symbols.

    >>> pays(1_500), pays(10_000)
    (False, True)
    """
    return targets >= 4 * FREQUENT


def dataset_shortlist(
    dataset: Dataset, *, frequent: int = FREQUENT, per_symbol: int = PER_SYMBOL, seed: int = 1
) -> Shortlist:
    """The shortlist of a dataset's training pairs. Special symbols, bytes and placeholders are always allowed.

    Args:
        dataset: the dataset, whose training pairs are aligned by IBM Model 1.
        frequent: how many of the most frequent target symbols are always allowed.
        per_symbol: the most targets of each source symbol.
        seed: seed of the random draw of pairs.
    """
    sources, targets = drawn_pairs(dataset.train, seed)
    source, target = dataset.codecs
    vocabulary = target.tokenizer.vocabulary
    counts = np.bincount([token for row in targets for token in row], minlength=len(vocabulary))
    return Shortlist.of(
        ibm_model_1(sources, targets),
        counts,
        sources=source.size.symbols,
        always=[*vocabulary.special.all, *vocabulary.byte_ids, *map(vocabulary.ids.__getitem__, sorted(target.units))],
        shared=source.tokenizer.vocabulary == vocabulary,
        frequent=frequent,
        per_symbol=per_symbol,
    )

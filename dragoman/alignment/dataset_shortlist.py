"""The lexical shortlists of a dataset."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dragoman.alignment.drawn_pairs import drawn_pairs
from dragoman.alignment.ibm_model_1 import ibm_model_1
from dragoman.alignment.shortlist import Shortlist
from dragoman.data.dataset import Dataset

FREQUENT, PER_SYMBOL = 2000, 400
"""The usual numbers of target symbols that are always allowed, and that each source symbol allows."""

_TRIED = (1000, 2000, 4000)
"""How many frequent symbols are allowed by the shortlists that a model is tried with. Pieces that make up words which
were never seen stand beside no symbol of the source in training, so only more frequent symbols hold more of them."""


def sizes_that_pay(targets: int) -> list[int]:
    """The numbers of frequent symbols of the shortlists that are worth trying, ascending: those that are at most half
    of a target vocabulary of so many symbols.

    >>> sizes_that_pay(1_500), sizes_that_pay(5_000), sizes_that_pay(10_000)
    ([], [1000, 2000], [1000, 2000, 4000])
    """
    return [frequent for frequent in _TRIED if targets >= 2 * frequent]


def dataset_shortlist(
    dataset: Dataset, *, frequent: int = FREQUENT, per_symbol: int = PER_SYMBOL, seed: int = 1
) -> Shortlist:
    """The shortlist of one size of a dataset's training pairs; see :func:`dataset_shortlists`."""
    return dataset_shortlists(dataset, [frequent], per_symbol=per_symbol, seed=seed)[0]


def dataset_shortlists(
    dataset: Dataset, frequent: Sequence[int], *, per_symbol: int = PER_SYMBOL, seed: int = 1
) -> list[Shortlist]:
    """Shortlists of a dataset's training pairs, which are aligned once for all. Special symbols, bytes and placeholders
    are always allowed.

    Args:
        dataset: the dataset, whose training pairs are aligned by IBM Model 1.
        frequent: how many of the most frequent target symbols each shortlist always allows.
        per_symbol: the most targets of each source symbol.
        seed: seed of the random draw of pairs.
    """
    if not frequent:
        return []
    sources, targets = drawn_pairs(dataset.train, seed)
    source, target = dataset.codecs
    vocabulary = target.tokenizer.vocabulary
    counts = np.bincount([token for row in targets for token in row], minlength=len(vocabulary))
    table = ibm_model_1(sources, targets)
    always = [*vocabulary.special.all, *vocabulary.byte_ids, *map(vocabulary.ids.__getitem__, sorted(target.units))]
    return [
        Shortlist.of(
            table,
            counts,
            sources=source.size.symbols,
            always=always,
            shared=source.tokenizer.vocabulary == vocabulary,
            frequent=each,
            per_symbol=per_symbol,
        )
        for each in frequent
    ]

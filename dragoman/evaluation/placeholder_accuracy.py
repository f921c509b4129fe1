"""The share of outputs that carry over their placeholders, tags and URLs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from dragoman.evaluation.exact_match import Share, wilson_interval
from dragoman.evaluation.pairs import checked_pairs
from dragoman.evaluation.sentence_statistics import SentenceStatistics
from dragoman.text.placeholders import LEGACY_SYNTAX, PlaceholderSyntax


def placeholder_accuracy(
    outputs: Sequence[str], references: Sequence[str], syntax: PlaceholderSyntax = LEGACY_SYNTAX
) -> Share | None:
    """The share of outputs with the same placeholders as their reference, each as often, in any order.

    Only outputs whose reference has placeholders count. The result is None if no reference has any.

    >>> share = placeholder_accuracy(["Hallo {name}", "Hallo"], ["Hello {name}", "Hello {name}"])
    >>> share.count, share.total
    (1, 2)

    Args:
        outputs: the translations.
        references: the reference of each translation.
        syntax: the syntax of placeholders.

    Raises:
        InputError: if the numbers of outputs and references differ, or there is none.
    """
    pairs = zip(*checked_pairs(outputs, references), strict=True)
    kept = [syntax.same(reference, output) for output, reference in pairs if syntax.find(reference)]
    return wilson_interval(sum(kept), len(kept)) if kept else None


def placeholder_statistics(
    outputs: Sequence[str], references: Sequence[str], syntax: PlaceholderSyntax = LEGACY_SYNTAX
) -> SentenceStatistics:
    """The counts behind :func:`placeholder_accuracy` in per cent, for the bootstrap: of each output, whether its
    reference has placeholders, and whether it kept them.

    Args:
        outputs: the translations.
        references: the reference of each translation.
        syntax: the syntax of placeholders.

    Raises:
        InputError: if the numbers of outputs and references differ, or there is none.
    """
    pairs = list(zip(*checked_pairs(outputs, references), strict=True))
    found = [bool(syntax.find(reference)) for _, reference in pairs]
    kept = [has and syntax.same(reference, output) for has, (output, reference) in zip(found, pairs, strict=True)]
    return SentenceStatistics("Placeholders, %", "", np.array([kept, found], dtype=np.float64).T, _per_cent)


def _per_cent(sums: Float[np.ndarray, " 2"]) -> float:
    """The share in per cent; 0 of a resample in which no reference has placeholders."""
    return float(100 * sums[0] / sums[1]) if sums[1] else 0.0

"""The share of outputs that carry over their placeholders, tags and URLs."""

from __future__ import annotations

from collections.abc import Sequence

from dragoman.evaluation.exact_match import Share, wilson_interval
from dragoman.evaluation.pairs import checked_pairs
from dragoman.text.placeholders import find_placeholders, same_placeholders


def placeholder_accuracy(outputs: Sequence[str], references: Sequence[str]) -> Share | None:
    """Of the outputs whose reference has placeholders, those with the same ones, each as often, in whatever order.

    None if no reference has any.

    Raises:
        InputError: if the counts differ or there is no sentence.
    """
    pairs = zip(*checked_pairs(outputs, references), strict=True)
    kept = [same_placeholders(reference, output) for output, reference in pairs if find_placeholders(reference)]
    return wilson_interval(sum(kept), len(kept)) if kept else None

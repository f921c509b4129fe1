"""The share of outputs that carry over their placeholders, tags and URLs."""

from __future__ import annotations

from collections.abc import Sequence

from dragoman.evaluation.exact_match import Share, wilson_interval
from dragoman.evaluation.pairs import checked_pairs
from dragoman.text.placeholders import LEGACY_SYNTAX, PlaceholderSyntax


def placeholder_accuracy(
    outputs: Sequence[str], references: Sequence[str], syntax: PlaceholderSyntax = LEGACY_SYNTAX
) -> Share | None:
    """Of the outputs whose reference has placeholders, those with the same ones, each as often, in whatever order.

    None if no reference has any.

    Args:
        outputs: what is judged.
        references: what it should be.
        syntax: what counts as a placeholder.

    Raises:
        InputError: if the counts differ or there is no sentence.
    """
    pairs = zip(*checked_pairs(outputs, references), strict=True)
    kept = [syntax.same(reference, output) for output, reference in pairs if syntax.find(reference)]
    return wilson_interval(sum(kept), len(kept)) if kept else None

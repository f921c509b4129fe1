"""Minimum Bayes risk: of several candidates the translation with the highest expected utility."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from dragoman.contracts import Ending, MinimumBayesRisk, Sample, SearchRequest
from dragoman.evaluation.utility import utilities
from dragoman.predict.translation import Translation

_DIGITS = 9
"""Decimals of an expected utility that count; what lies behind them is rounding."""


def minimum_bayes_risk(
    candidates: Sequence[Translation], method: MinimumBayesRisk, target_language: str
) -> list[Translation]:
    """The distinct candidates by their expected utility Σ_r P(r) · u(candidate, r), the highest first (Kumar and Byrne
    2004, eq. 1; over samples Eikema and Aziz 2020, eq. 5).

    The references r are the complete candidates themselves. Of draws, each counts the same; of an n-best list, P is the
    model's probability, divided by that of the whole list. Candidates that the search had to cut, and those that lose
    a placeholder of the source, come after the others. Of candidates that do equally well, the first comes first.

    >>> drawn = [Translation(text, -1.0, -1.0, Ending.COMPLETE, 3) for text in ("a cat", "the cat", "the cat", "dogs")]
    >>> [(found.text, round(found.score, 1)) for found in minimum_bayes_risk(drawn, MinimumBayesRisk(), "en")]
    [('the cat', 59.2), ('a cat', 39.7), ('dogs', 25.0)]

    Args:
        candidates: one or more translations of one text, in the order in which the search gave them.
        method: how the candidates were found, and the utility.
        target_language: language of the translations.

    Returns:
        The translations, each with its expected utility as its score.
    """
    distinct: dict[str, list[int]] = {}
    for place, candidate in enumerate(candidates):
        distinct.setdefault(candidate.text, []).append(place)
    masses = _masses(candidates, method)
    weights = np.array([sum(masses[place] for place in places) for places in distinct.values()]) / sum(masses)
    compared = utilities(list(distinct), method.utility, target_language)
    expected: Float[np.ndarray, " n"] = (compared * weights).sum(axis=1).round(_DIGITS)
    found = [
        replace(min((candidates[place] for place in places), key=_was_cut), score=float(score))
        for places, score in zip(distinct.values(), expected, strict=True)
    ]
    return sorted(found, key=lambda each: (_was_cut(each), not each.placeholders_kept, -each.score))


def candidates_of(request: SearchRequest, method: MinimumBayesRisk) -> SearchRequest:
    """The search request for the candidates, among which ``method`` chooses.

    >>> candidates_of(SearchRequest(MinimumBayesRisk()), MinimumBayesRisk()).n_best
    32
    """
    return replace(request, method=method.search, n_best=method.candidates)


def _was_cut(candidate: Translation) -> bool:
    return candidate.ending is not Ending.COMPLETE


def _masses(candidates: Sequence[Translation], method: MinimumBayesRisk) -> list[float]:
    """The probability of each candidate as a reference, up to a common factor; 0 for those that the search cut, unless
    it cut all."""
    if isinstance(method.search, Sample):
        masses = [1.0] * len(candidates)
    else:
        highest = max(candidate.log_probability for candidate in candidates)
        masses = [math.exp(candidate.log_probability - highest) for candidate in candidates]
    complete = [0.0 if _was_cut(each) else mass for each, mass in zip(candidates, masses, strict=True)]
    return complete if any(complete) else masses

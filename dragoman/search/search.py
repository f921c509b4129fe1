"""The search that a request names."""

from __future__ import annotations

from dragoman.contracts import Beam, Greedy, Hypothesis, Sample, SearchFeature, SearchMethod, State, StepFunction
from dragoman.search.beam import beam_search
from dragoman.search.greedy import greedy_search
from dragoman.search.rules import SearchRules
from dragoman.search.sampling import sample

SEARCH_FEATURES = frozenset({SearchFeature.GREEDY, SearchFeature.BEAM, SearchFeature.SAMPLING, SearchFeature.PREFIXES})
"""What :func:`search` can do."""


def search(step: StepFunction[State], state: State, method: SearchMethod, rules: SearchRules) -> list[list[Hypothesis]]:
    """What ``method`` finds for each row.

    Args:
        step: scores of the next symbol.
        state: one row per output.
        method: greedy search, beam search or sampling.
        rules: what it keeps to.

    Returns:
        For each row up to ``rules.n_best`` hypotheses, best first.

    Raises:
        UnsupportedError: if the model's scores are not numbers.
    """
    match method:
        case Greedy():
            return [[hypothesis] for hypothesis in greedy_search(step, state, rules)]
        case Beam():
            return beam_search(step, state, method, rules)
        case Sample():
            return [[hypothesis] for hypothesis in sample(step, state, method, rules)]

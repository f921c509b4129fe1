"""The search by the method that a request names."""

from __future__ import annotations

from dragoman.contracts import Beam, Greedy, Hypothesis, Sample, SearchFeature, SearchMethod, State, StepFunction
from dragoman.search.beam import beam_search
from dragoman.search.greedy import greedy_search
from dragoman.search.rules import SearchRules
from dragoman.search.sampling import sample

SEARCH_FEATURES = frozenset({SearchFeature.GREEDY, SearchFeature.BEAM, SearchFeature.SAMPLING, SearchFeature.PREFIXES})
"""The features that :func:`search` has."""


def search(step: StepFunction[State], state: State, method: SearchMethod, rules: SearchRules) -> list[list[Hypothesis]]:
    """The hypotheses that ``method`` finds for each row.

    >>> import torch
    >>> from dragoman.contracts import Beam, Greedy, Nothing
    >>> table = torch.tensor([[0, 0, 0.6, 0.4], [0, 1, 0, 0], [0, 0.4, 0.3, 0.3], [0, 0.9, 0.05, 0.05]]).log()
    >>> def step(tokens, state):  # the scores of the next symbol depend on the last symbol alone
    ...     return table[tokens], state
    >>> rules = SearchRules(start=0, end=1, limits=[5])
    >>> for method in (Greedy(), Beam(width=2, length_penalty=0.0)):
    ...     ((best,),) = search(step, Nothing(1), method, rules)
    ...     print(best.tokens, round(best.log_probability, 2))
    [2] -1.43
    [3] -1.02

    Args:
        step: function that gives the scores of the next symbol.
        state: the model's state before the first step, one row per output.
        method: greedy search, beam search or sampling.
        rules: the rules of the search.

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

"""The search by the method that a request names."""

from __future__ import annotations

from dragoman.contracts import (
    Beam,
    Exact,
    Greedy,
    Proof,
    Sample,
    SearchFeature,
    SearchMethod,
    SearchResult,
    State,
    StepFunction,
)
from dragoman.errors import UnsupportedError
from dragoman.search.beam import beam_search
from dragoman.search.counting import counted
from dragoman.search.exact import exact_search
from dragoman.search.greedy import greedy_search
from dragoman.search.recorder import Recorder
from dragoman.search.rules import SearchRules
from dragoman.search.sampling import sample

SEARCH_FEATURES = frozenset(
    {
        SearchFeature.GREEDY,
        SearchFeature.BEAM,
        SearchFeature.SAMPLING,
        SearchFeature.EXACT,
        SearchFeature.PREFIXES,
        SearchFeature.TRACE,
    }
)
"""The features that :func:`search` has."""


def search(step: StepFunction[State], state: State, method: SearchMethod, rules: SearchRules) -> SearchResult:
    """The hypotheses that ``method`` finds for each row.

    >>> import torch
    >>> from dragoman.contracts import Beam, Greedy, Nothing
    >>> table = torch.tensor([[0, 0, 0.6, 0.4], [0, 1, 0, 0], [0, 0.4, 0.3, 0.3], [0, 0.9, 0.05, 0.05]]).log()
    >>> def step(tokens, state):  # the scores of the next symbol depend on the last symbol alone
    ...     return table[tokens], state
    >>> rules = SearchRules(start=0, end=1, limits=[5])
    >>> for method in (Greedy(), Beam(width=2, length_penalty=0.0)):
    ...     found = search(step, Nothing(1), method, rules)
    ...     print(found.best[0].tokens, round(found.best[0].log_probability, 2), found.calls)
    [2] -1.43 2
    [3] -1.02 3

    Args:
        step: function that gives the scores of the next symbol.
        state: the model's state before the first step, one row per output.
        method: the method.
        rules: the rules of the search.

    Returns:
        For each row up to ``rules.n_best`` hypotheses, best first, and the number of hypotheses whose continuations the
        model scored.

    Raises:
        UnsupportedError: if the model's scores are not numbers, or the method is none of those here.
    """
    proofs: list[Proof] | None = None
    step = counted(step)
    recorder = Recorder(rules.prefixes or [()] * len(rules.limits)) if rules.trace else None
    match method:
        case Greedy():
            found = [[hypothesis] for hypothesis in greedy_search(step, state, rules, recorder)]
        case Beam():
            found = beam_search(step, state, method, rules, recorder)
        case Sample():
            found = [[hypothesis] for hypothesis in sample(step, state, method, rules, recorder)]
        case Exact():
            if recorder is not None:
                raise UnsupportedError(
                    f"{method.feature.value} has no {SearchFeature.TRACE.value}", remedy="trace a beam search."
                )
            found, proofs = exact_search(step, state, method, rules)
        case _:
            raise UnsupportedError(f"there is no {method.feature.value} here", remedy="search with a beam.")
    trace = None if recorder is None else recorder.traces()
    return SearchResult(found, calls=step.calls, proofs=proofs, trace=trace)

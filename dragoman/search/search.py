"""The search by the method that a request names."""

from __future__ import annotations

from dataclasses import replace

import torch

from dragoman.contracts import (
    Beam,
    BestFirstBeam,
    DiverseBeam,
    Ending,
    Exact,
    Greedy,
    Hypothesis,
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
from dragoman.search.best_first_beam import best_first_beam_search
from dragoman.search.constrained_step import (
    ConstrainedStep,
    RankedConstrainedStep,
    constrained_state,
    symbols_to_go,
)
from dragoman.search.counting import counted
from dragoman.search.diverse_beam import diverse_beam_search
from dragoman.search.exact import exact_search
from dragoman.search.greedy import greedy_search
from dragoman.search.minimum_step import minimum_state, minimum_step
from dragoman.search.recorder import Recorder
from dragoman.search.repetition import NO_RULE
from dragoman.search.rules import SearchRules
from dragoman.search.sampling import sample
from dragoman.search.scores import unnormalized

SEARCH_FEATURES = frozenset(
    {
        SearchFeature.GREEDY,
        SearchFeature.BEAM,
        SearchFeature.BEST_FIRST_BEAM,
        SearchFeature.DIVERSE_BEAM,
        SearchFeature.SAMPLING,
        SearchFeature.EXACT,
        SearchFeature.PREFIXES,
        SearchFeature.MINIMUMS,
        SearchFeature.CONSTRAINTS,
        SearchFeature.TRACE,
    }
)
"""The features that :func:`search` has."""


def search(step: StepFunction[State], state: State, method: SearchMethod, rules: SearchRules) -> SearchResult:
    """The hypotheses that ``method`` finds for each row.

    With constraints, beam search and best-first beam search are the same, and share their places out by
    :func:`~dragoman.search.banks.by_banks`; all methods write nothing from which a constraint cannot be satisfied any
    more. A hypothesis that is not complete is then returned only where a row has no complete one, because the model
    gives all that would satisfy the constraint a probability of 0.

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
        For each row up to ``rules.n_best`` hypotheses, best first, or in the order in which they were drawn; and the
        number of hypotheses whose continuations the model scored.

    Raises:
        UnsupportedError: if the model's scores are not numbers, or the method is none of those here.
    """
    counting = counted(step)
    if any(rules.minimums or ()):
        bound, begun = minimum_step(counting, rules), minimum_state(state, rules)
        found = _found(bound, begun, method, replace(rules, normalizer=unnormalized))
    else:
        found = _found(counting, state, method, rules)
    return replace(found, calls=counting.calls)


def _found(step: StepFunction[State], state: State, method: SearchMethod, rules: SearchRules) -> SearchResult:
    find = _by_method if rules.constraints is None else _within_constraints
    return find(step, state, method, rules)


def _by_method(step: StepFunction[State], state: State, method: SearchMethod, rules: SearchRules) -> SearchResult:
    recorder = _recorder(rules)
    proofs: list[Proof] | None = None
    match method:
        case Greedy():
            found = [[hypothesis] for hypothesis in greedy_search(step, state, rules, recorder)]
        case Beam():
            found = beam_search(step, state, method, rules, recorder)
        case Sample():
            found = sample(step, state, method, rules, recorder)
        case BestFirstBeam():
            found = best_first_beam_search(step, state, method, rules, recorder)
        case DiverseBeam():
            found = diverse_beam_search(step, state, method, rules, recorder)
        case Exact():
            _refuse_trace(method, rules)
            found, proofs = exact_search(step, state, method, rules)
        case _:
            raise UnsupportedError(f"there is no {method.feature.value} here", remedy="search with a beam.")
    return SearchResult(found, proofs=proofs, trace=None if recorder is None else recorder.traces())


def _refuse_trace(method: Exact, rules: SearchRules) -> None:
    if rules.trace:
        raise UnsupportedError(f"{method.feature.value} leaves no trace", remedy="ask for the trace of a beam search.")


def _recorder(rules: SearchRules) -> Recorder | None:
    return Recorder(rules.prefixes or [()] * len(rules.limits)) if rules.trace else None


def _within_constraints(
    step: StepFunction[State], state: State, method: SearchMethod, rules: SearchRules
) -> SearchResult:
    """The hypotheses that satisfy the rules' constraints. Where all of a row are lost because they loop, it is searched
    anew, and loops may be."""
    found = _constrained(step, state, method, rules)
    looped = [row for row, hypotheses in enumerate(found.hypotheses) if hypotheses[0].ending is Ending.REPETITION]
    if looped:
        freely = replace(rules.select(looped), repetition=NO_RULE)
        again = _constrained(step, state.select(torch.tensor(looped)), method, freely)
        rest = [row for row in range(len(rules.limits)) if row not in looped]
        found = SearchResult.joined([(rest, found.select(rest)), (looped, again)], rows=len(rules.limits))
    return replace(found, hypotheses=[_complete(hypotheses) for hypotheses in found.hypotheses])


def _constrained(step: StepFunction[State], state: State, method: SearchMethod, rules: SearchRules) -> SearchResult:
    within = replace(rules, normalizer=unnormalized)
    match method:
        case Beam() | BestFirstBeam():
            recorder = _recorder(rules)
            found = _beam_by_banks(step, state, Beam(method.width, method.length_penalty), rules, recorder)
            return SearchResult(found, trace=None if recorder is None else recorder.traces())
        case Exact():
            _refuse_trace(method, rules)
            beam = Beam(max(method.width, rules.n_best), method.length_penalty)
            firsts = _beam_by_banks(step, state, beam, rules, None)
            limited = ConstrainedStep(step, rules.normalizer, rules.end)
            found, proofs = exact_search(limited, constrained_state(state, rules), method, within, firsts)
            return SearchResult(found, proofs=proofs)
        case _:
            limited = ConstrainedStep(step, rules.normalizer, rules.end, hastens=True)
            return _by_method(limited, constrained_state(state, rules), method, within)


def _beam_by_banks(
    step: StepFunction[State], state: State, method: Beam, rules: SearchRules, recorder: Recorder | None
) -> list[list[Hypothesis]]:
    ranked = RankedConstrainedStep(step, rules.normalizer, rules.end, width=method.width)
    within = replace(rules, normalizer=unnormalized)
    return beam_search(ranked, constrained_state(state, rules), method, within, recorder, to_go=symbols_to_go)


def _complete(hypotheses: list[Hypothesis]) -> list[Hypothesis]:
    """Only the complete ones, which satisfy their constraint; all if there is none."""
    return [one for one in hypotheses if one.ending is Ending.COMPLETE] or hypotheses

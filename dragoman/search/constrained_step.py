"""A step function that lets a search write nothing from which its constraints cannot be satisfied any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Generic

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from dragoman.contracts import State, StepFunction
from dragoman.contracts.constraints import NEVER, OutputAutomaton
from dragoman.contracts.search_errors import nothing_satisfies, refuse_unsatisfiable
from dragoman.search.rules import SearchRules
from dragoman.search.scores import Normalizer

_IMPOSSIBLE = float("-inf")


@dataclass(frozen=True, slots=True)
class ToGo:
    """How many symbols are missing at least after each next symbol.

    Attributes:
        least: the numbers for each symbol of the vocabulary, one row for each state that some hypothesis is in.
        place: the row of each hypothesis.
    """

    least: Int[Tensor, "U V"]
    place: Int[Tensor, " R"]

    def after(self, symbols: Int[Tensor, "R c"]) -> Int[Tensor, "R c"]:
        """The numbers after some symbols of each hypothesis."""
        return self.least[self.place[:, None], symbols].long()


@dataclass(frozen=True, slots=True)
class ConstrainedState(Generic[State]):
    """The state of a model, and how far each hypothesis has come in its constraint.

    Attributes:
        model: the model's state.
        automata: the constraint of each hypothesis; None for none.
        states: the state of each constraint.
        left: the most symbols that each hypothesis may still have.
        begun: whether the start symbol was read.
        hastening: whether each hypothesis goes on with what is missing and nothing else, which the model wanted to end.
        to_go: what is missing after each next symbol, right after a step.
    """

    model: State
    automata: tuple[OutputAutomaton | None, ...]
    states: tuple[int, ...]
    left: tuple[int, ...]
    hastening: tuple[bool, ...]
    begun: bool = False
    to_go: ToGo | None = None

    def select(self, rows: Int[Tensor, " K"]) -> ConstrainedState[State]:
        """The state of hypotheses ``rows``."""
        places = rows.tolist()
        automata, states, left, hastening = (
            tuple(values[place] for place in places)
            for values in (self.automata, self.states, self.left, self.hastening)
        )
        return ConstrainedState(self.model.select(rows), automata, states, left, hastening, self.begun)


class ConstrainedStep(Generic[State]):
    """Gives log p(symbol | …) of the model, and −∞ for every symbol from which the constraint of the hypothesis cannot
    be satisfied within its limit; the end symbol is allowed where the constraint is satisfied.

    So complete hypotheses satisfy their constraints, and there is always a symbol that a hypothesis can go on with. The
    scores are not normalised anew: give the search :func:`~dragoman.search.scores.unnormalized`.

    Args:
        step: the model's step function.
        normalizer: turns its scores into log-probabilities.
        end: the end symbol.
        hastens: whether a hypothesis that the model would rather end goes on at once with what is missing, which it
            would put off until its limit else.
    """

    def __init__(self, step: StepFunction[State], normalizer: Normalizer, end: int, *, hastens: bool = False) -> None:
        self._step, self._normalizer, self._end, self._hastens = step, normalizer, end, hastens

    def __call__(
        self, tokens: Int[Tensor, " R"], state: ConstrainedState[State]
    ) -> tuple[Float[Tensor, "R V"], ConstrainedState[State]]:
        """The log-probabilities of each next symbol, and the state after ``tokens``.

        Raises:
            UnsupportedError: if it hastens, and the model excludes every symbol that a hypothesis can go on with.
        """
        scores, model = self._step(tokens, state.model)
        scores = scores - self._normalizer(scores)[:, None]
        state = self._read(replace(state, model=model), tokens.tolist(), scores.shape[1])
        to_go = state.to_go
        assert to_go is not None, "it was just computed"
        least = to_go.least[to_go.place]
        satisfied = least[:, self._end] == 0
        # An end is no symbol that counts.
        allowed = least < torch.tensor(state.left)[:, None]
        allowed[:, self._end] = satisfied
        if self._hastens:
            allowed, hastening = self._hastened(scores, allowed, least, torch.tensor(state.hastening))
            state = replace(state, hastening=tuple(hastening.tolist()))
        scores = scores.masked_fill(~allowed.to(scores.device), _IMPOSSIBLE)
        if self._hastens and not bool(scores.isfinite().any(1).all()):
            raise nothing_satisfies()
        return scores, state

    def _read(self, state: ConstrainedState[State], tokens: Sequence[int], vocabulary: int) -> ConstrainedState[State]:
        """The state after its hypotheses went on with ``tokens``, with what is missing then."""
        states, left = state.states, state.left
        if state.begun:
            left = tuple(number - 1 for number in left)
            states = tuple(
                0 if one is None else one.after(at, token)
                for one, at, token in zip(state.automata, states, tokens, strict=True)
            )
        place: dict[tuple[int, int], int] = {}
        least: list[Tensor] = []
        places = []
        for one, at in zip(state.automata, states, strict=True):
            key = id(one), at
            if key not in place:
                place[key] = len(least)
                least.append(self._least_after(one, at, vocabulary))
            places.append(place[key])
        to_go = ToGo(torch.stack(least), torch.tensor(places))
        return replace(state, states=states, left=left, begun=True, to_go=to_go)

    def _least_after(self, one: OutputAutomaton | None, state: int, vocabulary: int) -> Int[Tensor, " V"]:
        """What is missing after each symbol; after the end symbol nothing or, where it may not be, all."""
        if one is None:
            return torch.zeros(vocabulary, dtype=torch.int32)
        least = one.least_after(state)
        least[self._end] = 0 if one.least(state) == 0 else NEVER
        return least

    def _hastened(
        self,
        scores: Float[Tensor, "R V"],
        allowed: Bool[Tensor, "R V"],
        least: Int[Tensor, "R V"],
        before: Bool[Tensor, " R"],
    ) -> tuple[Bool[Tensor, "R V"], Bool[Tensor, " R"]]:
        """The symbols that are left to hypotheses that go on with what is missing, and which these are."""
        would_end = (scores.argmax(1) == self._end).cpu()
        hastening = (would_end | before) & ~allowed[:, self._end]
        least = least.masked_fill(~(allowed & scores.isfinite().cpu()), NEVER)
        nearest = least == least.amin(1, keepdim=True)
        return allowed & (~hastening[:, None] | nearest), hastening


class RankedConstrainedStep(ConstrainedStep[State]):
    """A :class:`ConstrainedStep` that ranks symbols itself, and ranks with the best ones those that bring a hypothesis
    nearer to satisfying its constraint (Post and Vilar 2018, section 3.2).

    Args:
        step: the model's step function.
        normalizer: turns its scores into log-probabilities.
        end: the end symbol.
        width: the most symbols of the second kind.
    """

    def __init__(self, step: StepFunction[State], normalizer: Normalizer, end: int, *, width: int) -> None:
        super().__init__(step, normalizer, end)
        self._width = width

    def best(
        self, tokens: Int[Tensor, " R"], state: ConstrainedState[State], count: int
    ) -> tuple[Float[Tensor, "R k"], Int[Tensor, "R k"], Float[Tensor, " R"], ConstrainedState[State]]:
        """The ``count`` best symbols of each row, and behind them up to ``width`` that bring it nearer and are none of
        these; their log-probabilities; zeros, since these are normalised; and the state after ``tokens``."""
        scores, state = self(tokens, state)
        to_go = state.to_go
        assert to_go is not None, "it was just computed"
        values, symbols = scores.topk(min(count, scores.shape[1]), 1)
        nearest = to_go.least == to_go.least.amin(1, keepdim=True)
        others = scores.masked_fill(~nearest[to_go.place].to(scores.device), _IMPOSSIBLE).scatter(
            1, symbols, _IMPOSSIBLE
        )
        more, further = others.topk(min(self._width, scores.shape[1]), 1)
        return (
            torch.cat([values, more], 1),
            torch.cat([symbols, further], 1),
            torch.zeros(len(scores), dtype=scores.dtype, device=scores.device),
            state,
        )


def constrained_state(state: State, rules: SearchRules) -> ConstrainedState[State]:
    """The state before the first step of a search whose rules have constraints.

    Raises:
        InputError: if a row's constraint cannot be satisfied by what goes on from its prefix within its limit.
    """
    automata = tuple(rules.constraints or ())
    prefixes = rules.prefixes or [()] * len(rules.limits)
    refuse_unsatisfiable(automata, rules.prefixes, rules.limits)
    left = tuple(
        NEVER if one is None else limit + len(prefix)
        for one, limit, prefix in zip(automata, rules.limits, prefixes, strict=True)
    )
    return ConstrainedState(
        state, automata, tuple(0 if one is None else one.start for one in automata), left, (False,) * len(automata)
    )


def symbols_to_go(state: ConstrainedState[State], symbols: Int[Tensor, "R c"]) -> Int[Tensor, "R c"]:
    """The least number of symbols that hypotheses lack to satisfy their constraints after each of some symbols, for the
    state right after a step."""
    assert state.to_go is not None, "the state is that after a step"
    return state.to_go.after(symbols)

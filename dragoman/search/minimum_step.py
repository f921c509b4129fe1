"""A step function that lets a search end no output that is shorter than it must be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from dragoman.contracts import RankingStep, State, StepFunction
from dragoman.search.rules import SearchRules
from dragoman.search.scores import Normalizer

_IMPOSSIBLE = float("-inf")


@dataclass(frozen=True, slots=True)
class MinimumState(Generic[State]):
    """The state of a model, and what its hypotheses lack.

    Attributes:
        model: the model's state.
        missing: the number of symbols, the start symbol included, that each hypothesis has to read before it may end.
    """

    model: State
    missing: Int[Tensor, " R"]

    def select(self, rows: Int[Tensor, " K"]) -> MinimumState[State]:
        """The state of hypotheses ``rows``."""
        return MinimumState(self.model.select(rows), self.missing[rows])

    def read(self, model: State) -> MinimumState[State]:
        """The state after one more symbol."""
        return MinimumState(model, self.missing - 1)

    @property
    def too_short(self) -> Bool[Tensor, "R 1"]:
        """Whether each hypothesis must not end yet."""
        return (self.missing > 0)[:, None]


class MinimumStep(Generic[State]):
    """Gives log p(symbol | …) of the model, and −∞ for the end symbol after fewer symbols than the output must have.

    The scores are not normalised anew: give the search :func:`~dragoman.search.scores.unnormalized`.

    Args:
        step: the model's step function.
        normalizer: turns its scores into log-probabilities.
        end: the end symbol.
    """

    def __init__(self, step: StepFunction[State], normalizer: Normalizer, end: int) -> None:
        self._step, self._normalizer, self._end = step, normalizer, end

    def __call__(
        self, tokens: Int[Tensor, " R"], state: MinimumState[State]
    ) -> tuple[Float[Tensor, "R V"], MinimumState[State]]:
        """The log-probabilities of each next symbol, and the state after ``tokens``."""
        scores, model = self._step(tokens, state.model)
        scores = scores - self._normalizer(scores)[:, None]
        state = state.read(model)
        ends = torch.arange(scores.shape[1], device=scores.device) == self._end
        return scores.masked_fill(state.too_short.to(scores.device) & ends, _IMPOSSIBLE), state


class RankingMinimumStep(MinimumStep[State]):
    """A :class:`MinimumStep` whose model ranks symbols itself.

    Args:
        step: the model's step function.
        normalizer: turns its scores into log-probabilities.
        end: the end symbol.
    """

    def __init__(self, step: RankingStep[State], normalizer: Normalizer, end: int) -> None:
        super().__init__(step, normalizer, end)
        self._ranking = step

    def best(
        self, tokens: Int[Tensor, " R"], state: MinimumState[State], count: int
    ) -> tuple[Float[Tensor, "R k"], Int[Tensor, "R k"], Float[Tensor, " R"], MinimumState[State]]:
        """The ``count`` best symbols of each row of those that it may have, their scores and what normalises these, and
        the state after ``tokens``."""
        values, symbols, normalizers, model = self._ranking.best(tokens, state.model, count + 1)
        state = state.read(model)
        values = values.masked_fill(state.too_short.to(values.device) & (symbols == self._end), _IMPOSSIBLE)
        values, order = values.sort(dim=1, descending=True, stable=True)
        return values[:, :count], symbols.gather(1, order)[:, :count], normalizers, state


def minimum_step(step: StepFunction[State], rules: SearchRules) -> MinimumStep[State]:
    """A step function for the rules' minimums, which ranks symbols if ``step`` does."""
    if isinstance(step, RankingStep):
        return RankingMinimumStep(step, rules.normalizer, rules.end)
    return MinimumStep(step, rules.normalizer, rules.end)


def minimum_state(state: State, rules: SearchRules) -> MinimumState[State]:
    """The state before the first step of a search whose rules have minimums."""
    prefixes = rules.prefixes or [()] * len(rules.limits)
    least = zip(rules.minimums or [0] * len(rules.limits), prefixes, strict=True)
    return MinimumState(state, torch.tensor([1 + minimum + len(prefix) for minimum, prefix in least]))

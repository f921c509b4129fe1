"""Counting the calls of a model in a search."""

from __future__ import annotations

from typing import Generic

from jaxtyping import Float, Int
from torch import Tensor

from dragoman.contracts import RankingStep, State, StepFunction


class CountedStep(Generic[State]):
    """A step function that counts the hypotheses whose continuations it scores.

    Args:
        step: the step function that computes.

    Attributes:
        calls: number of hypotheses so far.
    """

    def __init__(self, step: StepFunction[State]) -> None:
        self._step = step
        self.calls = 0

    def __call__(self, tokens: Int[Tensor, " R"], state: State) -> tuple[Float[Tensor, "R V"], State]:
        """The result of the step function."""
        self.calls += len(tokens)
        return self._step(tokens, state)


class CountedRankingStep(CountedStep[State]):
    """A counted step function that ranks symbols itself.

    Args:
        step: the step function that computes.
    """

    def __init__(self, step: RankingStep[State]) -> None:
        super().__init__(step)
        self._ranking = step

    def best(
        self, tokens: Int[Tensor, " R"], state: State, count: int
    ) -> tuple[Float[Tensor, "R k"], Int[Tensor, "R k"], Float[Tensor, " R"], State]:
        """The result of the step function's own ranking."""
        self.calls += len(tokens)
        return self._ranking.best(tokens, state, count)


def counted(step: StepFunction[State]) -> CountedStep[State]:
    """A step function that counts, and that ranks symbols if ``step`` does.

    >>> import torch
    >>> from dragoman.contracts import Nothing
    >>> step = counted(lambda tokens, state: (torch.zeros(len(tokens), 4), state))
    >>> _ = step(torch.tensor([0, 0]), Nothing(2))
    >>> step.calls
    2
    """
    return CountedRankingStep(step) if isinstance(step, RankingStep) else CountedStep(step)

"""Loops in an output: the same few tokens again and again."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor


@dataclass(frozen=True, slots=True)
class RepetitionRule:
    """When a tail counts as a loop: an n-gram that fills at least ``span`` tokens and occurs at least ``times`` times.

    The defaults let numbers such as 1 000 000 000 and a laugh of a dozen syllables pass.

    Attributes:
        longest: tokens n of the n-gram at most.
        times: occurrences.
        span: tokens.
    """

    longest: int = 8
    times: int = 5
    span: int = 16

    def tail(self, period: int) -> int:
        """Tokens that a loop of ``period`` tokens must fill."""
        return max(self.span, self.times * period)

    def find(self, tokens: Int[Tensor, "R t"]) -> Bool[Tensor, " R"]:
        """Which rows end in a loop."""
        found = torch.zeros(tokens.shape[0], dtype=torch.bool, device=tokens.device)
        for period in range(1, self.longest + 1):
            tail = self.tail(period)
            if tail <= tokens.shape[1]:
                end = tokens[:, -tail:]
                found |= (end[:, period:] == end[:, :-period]).all(1)
        return found

    def cut(self, tokens: list[int]) -> list[int]:
        """The row with its loop cut to one occurrence; a row without a loop as it is."""
        for period in range(1, self.longest + 1):
            tail = self.tail(period)
            if len(tokens) >= tail and tokens[-tail + period :] == tokens[-tail:-period]:
                end = len(tokens)
                while end > period and tokens[end - period - 1] == tokens[end - 1]:
                    end -= 1
                return tokens[:end]
        return tokens


NO_RULE = RepetitionRule(longest=0)
"""Lets every repetition pass."""

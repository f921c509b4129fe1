"""Detection of loops in an output, where the same few tokens occur again and again."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor


@dataclass(frozen=True, slots=True)
class RepetitionRule:
    """When the end of an output counts as a loop: an n-gram fills at least ``span`` tokens and occurs at least
    ``times`` times in a row.

    The defaults allow numbers such as 1 000 000 000 and a laugh of a dozen syllables.

    >>> RepetitionRule().cut([7, *[4, 5] * 8]), RepetitionRule().cut([7, *[4, 5] * 3])
    ([7, 4, 5], [7, 4, 5, 4, 5, 4, 5])

    Attributes:
        longest: the largest n of the n-gram.
        times: the fewest occurrences.
        span: the fewest tokens that they fill.
    """

    longest: int = 8
    times: int = 5
    span: int = 16

    def tail(self, period: int) -> int:
        """The number of tokens that a loop of n = ``period`` tokens must fill."""
        return max(self.span, self.times * period)

    def find(self, tokens: Int[Tensor, "R t"]) -> Bool[Tensor, " R"]:
        """For each row, whether it ends in a loop."""
        found = torch.zeros(tokens.shape[0], dtype=torch.bool, device=tokens.device)
        for period in range(1, self.longest + 1):
            tail = self.tail(period)
            if tail <= tokens.shape[1]:
                end = tokens[:, -tail:]
                found |= (end[:, period:] == end[:, :-period]).all(1)
        return found

    def cut(self, tokens: list[int]) -> list[int]:
        """The row with its loop cut to one occurrence; a row without a loop is unchanged."""
        for period in range(1, self.longest + 1):
            tail = self.tail(period)
            if len(tokens) >= tail and tokens[-tail + period :] == tokens[-tail:-period]:
                end = len(tokens)
                while end > period and tokens[end - period - 1] == tokens[end - 1]:
                    end -= 1
                return tokens[:end]
        return tokens


NO_RULE = RepetitionRule(longest=0)
"""The rule that allows every repetition."""

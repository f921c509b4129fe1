"""The least number of symbols from each state of an automaton until an output may end."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int

from dragoman.contracts.constraints import NEVER

_MOST_EXACT = 6
"""Most groups for which all sets of found ones are gone through: 2⁶ sets."""


class Edges(NamedTuple):
    """The steps from state to state that one symbol can make, each once.

    Attributes:
        before: state before the symbol.
        after: state after it.
        found: bits of the groups that are found with it.
    """

    before: Int[np.ndarray, " E"]
    after: Int[np.ndarray, " E"]
    found: Int[np.ndarray, " E"]

    @classmethod
    def of(cls, steps: Int[np.ndarray, "n 3"], states: int, groups: int) -> Edges:
        """The different ones of some steps."""
        bits = max(states - 1, 1).bit_length()
        if 2 * bits + groups > 62:
            return cls(*np.unique(steps, axis=0).T)
        keys = np.unique((steps[:, 0] << bits | steps[:, 1]) << groups | steps[:, 2])
        pairs = keys >> groups
        return cls(pairs >> bits, pairs & ((1 << bits) - 1), keys & ((1 << groups) - 1))


class SymbolsToGo:
    """For each state and each set of groups that were found already, the least number of symbols until an output may
    end with all groups found.

    For up to 6 groups it is the least number. For more it is one that suffices: the steps to one group, and for each
    other the most that it can take from where a group was just found.

    Args:
        edges: the steps that one symbol can make.
        may_end: whether an output may end in each state, but for groups that were not found.
        found_at_end: bits of the groups that are found if it ends there.
        groups: number of groups.

    >>> edges = Edges.of(np.array([[0, 1, 0], [1, 0, 1], [0, 0, 0]]), states=2, groups=1)
    >>> to_go = SymbolsToGo(edges, np.array([True, True]), np.array([0, 0]), groups=1)
    >>> to_go.of(0)[:2].tolist(), to_go.of(1)[:2].tolist()  # nothing found; the group found
    ([2, 1], [0, 0])
    """

    def __init__(
        self, edges: Edges, may_end: Bool[np.ndarray, " S"], found_at_end: Int[np.ndarray, " S"], groups: int
    ) -> None:
        self._edges, self._may_end, self._found_at_end = edges, may_end, found_at_end
        self._groups = groups
        self.is_exact = groups <= _MOST_EXACT
        self._kept: dict[int, Int[np.ndarray, " T"]] = {}
        if not self.is_exact:
            self._rest = self._closest(np.where(may_end, 0, NEVER), np.ones(len(edges.before), dtype=bool))
            # No step of a plan leads where no output can end.
            going_on = self._rest[edges.after] < NEVER
            self._edges = edges = Edges(*(values[going_on] for values in edges))
            self._alone = [self._to_group(group) for group in range(groups)]
            behind = np.unique(edges.after[edges.found > 0])
            self._longest = [int(alone[behind].max(initial=0)) for alone in self._alone]
            self._ending = int(self._rest[behind].max(initial=0))

    def of(self, found: int) -> Int[np.ndarray, " T"]:
        """The number for each state, and :data:`~dragoman.contracts.constraints.NEVER` behind them, where a set of
        groups was found."""
        if found not in self._kept:
            number = self._exact(found) if self.is_exact else self._sufficient(found)
            self._kept[found] = np.append(number, NEVER).astype(np.int32)
        return self._kept[found]

    def after(self, found: int, after: Int[np.ndarray, " K"], new: Int[np.ndarray, " K"]) -> Int[np.ndarray, " K"]:
        """The number for some states, each with groups of its own that are found on the way to it."""
        numbers = self.of(found)[after]
        for groups in np.unique(new) if self._groups else ():
            if groups & ~found:
                there = new == groups
                numbers[there] = self.of(found | int(groups))[after[there]]
        return numbers

    @property
    def _all(self) -> int:
        return (1 << self._groups) - 1

    def _exact(self, found: int) -> Int[np.ndarray, " S"]:
        edges = self._edges
        ends = self._may_end & ((self._found_at_end | found) == self._all)
        least = np.where(ends, 0, NEVER)
        new = edges.found & ~found
        for groups in np.unique(new[new > 0]).tolist():
            there = new == groups
            values = self.of(found | groups)[edges.after[there]].astype(np.int64) + 1
            np.minimum.at(least, edges.before[there], values)
        return self._closest(least, new == 0)

    def _sufficient(self, found: int) -> Int[np.ndarray, " S"]:
        missing = [group for group in range(self._groups) if not found >> group & 1]
        ends = self._may_end & ((self._found_at_end | found) == self._all)
        if not missing:
            return self._rest
        rest = sum(self._longest[group] for group in missing) + self._ending
        plans = np.stack([self._alone[group] + rest - self._longest[group] for group in missing])
        return np.where(ends, 0, np.minimum(plans.min(0), NEVER))

    def _to_group(self, group: int) -> Int[np.ndarray, " S"]:
        """The least number of symbols with which a group is found, of at least one."""
        finds = (self._edges.found >> group & 1).astype(bool)
        least = np.full(len(self._may_end), NEVER)
        np.minimum.at(least, self._edges.before[finds], 1)
        return self._closest(least, ~finds)

    def _closest(self, least: Int[np.ndarray, " S"], usable: Bool[np.ndarray, " E"]) -> Int[np.ndarray, " S"]:
        """The least number after any number of usable steps, each of which counts 1."""
        before, after = self._edges.before[usable], self._edges.after[usable]
        least = np.minimum(least, NEVER).astype(np.int64)
        while len(before):
            closer = least.copy()
            np.minimum.at(closer, before, np.minimum(least[after] + 1, NEVER))
            if (closer == least).all():
                break
            least = closer
        return least

"""A search for the faulty ones among many candidates."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def smallest_culprits(
    candidates: Sequence[int], is_faulty: Callable[[Sequence[int]], bool], most_trials: int
) -> list[int]:
    """The candidates that are faulty by themselves, found by halving groups: about 2 k log₂ B trials for k of B.

    >>> smallest_culprits(range(8), lambda group: 5 in group, most_trials=20)
    [5]

    Args:
        candidates: the B candidates.
        is_faulty: function that tells whether a group is faulty, which it is if any of its members is.
        most_trials: number of trials after which all members of the groups that are left count as faulty.
    """
    groups, found, trials = [list(candidates)], [], 0
    while groups:
        group = groups.pop()
        if trials == most_trials:
            found.extend(group)
            continue
        trials += 1
        if not is_faulty(group):
            continue
        if len(group) == 1:
            found.extend(group)
        else:
            half = len(group) // 2
            groups += [group[half:], group[:half]]
    return sorted(found)

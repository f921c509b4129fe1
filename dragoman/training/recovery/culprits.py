"""Which of many are at fault."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def smallest_culprits(
    candidates: Sequence[int], is_faulty: Callable[[Sequence[int]], bool], most_trials: int
) -> list[int]:
    """Those candidates that are faulty each by itself, found by halving groups: about 2 k log₂ B trials for k of B.

    Args:
        candidates: B of them.
        is_faulty: whether a group is; taken to be so if any of its members is, and only then looked into.
        most_trials: after so many the faulty groups that are left count as a whole.
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

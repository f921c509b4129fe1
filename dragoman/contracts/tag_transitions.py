"""Which tags may stand beside each other."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

import numpy as np
from jaxtyping import Bool, Int

from dragoman.errors import InputError


@dataclass(frozen=True, slots=True)
class AllowedTransitions:
    """Which of K tags may begin a text, follow each other, and end a text.

    >>> allowed = AllowedTransitions(np.array([True, False]), np.array([[True, True], [False, True]]), np.ones(2, bool))
    >>> allowed.first_fault(np.array([0, 1, 1, 0]), lengths=np.array([2, 2]))  # the second text begins with tag 1
    (1, 0)

    Attributes:
        first: whether each tag may begin a text.
        following: whether the tag of the column may follow that of the row.
        last: whether each tag may end a text.

    Raises:
        InputError: if texts of some length could have no tags at all.
    """

    first: Bool[np.ndarray, " K"]
    following: Bool[np.ndarray, "K K"]
    last: Bool[np.ndarray, " K"]

    def __post_init__(self) -> None:
        reached = self.first
        seen: set[bytes] = set()
        for length in count(1):
            if not (reached & self.last).any():
                raise InputError(
                    f"the allowed transitions between {len(self.first):,} tags leave no path for a text of "
                    f"{length:,} word{'s' if length > 1 else ''}",
                    cause="no tag may begin a text, no tag may end one, or too few tags may follow each other.",
                    remedy="allow at least one sequence of tags for texts of every length.",
                )
            if reached.tobytes() in seen:
                return
            seen.add(reached.tobytes())
            reached = self.following[reached].any(axis=0)

    def first_fault(self, tags: Int[np.ndarray, " M"], lengths: Int[np.ndarray, " n"]) -> tuple[int, int] | None:
        """The first text with tags that are not allowed, and the first word there whose tag is at fault; None if all
        are allowed.

        Args:
            tags: the tags of all texts end to end.
            lengths: number of words of each text, at least 1.
        """
        ends = np.cumsum(lengths)
        begins = ends - lengths
        wrong = np.zeros(len(tags), dtype=bool)
        wrong[1:] = ~self.following[tags[:-1], tags[1:]]
        wrong[begins] = ~self.first[tags[begins]]
        wrong[ends - 1] |= ~self.last[tags[ends - 1]]
        places = np.flatnonzero(wrong)
        if not len(places):
            return None
        text = int(np.searchsorted(ends, places[0], side="right"))
        return text, int(places[0] - begins[text])

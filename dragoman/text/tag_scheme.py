"""Names of tags that mark spans of words: B, I and O, with E and S where ends are marked too.

B begins a span, I is inside of one and O outside of all; where they are used, E ends a span and S is one by itself. A
type follows behind ``-``, as in ``B-PER`` (Tjong Kim Sang & Veenstra 1999; Ratinov & Roth 2009, section 3).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dragoman.contracts import AllowedTransitions

OUTSIDE = "O"
"""The tag of words outside all spans."""
_LETTERS = {"B", "I", "O", "E", "S"}
_INSIDE = {"I", "E"}
"""The letters of words that go on with a span."""
_OPEN = {"B", "I"}
"""The letters of words behind which a span may go on."""


def split_tag(name: str) -> tuple[str, str]:
    """The letter of a tag and its type.

    >>> split_tag("B-PER"), split_tag("O")
    (('B', 'PER'), ('O', ''))
    """
    letter, _, kind = name.partition("-")
    return letter, kind


def span_transitions(names: Sequence[str]) -> AllowedTransitions | None:
    """Which tags may stand beside each other by their names; None where the names tell nothing.

    I and E stand only behind B or I of their type; where a type has an E, its spans go on from B until E. Names tell
    this where each is O, or one of the letters and a type, and where every type that has I or E has a B. Elsewhere
    spans may begin with I, as in the files of CoNLL-2003, and every tag may follow every other.

    >>> allowed = span_transitions(["B-PER", "I-PER", "O"])
    >>> allowed.first.tolist(), allowed.following.tolist()
    ([True, False, True], [[True, True, True], [True, True, True], [True, False, True]])
    >>> span_transitions(["NOUN", "VERB"]) is span_transitions(["I-PER", "O"]) is None
    True

    Args:
        names: the names of the tags, by their numbers.
    """
    tags = [split_tag(name) for name in names]
    types = {letter: {kind for found, kind in tags if found == letter} for letter in _LETTERS}
    inside = types["I"] | types["E"]
    if not all(letter in _LETTERS for letter, _ in tags) or not inside or not inside <= types["B"]:
        return None

    def is_open(tag: tuple[str, str]) -> bool:
        """Whether a span with this tag has to go on."""
        return tag[0] in _OPEN and tag[1] in types["E"]

    def may_follow(before: tuple[str, str], tag: tuple[str, str]) -> bool:
        if tag[0] in _INSIDE:
            return before[0] in _OPEN and before[1] == tag[1]
        return not is_open(before)

    return AllowedTransitions(
        np.array([letter not in _INSIDE for letter, _ in tags]),
        np.array([[may_follow(one, other) for other in tags] for one in tags]),
        np.array([not is_open(tag) for tag in tags]),
    )

"""The deterministic automaton over characters that finds phrases in a text.

All phrases are followed at once, a bit for each of their characters, as in the Shift-And algorithm (Baeza-Yates and
Gonnet 1992); the states that can be reached are numbered once, with their transitions for each class of characters. For
one phrase these are the states of Knuth, Morris and Pratt (1977), for several those of Aho and Corasick (1975).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int

from dragoman.text.casing import Casing
from dragoman.text.phrases import (
    BEGINS,
    INSIDE,
    OTHER,
    Phrases,
    is_match,
    next_place,
    quoted,
    same_spaces,
    sentence_category,
    variants,
)
from dragoman.text.word_edges import is_in_word


class _Class(NamedTuple):
    """Characters that no state tells apart: the bits of the phrases' characters that they are, inside of sentences and
    where one begins; the same of the prefix; and what they mean for where sentences begin."""

    inside: int
    begins: int
    prefix_inside: int
    prefix_begins: int
    category: int
    is_space: bool = False


class _Node(NamedTuple):
    """The bits of the characters that were read last, the number of characters of the prefix that were read, where in a
    sentence the text stands, and whether it is still empty."""

    bits: int
    prefix: int
    place: int
    fresh: bool


@dataclass(slots=True)
class _Positions:
    """The bits of all phrases."""

    first: int = 0
    edges: int = 0
    """Where another word, or none, must stand beside the phrase."""
    excluded_edges: int = 0
    excluded_last: int = 0
    last: dict[int, int] = field(default_factory=dict)
    """Last bit → bit of the group that is found with it."""
    characters: list[tuple[int, str]] = field(default_factory=list)
    size: int = 0

    def add(self, phrase: str, *, whole_words: bool, group: int | None) -> None:
        self.first |= 1 << self.size
        before = whole_words and is_in_word(phrase[0])
        after = whole_words and is_in_word(phrase[-1])
        edges = (1 << self.size) * before
        self.characters += [(1 << self.size + before + place, symbol) for place, symbol in enumerate(phrase)]
        self.size += before + len(phrase) + after
        edges |= (1 << self.size - 1) * after
        self.edges |= edges
        if group is None:
            self.excluded_edges |= edges
            self.excluded_last |= 1 << self.size - 1
        else:
            self.last[1 << self.size - 1] = 1 << group


class PhraseAutomaton:
    """Finds phrases in a text that is read character by character.

    Args:
        phrases: what a text must contain, must not contain and must begin with.
        truecased: whether the text's sentences will get capitals (:mod:`~dragoman.text.truecasing`), so that a small
            letter at the beginning of one is also found as a capital.

    Attributes:
        own: class of each character that some phrase knows.
        kinds: class of every other character by :func:`~dragoman.text.phrases.sentence_category`, outside of words.
        in_word: class of every other character of words; whatever was read before, one state follows, if any.
        unknown: class of a character of which nothing is known but that no phrase has it: no edge of a word for a
            phrase that is required, and one for a phrase that is excluded.
        after: state after a character of each class; the last state is that of texts which can satisfy no more.
        found: bits of the groups that are found with it.
        found_at_end: bits of the groups that are found if the text ends.
        may_end: whether a text may end, but for groups that were not found.
        start: state of the empty text whose first space, if it begins with one, will be dropped.
    """

    def __init__(self, phrases: Phrases, *, truecased: bool = False) -> None:
        self._phrases, self._truecased = phrases, truecased
        self._casing = Casing(phrases.language)
        self._prefix = same_spaces(phrases.prefix)
        self._positions = _Positions()
        for group, alternatives in enumerate(phrases.required):
            for phrase in alternatives:
                self._positions.add(same_spaces(phrase), whole_words=phrases.whole_words, group=group)
        for phrase in phrases.excluded:
            self._positions.add(same_spaces(phrase), whole_words=phrases.whole_words, group=None)
        self._number: dict[_Class, int] = {}
        self.own = {symbol: self._class_of(symbol) for symbol in self._alphabet()}
        edges, excluded = self._positions.edges, self._positions.excluded_edges
        self.kinds = [self._numbered(_Class(edges, edges, 0, 0, kind)) for kind in range(OTHER, 5)]
        self.in_word = self._numbered(_Class(0, 0, 0, 0, OTHER))
        self.unknown = self._numbered(_Class(excluded, excluded, 0, 0, OTHER))
        self._classes = list(self._number)
        self._with_places = any(
            one.inside != one.begins or one.prefix_inside != one.prefix_begins for one in self._classes
        )
        self._explore()

    @property
    def states(self) -> int:
        """Number of states, but for the last one."""
        return len(self.may_end)

    def _alphabet(self) -> list[str]:
        known = {symbol for _, symbol in self._positions.characters} | {*self._prefix} | {" "}
        forms = {form for symbol in known for form in variants(symbol, self._casing)}
        return sorted(forms | ({"\u00a0", "\u202f"} if " " in known else set()))

    def _class_of(self, symbol: str) -> int:
        found = same_spaces(symbol)
        edges = 0 if is_in_word(found) else self._positions.edges
        inside, begins = (
            sum(bit for bit, expected in self._positions.characters if self._is(expected, found, at_start))
            for at_start in (False, True)
        )
        prefix_inside, prefix_begins = (
            sum(1 << place for place, expected in enumerate(self._prefix) if self._is(expected, found, at_start))
            for at_start in (False, True)
        )
        category = sentence_category(symbol)
        return self._numbered(
            _Class(inside | edges, begins | edges, prefix_inside, prefix_begins, category, symbol == " ")
        )

    def _is(self, expected: str, found: str, at_start: bool) -> bool:
        return is_match(
            expected,
            found,
            begins=at_start,
            any_case=self._phrases.any_case,
            truecased=self._truecased,
            casing=self._casing,
        )

    def _numbered(self, one: _Class) -> int:
        return self._number.setdefault(one, len(self._number))

    def _explore(self) -> None:
        """Number the states that can be reached, and fill the tables."""
        first = self._positions.first & self._positions.edges
        place = BEGINS if self._with_places else INSIDE
        nodes = {_Node(first, 0, place, True): 0, _Node(first, 0, place, False): 1}
        table: list[list[tuple[int, int]]] = []
        queue = list(nodes)
        for node in queue:
            row = []
            for one in self._classes:
                following = self._step(node, one)
                if following is None:
                    row.append((-1, 0))
                    continue
                target, hits = following
                if target not in nodes:
                    nodes[target] = len(nodes)
                    queue.append(target)
                row.append((nodes[target], hits))
            table.append(row)
        size = len(nodes)
        numbers = np.array(table, dtype=np.int64).reshape(size, len(self._classes), 2)
        dead = np.full((1, len(self._classes)), size)
        self.start = 0
        self.after: Int[np.ndarray, "S C"] = np.concatenate(
            [np.where(numbers[..., 0] < 0, size, numbers[..., 0]), dead]
        )
        self.found: Int[np.ndarray, "S C"] = np.concatenate([numbers[..., 1], np.zeros_like(dead)])
        ends = [self._end(node) for node in queue]
        self.may_end: Bool[np.ndarray, " s"] = np.array([end is not None for end in ends])
        self.found_at_end: Int[np.ndarray, " s"] = np.array([end or 0 for end in ends], dtype=np.int64)

    def _step(self, node: _Node, one: _Class) -> tuple[_Node, int] | None:
        """The node after a character of a class, with the groups that are found; None if no text satisfies then."""
        if node.fresh and one.is_space:
            return node._replace(fresh=False), 0
        begins = node.place == BEGINS
        of_prefix = one.prefix_begins if begins else one.prefix_inside
        if node.prefix < len(self._prefix) and not of_prefix >> node.prefix & 1:
            return None
        moved = self._moved(node.bits, one.begins if begins else one.inside)
        if moved is None:
            return None
        bits, hits = moved
        place = next_place(node.place, one.category) if self._with_places else INSIDE
        return _Node(bits, min(node.prefix + 1, len(self._prefix)), place, False), hits

    def _moved(self, bits: int, mask: int) -> tuple[int, int] | None:
        positions = self._positions
        bits = (bits << 1 | positions.first) & mask
        if bits & positions.excluded_last:
            return None
        hits = 0
        for last, group in positions.last.items():
            if bits & last:
                hits |= group
                bits &= ~last
        return bits, hits

    def _end(self, node: _Node) -> int | None:
        """The groups that are found if the text ends there; None if it may not end."""
        if node.prefix < len(self._prefix):
            return None
        moved = self._moved(node.bits, self._positions.edges)
        return None if moved is None else moved[1]

    def class_of(self, symbol: str) -> int:
        """The class of a character."""
        own = self.own.get(symbol)
        if own is not None:
            return own
        return self.in_word if is_in_word(symbol) else self.kinds[sentence_category(symbol)]

    def accepts(self, text: str) -> bool:
        """Whether a text satisfies the phrases.

        >>> automaton = PhraseAutomaton(Phrases(required=(("new dog",),), excluded=("dogs",)))
        >>> [automaton.accepts(text) for text in ("New dog!", "a new doggy", "A new dog and dogs.")]
        [True, False, False]
        """
        state, hits = 1, 0
        for symbol in text:
            one = self.class_of(symbol)
            hits |= int(self.found[state, one])
            state = int(self.after[state, one])
        if state == self.states or not self.may_end[state]:
            return False
        return hits | int(self.found_at_end[state]) == (1 << len(self._phrases.required)) - 1


@lru_cache(maxsize=1024)
def _automaton(phrases: Phrases) -> PhraseAutomaton:
    return PhraseAutomaton(phrases)


def violations(phrases: Phrases, text: str) -> Iterator[str]:
    """What is wrong with a text, in a few words for each of the phrases; nothing if it satisfies all.

    >>> list(violations(Phrases(required=(("dog", "hound"),), excluded=("cat",)), "Dogs and a cat."))
    ['“dog” or “hound” is missing', '“cat” occurs']
    """
    for part in phrases.parts():
        if not _automaton(part).accepts(text):
            if part.required:
                yield f"{' or '.join(map(quoted, part.required[0]))} is missing"
            elif part.excluded:
                yield f"{quoted(part.excluded[0])} occurs"
            else:
                yield f"it does not begin with {quoted(part.prefix)}"

"""Which families of placeholders a corpus uses: learnt from pairs, in which both sides have the same ones."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dragoman.text.placeholder_families import FAMILIES, FAMILY
from dragoman.text.placeholders import SURE_SYNTAX, PlaceholderSyntax

LEAST_PAIRS = 5
"""Pairs that must agree in a family's placeholders before it counts as used."""
LEAST_SHARE = 0.8
"""Share that must agree of the pairs with such a placeholder on either side."""
LEAST_FIRST = 0.5
"""Share of these pairs that must have the first one, of a family whose names are numbers: placeholders begin with 1,
amounts of money do not."""


@dataclass(slots=True)
class Evidence:
    """How the pairs speak for a family.

    Attributes:
        pairs: with such a placeholder on either side.
        agreeing: those of them that have the same ones on both sides.
        first: those of them with a number 1, or %n.
    """

    pairs: int = 0
    agreeing: int = 0
    first: int = 0

    def count(self, left: list[str], right: list[str]) -> None:
        """Count a pair with these placeholders of the family."""
        if left or right:
            self.pairs += 1
            self.agreeing += Counter(left) == Counter(right)
            self.first += any(map(_FIRST.fullmatch, left or right))

    def suffices(self, family: str) -> bool:
        """Whether that is enough for a family that can be mistaken."""
        return (
            self.agreeing >= LEAST_PAIRS
            and self.agreeing >= LEAST_SHARE * self.pairs
            and (not FAMILY[family].is_numbered or self.first >= LEAST_FIRST * self.pairs)
        )


@dataclass(frozen=True, slots=True)
class LearntPlaceholders:
    """What counts as a placeholder, and why.

    Attributes:
        syntax: the families that are used.
        evidence: for each family that was seen.
    """

    syntax: PlaceholderSyntax
    evidence: Mapping[str, Evidence]

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON can write it."""
        seen = {name: {"pairs": e.pairs, "agreeing": e.agreeing} for name, e in self.evidence.items()}
        return {"families": list(self.syntax.names), "seen": seen}

    def as_text(self) -> str:
        """One line: the families that were seen, and those that were not taken for placeholders."""
        used = set(self.syntax.names)
        taken = [f"{name} ({FAMILY[name].example})" for name in self.evidence if name in used]
        left = [
            f"{name} ({FAMILY[name].example}, {e.agreeing:,} of {e.pairs:,} pairs agree)"
            for name, e in self.evidence.items()
            if name not in used and e.pairs >= LEAST_PAIRS
        ]
        return f"placeholders: {', '.join(taken) or 'none seen'}" + (
            f"; taken for text: {', '.join(left)}" if left else ""
        )


def learn_placeholders(pairs: Iterable[tuple[str, str]]) -> LearntPlaceholders:
    """The unmistakable families, and of the others those that the pairs show to be used.

    Each of the others is judged beside the unmistakable ones; what is left of those accepted, where they take
    placeholders from one another, is judged once more together. A pair that comes again says nothing new, and a
    target that is its source, nothing of what a translation keeps.

    Args:
        pairs: source and target of each.
    """
    judged = list(dict.fromkeys(pair for pair in pairs if pair[0] != pair[1] and any(map(_EVERY.may_hold, pair))))
    names = list(SURE_SYNTAX.names)
    for family in FAMILIES:
        if not family.is_sure:
            evidence = evidence_of(judged, PlaceholderSyntax.of(*SURE_SYNTAX.names, family.name), only=family.name)
            if family.name in evidence and evidence[family.name].suffices(family.name):
                names.append(family.name)
    while True:
        syntax = PlaceholderSyntax.of(*names)
        evidence = evidence_of(judged, syntax)
        unused = {n for n in names if not FAMILY[n].is_sure and not evidence.get(n, Evidence()).suffices(n)}
        if not unused:
            return LearntPlaceholders(syntax, {**evidence, **_others(judged, syntax)})
        names = [name for name in names if name not in unused]


def evidence_of(
    pairs: Iterable[tuple[str, str]], syntax: PlaceholderSyntax, *, only: str | None = None
) -> dict[str, Evidence]:
    """The evidence for each family of ``syntax`` that occurs, or for ``only`` one of them, in order of precedence."""
    needed = None if only is None else PlaceholderSyntax.of(only)
    found = {name: Evidence() for name in syntax.names if only in (None, name)}
    for pair in pairs:
        if needed is not None and not any(map(needed.find, pair)):
            continue
        left, right = (_by_family(text, syntax) for text in pair)
        for name in left.keys() | right.keys():
            if name in found:
                found[name].count(left.get(name, []), right.get(name, []))
    return {name: evidence for name, evidence in found.items() if evidence.pairs}


_EVERY = PlaceholderSyntax(FAMILIES)
_FIRST = re.compile(r"[%$]L?[1n]")


def _others(pairs: list[tuple[str, str]], syntax: PlaceholderSyntax) -> dict[str, Evidence]:
    """The evidence for families that ``syntax`` lacks, each beside it."""
    found: dict[str, Evidence] = {}
    for family in FAMILIES:
        if family.name not in syntax.names:
            found |= evidence_of(pairs, PlaceholderSyntax.of(*syntax.names, family.name), only=family.name)
    return found


def _by_family(text: str, syntax: PlaceholderSyntax) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for placeholder, name in syntax.find_with_family(text):
        found.setdefault(name, []).append(placeholder)
    return found

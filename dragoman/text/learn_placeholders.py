"""Learning which families of placeholders a corpus uses, from pairs in which both sides have the same ones."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dragoman.storage.json import JsonObject
from dragoman.text.placeholder_families import FAMILIES, FAMILY
from dragoman.text.placeholders import EVERY_SYNTAX, SURE_SYNTAX, PlaceholderSyntax

LEAST_PAIRS = 5
"""Least number of pairs that must agree in a family's placeholders before it counts as used."""
LEAST_SHARE = 0.8
"""Least share of agreeing pairs among those with such a placeholder on either side."""
LEAST_FIRST = 0.5
"""Least share of agreeing pairs with the first number, for a family whose names are numbers: placeholders begin with 1,
amounts of money do not."""


@dataclass(slots=True)
class Evidence:
    """The evidence of the pairs for a family.

    Attributes:
        pairs: number of pairs with such a placeholder on either side.
        agreeing: number of these pairs with the same placeholders on both sides.
        first: number of these pairs with a number 1, or %n.
    """

    pairs: int = 0
    agreeing: int = 0
    first: int = 0

    def count(self, left: list[str], right: list[str]) -> None:
        """Count a pair with these placeholders of the family on its two sides."""
        if left or right:
            self.pairs += 1
            self.agreeing += Counter(left) == Counter(right)
            self.first += any(map(_FIRST.fullmatch, left or right))

    def suffices(self, family: str) -> bool:
        """Whether the evidence suffices for a family that ordinary text can be mistaken for."""
        return (
            self.agreeing >= LEAST_PAIRS
            and self.agreeing >= LEAST_SHARE * self.pairs
            and (not FAMILY[family].is_numbered or self.first >= LEAST_FIRST * self.pairs)
        )


@dataclass(frozen=True, slots=True)
class LearntPlaceholders:
    """The syntax of placeholders that was learnt, with the evidence for it.

    Attributes:
        syntax: the families in use.
        evidence: evidence for each family that occurred; for families in use, pairs of equal sides count here too.
    """

    syntax: PlaceholderSyntax
    evidence: Mapping[str, Evidence]

    def to_dict(self) -> JsonObject:
        """The result as a dictionary that JSON can represent."""
        seen = {name: {"pairs": e.pairs, "agreeing": e.agreeing} for name, e in self.evidence.items()}
        return {"families": list(self.syntax.names), "seen": seen}

    def as_text(self) -> str:
        """One line with the families that occurred, and those that were not accepted as placeholders."""
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
    """Learn the syntax: the unmistakable families, and of the others those that the pairs show to be in use.

    Each of the others is judged beside the unmistakable ones; what is left of those accepted, where they take
    placeholders from one another, is judged once more together. A repeated pair is no new evidence, nor is a pair of
    equal sides.

    Args:
        pairs: source and target of each pair.

    >>> pairs = [(f"Open %{n} now", f"{n} wird mit %{n} geöffnet") for n in range(1, 9)]
    >>> "url" in learn_placeholders(pairs).syntax.names
    True
    """
    seen = list(dict.fromkeys(pair for pair in pairs if any(map(EVERY_SYNTAX.may_hold, pair))))
    judged = _ByTrigger.of((source, target) for source, target in seen if source != target)
    names = list(SURE_SYNTAX.names)
    others = judged.others(SURE_SYNTAX)
    names += [name for name, evidence in others.items() if evidence.suffices(name)]
    while True:
        syntax = PlaceholderSyntax.of(*names)
        evidence = evidence_of(judged.pairs, syntax)
        unused = {n for n in names if not FAMILY[n].is_sure and not evidence.get(n, Evidence()).suffices(n)}
        if not unused:
            others = others if syntax == SURE_SYNTAX else judged.others(syntax)
            return LearntPlaceholders(syntax, {**evidence_of(seen, syntax), **others})
        names = [name for name in names if name not in unused]


def evidence_of(pairs: Iterable[tuple[str, str]], syntax: PlaceholderSyntax) -> dict[str, Evidence]:
    """The evidence for each family of ``syntax`` that occurs, in order of precedence."""
    found = {name: Evidence() for name in syntax.names}
    for pair in pairs:
        left, right = (_by_family(text, syntax) for text in pair)
        for name in left.keys() | right.keys():
            found[name].count(left.get(name, []), right.get(name, []))
    return {name: evidence for name, evidence in found.items() if evidence.pairs}


@dataclass(frozen=True, slots=True)
class _ByTrigger:
    """Pairs, indexed by the trigger characters of families, so that few pairs are examined for each family."""

    pairs: list[tuple[str, str]]
    having: Mapping[str, list[tuple[str, str]]]

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> _ByTrigger:
        every, having = list(pairs), dict[str, list[tuple[str, str]]]()
        for pair in every:
            characters = set(pair[0]).union(pair[1])
            for family in _DOUBTFUL:
                if not characters.isdisjoint(family.triggers):
                    having.setdefault(family.name, []).append(pair)
        return cls(every, having)

    def others(self, syntax: PlaceholderSyntax) -> dict[str, Evidence]:
        """The evidence for each family that ``syntax`` lacks, found beside its own families."""
        found: dict[str, Evidence] = {}
        for name, pairs in self.having.items():
            if name in syntax.names:
                continue
            alone = PlaceholderSyntax.of(name)
            beside = PlaceholderSyntax.of(*syntax.names, name)
            evidence = evidence_of((pair for pair in pairs if any(map(alone.find, pair))), beside)
            if name in evidence:
                found[name] = evidence[name]
        return {family.name: found[family.name] for family in _DOUBTFUL if family.name in found}


_DOUBTFUL = tuple(family for family in FAMILIES if not family.is_sure)
_FIRST = re.compile(r"[%$]L?[1n]")


def _by_family(text: str, syntax: PlaceholderSyntax) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for placeholder, name in syntax.find_with_family(text):
        found.setdefault(name, []).append(placeholder)
    return found

"""How many lines of a text should be checked, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dragoman.predict.concern import ConcernKind
from dragoman.predict.translation import Translation


@dataclass(slots=True)
class ConcernCounts:
    """Counts over the best translations of lines.

    >>> from dragoman.contracts.hypothesis import Ending
    >>> counts = ConcernCounts()
    >>> counts.add([[Translation("Good morning", -0.1, -0.3, Ending.LENGTH, 2)]])
    >>> counts.to_dict()
    {'lines': 1, 'length limit': 1}

    Attributes:
        lines: number of lines with any concern.
        kinds: number of lines with a concern of each kind.
    """

    lines: int = 0
    kinds: Counter[ConcernKind] = field(default_factory=Counter)

    def add(self, found: Sequence[Sequence[Translation]]) -> None:
        """Add the counts of some lines, given the translations of each, best first."""
        for translations in found:
            concerns = translations[0].concerns
            self.lines += bool(concerns)
            self.kinds.update({concern.kind for concern in concerns})

    def to_dict(self) -> dict[str, int]:
        """The counts as a dictionary that JSON can represent."""
        return {"lines": self.lines, **{kind.value: count for kind, count in self.kinds.items()}}

    @classmethod
    def from_dict(cls, content: Mapping[str, int]) -> ConcernCounts:
        """The counts that :meth:`to_dict` returned.

        Raises:
            ValueError: if a kind of concern is unknown.
        """
        kinds = {ConcernKind(name): int(count) for name, count in content.items() if name != "lines"}
        return cls(int(content.get("lines", 0)), Counter(kinds))

    def __str__(self) -> str:
        if not self.lines:
            return "no line wants a look"
        kinds = ", ".join(f"{kind.value} {count:,}" for kind, count in self.kinds.most_common())
        return f"1 line wants a look: {kinds}" if self.lines == 1 else f"{self.lines:,} lines want a look: {kinds}"

"""How an object shows itself in an interpreter and in a notebook: a line, a few lines, a small table."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

_LONGEST = 200
"""Characters of a cell, and of the line that stands for the whole object."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What there is to say of an object.

    Attributes:
        headline: in a line.
        facts: further ones, by their names, in order.
    """

    headline: str
    facts: Mapping[str, str] = field(default_factory=dict)


class Shown:
    """Shows what :meth:`summary` says: ``repr`` in a line, ``print`` with the facts below, a notebook as a table.

    All of it is taken as text, never as HTML.
    """

    __slots__ = ()

    @abstractmethod
    def summary(self) -> Summary:
        """What there is to say of this object; nothing is computed for it."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {_line(self.summary().headline)}>"

    def __str__(self) -> str:
        summary = self.summary()
        facts = {_line(name): _line(fact) for name, fact in summary.facts.items()}
        width = max(map(len, facts), default=0)
        return "\n".join([_line(summary.headline), *(f"  {name:<{width}}  {fact}" for name, fact in facts.items())])

    def _repr_html_(self) -> str:
        summary = self.summary()
        left = ' style="text-align: left"'
        rows = "".join(
            f"<tr><th{left}>{escape(_line(name))}</th><td{left}>{escape(_line(fact))}</td></tr>"
            for name, fact in summary.facts.items()
        )
        table = f"<table>{rows}</table>" if rows else ""
        return f"<div><strong>{escape(_line(summary.headline))}</strong>{table}</div>"


def _line(text: str) -> str:
    """Without line breaks and control characters, and not longer than a person reads."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"

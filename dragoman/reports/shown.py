"""Objects that show a summary of themselves in an interpreter and in a notebook."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

_LONGEST = 200
"""The most characters of a cell, and of the line that stands for the whole object."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The summary of an object.

    Attributes:
        headline: the summary in one line.
        facts: further facts by their names, in order.
    """

    headline: str
    facts: Mapping[str, str] = field(default_factory=dict)


class Shown:
    """Base of objects that show their :meth:`summary`: ``repr`` as a line, ``print`` with the facts below, a notebook
    as a table. Everything is taken as text, never as HTML.

    >>> class Run(Shown):
    ...     def summary(self):
    ...         return Summary("a run of 3 updates", {"loss": "1.25 nats per token"})
    >>> Run()
    <Run: a run of 3 updates>
    >>> print(Run())
    a run of 3 updates
      loss  1.25 nats per token
    """

    __slots__ = ()

    @abstractmethod
    def summary(self) -> Summary:
        """The summary of this object, for which nothing is computed."""

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
    """The text in one line, without control characters, and not longer than :data:`_LONGEST`."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"

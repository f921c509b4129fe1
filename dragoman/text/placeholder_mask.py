"""Which unit stands for which placeholder in one sentence pair."""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from dataclasses import dataclass

from dragoman.text.placeholders import CLOSING_TAGS, LEGACY_SYNTAX, OPENING_TAGS, VARIABLES, PlaceholderSyntax


@dataclass(frozen=True, slots=True)
class Mask:
    """Which unit stands for which placeholder in one sentence pair.

    Attributes:
        units: unit of each placeholder of the source.
        placeholders: the same the other way round.
        syntax: what counts as a placeholder.
    """

    units: dict[str, str]
    placeholders: dict[str, str]
    syntax: PlaceholderSyntax = LEGACY_SYNTAX

    @classmethod
    def of(cls, source: str, available: Set[str], syntax: PlaceholderSyntax = LEGACY_SYNTAX) -> Mask:
        """The mask of a source sentence. Placeholders beyond the units that are ``available`` stay as they are."""
        found = syntax.find(source) if available else []
        if not found:
            return _NOTHING
        free = {kind: iter([unit for unit in kind if unit in available]) for kind in _KINDS}
        units: dict[str, str] = {}
        for placeholder in found:
            if placeholder not in units and (unit := next(free[_kind(placeholder)], None)) is not None:
                units[placeholder] = unit
        return cls(units, {unit: placeholder for placeholder, unit in units.items()}, syntax)

    def hide(self, text: str) -> str:
        """``text`` with the unit of each placeholder that has one."""
        if not self.units:
            return text
        return self.syntax.replace(text, lambda placeholder: self.units.get(placeholder, placeholder))

    def show(self, text: str) -> str:
        """``text`` with the placeholder of each unit; a unit that stands for nothing here is left out."""
        return _UNIT.sub(lambda match: self.placeholders.get(match.group(), ""), text)


def units_in(texts: Iterable[str]) -> set[str]:
    """The units that occur in masked texts."""
    return {unit for text in texts for unit in _UNIT.findall(text)}


_KINDS = (VARIABLES, OPENING_TAGS, CLOSING_TAGS)
_NOTHING = Mask({}, {})
_UNIT = re.compile(r"[\U000F0000-\U000F000F]")


def _kind(placeholder: str) -> tuple[str, ...]:
    if placeholder.startswith(("<%", "<?")):
        return VARIABLES
    if placeholder.startswith(("</", "[/")):
        return CLOSING_TAGS
    return OPENING_TAGS if placeholder.startswith(("<", "[")) else VARIABLES
